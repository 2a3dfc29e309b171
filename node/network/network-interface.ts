/** What a node's transport offers, and its options. network.ts implements it. */

import type { Logger } from "pino";
import type { AgentId, Hash, JobId, MeshId } from "../../protocol/core/ids.ts";
import type { Input } from "../../protocol/input.ts";
import type { QueueClass } from "../../protocol/wire/queue.ts";
import type { GossipTopic } from "../../protocol/wire/topics.ts";
import type { Verdict } from "../../protocol/wire/verdict.ts";
import type { NodeLimits } from "../limits/node-limits.ts";
import type { BlobStore } from "../store/blob-store.ts";
import type { ClockOffset, ClockState } from "./clock-findings.ts";
import type { Identity } from "./identity.ts";
import type { NetworkNews } from "./news.ts";
import type { Listen } from "./own-addresses.ts";

export interface NetworkOptions {
  readonly meshId: MeshId;
  readonly identity: Identity;
  readonly blobs: BlobStore;
  /** Multiaddrs to listen on, `/ip4/127.0.0.1/tcp/0` for any free port of this machine. Empty: dials only. */
  readonly listen: Listen;
  /** Addresses to advertise instead of those that are found to work. Empty: those that work. */
  readonly announce?: readonly string[];
  /** Multiaddrs of peers to begin with; the peer id may be left out. */
  readonly bootstrap: readonly string[];
  /** All nodes of the mesh run on this machine: limits per address make no sense then. */
  readonly local: boolean;
  /** Find peers in the local network by multicast. */
  readonly mdns?: boolean;
  /** Another process has run with this node's key since `startedMs` (ms since 1970). `isFirst`: it started before this one. */
  readonly onTwin?: (twin: { readonly startedMs: number; readonly isFirst: boolean }) => void;
  readonly onNews?: (news: NetworkNews) => void;
  /** Default: DEFAULT_NODE_LIMITS. */
  readonly limits?: NodeLimits;
  readonly log: Logger;
}

export interface NetworkStats {
  /** Peers of the mesh that are there. */
  readonly peers: number;
  readonly sent: { readonly gossip: number; readonly direct: number; readonly bytes: number };
  readonly received: { readonly gossip: number; readonly direct: number; readonly bytes: number };
  /** Direct frames that were dropped: peers out of reach, queues that were full. */
  readonly dropped: number;
  /** Bytes of frames that are not whole yet, and of frames that wait for peers to read them. */
  readonly held: { readonly inbound: number; readonly outbound: number };
  /** Gossip that was ignored because too much of it waited for the agent. */
  readonly unjudged: number;
  /** Offences by code. */
  readonly offences: ReadonlyMap<string, number>;
  /** Peers that are refused now. */
  readonly refused: number;
  readonly blobs: { readonly fetched: number; readonly failed: number; readonly served: number };
}

export type Reading = "all" | "sharing" | "nobody";

export interface Network {
  readonly agent: AgentId;
  /** Listens, and delivers from now on. Rejects with `usage` or `storage` where an address cannot be used. */
  start(deliver: (input: Input) => void): Promise<void>;
  /** Where it listens, and what the operator announces before that, with its peer id. Empty before `start`. */
  addresses(): string[];
  /** Peers of the mesh that are there. */
  peers(): AgentId[];
  /** The network from which an agent is connected (protocol/capability/addresses.ts); null: it is not. */
  originOf(agent: AgentId): string | null;
  send(to: AgentId, queue: QueueClass, bytes: Uint8Array): void;
  publish(topic: GossipTopic, bytes: Uint8Array): void;
  /** Hear these topics, and no others. Before the first call: `FIRST_TOPICS`. */
  subscribe(topics: readonly GossipTopic[]): void;
  verdict(ticket: number, verdict: Verdict): void;
  /** With whom this node shares a job now; all others are guests. */
  sharing(agents: ReadonlySet<AgentId>): void;
  misbehaved(agent: AgentId, code: string): void;
  /** Where an agent is, in its own words, which `from` handed on; `suggest`: in others'. */
  address(agent: AgentId, addresses: readonly string[], from?: AgentId): void;
  suggest(agent: AgentId, addresses: readonly string[]): void;
  /**
   * True when the blob is in the store; false when nobody gave it. Rejects with `storage`. `job`: who asks; no other job's
   * holders and sizes have to do with it. "": no job.
   */
  fetchBlob(hash: Hash, bytes: number, from: readonly AgentId[], job: JobId | ""): Promise<boolean>;
  /** Whom this node reads now: guests are those that share no job with it. */
  setReading(whom: Reading): void;
  stats(): NetworkStats;
  /** How this machine's clock compares with those of the peers that are there; and with one's, null until it answered. */
  clock(): ClockState;
  clockOf(agent: AgentId): ClockOffset | null;
  /** Lets what waits leave, for a moment, and closes everything. Never rejects; a second call does nothing. */
  stop(): Promise<void>;
}
