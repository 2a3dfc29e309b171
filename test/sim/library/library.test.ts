/** The quick scenarios of the library: each passes its verdict. library.long.test.ts runs the others. */

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
