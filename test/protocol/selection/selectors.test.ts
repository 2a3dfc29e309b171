/** Selectors by name: an agent hosts a job only if it has the job's selector, and all members choose alike. */

import { expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import type { Hash } from "../../../protocol/core/ids.ts";
import { fromScores } from "../../../protocol/selection/adapt.ts";
import { BUILT_IN_SELECTORS, createSelectors } from "../../../protocol/selection/catalog.ts";
import type { Candidate, ScoreSelector, Selector } from "../../../protocol/selection/selector.ts";
import { candidateOf, requestOf } from "../../support/candidates.ts";
import { DrivenAgent, id, jobOf } from "../../support/driven-agent.ts";

const candidate = (agent: string, changes: Partial<Candidate> = {}): Candidate =>
  candidateOf(id(agent), { price: 1, expectedMs: 100, slots: 2, ...changes });
const draw = (agent: string): Hash => hasher(new TextEncoder().encode(agent));
/** By what a selector knows at the start. */
const choose = (selector: Selector, candidates: readonly Candidate[], count: number): string[] =>
  selector
    .choose(selector.start(), requestOf(candidates, { skill: "", draw, targetMs: 1, typicalPrice: 1 }), count)
    .picked.map(({ agent }) => agent);
const picked = (name: string, candidates: readonly Candidate[], count = 1): string[] =>
  choose(BUILT_IN_SELECTORS.get(name)!, candidates, count);

test("each built-in policy prefers what it says", () => {
  const good = candidate("good", { accepted: 9, awards: 9 });
  const late = candidate("late", { accepted: 9, awards: 18, timeouts: 9 });
  expect(picked("greedy", [late, candidate("new"), good], 2)).toEqual(["good", "late"].map(id));
  expect(picked("least-loaded", [candidate("half", { live: 1 }), candidate("elsewhere", { load: 900_000 })])).toEqual([
    id("half"),
  ]);
  expect(picked("round-robin", [good, candidate("fresh", { awards: 2 })])).toEqual([id("fresh")]);
});

test("a hash breaks ties: the order in which candidates stand does not count", () => {
  const candidates = Array.from({ length: 20 }, (_, i) => candidate(`w${i}`));
  const chosen = picked("random", candidates, 5);
  expect(picked("random", [...candidates].reverse(), 5)).toEqual(chosen);
  expect(chosen).not.toEqual(candidates.slice(0, 5).map(({ agent }) => agent));
});

test("a score that is no number is worst of all, and infinities are equal to themselves", () => {
  const odd = fromScores({
    name: "odd",
    summary: "",
    score: ({ price }) =>
      price === 0 ? Number.NaN : price === 1 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
  });
  const candidates = [0, 1, 2, 2].map((price, i) => candidate(`w${i}`, { price }));
  const order = choose(odd, candidates, 4);
  expect(order.slice(0, 2).sort()).toEqual(["w2", "w3"].map(id));
  expect(choose(odd, [...candidates].reverse(), 4)).toEqual(order);
});

test("an agent keeps a job only if it has the selector that the job names", () => {
  const { signed } = jobOf("owner", { selector: "mine" });
  const answers = ([] as ScoreSelector[][])
    .concat([[]], [[{ name: "mine", summary: "", score: () => 0 }]])
    .map((selectors) => {
      const m0 = new DrivenAgent("m0", { selectors: createSelectors(selectors) });
      const [reply] = m0
        .sent(m0.frame("owner", { kind: "invite", genesis: signed, vcvs: [] }))
        .filter(({ message }) => message.kind === "inviteReply");
      return reply?.message;
    });
  expect(answers).toMatchObject([{ yes: false, reason: "it has no selector mine" }, { yes: true }]);
});
