/** How long members wait in a round: by what they measure, and never far from each other for long. */

import { expect, test } from "vitest";
import { createPace } from "../../../protocol/consensus/pace.ts";

test("a base goes up at once with a slow quorum, and down with quick ones", () => {
  const pace = createPace();
  pace.observe(300);
  expect(pace.timeoutMs(0)).toBe(1_200);
  for (let i = 0; i < 100; i++) pace.observe(10);
  expect(pace.timeoutMs(0)).toBeLessThan(60);
  expect(pace.timeoutMs(3) - pace.timeoutMs(0)).toBe(1_500);
});

test("a quorum that a partition kept waiting for a minute is forgotten as soon as any slow one: seed 90973", () => {
  const pace = createPace();
  pace.observe(60_000);
  expect(pace.timeoutMs(0)).toBe(2_000);
  for (let i = 0; i < 30; i++) pace.observe(20);
  expect(pace.timeoutMs(0)).toBeLessThan(600);
});
