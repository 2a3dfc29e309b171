/** A node's status, with the agents and jobs in it, as protocol/agent/status.ts describes it. */

import type { AgentId } from "../protocol/core/ids.ts";
import type { Usage } from "../protocol/wire/usage.ts";
import type { Value } from "../protocol/wire/value.ts";

export interface KnownAgent {
  readonly agent: AgentId;
  readonly name: string;
  /** Whether it hosts jobs. */
  readonly hosts: boolean;
  /** The version of the rules that it has: it hosts jobs of that version only. */
  readonly rulesVersion: number;
  /** `price`: credits for one task. */
  readonly skills: readonly { readonly name: string; readonly price: number }[];
  readonly addresses: readonly string[];
  /** As the agent that was asked found it. */
  readonly reach: "self" | "connected" | "unreachable" | "unknown";
  /** Why it is unreachable; otherwise "". */
  readonly why: string;
  /** How long ago the agent that was asked last heard it, ms; null if never. */
  readonly heardMs: number | null;
}

/** Commands appear as agents for a moment, too, but neither work nor host jobs. */
export const isPart = ({ hosts, skills }: Pick<KnownAgent, "hosts" | "skills">): boolean => hosts || skills.length > 0;

/** What a node tells of a job (protocol/agent/status.ts), as far as commands read it. */
export interface JobStatus {
  readonly job: string;
  readonly name: string;
  readonly owner: string;
  readonly role: string;
  readonly status: string;
  readonly reason: string;
  readonly height: number;
  readonly startedMs: number;
  readonly timeMs: number;
  /** Members that the agent that was asked does not hear. */
  readonly silent: readonly string[];
  readonly committee: readonly { readonly agent: string; readonly name: string }[];
  /** What its results used; null if none says. Agents of an earlier version do not report it. */
  readonly usage?: Usage | null;
  readonly tasks: {
    readonly total: number;
    readonly accepted: number;
    readonly running: number;
    readonly ready: number;
  };
  readonly agents: readonly {
    readonly agent: string;
    readonly name: string;
    readonly offers: number;
    readonly live: number;
  }[];
}

export interface NodeStatus {
  readonly agent: string;
  readonly name: string;
  readonly meshId: string;
  readonly meshAgents: number;
  readonly agents: readonly KnownAgent[];
  /** What a reply had no room for. Agents of an earlier version do not say. */
  readonly leftOut?: { readonly agents: number };
  /** Whether others can dial the agent that was asked. */
  readonly reach: { readonly state: "works" | "fails" | "unknown"; readonly detail: string };
  /** How the clock of its machine compares with those of others. Agents of an earlier version do not say. */
  readonly clock?: string;
  readonly jobs: readonly JobStatus[];
  /** Jobs that went wrong there. Agents of an earlier version do not report them. */
  readonly diverged?: readonly {
    readonly job: string;
    readonly name: string;
    readonly reason: string;
    readonly isMarked: boolean;
  }[];
}

export const agentsOf = (status: Value): readonly KnownAgent[] => (status as unknown as NodeStatus).agents;
export const jobsOf = (status: Value): readonly JobStatus[] => (status as unknown as NodeStatus).jobs;
