/**
 * What an agent records about itself, and what its driver adds: enough for every checker of protocol.md 10 that the view
 * of one machine can feed. A trace file begins with an entry `{ format: 2, … }`; one entry per event follows, to which the
 * driver adds the agent and the time: JSON lines or msgpack (node/platform/traces/trace-encoding.ts).
 */

import type { AgentId, Hash, JobId, MeshId } from "./ids.ts";

/** 2: `state` of `applied` is a running digest of changes; it was one of the whole state. */
export const TRACE_FORMAT = 2;

export type TraceEvent =
  /** The agent began to host (member, standby) or follow a job. */
  | { readonly kind: "hosting"; readonly job: JobId; readonly role: "member" | "follower" }
  /** It gave a job up, for good: its owner withdrew it, or nobody asks for it any more. */
  | { readonly kind: "retired"; readonly job: JobId }
  /** Its store was lost, with all that it had of the job: said by a simulated disk. */
  | { readonly kind: "forgot"; readonly job: JobId }
  /** Its votes up to this height may be lost, so it casts none there (agent/lost-votes.ts). */
  | { readonly kind: "abstains"; readonly job: JobId; readonly untilHeight: number }
  /** Own statements, before they are sent: invariants 1 and 10. */
  | {
      readonly kind: "proposed";
      readonly job: JobId;
      readonly height: number;
      readonly round: number;
      readonly block: Hash;
      readonly validRound: number;
    }
  | {
      readonly kind: "voted";
      readonly job: JobId;
      readonly vote: "prevote" | "precommit";
      readonly height: number;
      readonly round: number;
      readonly block: Hash | null;
    }
  /**
   * A block was applied: invariants 1-3, 5-9, 11. `state` is a running digest of what each block changed in the ledger
   * (job/state-digest.ts; empty where digests are off), `commands` the ids in order, `events` the ledger's decisions as
   * plain data.
   */
  | {
      readonly kind: "applied";
      readonly job: JobId;
      readonly height: number;
      readonly round: number;
      readonly block: Hash;
      readonly timeMs: number;
      readonly state: Hash | "";
      readonly commands: readonly Hash[];
      readonly events: readonly unknown[];
    }
  /** Workers were chosen for seats of a task: said by the maker of the block. `choice`: selection/explain.ts. */
  | {
      readonly kind: "chosen";
      readonly job: JobId;
      readonly height: number;
      readonly task: string;
      readonly attempt: number;
      readonly choice: unknown;
    }
  /** The results of a task were counted: said by the maker of the block. `tally`: job/tally-report.ts. */
  | {
      readonly kind: "tallied";
      readonly job: JobId;
      readonly height: number;
      readonly task: string;
      readonly tally: unknown;
    }
  /** An award ended without a result: said by the same. `message`: what its worker said, or "". */
  | {
      readonly kind: "lost";
      readonly job: JobId;
      readonly height: number;
      readonly task: string;
      readonly attempt: number;
      readonly worker: AgentId;
      readonly reason: string;
      readonly message: string;
    }
  | { readonly kind: "evidence"; readonly job: JobId; readonly culprit: AgentId }
  /** The agent no longer takes part in a job (agent/containment.ts). */
  | { readonly kind: "diverged"; readonly job: JobId; readonly reason: string }
  /** The program failed at what a peer sent, outside of any job. */
  | { readonly kind: "fault"; readonly reason: string }
  | { readonly kind: "suspected"; readonly suspect: AgentId; readonly suspected: boolean }
  /** A frame or a gossip message was refused. */
  | { readonly kind: "refused"; readonly from: AgentId; readonly code: string }
  /** This agent was awarded a task, finished it, or was told to stop. */
  | {
      readonly kind: "work";
      readonly job: JobId;
      readonly task: string;
      readonly attempt: number;
      readonly phase: "started" | "done" | "failed" | "stopped";
    };

/** What a driver writes down beside it: bytes that the agent signed or stored, in base64. */
export type RecordedEvent =
  /**
   * A record became part of the agent's store, or was found there when it started: a job's genesis, a decided block
   * with its commit (invariants 1-3, 5-9), or what a member must not forget of its votes (A4).
   */
  | { readonly kind: "stored"; readonly job: JobId; readonly slot: string; readonly bytes: string }
  /** The agent was given a job's certificate, with the result: invariant 4. */
  | { readonly kind: "certified"; readonly job: JobId; readonly bytes: string };

/** Slots that a driver records (agent/job-records.ts): the rest of a store decides nothing. */
export const isRecorded = (slot: string): boolean => slot === "genesis" || slot === "vote" || slot.startsWith("block/");

/** A frame that a simulated network carried or lost; written only where messages were asked for. */
interface SentEvent {
  readonly kind: "sent";
  readonly to: AgentId;
  /** When it arrives, in the time of `t`; null if it was lost. */
  readonly arrives: number | null;
  readonly message: string;
  /** What it is about, in a few words. */
  readonly about: string;
}

/**
 * One line of a trace file after the first. `t`: milliseconds, since 1970 in traces of real nodes and of virtual time
 * in simulated ones. `agent`: the name of the agent whose line it is. `step`: in simulated traces only.
 */
export type TraceLine = (TraceEvent | RecordedEvent | SentEvent) & {
  readonly t: number;
  readonly agent: string;
  readonly step?: number;
};

interface TracedAgent {
  readonly agent: AgentId;
  /** `agent` of its lines. */
  readonly name: string;
  /** It breaks the protocol on purpose (simulated traces): what it says of itself is no evidence. */
  readonly byzantine?: boolean;
}

/** The first line of a trace, whoever wrote it. */
export interface TraceHead {
  readonly meshId: MeshId;
  /** Milliseconds since 1970; 0 in simulated traces. */
  readonly startedAt: number;
  /** Those that are known at the beginning. */
  readonly agents: readonly TracedAgent[];
  /** What the signatures of a simulated trace follow from, and whether it holds frames. */
  readonly simulated: {
    readonly seed: number | string;
    readonly signatures: "simulated" | "real";
    readonly messages: boolean;
  } | null;
}
