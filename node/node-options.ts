/** The options of a node. */

import type { Logger } from "pino";
import type { AgentId } from "../protocol/core/ids.ts";
import type { CreateMachine } from "../protocol/machine.ts";
import type { AnySelector } from "../protocol/selection/selector.ts";
import type { NodeLimits } from "./limits/node-limits.ts";
import type { Identity } from "./network/identity.ts";
import type { NetworkNews } from "./network/news.ts";
import type { Embedder } from "./search/embedder.ts";
import type { AnySkill } from "./skills/skill.ts";

export interface NodeOptions {
  /** Name of the mesh; the node does not talk to nodes of other meshes. Default "default". */
  readonly mesh?: string;
  /** What people call this agent. Default: made of its id. */
  readonly name?: string;
  /** Default: the key in `data`, else a new one. */
  readonly identity?: Identity;
  /**
   * Acts for this owner as a client: it submits, cancels and follows the owner's jobs, is not an agent of the mesh, and does
   * not disturb other processes of the same owner. Default: the node is an agent, and owns the jobs that it submits.
   */
  readonly owner?: Identity;
  /**
   * Multiaddrs. Empty: this node only dials. Default: a free port of the loopback interface; or, if `join` names another
   * machine, every interface (IPv4, and IPv6 where there is any), on TCP port 4001 if it is free, else on a free one.
   */
  readonly listen?: readonly string[];
  /** Multiaddrs to tell others (a router's, a name's) instead of those that other agents find to work. Default: none. */
  readonly announce?: readonly string[];
  /** Multiaddrs of agents to join. */
  readonly join?: readonly string[];
  /** Functions, which run in this process, and skills from files (`loadSkills`), which do not. */
  readonly skills?: readonly AnySkill[];
  /** What makes vectors of its skills and of questions; all nodes of a mesh use the same. Default: the built-in one. */
  readonly embedder?: Embedder;
  /** Tasks that it works on at the same time. Default 2. */
  readonly slots?: number;
  readonly labels?: readonly string[];
  /** Selectors in addition to the built-in ones. All hosts of a job need the selector that it names. */
  readonly selectors?: readonly AnySelector[];
  /** How many agents may hear of each other; a larger mesh is split into shards. At least 2. Default 1024. */
  readonly shardAgents?: number;
  /** Whether it serves on committees. Default true. */
  readonly host?: boolean;
  /** Folder for key, log and blobs; a node that is restarted with it continues. Default: in memory. */
  readonly data?: string;
  /** File for what its jobs teach it, which its next jobs start from. Default: `knowledge.json` in `data`, else in memory. */
  readonly knowledge?: string;
  /** Other owners whose jobs teach this node too, up to a cap. Default: nobody. */
  readonly trust?: readonly AgentId[];
  /** Whether all nodes of the mesh are on this machine. Default: true if it listens on and joins only loopback addresses. */
  readonly local?: boolean;
  readonly mdns?: boolean;
  /** Disk, memory and connections that it gives to others. Default: DEFAULT_NODE_LIMITS. */
  readonly limits?: NodeLimits;
  /** Owners whose jobs are no guests', besides itself and those in `trust`. Default: nobody. */
  readonly knownOwners?: readonly AgentId[];
  /** Called with news: whether others can reach this node, and problems with agents that it joins. Default: logs them. */
  readonly onNews?: (news: NetworkNews) => void;
  /** File for the trace. */
  readonly trace?: string;
  /** Digests of the whole ledger state in the trace (invariant 3). */
  readonly traceState?: boolean;
  readonly log?: Logger;
  /** Called when the node cannot continue. Default: the error is thrown from `closed`. */
  readonly onFatal?: (error: Error) => void;
  /** For simulations and tests: another machine around or instead of the agent. */
  readonly createMachine?: CreateMachine;
}
