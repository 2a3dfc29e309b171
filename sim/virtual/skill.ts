/**
 * Simulated work: a function from an award and its input to what comes out and when.
 *
 * Leaves to sim/workloads/ what agents are good at; to agent-process.ts the contract (a late outcome is a failure, a
 * large output is a blob).
 */

import type { AgentId, Hash } from "../../protocol/core/ids.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { AwardRef } from "../../protocol/input.ts";
import { selectPath } from "../../protocol/job/path.ts";
import type { FailureReason } from "../../protocol/wire/command.ts";
import type { Data, TaskInput } from "../../protocol/wire/genesis.ts";
import { decodePack } from "../../protocol/wire/pack.ts";
import { decodeValue, type Value } from "../../protocol/wire/value.ts";

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
    }
  | { readonly afterMs: number; readonly failure: FailureReason; readonly message?: string };

export type SimulatedSkill = (call: SkillCall) => SkillOutcome;

/** The input as the node's own skills get it; files as `{ path, bytes }` with their length. Undefined: it is lost. */
export function inputValue(call: Pick<SkillCall, "input" | "blob">): Value | undefined {
  const { input } = call;
  const read = (data: Data): Value | undefined => {
    const bytes = data.kind === "inline" ? data.bytes : call.blob(data.hash);
    if (bytes === undefined) return undefined;
    const decoded = decodeValue(bytes);
    return decoded.ok ? decoded.value : undefined;
  };
  const files = (hash: Hash): Value | undefined => {
    const bytes = call.blob(hash);
    const decoded = bytes === undefined ? null : decodePack(bytes);
    if (decoded === null || !decoded.ok) return undefined;
    return decoded.value.map(({ path, data }) => ({ path, bytes: data.length }));
  };
  const all = (values: readonly (Value | undefined)[]): Value | undefined =>
    values.includes(undefined) ? undefined : (values as readonly Value[]);

  switch (input.kind) {
    case "none":
      return null;
    case "value": {
      const value = read(input.data);
      return value === undefined ? undefined : selectPath(value, input.path);
    }
    case "files": {
      const found = files(input.pack.hash);
      return input.single && Array.isArray(found) ? found[0] : found;
    }
    case "list":
      return all(input.items.map(read));
    case "packs":
      return all(input.packs.map((pack) => files(pack.hash)));
  }
}
