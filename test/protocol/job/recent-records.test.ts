/** Records that fade: what selectors go by after an agent changed. */

import { expect, test } from "vitest";
import {
  ANSWERS_KEPT,
  endsOf,
  LEASES_KEPT,
  NOTHING,
  noteEnd,
  type Recent,
  recentOf,
} from "../../../protocol/job/recent.ts";
import { reliabilityOf, successOf } from "../../../protocol/selection/context.ts";
import { timely } from "../../../protocol/selection/gate.ts";
import { GATE } from "../../../protocol/selection/parameters.ts";
import { candidateOf } from "../../support/candidates.ts";

const after = (start: Recent, isGood: boolean, times: number, kept = ANSWERS_KEPT): Recent =>
  Array.from({ length: times }).reduce<Recent>((recent) => noteEnd(recent, isGood, kept), start);

test("a record holds so many ends at most, and forgets hundreds of good ones within as many bad ones", () => {
  const long = after(NOTHING, true, 1_000);
  expect(endsOf(long).good).toBeCloseTo(ANSWERS_KEPT, 0);
  const changed = after(long, false, ANSWERS_KEPT);
  expect(changed.bad).toBeGreaterThan(changed.good);
  expect(endsOf(changed).good + endsOf(changed).bad).toBeLessThanOrEqual(ANSWERS_KEPT + 1);
  expect(after(long, false, 10_000)).toMatchObject({ good: expect.toSatisfy((good: number) => good < 1_000) });
});

test("short records are plain counts, nearly", () => {
  const three = endsOf(after(after(NOTHING, true, 2, LEASES_KEPT), false, 1, LEASES_KEPT));
  expect(three.good).toBeGreaterThan(1.9);
  expect(three.bad).toBe(1);
});

test("what earlier jobs taught weighs as much as a full record at most, in its own proportion", () => {
  expect(endsOf(recentOf({ accepted: 4, rejected: 1 }))).toEqual({ good: 4, bad: 1 });
  const { good, bad } = endsOf(recentOf({ accepted: 900, rejected: 100 }));
  expect([good, bad]).toEqual([0.9 * ANSWERS_KEPT, 0.1 * ANSWERS_KEPT]);
});

test("selectors go by what is left, where the ledger says it, and by the counts otherwise", () => {
  const counts = { accepted: 98, rejected: 0, awards: 98, timeouts: 0 };
  const fallen = { ...counts, recent: { right: 1, wrong: 2, kept: 2, lost: 4 } };
  expect(successOf(candidateOf("a", counts))).toBe(0.99);
  expect(successOf(candidateOf("a", fallen))).toBe(0.4);
  expect(reliabilityOf(candidateOf("a", fallen))).toBe(0.375);
  expect(timely(candidateOf("a", fallen), GATE)).toBe(0.5);
});
