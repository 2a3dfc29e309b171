/**
 * What an agent writes down about itself: enough for every checker of protocol.md 10. A trace file is JSON
 * lines: a first line `{ format: 1, … }`, then one event a line with the agent and the time added by the driver.
 */

import type { AgentId, Hash, JobId } from "./core/ids.ts";

export const TRACE_FORMAT = 1;

export type TraceEvent =
  /** The agent began to keep (member, standby) or follow a job. */
  | { readonly kind: "hosting"; readonly job: JobId; readonly role: "member" | "follower" }
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
   * A block was applied: invariants 1-3, 5-9, 11. `state` is the digest of the whole ledger state (empty where
   * digests are off), `commands` the ids in order, `events` the ledger's decisions as plain data.
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
  | { readonly kind: "evidence"; readonly job: JobId; readonly culprit: AgentId }
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
