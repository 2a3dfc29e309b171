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

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1)!;

/** The last line that it prints, and its exit code, for a report of these files. */
function counted(...testResults: readonly unknown[]): { line: string; code: number | null } {
  const report = join(folder, "report.json");
  writeFileSync(report, JSON.stringify({ testResults }));
  const { stdout, status } = spawnSync(process.execPath, [script, report], { encoding: "utf8" });
  return { line: lastLine(stdout), code: status };
}

test("all is well", () => {
  const counts = counted(file("passed", "passed", "passed", "pending"), file("passed", "passed", "todo"));
  expect(counts).toEqual({ line: "3 passed, 0 failed, 2 skipped", code: 0 });
});

test("a test failed", () => {
  expect(counted(file("failed", "passed", "failed"))).toEqual({ line: "1 passed, 1 failed, 0 skipped", code: 1 });
});

test("a file did not load: it has no tests, and must not be forgotten", () => {
  const counts = counted(file("passed", "passed"), file("failed"));
  expect(counts).toEqual({ line: "1 passed, 1 failed, 0 skipped", code: 1 });
});

test("parts of the long tests count by their tests, or as one each; those that have no results fail", () => {
  const report = join(folder, "report.json");
  const long = join(folder, "long.json");
  writeFileSync(report, JSON.stringify({ testResults: [file("passed", "passed")] }));
  const parts = {
    library: { ok: true, counts: { passed: 11, failed: 0, skipped: 1 } },
    crashed: { ok: false, counts: { passed: 3, failed: 0, skipped: 0 } },
    explore: { ok: true, counts: { seeds: 2_000, failed: 0 } },
    fuzz: { ok: false, counts: {} },
  };
  writeFileSync(long, JSON.stringify(parts));
  const run = (file: string) => spawnSync(process.execPath, [script, report, file], { encoding: "utf8" });
  const closing = ["FAILED crashed: failed", "FAILED fuzz: failed", "16 passed, 2 failed, 1 skipped", ""];
  expect(run(long)).toMatchObject({ stdout: closing.join("\n"), status: 1 });
  const { stdout, status } = run(join(folder, "none.json"));
  expect([lastLine(stdout), status]).toEqual(["1 passed, 1 failed, 0 skipped", 1]);
});

test("the end says which tests failed and why, those of the long parts too", () => {
  const report = join(folder, "report.json");
  const long = join(folder, "long.json");
  const failure = { status: "failed", fullName: "a thing holds", failureMessages: ["Error: it does not\n  at line 3"] };
  const name = join(import.meta.dirname, "../x.test.ts");
  writeFileSync(report, JSON.stringify({ testResults: [{ name, status: "failed", assertionResults: [failure] }] }));
  const failures = ["test/y.long.test.ts > another: Error: no"];
  writeFileSync(long, JSON.stringify({ servers: { ok: false, counts: { passed: 1, failed: 1 }, failures } }));
  const { stdout } = spawnSync(process.execPath, [script, report, long], { encoding: "utf8" });
  expect(stdout.split("\n").slice(0, 2)).toEqual([
    "FAILED test/x.test.ts > a thing holds: Error: it does not",
    "FAILED servers: test/y.long.test.ts > another: Error: no",
  ]);
});

test("nothing ran", () => {
  expect(counted()).toEqual({ line: "0 passed, 0 failed, 0 skipped", code: 1 });
});

test("there is no report: the runner itself failed", () => {
  const { stdout, status } = spawnSync(process.execPath, [script, join(folder, "missing.json")], { encoding: "utf8" });
  const lines = ["FAILED the test runner wrote no results", "0 passed, 1 failed, 0 skipped", ""];
  expect({ stdout, status }).toEqual({ stdout: lines.join("\n"), status: 1 });
});
