/** The library of scenarios: each passes its verdict, with all invariants watched and every fault in effect. */

import { expect, test } from "vitest";
import { explain, QUICK, runScenario, SCENARIOS } from "../../support/library.ts";

test.each(SCENARIOS.filter((name) => !QUICK.includes(name)))("%s passes", { timeout: 300_000 }, (name) => {
  const summary = runScenario(name);
  expect(summary.verdict, explain(summary)).toBe("pass");
});
