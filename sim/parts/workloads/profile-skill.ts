/**
 * The skill of an agent that is described by a profile: how often it is right, how long it takes, what it says about
 * itself. Stands in for an agent that works with a language model; reports say so.
 *
 * The chance of a right answer is `accuracy` at difficulty 0.5, falls to its square at 1, and is 1 at 0: accuracy to
 * the power of twice the difficulty. Wrong answers are drawn among a task's `wrongAnswers`; agents of one correlation
 * group share the whole draw with probability rho.
 */

import type { AwardRef, Hash } from "../../../protocol/core/ids.ts";
import { exp, ln } from "../../../protocol/core/math.ts";
import { createPrng, type Prng } from "../../../protocol/core/prng.ts";
import { checkedTaskOf } from "../../../protocol/job/verification.ts";
import { type Comparator, type Data, dataHash } from "../../../protocol/wire/genesis.ts";
import type { Usage } from "../../../protocol/wire/usage.ts";
import { encodeValue, type Value } from "../../../protocol/wire/value.ts";
import type { AgentProfile, Replay, SkillErrors } from "../../model/scenario.ts";
import type { SkillState, TaskPlace } from "../../model/skill-state.ts";
import { createDistribution, type DistributionSpec } from "../../world/distribution.ts";
import type { SimulatedSkill, SkillCall, SkillOutcome } from "../../world/skill.ts";
import type { RecordedAnswers } from "./recorded-answers.ts";
import { factsOf, padded, rightAnswer, type Truth, wrongAnswer } from "./truth.ts";
import { sayAnswer } from "./wording.ts";
import { inputValue } from "./work.ts";

export interface SkillWorld {
  readonly seed: number;
  readonly truth: Truth;
  readonly hash: (bytes: Uint8Array) => Hash;
  /** Recorded answers by file, for profiles with `replay`. */
  readonly recorded: ReadonlyMap<string, RecordedAnswers>;
  /** Answers are padded to this many bytes. */
  readonly outputBytes: number;
  /** What the award's task says of outputs that are the same. */
  readonly compareOf: (award: AwardRef) => Comparator;
  /** Where the award's task stands in the workload, from 0. */
  readonly placeOf: (award: AwardRef) => number;
  /** An agent with a load of its own was given a task at this place. */
  readonly onLoaded: (place: number) => void;
}

function accuracyOf(profile: Pick<AgentProfile, "accuracy">, kind: string): number {
  if (typeof profile.accuracy === "number") return profile.accuracy;
  const { accuracy } = profile;
  let sum = 0;
  for (const value of accuracy.values()) sum += value;
  return accuracy.get(kind) ?? sum / Math.max(1, accuracy.size);
}

/** Chance of a right answer to a task of this kind and difficulty. */
export function chanceOf(profile: Pick<AgentProfile, "accuracy">, kind: string, difficulty: number): number {
  const accuracy = accuracyOf(profile, kind);
  if (accuracy <= 0) return difficulty <= 0 ? 1 : 0;
  return Math.min(1, exp(2 * difficulty * ln(accuracy)));
}

/** The same now, with what changed in the agent since. */
export function chanceNow(
  profile: Pick<AgentProfile, "accuracy">,
  state: SkillState,
  task: TaskPlace & { readonly difficulty: number },
  nowMs: number,
): number {
  const chance = chanceOf(profile, task.kind, task.difficulty);
  return state.isFixed ? chance : Math.min(1, chance * state.accuracyFactor(task, nowMs));
}

/** Median of a distribution, ms. */
export function medianOf(spec: DistributionSpec): number {
  if (typeof spec === "number") return spec;
  return "p50" in spec ? spec.p50 : (spec.min + spec.max) / 2;
}

function confidenceOf(profile: AgentProfile, chance: number, prng: Prng): number {
  switch (profile.calibration) {
    case "honest":
      return chance;
    case "overconfident":
      return 1;
    case "underconfident":
      return chance / 2;
    case "random":
      return prng.unit();
  }
}

/** Why it gives no answer this time; null: it does. */
function drawError(
  errors: SkillErrors,
  prng: Prng,
): Omit<Extract<SkillOutcome, { failure: unknown }>, "afterMs"> | null {
  let left = prng.unit();
  const message = "simulated";
  const isNext = (share: number): boolean => {
    left -= share;
    return left < 0;
  };
  if (isNext(errors.busy)) return { failure: "busy", retryMs: errors.retryMs, message };
  if (isNext(errors.unavailable)) return { failure: "unavailable", message };
  if (isNext(errors.invalidInput)) return { failure: "invalid-input", message };
  return isNext(errors.error) ? { failure: "error", message } : null;
}

function usageOf({ usage }: Pick<AgentProfile, "usage">): { readonly usage?: Usage } {
  if (usage === null) return {};
  const { inputTokens, outputTokens, usd } = usage;
  return { usage: { inputTokens, outputTokens, microUsd: Math.round(usd * 1_000_000), counters: [] } };
}

function recordedFor(replay: Replay, { recorded }: SkillWorld): RecordedAnswers | undefined {
  const all = recorded.get(replay.file);
  return replay.agent === null ? all : all?.by(replay.agent);
}

export function createProfileSkill(profile: AgentProfile, state: SkillState, world: SkillWorld): SimulatedSkill {
  const latency = createDistribution(profile.latencyMs);
  const recorded = profile.replay === null ? undefined : recordedFor(profile.replay, world);

  /** Draws of the whole group, or of this agent. */
  function drawsOf(call: SkillCall): Prng {
    const { correlation } = profile;
    if (correlation === null) return call.prng;
    const { job, task } = call.award;
    const shared = createPrng(`${world.seed}/correlated/${correlation.group}/${job}/${task}`);
    return shared.chance(correlation.rho) ? shared : call.prng;
  }

  /** Whether an answer is right, by the answers that agents found for the same task; as often wrong as its own are. */
  function check(call: SkillCall, output: Data): Omit<Extract<SkillOutcome, { output: unknown }>, "afterMs"> {
    const { job, task } = call.award;
    const isRight = world.truth.isRight(job, checkedTaskOf(task), dataHash(world.hash, output)) === true;
    const chance = chanceOf(profile, "", 0.5);
    const confidencePpm = Math.round(confidenceOf(profile, chance, call.prng) * 1_000_000);
    const verdict = call.prng.chance(chance) ? isRight : !isRight;
    return { output: verdict, confidencePpm, cost: profile.price, ...usageOf(profile) };
  }

  return (call): SkillOutcome => {
    const place = world.placeOf(call.award);
    const afterMs = latency(call.prng) * state.latencyFactor(place, call.nowMs);
    const number = rightAnswer(call);
    if (number === undefined) return { afterMs, failure: "lost-input", message: "the input is lost" };
    const failure = profile.errors === null ? null : drawError(profile.errors, call.prng);
    if (failure !== null) return { afterMs, ...failure };
    if (call.input.kind === "check") return { afterMs, ...check(call, call.input.output) };
    const compare = world.compareOf(call.award);
    const say = (answer: number): Value =>
      world.outputBytes > 0 ? padded(answer, world.outputBytes) : sayAnswer(answer, compare, call.prng);
    const right = say(number);
    world.truth.note(call.award.job, call.award.task, world.hash(encodeValue(right)));
    const input = inputValue(call);
    const said = { cost: profile.price, ...usageOf(profile) };
    if (recorded !== undefined) {
      const drawn = recorded.answer(input, number, place, call.prng);
      const output = drawn.answer === number ? right : say(drawn.answer);
      return { afterMs: drawn.afterMs, output, confidencePpm: drawn.confidencePpm, ...said };
    }
    const { kind, difficulty } = factsOf(input);
    const chance = chanceNow(profile, state, { kind, difficulty, place }, call.nowMs);
    if (state.load !== null) {
      state.onCall(place);
      world.onLoaded(place);
    }
    const draws = drawsOf(call);
    const isRight = draws.chance(chance);
    const output = isRight ? right : say(wrongAnswer(number, draws.below(profile.wrongAnswers)));
    const confidence = confidenceOf(profile, chance, call.prng);
    return { afterMs, output, confidencePpm: Math.round(confidence * 1_000_000), ...said };
  };
}
