/**
 * A simulated worker: what it costs, how long it takes, and how often it is wrong, slow, or fails. Stands in for an
 * agent with a skill.
 */

import type { OwnSkill } from "../../protocol/machine.ts";
import type { SimulatedSkill } from "../virtual/skill.ts";
import { sumPlusOne } from "./work.ts";

/** Odds are drawn anew for each award. */
export interface WorkerHabits {
  readonly name: string;
  readonly price: number;
  readonly slots: number;
  readonly workMs: number;
  /** Gives a wrong answer. */
  readonly lies: number;
  /** Says that it failed. */
  readonly fails: number;
  /** Takes up to twice the task's time. */
  readonly slow: number;
}

export const adOf = ({ price, workMs }: WorkerHabits): OwnSkill => ({
  name: "work",
  description: "",
  price,
  expectedMs: workMs,
  schemas: null,
});

/** Characters that make an output too large for a command. */
const PADDING = "x".repeat(17_000);

/** `blobs`: its outputs are padded, so that they travel as blobs. */
export function createSkill(habits: WorkerHabits, timeoutMs: number, blobs: boolean): SimulatedSkill {
  return (call) => {
    const { prng } = call;
    const workMs = habits.workMs + prng.below(20);
    if (prng.chance(habits.fails)) {
      return {
        afterMs: workMs,
        failure: prng.pick(["error", "busy", "refused", "crashed"] as const),
        message: "simulated",
      };
    }
    const right = sumPlusOne(call);
    if (right === undefined) return { afterMs: workMs, failure: "error", message: "the input is lost" };
    const answer = prng.chance(habits.lies) ? right + 1_000 + prng.below(3) : right;
    const output = blobs ? `${answer} ${PADDING}` : answer;
    // Late enough for a hedge, or for the end of the lease.
    const lateMs = prng.chance(habits.slow) ? prng.below(2 * timeoutMs) : 0;
    return { afterMs: workMs + lateMs, output, confidencePpm: prng.below(1_000_001), cost: prng.below(5) };
  };
}
