/** Each scenario of the library fails without the mechanism that it exercises, so its verdict means something. */

import { expect, test } from "vitest";
import { explain, runScenario, SCENARIOS } from "../../support/library.ts";

test.each(SCENARIOS)("%s fails without its mechanism", { timeout: 300_000 }, (name) => {
  const summary = runScenario(name, true);
  expect(summary.verdict, explain(summary)).toBe("fail");
  expect(summary.invariants.filter(({ pass }) => !pass)).toEqual([]); // slower or less, never wrong
});
