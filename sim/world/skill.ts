/**
 * What a world needs to simulate work: a function from an award and its input to an outcome and its time.
 *
 * Leaves to sim/parts/workloads/ what agents are good at; to agent-process.ts the driver's part (a late outcome is a failure,
 * a large output is a blob).
 */

import type { AgentId, AwardRef, Hash } from "../../protocol/core/ids.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { FailureReason } from "../../protocol/wire/command.ts";
import type { TaskInput } from "../../protocol/wire/genesis.ts";
import type { Usage } from "../../protocol/wire/usage.ts";
import type { Value } from "../../protocol/wire/value.ts";

export interface SkillCall {
  readonly agent: AgentId;
  readonly award: AwardRef;
  readonly skill: string;
  readonly input: TaskInput;
  /** Time until the lease ends, ms: what is not done by then is a failure. */
  readonly budgetMs: number;
  /** Virtual time, ms. */
  readonly nowMs: number;
  /** This agent's own; the same seed draws the same. */
  readonly prng: Prng;
  /** What the agent's store has. */
  blob(hash: Hash): Uint8Array | undefined;
}

export type SkillOutcome =
  | {
      /** Infinity: never. */
      readonly afterMs: number;
      readonly output: Value;
      /** Default 1,000,000. */
      readonly confidencePpm?: number;
      /** Micro-credits. Default 0. */
      readonly cost?: number;
      /** Default: it says nothing of what it used. */
      readonly usage?: Usage;
    }
  | {
      readonly afterMs: number;
      readonly failure: FailureReason;
      /** When a busy skill can work again. Default 0: it does not say. */
      readonly retryMs?: number;
      readonly message?: string;
    };

export type SimulatedSkill = (call: SkillCall) => SkillOutcome;

/** What becomes of work that is not done when its lease ends. */
export const tooLate = (budgetMs: number): SkillOutcome => ({
  ...{ afterMs: Math.max(0, budgetMs), failure: "error", message: `no result within ${budgetMs} ms` },
});
