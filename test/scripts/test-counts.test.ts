/** The last line of `.ci/run`: what it counts, and when it fails. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const script = join(import.meta.dirname, "../../scripts/test-counts.ts");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "meshwork-counts-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (status: string, ...tests: readonly string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

/** What it prints, and its exit code, for a report of these files. */
function counted(...testResults: readonly unknown[]): { line: string; code: number | null } {
  const report = join(folder, "report.json");
  writeFileSync(report, JSON.stringify({ testResults }));
  const { stdout, status } = spawnSync(process.execPath, [script, report], { encoding: "utf8" });
  return { line: stdout, code: status };
}

test("all is well", () => {
  const counts = counted(file("passed", "passed", "passed", "pending"), file("passed", "passed", "todo"));
  expect(counts).toEqual({ line: "3 passed, 0 failed, 2 skipped\n", code: 0 });
});

test("a test failed", () => {
  expect(counted(file("failed", "passed", "failed"))).toEqual({ line: "1 passed, 1 failed, 0 skipped\n", code: 1 });
});

test("a file did not load: it has no tests, and must not be forgotten", () => {
  const counts = counted(file("passed", "passed"), file("failed"));
  expect(counts).toEqual({ line: "1 passed, 1 failed, 0 skipped\n", code: 1 });
});

test("nothing ran", () => {
  expect(counted()).toEqual({ line: "0 passed, 0 failed, 0 skipped\n", code: 1 });
});

test("there is no report: the runner itself failed", () => {
  const { stdout, status } = spawnSync(process.execPath, [script, join(folder, "missing.json")], { encoding: "utf8" });
  expect({ stdout, status }).toEqual({ stdout: "0 passed, 1 failed, 0 skipped\n", status: 1 });
});
