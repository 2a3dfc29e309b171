/** What came out of test files, from the file that the test runner's JSON reporter writes. */

import { existsSync, readFileSync } from "node:fs";

interface TestFile {
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
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
