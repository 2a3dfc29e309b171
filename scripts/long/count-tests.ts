/** What came out of test files, from the file that the test runner's JSON reporter writes. */

import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

interface TestFile {
  readonly name?: string;
  readonly status: string;
  /** Why it did not load. */
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName?: string;
    readonly failureMessages?: readonly string[];
  }[];
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A test file that did not load has no tests and counts as one failure, and so do results that are not there. */
export function countTests(file: string): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (!existsSync(file)) return { ...counts, failed: 1 };
  const { testResults } = JSON.parse(readFileSync(file, "utf8")) as { testResults: readonly TestFile[] };
  for (const { status, assertionResults } of testResults) {
    if (status === "failed" && !assertionResults.some((test) => test.status === "failed")) counts.failed++;
    for (const test of assertionResults) {
      if (test.status === "passed" || test.status === "failed") counts[test.status]++;
      else counts.skipped++;
    }
  }
  return counts;
}

const root = join(import.meta.dirname, "../..");
const firstLine = (text = ""): string => text.split("\n", 1)[0]!;

/** Which tests failed and why, a line each: the end of a long output must say it, since often only that is kept. */
export function failuresOf(file: string): readonly string[] {
  if (!existsSync(file)) return ["the test runner wrote no results"];
  const { testResults } = JSON.parse(readFileSync(file, "utf8")) as { testResults: readonly TestFile[] };
  return testResults.flatMap(({ name = "", status, message, assertionResults }) => {
    if (status !== "failed") return [];
    const failed = assertionResults.filter((test) => test.status === "failed");
    const at = relative(root, name);
    if (failed.length === 0) return [`${at}: ${firstLine(message)}`];
    return failed.map(
      ({ fullName = "", failureMessages = [] }) => `${at} > ${fullName}: ${firstLine(failureMessages[0])}`,
    );
  });
}
