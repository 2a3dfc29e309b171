/**
 * The report in a real browser: nothing on the console, nothing fetched, the verdict in sight, plots drawn, and no page
 * wider than its screen. Without a browser these tests are skipped, unless MESHWORK_BROWSER_REQUIRED is set.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderReport } from "../../sim/report/page.ts";
import { renderRealRun } from "../../sim/report/real-run-page.ts";
import { renderSweep } from "../../sim/report/sweep-page.ts";
import { realRunFixture } from "../support/real-run-fixture.ts";
import { type FixtureOptions, reportFixture, sweepFixture } from "../support/report-fixture.ts";
import { Chromium, findBrowser, type View } from "./chromium.ts";

const OPTIONS = { command: "meshwork sim run half-killed.yaml --seed 7", version: "1.2.3" };
const path = findBrowser();
const isRequired = Boolean(process.env.MESHWORK_BROWSER_REQUIRED);

const report = (options: FixtureOptions): string => {
  const { scenario, results, summary } = reportFixture(options);
  return renderReport(scenario, results, summary, OPTIONS);
};

const PAGES: { readonly [name: string]: () => string } = {
  "a run": () => report({ completionMin: 0.9 }),
  "many seeds": () => report({ seeds: [7, 8, 9, 10, 11] }),
  "a broken invariant": () => report({ seeds: [7, 8], violationSeed: 8 }),
  "a thousand agents": () => report({ agents: 1_000, liars: 100 }),
  "long names": () => report({ name: `${"a-very-long-name-".repeat(12)}${"x".repeat(200)}` }),
  "a run of real nodes": () => renderRealRun(realRunFixture()),
  "a run of real nodes that broke an invariant": () => renderRealRun(realRunFixture({ broken: "1 agreement" })),
  "messages around a moment": () => {
    const { scenario, results, summary } = reportFixture({ violationSeed: 7 });
    const asked = results.map((result) => ({ ...result, messagesAroundMs: 94_000 }));
    return renderReport(scenario, asked, summary, OPTIONS);
  },
  "a sweep": () => {
    const { scenario, points } = sweepFixture();
    return renderSweep(scenario, points, OPTIONS);
  },
};

const VIEWS: readonly View[] = [
  { width: 1_280, height: 900 },
  { width: 1_280, height: 900, scheme: "dark" },
  { width: 375, height: 800 },
  { width: 375, height: 800, scheme: "dark" },
];

interface Findings {
  readonly scrollWidth: number;
  readonly verdict: { readonly top: number; readonly bottom: number; readonly width: number; readonly text: string };
  /** Plots in sight, and those of them without a line. */
  readonly plots: number;
  readonly empty: readonly string[];
  readonly emptyBoxes: readonly string[];
  readonly background: string;
  readonly ink: string;
}

const LOOK = `(() => {
  const verdict = document.getElementById("verdict").getBoundingClientRect();
  const seen = [...document.querySelectorAll("figure svg")].filter((svg) => getComputedStyle(svg).display !== "none");
  // Only paths in a series' colour count: axes and grids do not.
  const isSeries = (path) => [path.getAttribute("stroke"), path.getAttribute("fill")].some((paint) => /^var\\(--(?:s\\d|fail)\\)$/.test(paint));
  const hasPath = (svg) => [...svg.querySelectorAll("path")].some((path) => isSeries(path) && path.getTotalLength() > 5);
  const hasBox = (svg) => { const box = svg.getBoundingClientRect(); return box.width > 100 && box.height > 40; };
  return {
    scrollWidth: document.documentElement.scrollWidth,
    verdict: { top: verdict.top, bottom: verdict.bottom, width: verdict.width, text: document.getElementById("verdict").innerText },
    plots: seen.length,
    empty: seen.filter((svg) => !hasPath(svg)).map((svg) => svg.id),
    emptyBoxes: seen.filter((svg) => !hasBox(svg)).map((svg) => svg.id),
    background: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
  };
})()`;

test("a browser is there where one is required", () => {
  expect(isRequired && path === null, "no Chromium found: install one, or name it in MESHWORK_BROWSER").toBe(false);
});

describe.skipIf(path === null)("in Chromium", () => {
  let browser: Chromium;
  let folder: string;
  const files = new Map<string, string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "meshwork-report-"));
    for (const [index, [name, render]] of Object.entries(PAGES).entries()) {
      files.set(name, join(folder, `${index}.html`));
      writeFileSync(files.get(name)!, render());
    }
    browser = await Chromium.start(path!);
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const cases = Object.keys(PAGES).flatMap((name) =>
    [1_280, 375].map((width) => ({ name, views: VIEWS.filter((view) => view.width === width), width })),
  );

  test.each(cases)("$name, $width px, light and dark", async ({ name, views }) => {
    await browser.open(files.get(name)!, views[0]!);
    for (const view of views) {
      await browser.show(view);
      looksWell(await browser.evaluate<Findings>(LOOK), name, view);
    }
  });

  function looksWell(found: Findings, name: string, view: View): void {
    expect(browser.complaints.splice(0)).toEqual([]);
    expect(found.scrollWidth, "wider than the screen").toBe(view.width);
    expect(found.verdict.text).toMatch(/PASS|FAIL|pass|CERTIFIED/);
    expect(found.verdict.width).toBeGreaterThan(50);
    // A name of hundreds of letters may push it down, nothing else.
    if (name !== "long names") expect(found.verdict.bottom).toBeLessThan(view.height);
    expect(found.plots).toBeGreaterThan(2);
    expect(found.empty, "plots without a line").toEqual([]);
    expect(found.emptyBoxes, "plots without a size").toEqual([]);
    const [paper, ink] = [found.background, found.ink].map((color) => Number(/\d+/.exec(color)?.[0]));
    expect(view.scheme === "dark" ? paper! < 60 && ink! > 180 : paper! > 200 && ink! < 60).toBe(true);
  }

  test("values are read out under the pointer, and go with it", async () => {
    await browser.open(files.get("a run")!, VIEWS[0]!);
    const read = await browser.evaluate<{ over: string; away: string }>(`(() => {
      const svg = document.getElementById("timeline-wide");
      const box = svg.getBoundingClientRect();
      const output = svg.closest("figure").querySelector("output");
      svg.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width / 2, clientY: box.top + 50 }));
      const over = output.textContent;
      svg.dispatchEvent(new PointerEvent("pointerleave"));
      return { over, away: output.textContent };
    })()`);
    expect(read.over).toMatch(/^6\d\.\d\u00a0s \u00b7 throughput [\d.]+\u00a0tasks\/s/);
    expect(read.away).toBe("");
  });

  /** What saving the figure at this place gives: by the keyboard, as whoever has no mouse does. */
  const saved = async (index: number) => {
    await browser.evaluate(`(() => {
      window.blobs = [];
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => { window.blobs.push(blob); return make.call(URL, blob); };
    })()`);
    const seen = `[...document.querySelectorAll("figure")].filter((figure) => figure.querySelector(".save"))`;
    for (const kind of [0, 1]) {
      await browser.evaluate(`${seen}[${index}].querySelectorAll(".save button")[${kind}].focus()`);
      await browser.press("Enter");
    }
    return browser.evaluate<{
      svg: string;
      width: number;
      height: number;
      colors: number;
      label: string;
    }>(`(async () => {
      while (window.blobs.length < 2) await new Promise((resolve) => requestAnimationFrame(resolve));
      const byType = (type) => window.blobs.find((blob) => blob.type === type);
      const image = await createImageBitmap(byType("image/png"));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const colors = new Set(new Uint32Array(data.buffer));
      const label = document.activeElement.getAttribute("aria-label");
      return { svg: await byType("image/svg+xml").text(), width: image.width, height: image.height, colors: colors.size, label };
    })()`);
  };

  const SAVED = [
    { name: "a run", index: 0, view: VIEWS[0]!, words: ["Timeline of the run", "Meshwork simulation"] },
    { name: "a run", index: 2, view: VIEWS[3]!, words: ["Meshwork simulation"] },
    { name: "a broken invariant", index: 0, view: VIEWS[1]!, words: ["completion &gt;= 0.99"] },
    { name: "messages around a moment", index: 0, view: VIEWS[0]!, words: ["precommit"] },
    { name: "a sweep", index: 1, view: VIEWS[1]!, words: ["kill.share", "selector", "Meshwork simulation sweep"] },
    { name: "a run of real nodes", index: 0, view: VIEWS[2]!, words: ["Meshwork"] },
  ];

  test.each(SAVED)(
    "a figure of $name is saved as SVG and PNG that stand by themselves",
    async ({ name, index, view, words }) => {
      await browser.open(files.get(name)!, view);
      const count = await browser.evaluate<number>(`document.querySelectorAll("figure .save").length`);
      expect(count).toBe(await browser.evaluate<number>(`document.querySelectorAll("figure:has(svg)").length`));
      const { svg, width, height, colors, label } = await saved(index);
      expect(label).toMatch(/^Save as PNG: ./);
      for (const word of words) expect(svg).toContain(word);
      expect(svg).not.toMatch(/var\(|class=|https?:\/\/(?!www\.w3\.org)/);
      expect(svg).toContain(view.scheme === "dark" ? "rgb(21, 24, 28)" : "rgb(255, 255, 255)");
      const [, wide, high] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
      expect(Math.abs(width / Number(wide) - height / Number(high))).toBeLessThan(0.02);
      expect(colors).toBeGreaterThan(10);
      expect(browser.complaints.splice(0)).toEqual([]);
    },
  );

  test.each(["many seeds", "a run of real nodes"])(
    "%s prints on paper that is always light, nothing cut off",
    async (name) => {
      await browser.open(files.get(name)!, { width: 688, height: 900, scheme: "dark", media: "print" });
      const found = await browser.evaluate<Findings>(LOOK);
      expect(found.background).toBe("rgb(255, 255, 255)");
      expect(found.scrollWidth).toBeLessThanOrEqual(688);
      expect((await browser.pdf()).subarray(0, 5).toString()).toBe("%PDF-");
    },
  );
});
