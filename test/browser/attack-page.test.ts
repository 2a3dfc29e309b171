/** The page of `npm run attack` in a real browser: nothing on the console, the verdict in sight, no wider than the screen. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ATTACKS } from "../../scripts/attack/catalog.ts";
import { renderPage } from "../../scripts/attack/report.ts";
import { attackResults, measured } from "../support/attack-fixture.ts";
import { Chromium, findBrowser, type View } from "./chromium.ts";

const path = findBrowser();

const VIEWS: readonly View[] = [
  { width: 1_280, height: 900 },
  { width: 1_280, height: 900, scheme: "dark" },
  { width: 375, height: 800 },
  { width: 375, height: 800, scheme: "dark" },
];

const page = (): string => {
  const problem = "refused: no agent has room for this job. 5 agents answered that they are full";
  const before = ATTACKS.map(({ name }) => measured({ attack: name, certified: 12, p95Ms: 65_000, problem }));
  const now = ATTACKS.map(({ name }) => measured({ attack: name }));
  return renderPage(attackResults({ measured: now, before: attackResults({ commit: "0ld", measured: before }) }));
};

interface Findings {
  readonly scrollWidth: number;
  readonly verdict: { readonly bottom: number; readonly text: string };
  /** Columns whose head can be seen, and cells that bring their own label instead. */
  readonly heads: number;
  readonly labels: number;
  readonly background: number;
}

const LOOK = `(() => {
  const verdict = document.getElementById("verdict");
  const cells = [...document.querySelectorAll("#results td")];
  return {
    scrollWidth: document.documentElement.scrollWidth,
    verdict: { bottom: verdict.getBoundingClientRect().bottom, text: verdict.innerText },
    heads: [...document.querySelectorAll("#results thead th")].filter((head) => head.getBoundingClientRect().width > 20).length,
    labels: cells.filter((cell) => getComputedStyle(cell, "::before").content.length > 4).length,
    background: Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0]),
  };
})()`;

describe.skipIf(path === null)("in Chromium", () => {
  let browser: Chromium;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "meshwork-attack-page-"));
    writeFileSync(join(folder, "attacks.html"), page());
    browser = await Chromium.start(path!);
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(VIEWS)("$width px, $scheme", async (view) => {
    await browser.open(join(folder, "attacks.html"), view);
    const found = await browser.evaluate<Findings>(LOOK);
    expect(browser.complaints.splice(0)).toEqual([]);
    expect(found.scrollWidth, "wider than the screen").toBe(view.width);
    expect(found.verdict.text).toMatch(/HELD/);
    expect(found.verdict.bottom).toBeLessThan(view.height);
    // A phone has no room for a row of heads: each cell says what it is.
    if (view.width > 640) expect(found.heads).toBe(8);
    else expect(found.labels).toBeGreaterThan(6 * ATTACKS.length);
    expect(found.background > 200).toBe(view.scheme !== "dark");
  });
});
