/**
 * Small worlds for selectors, without a mesh. In `runLinear` rewards are linear in the context, as LinUCB assumes. In
 * `runMarket` agents have a hidden chance of being right, the context holds only what a ledger knows, and lessons come
 * late; half-way the world may flip.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import { contextOf, priceShare, slowness, typicalPrice } from "../../protocol/selection/context.ts";
import { lessonOf } from "../../protocol/selection/reward.ts";
import type { Candidate, Lesson, Selector } from "../../protocol/selection/selector.ts";
import { candidateOf, drawOf, requestOf } from "./candidates.ts";

/** Lessons come so many tasks later. */
const DELAY = 4;

/** What was lost against the best choice, task by task. */
export type Regrets = readonly number[];

export const sumOf = (regrets: Regrets, from = 0, to: number = regrets.length): number =>
  regrets.slice(from, to).reduce((sum, regret) => sum + regret, 0);

interface World {
  readonly candidates: (round: number) => readonly Candidate[];
  /** What can be expected of a candidate, in reward. */
  readonly value: (candidate: Candidate, round: number) => number;
  readonly lesson: (candidate: Candidate, context: readonly number[], round: number) => Lesson;
}

function run<S>(selector: Selector<S>, rounds: number, world: World): Regrets {
  let state = selector.start();
  const due: Lesson[] = [];
  const regrets: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const request = requestOf(world.candidates(round), { draw: drawOf(`task ${round}`) });
    const [pick] = selector.choose(state, request, 1).picked;
    const chosen = request.candidates.find(({ agent }) => agent === pick!.agent)!;
    const best = request.candidates.reduce((most, one) => Math.max(most, world.value(one, round)), -1);
    regrets.push(best - world.value(chosen, round));
    due.push(world.lesson(chosen, pick!.context, round));
    if (due.length > DELAY) state = selector.learn?.(state, due.shift()!) ?? state;
  }
  return regrets;
}

// --- linear -------------------------------------------------------------------------------------------

/** Worth of each feature as it is between 0 and 1. After a flip, records and speed count the other way round. */
const WORTH = [0.1, 0.3, -0.2, -0.2, -0.1, 0.4, 0, 0.1, 0.1, 0, 0.1];
const FLIPPED = [0.5, 0.3, -0.2, 0.2, 0.1, -0.4, 0, 0.1, -0.1, 0, 0.1];

const drawCandidate = (prng: Prng, i: number): Candidate =>
  candidateOf(`a${i}`, {
    similarity: prng.unit(),
    price: prng.below(20),
    expectedMs: prng.below(1_500),
    live: prng.below(4),
    load: prng.below(1_000_000),
    awards: 20 + prng.below(20),
    timeouts: prng.below(2),
    accepted: prng.below(20),
    rejected: prng.below(20),
    idleMs: prng.below(60_000),
    affinity: prng.unit(),
  });

export interface LinearOptions {
  readonly seed: string;
  readonly rounds: number;
  readonly flipAt?: number;
}

/** Candidates are drawn anew for each task; noise is uniform within +-0.25. */
export function runLinear<S>(selector: Selector<S>, { seed, rounds, flipAt = rounds }: LinearOptions): Regrets {
  const prng = createPrng(seed);
  const noise = prng.fork("noise");
  const worthOf = (context: readonly number[], round: number): number => {
    const worth = round < flipAt ? WORTH : FLIPPED;
    return context.reduce((sum, x, i) => sum + worth[i]! * x * Math.sqrt(worth.length), 0);
  };
  const scale = { targetMs: 1_000, typicalPrice: 10 };
  return run(selector, rounds, {
    candidates: () => Array.from({ length: 16 }, (_, i) => drawCandidate(prng, i)),
    value: (candidate, round) => worthOf(contextOf(candidate, scale), round),
    lesson: ({ agent }, context, round) => {
      const reward = worthOf(context, round) + (noise.unit() - 0.5) / 2;
      return { kind: "reward", agent, skill: "work", context, reward };
    },
  });
}

// --- a market -----------------------------------------------------------------------------------------

export interface MarketOptions {
  readonly seed: string;
  readonly rounds: number;
  /** From here on agents are as good as others were before: the best become bad. */
  readonly flipAt?: number;
  /** What is kept of an agent's record at each of its answers; 1: all, for ever. */
  readonly keep?: number;
  readonly agents?: number;
}

export function runMarket<S>(selector: Selector<S>, options: MarketOptions): Regrets {
  const { seed, rounds, flipAt = rounds, keep = 1, agents = 16 } = options;
  const prng = createPrng(seed);
  const people = Array.from({ length: agents }, (_, i) => ({
    agent: `a${i}` as AgentId,
    right: 0.3 + 0.65 * prng.unit(),
    price: 5 + prng.below(10),
    ms: 100 + prng.below(800),
  }));
  const before = people.map(({ right }) => right);
  const after = [...before].sort((a, b) => a - b);
  const ranks = [...before].sort((a, b) => b - a);
  const rightAt = (i: number, round: number): number =>
    round < flipAt ? before[i]! : after[ranks.indexOf(before[i]!)]!;
  const records = people.map(() => ({ accepted: 0, rejected: 0, awards: 0, lastRound: -1 }));
  const typical = typicalPrice(people);
  const place = (agent: AgentId): number => Number(agent.slice(1));
  return run(selector, rounds, {
    candidates: (round) =>
      people.map(({ agent, price, ms }, i) => {
        const { accepted, rejected, awards, lastRound } = records[i]!;
        const idleMs = lastRound < 0 ? Number.POSITIVE_INFINITY : (round - lastRound) * 1_000;
        const isNewcomer = accepted === 0;
        return candidateOf(agent, { price, expectedMs: ms, accepted, rejected, awards, idleMs, isNewcomer });
      }),
    value: ({ agent, price, expectedMs }, round) =>
      rightAt(place(agent), round) - 0.3 * priceShare(price, typical) - 0.2 * slowness(expectedMs, 1_000),
    lesson: ({ agent, expectedMs }, context, round) => {
      const isRight = prng.chance(rightAt(place(agent), round));
      const record = records[place(agent)]!;
      record.accepted = keep * record.accepted + (isRight ? 1 : 0);
      record.rejected = keep * record.rejected + (isRight ? 0 : 1);
      record.awards++;
      record.lastRound = round;
      const outcome = { correct: isRight ? 1 : 0, tookMs: expectedMs, targetMs: 1_000, margin: 1 };
      return lessonOf({ agent, context }, "work", outcome);
    },
  });
}
