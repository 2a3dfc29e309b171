/** An agent of a mesh on this machine, as the process that started it sees it. */

import type { AgentId } from "../../protocol/core/ids.ts";

export interface LocalAgentOptions {
  readonly name: string;
  /** Wrong outputs for every task: a simulated liar. */
  readonly lies: boolean;
  /** A process of its own, whatever `perProcess` says. */
  readonly isAlone?: boolean;
  /** Arguments of `meshwork node` for this one, after those for all. */
  readonly args?: readonly string[];
}

export interface LocalMeshOptions {
  readonly mesh: string;
  /** Gets a folder `agents/<name>` for each agent: key, log, blobs, trace. Agents of one process have one log. */
  readonly folder: string;
  readonly agents: readonly LocalAgentOptions[];
  /** Agents that share a process. */
  readonly perProcess: number;
  /** More arguments of `meshwork node` for each agent. */
  readonly args: readonly string[];
  /** Called with how many agents are up. */
  readonly onUp: (count: number) => void;
  /** An agent ended by itself. */
  readonly onLost: (agent: LocalAgent, how: string) => void;
  readonly signal: AbortSignal;
}

export interface LocalAgent {
  readonly name: string;
  readonly lies: boolean;
  readonly id: AgentId;
  readonly address: string;
  readonly pid: number;
  /** Whether it is the only agent in its process, so that it can be paused and killed on its own. */
  readonly isAlone: boolean;
  readonly traceFile: string;
  /** What it counted; null unless it ended in good order. */
  readonly stats: AgentProcessStats | null;
}

/** Sent by this agent; bytes of both kinds. */
export interface AgentProcessStats {
  readonly gossip: number;
  readonly direct: number;
  readonly bytes: number;
}

/** The lines that `meshwork node --json` prints. */
export type NodeLine =
  | { readonly event: "ready"; readonly agent: AgentId; readonly name: string; readonly addresses: readonly string[] }
  | { readonly event: "stopped"; readonly name: string; readonly sent: AgentProcessStats };
