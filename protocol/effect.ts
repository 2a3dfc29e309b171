/**
 * What an agent asks of its driver. The driver carries out the effects of one step in order. Each effect
 * says what the driver owes back.
 *
 * Binding: a `persist` is durable before any later `send` or `publish` of the same step leaves the process.
 */

import type { AgentId, AwardRef, Hash, JobId } from "./core/ids.ts";
import type { TraceEvent } from "./core/trace.ts";
import type { LostAward, TaskTally } from "./job/counted.ts";
import type { Lessons } from "./selection/knowledge.ts";
import type { Genesis, TaskInput } from "./wire/genesis.ts";
import type { QueueClass } from "./wire/queue.ts";
import type { GossipTopic } from "./wire/topics.ts";
import type { Verdict } from "./wire/verdict.ts";

export type Effect =
  /**
   * Write `bytes` under (job, slot), or delete it (`null`). `durable`: forced to disk (SQLite synchronous=full)
   * before what follows is sent; otherwise at the latest with the next durable one. All of one step is one write.
   * A failure to write ends the node: it must not keep signing.
   */
  | {
      readonly kind: "persist";
      readonly job: JobId;
      readonly slot: string;
      readonly bytes: Uint8Array | null;
      readonly durable: boolean;
    }
  /** Read records back. Owes `recordsRead` with the same ticket. */
  | { readonly kind: "readRecords"; readonly job: JobId; readonly slots: readonly string[]; readonly ticket: number }
  /** Forget all records of a job, and release its blobs as `releaseBlobs` does. */
  | { readonly kind: "forget"; readonly job: JobId }
  /**
   * Put a frame on the direct stream to `to` (dial first where there is none, by the addresses of `address`).
   * May be lost: a full queue closes the stream (`disconnected`), a peer that cannot be reached drops it.
   */
  | { readonly kind: "send"; readonly to: AgentId; readonly queue: QueueClass; readonly bytes: Uint8Array }
  | { readonly kind: "publish"; readonly topic: GossipTopic; readonly bytes: Uint8Array }
  /** Hear these topics of gossip from now on, and no others. Until the first: `FIRST_TOPICS`. */
  | { readonly kind: "subscribe"; readonly topics: readonly GossipTopic[] }
  /** The answer to a `gossip` input. */
  | { readonly kind: "verdict"; readonly ticket: number; readonly verdict: Verdict }
  /** `agent` sent a frame that no honest one would: counts against it (the driver drops the connection at a limit). */
  | { readonly kind: "misbehaved"; readonly agent: AgentId; readonly code: string }
  /**
   * With whom this agent shares a job now, or asks to: hosts, workers, and those that are invited. Said every second; for
   * everybody else a driver has less memory and bandwidth.
   */
  | { readonly kind: "sharing"; readonly agents: ReadonlySet<AgentId> }
  /** Where an agent can be dialled, as it said; `from`: who handed that on. */
  | {
      readonly kind: "address";
      readonly agent: AgentId;
      readonly addresses: readonly string[];
      readonly from: AgentId;
    }
  /** Put these bytes into the blob store, under their SHA-256: others will ask for them. Nothing is owed. */
  | { readonly kind: "storeBlob"; readonly bytes: Uint8Array; readonly needs: BlobNeed }
  /**
   * Fetch a blob by hash from any of `from`, checking the hash. Owes `blobStored` or `blobFailed` of that job. A driver may refuse what
   * would take more disk than it gives to that job or owner.
   */
  | {
      readonly kind: "fetchBlob";
      readonly hash: Hash;
      readonly bytes: number;
      readonly from: readonly AgentId[];
      readonly needs: BlobNeed;
    }
  /** This agent needs no blob for the job any more: those that no other job needs may go. */
  | { readonly kind: "releaseBlobs"; readonly job: JobId }
  /**
   * Run a skill; the input's blobs are in the store. Owes `workDone` or `workFailed`. `budgetMs`: time until the
   * lease ends.
   */
  | {
      readonly kind: "work";
      readonly award: AwardRef;
      readonly skill: string;
      readonly input: TaskInput;
      readonly budgetMs: number;
      /** For which job and owner a large output is kept as a blob. */
      readonly needs: BlobNeed;
    }
  /** Abort a skill's run; nothing is owed. */
  | { readonly kind: "stopWork"; readonly award: AwardRef }
  /** Ask for a `tick` at this monotonic time; replaces the wake before. */
  | { readonly kind: "wake"; readonly atMonoMs: number }
  /** News for whoever sits at this node. */
  | { readonly kind: "event"; readonly event: LocalEvent }
  /** For the trace (trace.ts). */
  | { readonly kind: "trace"; readonly event: TraceEvent };

/** What a blob is needed for. The driver keeps it until the job is released, and counts it for the job and its owner. */
export interface BlobNeed {
  readonly job: JobId;
  readonly owner: AgentId;
}

export type StandingKind = "going" | "unreachable" | "no-quorum" | "overdue";

export interface Standing {
  /**
   * `unreachable`: this agent hears no member, and cannot know more. `no-quorum`: members with a third of the power or
   * more are silent, so that nothing can be decided until some are back.
   */
  readonly kind: StandingKind;
  /** Since when, wall-clock ms of this agent; 0 while it continues. */
  readonly sinceMs: number;
  /** Members that it does not hear. */
  readonly silent: readonly AgentId[];
}

export const GOING: Standing = { kind: "going", sinceMs: 0, silent: [] };

/** Why a submission came to nothing. */
export type SubmissionProblem =
  /** This agent knows no agent that hosts jobs. */
  | "no-hosts"
  /** The same, because this machine's clock is too far off. */
  | "unheard"
  /** Fewer agents host jobs, or are left after refusals, than the committee was to have. */
  | "few-hosts"
  /** Fewer hosts that the owner knows than it takes to hold newcomers below a third of the power. */
  | "few-known"
  /** Nobody took it. */
  | "not-taken";

/** What the operator of a node is told. */
export type LocalEvent =
  /** A committee was drawn for a submission and is asked: blocks of `job` may come. `after`: why the draw before, if any, came to nothing. */
  | {
      readonly kind: "drawn";
      readonly ticket: number;
      readonly job: JobId;
      readonly genesis: Genesis;
      readonly after: string;
    }
  /**
   * The end of a submission: the committee drawn last decided the first block (`problem` is null), or it came to nothing,
   * with the reason in words. `declined`: the agents that refused, each with what it said, and those that did not answer ("").
   */
  | {
      readonly kind: "submitted";
      readonly ticket: number;
      readonly problem: SubmissionProblem | null;
      readonly reason: string;
      readonly declined: ReadonlyMap<AgentId, string>;
    }
  /** A block of a job that this node keeps or follows was applied. `json`: its decisions (job/event.ts), plain data. */
  | {
      readonly kind: "block";
      readonly job: JobId;
      readonly height: number;
      readonly timeMs: number;
      readonly events: readonly unknown[];
      /** How tasks came to their answers, and which awards brought nothing (job/tally-report.ts). */
      readonly tallies: readonly TaskTally[];
      readonly lost: readonly LostAward[];
    }
  /** How a job of this node's operator stands, when that changes (agent/standing.ts). */
  | { readonly kind: "standing"; readonly job: JobId; readonly standing: Standing }
  /** A job that this node hosts or follows ended, and this is what it taught (selection/knowledge.ts), about whom. */
  | {
      readonly kind: "taught";
      readonly job: JobId;
      readonly owner: AgentId;
      readonly lessons: Lessons;
      readonly names: ReadonlyMap<AgentId, string>;
      /** The networks from which its hosts were connected (capability/addresses.ts), as far as this agent saw. */
      readonly origins: ReadonlyMap<AgentId, string>;
    }
  /**
   * A job went wrong here and is set aside (agent/containment.ts): `isMarked` for good, else until the next start.
   * `detail`: where the program failed, or "".
   */
  | {
      readonly kind: "diverged";
      readonly job: JobId;
      readonly name: string;
      readonly reason: string;
      readonly detail: string;
      readonly isMarked: boolean;
    }
  /** This agent no longer hosts a guest's job, because it takes more than guests may have; its other hosts go on. */
  | { readonly kind: "gaveUp"; readonly job: JobId; readonly name: string; readonly reason: string }
  /** The program failed at what a peer sent, outside of any job, and continued. */
  | { readonly kind: "fault"; readonly reason: string; readonly detail: string }
  | { readonly kind: "reply"; readonly id: number; readonly ok: boolean; readonly bytes: Uint8Array }
  /** The directory changed: somebody new, gone, or with another capability vector. */
  | { readonly kind: "directory"; readonly agents: number };
