/** The policies: each by hand, and what must hold for all of them, whatever candidates say of themselves. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { guarded } from "../../../protocol/selection/adapt.ts";
import {
  type ArmsState,
  createEpsilonGreedy,
  createUcb1,
  learnArm,
  UNTRIED,
} from "../../../protocol/selection/arms.ts";
import { createSelectors, SELECTORS } from "../../../protocol/selection/catalog.ts";
import { contextOf, DIMENSION } from "../../../protocol/selection/context.ts";
import { createLinUcb } from "../../../protocol/selection/linucb.ts";
import { ARMS_MAX } from "../../../protocol/selection/parameters.ts";
import { screen, screeningScore } from "../../../protocol/selection/screen.ts";
import type {
  Candidate,
  ChoiceRequest,
  Lesson,
  Picks,
  RewardLesson,
  Selector,
} from "../../../protocol/selection/selector.ts";
import { createThompson } from "../../../protocol/selection/thompson.ts";
import { decodeValue, encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { candidateOf, drawOf, requestOf } from "../../support/candidates.ts";
import { runs } from "../../support/runs.ts";

/** Those that learn. */
const LEARNING = SELECTORS.filter(({ learn }) => learn !== undefined);

const agents = (list: readonly { readonly agent: AgentId }[]): string[] => list.map(({ agent }) => agent);
const crowd = (count: number, changes: (i: number) => Partial<Candidate> = () => ({})): Candidate[] =>
  Array.from({ length: count }, (_, i) => candidateOf(`w${String(i).padStart(2, "0")}`, changes(i)));
const taught = (agent: string, reward: number, rest: Partial<RewardLesson> = {}): RewardLesson => ({
  ...{ kind: "reward", agent: agent as AgentId, skill: "work", reward },
  context: new Array(DIMENSION).fill(0.2),
  ...rest,
});
const taughtBy = <S>(selector: Selector<S>, lessons: readonly Lesson[]): S =>
  lessons.reduce((state, lesson) => selector.learn!(state, lesson), selector.start());

// --- what others may say ------------------------------------------------------------------------------

const number = (max: number) =>
  fc.oneof(fc.integer({ min: 0, max }), fc.constantFrom(0, max, Number.POSITIVE_INFINITY));
const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, Number.NaN));
const anybody = fc.record({
  similarity: share,
  isNewcomer: fc.boolean(),
  price: number(1e12),
  expectedMs: number(1e9),
  live: fc.integer({ min: 0, max: 300 }),
  slots: fc.integer({ min: 1, max: 300 }),
  load: number(1_000_000),
  awards: fc.integer({ min: 0, max: 50 }),
  accepted: number(1e6),
  rejected: number(1e6),
  timeouts: fc.integer({ min: 0, max: 50 }),
  idleMs: number(1e9),
  affinity: share,
});
const candidatesOf = fc
  .array(anybody, { minLength: 1, maxLength: 12 })
  .map((list) => list.map((changes, i) => candidateOf(`w${i}`, changes)));
const lessonsOf = fc.array(
  fc.record({
    agent: fc.integer({ min: 0, max: 12 }),
    reward: fc.oneof(fc.double({ min: -1, max: 1, noNaN: true }), fc.constantFrom(Number.NaN, 1e300)),
    weight: share,
    isTimeout: fc.boolean(),
  }),
  { maxLength: 20 },
);
type Told = readonly { agent: number; reward: number; weight: number; isTimeout: boolean }[];
const lessonsAbout = (candidates: readonly Candidate[], told: Told): Lesson[] =>
  told.map(({ agent, reward, weight, isTimeout }) => {
    const candidate = candidates[agent % candidates.length]!;
    if (isTimeout) return { kind: "timeout", agent: candidate.agent, skill: "work" };
    return taught(candidate.agent, reward, { weight, context: contextOf(candidate, requestOf(candidates)) });
  });
const stateOf = (selector: Selector, lessons: readonly Lesson[]): unknown =>
  selector.learn === undefined ? selector.start() : taughtBy(selector, lessons);

describe.each(SELECTORS.map((selector) => [selector.name, selector] as const))("%s", (_, selector) => {
  test("is a pure choice of distinct agents: the order of candidates does not count, nothing is NaN, all is explained", () => {
    fc.assert(
      fc.property(
        candidatesOf,
        lessonsOf,
        fc.integer({ min: 0, max: 14 }),
        fc.nat(),
        (candidates, told, count, task) => {
          const lessons = lessonsAbout(candidates, told);
          const state = stateOf(selector, lessons);
          const frozen = JSON.stringify(state);
          const ask = (list: readonly Candidate[]): Picks =>
            selector.choose(state, requestOf(list, { draw: drawOf(`task ${task}`) }), count);
          const picks = ask(candidates);
          expect(ask([...candidates].reverse())).toStrictEqual(picks);
          expect(ask([...candidates.slice(1), candidates[0]!])).toStrictEqual(picks);
          expect(stateOf(selector, lessons)).toStrictEqual(state);
          expect(JSON.stringify(state)).toBe(frozen);
          expect(picks.picked.length).toBe(Math.min(count, candidates.length));
          expect(new Set(agents(picks.picked)).size).toBe(picks.picked.length);
          expect(agents(picks.ranked).sort()).toEqual(agents(candidates).sort());
          for (const { score, mean, bonus } of picks.ranked)
            for (const value of [score, mean, bonus]) expect(Number.isNaN(value)).toBe(false);
          for (const [i, { score }] of picks.ranked.entries())
            if (i > 0) expect(score).toBeLessThanOrEqual(picks.ranked[i - 1]!.score);
          for (const { context } of picks.picked) expect(context.length).toBe(DIMENSION);
        },
      ),
      { numRuns: runs(150) },
    );
  });

  test("equals go by lot: over 1,000 tasks nobody is favoured, low ids least of all", () => {
    const candidates = crowd(10);
    const wins = new Map<string, number>();
    for (let task = 0; task < 1_000; task++) {
      const request = requestOf(candidates, { draw: drawOf(`task ${task}`) });
      const { agent, why } = selector.choose(selector.start(), request, 1).picked[0]!;
      expect(why === "draw" || selector.name === "epsilon-greedy").toBe(true);
      wins.set(agent, (wins.get(agent) ?? 0) + 1);
    }
    const counts = candidates.map(({ agent }) => wins.get(agent) ?? 0);
    // Binomial(1000, 0.1): standard deviation 9.5; of the lower half 15.8.
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(40);
    const low = counts.slice(0, 5).reduce((sum, count) => sum + count, 0);
    expect(Math.abs(low - 500)).toBeLessThan(64);
  });
});

describe.each(LEARNING.map((selector) => [selector.name, selector] as const))("%s learns", (_, selector) => {
  const candidates = crowd(4, (i) => ({ accepted: i, price: 5 * i }));
  const lessons = candidates.map((candidate, i) =>
    taught(candidate.agent, i / 4, { context: contextOf(candidate, requestOf(candidates)) }),
  );

  test("nothing from a timeout, or from what is no lesson", () => {
    const state = taughtBy(selector, lessons);
    const { agent } = candidates[0]!;
    expect(selector.learn!(state, { kind: "timeout", agent, skill: "work" })).toBe(state);
    expect(selector.learn!(state, taught("w00", Number.NaN))).toBe(state);
    expect(selector.learn!(state, taught("w00", 1, { weight: 0 }))).toBe(state);
    expect(selector.learn!(state, taught("w00", 1))).not.toBe(state);
  });

  test("a state that can be hashed, carried, and looked at", () => {
    const state = taughtBy(selector, lessons);
    const read = decodeValue(encodeValue(state as Value));
    expect(read.ok && read.value).toStrictEqual(state);
    expect(selector.isState!(read.ok && read.value)).toBe(true);
    for (const wrong of [null, 1, "x", {}, [1], [{}], { seen: 1 }]) expect(selector.isState!(wrong)).toBe(false);
  });

  test("that who lets leases run out is not worth its good answers", () => {
    const pair = [
      candidateOf("good", { accepted: 5, awards: 10, timeouts: 5 }),
      candidateOf("fair", { accepted: 4, awards: 10 }),
    ];
    const context = contextOf(pair[0]!, requestOf(pair));
    const state = taughtBy(selector, [taught("good", 0.8, { context }), taught("fair", 0.7, { context })]);
    for (let task = 0; task < 20; task++) {
      const { ranked } = selector.choose(state, requestOf(pair, { draw: drawOf(`task ${task}`) }), 1);
      expect(ranked[0]!.agent).toBe("fair");
    }
  });
});

test("every engine comes to the same bits", () => {
  const digests = LEARNING.map((selector) => {
    let state = selector.start();
    const chosen: Value[] = [];
    for (let task = 0; task < 200; task++) {
      const candidates = crowd(12, (i) => ({
        price: 3 * i + (task % 5),
        accepted: (i * task) % 7,
        rejected: task % 3,
      }));
      const { picked } = selector.choose(state, requestOf(candidates, { draw: drawOf(`task ${task}`) }), 2);
      for (const [i, { agent, context, score }] of picked.entries()) {
        chosen.push([agent, score]);
        const reward = 1 / (1 + ((task + i) % 7));
        state = selector.learn!(state, { kind: "reward", agent, skill: "work", context, reward, weight: 0.7 });
      }
    }
    return [selector.name, hasher(encodeValue([state as Value, chosen])).slice(0, 16)];
  });
  // A change of what is learned, or of a default, changes these; a change of the engine must not.
  expect(Object.fromEntries(digests)).toEqual({
    linucb: "e187f52141d05a82",
    thompson: "867899d69b6352ee",
    ucb1: "57c2ead8018f4b46",
    "epsilon-greedy": "2fa8ecfa10acb1fc",
  });
});

describe("reasons", () => {
  const request = (changes: Partial<ChoiceRequest> = {}) =>
    requestOf([candidateOf("known", { accepted: 40, rejected: 6 }), candidateOf("new", { isNewcomer: true })], changes);

  test("best by what is known; explored for what is not", () => {
    const careful = createLinUcb({ alpha: 0, norm: 0 });
    expect(careful.choose(careful.start(), request(), 1).picked).toMatchObject([
      { agent: "known", bonus: 0, why: "best" },
    ]);
    const learned = (alpha: number): Picks => {
      const selector = createLinUcb({ alpha, gamma: 1 });
      const context = contextOf(request().candidates[0]!, request());
      const lessons = Array.from({ length: 40 }, () => taught("known", 0.6, { context }));
      return selector.choose(taughtBy(selector, lessons), request(), 1);
    };
    expect(learned(0.01).picked).toMatchObject([{ agent: "known", why: "best" }]);
    const [pick] = learned(1).picked;
    expect(pick).toMatchObject({ agent: "new", why: "newcomer" });
    expect(pick!.score).toBe(pick!.mean + pick!.bonus);
  });

  test("Thompson draws: the same for the same task, another for the next", () => {
    const selector = createThompson({ spread: 1 });
    const ask = (task: string): Picks => selector.choose(selector.start(), request({ draw: drawOf(task) }), 1);
    expect(ask("a")).toStrictEqual(ask("a"));
    expect(ask("a").ranked[0]!.bonus).not.toBe(ask("b").ranked[0]!.bonus);
    const chosen = new Set(Array.from({ length: 50 }, (_, i) => ask(`task ${i}`).picked[0]!.agent));
    expect([...chosen].sort()).toEqual(["known", "new"]);
  });
});

describe("arms", () => {
  test("UCB1 by hand: whom nobody tried first, then mean + sqrt(2 ln n / n_i)", () => {
    const selector = createUcb1();
    const lessons = [taught("w00", 1), taught("w00", 0), taught("w01", 1), taught("w02", 1, { skill: "other" })];
    const state = taughtBy(selector, lessons);
    const { ranked, picked } = selector.choose(state, requestOf(crowd(3)), 1);
    expect(picked).toMatchObject([{ agent: "w02", bonus: UNTRIED }]);
    expect(agents(ranked)).toEqual(["w02", "w01", "w00"]);
    expect(ranked[1]!.score).toBeCloseTo(1 + Math.sqrt(2 * Math.log(3)), 12);
    expect(ranked[2]!.score).toBeCloseTo(0.5 + Math.sqrt(Math.log(3)), 12);
  });

  test("awards under way count as pulls", () => {
    const selector = createUcb1();
    const busy = crowd(2, (i) => ({ live: i }));
    expect(selector.choose([], requestOf(busy), 2).picked.map(({ agent }) => agent)).toEqual(["w00", "w01"]);
  });

  test("epsilon-greedy: about epsilon of the seats are drawn, the others go to the best", () => {
    const selector = createEpsilonGreedy({ epsilon: 0.2 });
    const state = taughtBy(selector, [taught("w03", 1)]);
    let [drawn, best] = [0, 0];
    for (let task = 0; task < 500; task++) {
      const { picked } = selector.choose(state, requestOf(crowd(8), { draw: drawOf(`task ${task}`) }), 3);
      for (const { why } of picked) drawn += why === "draw" ? 1 : 0;
      best += picked.some(({ agent }) => agent === "w03") ? 1 : 0;
    }
    expect(drawn / 1_500).toBeGreaterThan(0.16);
    expect(drawn / 1_500).toBeLessThan(0.24);
    expect(best).toBeGreaterThan(480);
  });

  test("stand in one order, fade, and are bounded: the rarest makes room", () => {
    const fading = (arms: ArmsState, lesson: Lesson): ArmsState => learnArm(arms, lesson, { gamma: 0.5 });
    const two = [taught("b", 1), taught("a", -1), taught("b", 1)].reduce(fading, [] as ArmsState);
    expect(two).toEqual([
      { agent: "a", skill: "work", pulls: 0.5, sum: -0.5 },
      { agent: "b", skill: "work", pulls: 1.25, sum: 1.25 },
    ]);
    const full: ArmsState = Array.from({ length: ARMS_MAX }, (_, i) => ({
      ...{ agent: `w${String(i).padStart(4, "0")}` as AgentId, skill: "work" },
      ...{ pulls: i === 7 ? 1 : 2, sum: 1 },
    }));
    const next = learnArm(full, taught("w00070", 1, { weight: 0.5 }), { gamma: 1 });
    expect(next.length).toBe(ARMS_MAX);
    expect(agents(next)).toContain("w00070");
    expect(agents(next)).not.toContain("w0007");
  });
});

describe("screening", () => {
  test("by hand: 0.50 similarity + 0.35 prior success + 0.15 stability", () => {
    const candidate = candidateOf("a", { similarity: 0.8, accepted: 3, live: 1, slots: 4, expectedMs: 250, awards: 2 });
    // success 4/5; idle 3/4, fast 1/2, reliable 3/4.
    expect(screeningScore(candidate, 1_000)).toBeCloseTo(0.4 + 0.28 + 0.15 * (0.3 + 0.2 + 0.15), 12);
  });

  const old = (count: number) => crowd(count, () => ({ accepted: 1 }));
  const fresh = (count: number, changes: Partial<Candidate> = {}) =>
    Array.from({ length: count }, (_, i) =>
      candidateOf(`n${i}`, { isNewcomer: true, similarity: 1, expectedMs: 0, ...changes }),
    );
  const isLimited = (candidates: readonly Candidate[], seats: number): boolean =>
    candidates.filter(({ isNewcomer }) => !isNewcomer).length >= seats;
  const seen = (candidates: readonly Candidate[], seats: number, places: number): [old: number, fresh: number] => {
    const list = screen(requestOf(candidates), seats, isLimited(candidates, seats), places);
    const newcomers = list.filter(({ isNewcomer }) => isNewcomer).length;
    return [list.length - newcomers, newcomers];
  };

  test("newcomers get a third of the places, rounded up, while enough with a record stand", () => {
    const better = { acceptedBefore: 9 }; // as if they had bought a record that does not count
    expect(seen([...old(10), ...fresh(10, better)], 3, 8)).toEqual([5, 3]);
    expect(seen([...old(3), ...fresh(10, better)], 3, 8)).toEqual([3, 3]);
    expect(seen([...old(2), ...fresh(10, better)], 3, 8)).toEqual([0, 8]);
    expect(seen(fresh(10), 3, 8)).toEqual([0, 8]);
    expect(seen(old(10), 3, 8)).toEqual([8, 0]);
    expect(seen([...old(10), ...fresh(10, { ...better, live: 1 })], 3, 8)).toEqual([8, 0]);
    expect(seen(fresh(10, { live: 1 }), 3, 8)).toEqual([0, 8]);
  });

  test("leaves enough for the seats, the best, in whatever order they stood", () => {
    fc.assert(
      fc.property(
        candidatesOf,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (candidates, seats, places) => {
          const limited = isLimited(candidates, seats);
          const list = screen(requestOf(candidates), seats, limited, places);
          expect(screen(requestOf([...candidates].reverse()), seats, limited, places)).toEqual(list);
          expect(list.length).toBeGreaterThanOrEqual(Math.min(seats, candidates.length));
          expect(list.length).toBeLessThanOrEqual(Math.max(seats, places));
          const scores = list.map((candidate) => screeningScore(candidate, 1_000));
          expect(scores).toEqual([...scores].sort((a, b) => b - a));
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

describe("a selector of a plugin", () => {
  const broken = (changes: Partial<Selector>): Selector =>
    guarded({
      ...{ name: "broken", summary: "", start: () => 0, choose: () => ({ ranked: [], picked: [] }) },
      ...changes,
    });
  const throwing = (): never => {
    throw new Error("unlucky");
  };

  test("that throws, picks nobody, strangers or one twice, chooses by lot", () => {
    const request = requestOf(crowd(6));
    const expected = agents(createSelectors().get("random")!.choose(null, request, 2).picked);
    const pick = { score: 0, mean: 0, bonus: 0, context: [], why: "best" } as const;
    const stranger = { ...pick, agent: "stranger" as AgentId };
    const twice = { ...pick, agent: "w00" as AgentId };
    for (const selector of [
      broken({ choose: throwing }),
      broken({}),
      broken({ choose: () => ({ ranked: [], picked: [twice, stranger] }) }),
      broken({ choose: () => ({ ranked: [], picked: [twice, twice] }) }),
    ])
      expect(agents(selector.choose(0, request, 2).picked)).toEqual(expected);
    const sound = broken({ choose: () => ({ ranked: [], picked: [twice] }) });
    expect(agents(sound.choose(0, request, 1).picked)).toEqual(["w00"]);
  });

  test("that throws at a lesson, or at a state, learns nothing and takes none", () => {
    const selector = broken({ learn: throwing, isState: throwing as never });
    expect(selector.learn!(7, taught("w00", 1))).toBe(7);
    expect(selector.isState!(7)).toBe(false);
    expect(broken({}).learn!(7, taught("w00", 1))).toBe(7);
  });

  test("may be whole, or a score", () => {
    const whole = { ...createLinUcb(), name: "mine" } as Selector;
    const names = createSelectors([whole, { name: "cheap", summary: "", score: ({ price }) => -price }]);
    expect([...names.keys()]).toEqual(expect.arrayContaining(["greedy", "mine", "cheap"]));
    const request = requestOf(crowd(3, (i) => ({ price: 9 - i })));
    expect(agents(names.get("cheap")!.choose(null, request, 1).picked)).toEqual(["w02"]);
    expect(names.get("mine")!.choose(names.get("mine")!.start(), request, 1).picked[0]!.agent).toBe("w02");
  });
});
