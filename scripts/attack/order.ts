/** What the processes of an attack are told, as one argument of their command line, and the lines that they print. */

import type { AgentId, MeshId } from "../../protocol/core/ids.ts";

export interface Target {
  readonly agent: AgentId;
  /** A multiaddr, with the agent's id. */
  readonly address: string;
}

export interface Order {
  readonly mesh: MeshId;
  readonly targets: readonly Target[];
  /** Where the process can listen, as a multiaddr with port 0. */
  readonly listen: string;
  /** For how long honest jobs are submitted, or the attack is kept up, s. */
  readonly seconds: number;
}

/** A stranger's line, when its attack is in force. */
export const IN_FORCE = "in force";

/** A line for each honest job. `ms`: from the start of its client to its certified result. */
export interface HonestJob {
  readonly ms: number;
  /** Empty: it was certified, with the right result. */
  readonly problem: string;
}

export const readOrder = <T extends Order>(): T => JSON.parse(process.argv[2]!) as T;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
