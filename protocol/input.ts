/**
 * What a driver may tell an agent. It passes one input at a time. Every outcome of an effect, failures
 * included, comes back as an input.
 */

import type { AgentId, AwardRef, Hash, JobId } from "./core/ids.ts";
import type { JobDraft } from "./job/draft.ts";
import type { OwnReachability } from "./membership/acquaintances.ts";
import type { KnownWorld } from "./selection/knowledge.ts";
import type { FailureReason } from "./wire/command.ts";
import type { Query } from "./wire/message.ts";
import type { GossipTopic } from "./wire/topics.ts";
import type { Usage } from "./wire/usage.ts";

export type Input =
  /** The driver is up: restored jobs continue, the capability vector goes out. Once, first. */
  | { readonly kind: "start" }
  /** The time that the last `wake` effect asked for has come; earlier or later does no harm. */
  | { readonly kind: "tick" }
  /** A direct stream to `agent` is up, or is gone. `origin`: of the address at its other end (capability/addresses.ts). */
  | { readonly kind: "connected"; readonly agent: AgentId; readonly origin: string }
  | { readonly kind: "disconnected"; readonly agent: AgentId }
  /** One frame of a direct stream; the transport vouches for `from`. */
  | { readonly kind: "frame"; readonly from: AgentId; readonly bytes: Uint8Array }
  /** A gossip message that waits for a `verdict` effect with the same `ticket`. */
  | {
      readonly kind: "gossip";
      readonly from: AgentId;
      readonly topic: GossipTopic;
      readonly bytes: Uint8Array;
      readonly ticket: number;
    }
  /** A blob is in this agent's store (fetched, or put there by a skill or a submitter), or could not be had. */
  | { readonly kind: "blobStored"; readonly job: JobId; readonly hash: Hash }
  /** `reason`: why this node does not take it, in words; without one, nobody gave it. */
  | { readonly kind: "blobFailed"; readonly job: JobId; readonly hash: Hash; readonly reason?: string }
  /**
   * Jobs that take up disk, in bytes: those that are over go, first whichever ended before `endedBeforeMs`, then the oldest,
   * until all together take at most `bytesMax`.
   */
  | {
      readonly kind: "prune";
      readonly sizes: ReadonlyMap<JobId, number>;
      readonly bytesMax: number;
      readonly endedBeforeMs: number;
    }
  /**
   * A skill returned. `output`: canonical bytes of the value (wire/value.ts); the driver has stored it as a blob
   * before if it is larger than `limits.inlineBytes`. `nonce`: 32 random bytes for the seal.
   */
  | {
      readonly kind: "workDone";
      readonly award: AwardRef;
      readonly output: Uint8Array;
      readonly confidencePpm: number;
      readonly cost: number;
      /** What it used, as it says; null: it does not say. */
      readonly usage: Usage | null;
      readonly nonce: Uint8Array;
    }
  /** `retryMs`: a busy skill can work again after that; 0: it does not say. */
  | {
      readonly kind: "workFailed";
      readonly award: AwardRef;
      readonly reason: FailureReason;
      readonly retryMs: number;
      readonly message: string;
    }
  /**
   * The operator of this node submits a job; its blobs are in the store. Answered by `drawn` and one `submitted` event with
   * the same `ticket`. `known`: what the owner's jobs taught. `counter`: the job's number with its owner; null: the next one.
   */
  | {
      readonly kind: "submit";
      readonly ticket: number;
      readonly draft: JobDraft;
      readonly known: KnownWorld;
      readonly counter: number | null;
    }
  /** The operator of this node, as the job's owner, ends it; through `via` if this node does not host the job. */
  | { readonly kind: "cancel"; readonly job: JobId; readonly via: AgentId | null }
  /** The operator asks another agent (or this one: `to` is its own id). Answered by a `reply` event with `id`. */
  | { readonly kind: "ask"; readonly id: number; readonly to: AgentId; readonly query: Query }
  /** The answer to a `readRecords` effect: what the store has under these slots, in their order, gaps left out. */
  | {
      readonly kind: "recordsRead";
      readonly job: JobId;
      readonly ticket: number;
      readonly records: readonly Uint8Array[];
    }
  /** How loaded this agent's machine is beside what it works on, ppm of all it can bear: it says so in its offers. */
  | { readonly kind: "load"; readonly ppm: number }
  /** Where others can dial this agent, as far as its driver knows: it changed. `reach`: how it knows. */
  | { readonly kind: "addresses"; readonly addresses: readonly string[]; readonly reach?: OwnReachability }
  /**
   * How this machine's clock compares with those of others. `detail`: in words, for whoever asks for its status; `isUnheard`:
   * it is so far off that others take no notice of this agent.
   */
  | { readonly kind: "clock"; readonly detail: string; readonly isUnheard: boolean }
  /** A dial to `agent` failed; `reason` is for people. */
  | { readonly kind: "unreachable"; readonly agent: AgentId; readonly reason: string }
  /** The driver is about to end: the agent says good-bye. Last. */
  | { readonly kind: "stop" };
