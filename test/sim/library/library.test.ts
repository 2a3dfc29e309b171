/** The library of scenarios, those of it that are quick to run: each passes its verdict. The others: library.long.test.ts. */

import { expect, test } from "vitest";
import { explain, QUICK, runScenario, SCENARIOS } from "../../support/library.ts";

test("there are at least twelve", () => {
  expect(SCENARIOS.length).toBeGreaterThanOrEqual(12);
  expect(SCENARIOS).toEqual(expect.arrayContaining([...QUICK]));
});

test.each(QUICK)("%s passes", { timeout: 120_000 }, (name) => {
  const summary = runScenario(name);
  expect(summary.verdict, explain(summary)).toBe("pass");
});
