/** The library of scenarios: each passes its verdict, with all invariants watched and every fault in effect. */

import { expect, test } from "vitest";
import { explain, runScenario, SCENARIOS } from "../../support/library.ts";

test("there are at least twelve", () => {
  expect(SCENARIOS.length).toBeGreaterThanOrEqual(12);
});

test.each(SCENARIOS)("%s passes", { timeout: 120_000 }, (name) => {
  const summary = runScenario(name);
  expect(summary.verdict, explain(summary)).toBe("pass");
});
