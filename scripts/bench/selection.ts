/**
 * Figures of the selector, on one core: scorings of ready contexts, choices with contexts made and explained, and
 * lessons. The floor of each is what the project asks for, so a ratio below 1 is too slow.
 */

import { hasher } from "../../node/platform/crypto.ts";
import { assert } from "../../protocol/core/assert.ts";
import type { AgentId, JobId, TaskId } from "../../protocol/core/ids.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import { contextOf, DIMENSION, typicalPrice } from "../../protocol/selection/context.ts";
import { meanAt, solveLinear, varianceAt } from "../../protocol/selection/linear-model.ts";
import { breadthOf, createLinUcb } from "../../protocol/selection/linucb.ts";
import { LINUCB } from "../../protocol/selection/parameters.ts";
import type { Candidate, ChoiceRequest, Lesson, Selector } from "../../protocol/selection/selector.ts";
import { createThompson } from "../../protocol/selection/thompson.ts";
import { type Row, row } from "./row.ts";

const CANDIDATES = 64;
const SEATS = 3;
const WARM_UP_MS = 300;
const MEASURED_MS = 1_500;
const SCORINGS_MIN = 100_000;
const CHOICES_MIN = 25_000;

/** How often a second `work` runs, which does `batch` things at a time. */
function rate(batch: number, work: () => void): number {
  const runFor = (ms: number): number => {
    const start = performance.now();
    let done = 0;
    let elapsed = 0;
    while (elapsed < ms) {
      work();
      done += batch;
      elapsed = performance.now() - start;
    }
    return done / (elapsed / 1_000);
  };
  runFor(WARM_UP_MS);
  return runFor(MEASURED_MS);
}

function drawCandidates(): Candidate[] {
  const prng = createPrng("bench");
  return Array.from({ length: CANDIDATES }, (_, i) => ({
    agent: `agent ${i}` as AgentId,
    similarity: prng.unit(),
    isNewcomer: i % 8 === 0,
    price: prng.below(1_000),
    expectedMs: prng.below(2_000),
    live: prng.below(4),
    slots: 4,
    load: prng.below(1_000_000),
    awards: 20 + prng.below(20),
    accepted: prng.below(20),
    rejected: prng.below(20),
    acceptedBefore: 10 * prng.unit(),
    rejectedBefore: 10 * prng.unit(),
    timeouts: prng.below(3),
    idleMs: prng.below(60_000),
    affinity: prng.unit(),
  }));
}

const candidates = drawCandidates();
/** A ledger hashes each draw once an attempt, for screening and choice together. */
const draws = new Map(candidates.map(({ agent }) => [agent, hasher(new TextEncoder().encode(agent))]));

/** The typical price is found anew for each choice, as a ledger would. */
const ask = (): ChoiceRequest => ({
  of: { job: "job" as JobId, task: "task" as TaskId, attempt: 1 },
  skill: "work",
  candidates,
  draw: (agent) => draws.get(agent)!,
  targetMs: 1_000,
  typicalPrice: typicalPrice(candidates),
});

const lessons: readonly Lesson[] = candidates.map((candidate, i) => ({
  kind: "reward",
  agent: candidate.agent,
  skill: "work",
  context: contextOf(candidate, ask()),
  reward: (i % 7) / 7,
  weight: 0.5,
}));
const taught = <S>(selector: Selector<S>): S =>
  lessons.reduce((state, lesson) => selector.learn!(state, lesson), selector.start());

export function selectScorings(): Row[] {
  const state = taught(createLinUcb());
  const contexts = candidates.map((candidate) => Float64Array.from(contextOf(candidate, ask())));
  const model = solveLinear(state);
  const breadth = breadthOf(state.seen, LINUCB, DIMENSION);
  let best = 0;
  const scorings = rate(contexts.length, () => {
    for (const context of contexts) {
      const score = meanAt(model, context) + breadth * Math.sqrt(varianceAt(model, context));
      if (score > best) best = score;
    }
  });
  return [row("select-scorings", scorings, "candidates/s", SCORINGS_MIN)];
}

export function selectChoices(): Row[] {
  const measure = <S>(selector: Selector<S>): number => {
    const state = taught(selector);
    return rate(1, () => {
      const { picked } = selector.choose(state, ask(), SEATS);
      assert(picked.length === SEATS, "a choice without picks");
    });
  };
  const unit = `choices/s of ${CANDIDATES}`;
  return [
    row("select-linucb", measure(createLinUcb()), unit, CHOICES_MIN),
    row("select-linucb-g1", measure(createLinUcb({ gamma: 1 })), unit, CHOICES_MIN),
    row("select-thompson", measure(createThompson()), unit, CHOICES_MIN),
  ];
}

/** With forgetting, a lesson only adds; it is the next choice that solves the model. */
export function selectLessons(): Row[] {
  const measure = (gamma: number, isSolved: boolean): number => {
    const selector = createLinUcb({ gamma });
    let state = selector.start();
    return rate(lessons.length, () => {
      for (const lesson of lessons) {
        state = selector.learn!(state, lesson);
        if (isSolved) solveLinear(state);
      }
    });
  };
  return [
    row("select-learn-g1", measure(1, false), "lessons/s", null),
    row("select-learn-g.995", measure(0.995, false), "lessons/s", null),
    row("select-learn-solve", measure(0.995, true), "lessons/s, each solved", null),
  ];
}
