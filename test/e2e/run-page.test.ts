/** `meshwork run` prints the answer before it draws the page, so nobody waits for a drawing. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { runCli } from "../../node/cli/main.ts";
import type { CliIo } from "../../node/platform/terminal/context.ts";
import type { DrawRunPage } from "../../node/run/run-page.ts";
import { drawRunPage } from "../../scripts/run-page.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-run-page-"));
const job = join(folder, "job.yaml");
writeFileSync(
  job,
  "name: shout\nbudget: 1\npolicy: { redundancy: 1 }\ntasks:\n  shout: { skill: text.upper, input: hello }\noutput: shout\n",
);

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the summary and its files are there when the drawing begins, and the page is named when it ends", async () => {
  const out = join(folder, "out");
  let printed = "";
  let before = { printed: "", files: [] as boolean[] };
  const draw: DrawRunPage = async (facts) => {
    const files = ["result.json", "certificate.json", "summary.json", "report.html"];
    before = { printed, files: files.map((name) => existsSync(join(out, name))) };
    return drawRunPage(facts);
  };
  const io: CliIo = {
    stdout: (text) => void (printed += text),
    stderr: () => undefined,
    terminal: null,
    env: { ...process.env, NO_COLOR: "1" },
  };
  const code = await runCli(["run", job, "--agents", "1", "--out", out], io, { drawRunPage: draw });
  expect(code).toBe(0);
  expect(before.printed).toContain("CERTIFIED");
  expect(before.printed).toContain("HELLO");
  expect(before.printed).not.toContain("report.html");
  expect(before.files).toEqual([true, true, true, false]);
  expect(printed).toContain(join(out, "report.html"));
  const summary = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as { readonly report: string };
  expect(summary.report).toBe(join(out, "report.html"));
}, 120_000);
