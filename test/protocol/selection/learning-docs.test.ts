/** The award that docs/learning.md works through by hand. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createLinUcb } from "../../../protocol/selection/linucb.ts";
import { candidateOf, drawOf, requestOf } from "../../support/candidates.ts";

test("the award of the guide comes out as it says", () => {
  const selector = createLinUcb();
  const candidate = candidateOf("new", {
    ...{ isNewcomer: true, price: 1_000, expectedMs: 2_000, live: 1, slots: 2, awards: 1, idleMs: 0 },
  });
  const request = requestOf([candidate], { skill: "count", draw: drawOf("t"), targetMs: 60_000, typicalPrice: 1_000 });
  const [pick] = selector.choose(selector.start(), request, 1).picked;
  const figures = [pick!.mean, pick!.bonus, pick!.score].map((figure) => figure.toFixed(4));
  expect(figures).toEqual(["0.3135", "0.6874", "1.0008"]);
  const guide = readFileSync(new URL("../../../docs/learning.md", import.meta.url), "utf8");
  for (const figure of figures) expect(guide).toContain(figure);
});
