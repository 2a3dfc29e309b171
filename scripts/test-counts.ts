/**
 * Prints `N passed, N failed, N skipped` from the file that the test runner's JSON reporter wrote. A test file that
 * did not load has no tests and counts as one failure. Exit 1 if anything failed or nothing ran.
 */

import { existsSync, readFileSync } from "node:fs";

interface TestFile {
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

function count(file: string): { passed: number; failed: number; skipped: number } {
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

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("usage: test-counts.ts RESULTS.json\n");
  process.exitCode = 2;
} else {
  const { passed, failed, skipped } = count(file);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
