/** An agent as a node's status describes it (protocol/agent/status.ts). */

import type { AgentId } from "../protocol/core/ids.ts";

export interface KnownAgent {
  readonly agent: AgentId;
  readonly name: string;
  /** Whether it keeps jobs. */
  readonly hosts: boolean;
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

/** Commands appear as agents for a moment, too, but neither work nor keep jobs. */
export const isPart = ({ hosts, skills }: Pick<KnownAgent, "hosts" | "skills">): boolean => hosts || skills.length > 0;
