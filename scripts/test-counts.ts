/**
 * Prints a line for each failure, and at last `N passed, N failed, N skipped` from what the test runner's JSON reporter wrote and, if it is named, from the results
 * of `npm run test:long`: parts that ran tests count by their tests, the others as one. Exit 1 if anything failed
 * or nothing ran.
 *
 *   node scripts/test-counts.ts TESTS.json [LONG.json]
 */

import { existsSync, readFileSync } from "node:fs";
import { countTests, failuresOf, type TestCounts } from "./long/count-tests.ts";

interface Part {
  readonly ok: boolean;
  readonly counts: Partial<TestCounts>;
  readonly failures?: readonly string[];
}

const ofPart = ({ ok, counts: { passed, failed, skipped = 0 } }: Part): TestCounts =>
  passed !== undefined && failed !== undefined
    ? { passed, failed: ok || failed > 0 ? failed : 1, skipped }
    : { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };

type Parts = { readonly [name: string]: Part };

function readParts(results: string): Parts {
  if (!existsSync(results)) return { "test:long": { ok: false, counts: {}, failures: ["it wrote no results"] } };
  return JSON.parse(readFileSync(results, "utf8")) as Parts;
}

const failuresOfParts = (parts: Parts): string[] =>
  Object.entries(parts).flatMap(([name, { ok, failures = [] }]) => {
    if (ok) return [];
    return failures.length > 0 ? failures.map((failure) => `${name}: ${failure}`) : [`${name}: failed`];
  });

const [file, long] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("usage: test-counts.ts TESTS.json [LONG.json]\n");
  process.exitCode = 2;
} else {
  const parts = long === undefined ? {} : readParts(long);
  const all = [countTests(file), ...Object.values(parts).map(ofPart)];
  const sum = (name: keyof TestCounts): number => all.reduce((total, counts) => total + counts[name], 0);
  for (const failure of [...failuresOf(file), ...failuresOfParts(parts)]) process.stdout.write(`FAILED ${failure}\n`);
  process.stdout.write(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped\n`);
  process.exitCode = sum("failed") === 0 && sum("passed") > 0 ? 0 : 1;
}
