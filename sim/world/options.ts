/** The options of a virtual world: its agents and its network. */

import type { Hasher, Signer, Verifier } from "../../protocol/core/crypto.ts";
import type { AgentId, Hash, MeshId } from "../../protocol/core/ids.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { TraceHead } from "../../protocol/core/trace.ts";
import type { LocalEvent } from "../../protocol/effect.ts";
import type { Input } from "../../protocol/input.ts";
import type { AgentConfig, CreateMachine } from "../../protocol/machine.ts";
import type { ClockSetting } from "./clock.ts";
import type { CorePool } from "./core-pool.ts";
import type { CrashLoss } from "./disk.ts";
import type { DistributionSpec } from "./distribution.ts";
import type { Overlay } from "./overlay.ts";
import type { SimulatedSkill } from "./skill.ts";
import type { PersistEffect, TraceEntry, TraceOptions } from "./trace.ts";

/** The mesh of a world, unless told. */
export const MESH = "sim" as MeshId;

/** What may change while a world runs. */
export interface NetworkConditions {
  /** Share of direct frames that vanish. A stream does not lose frames: this stands for what is dropped around it. */
  readonly loss?: number;
  /** Share of direct frames that arrive twice. A stream does not do that either: a machine must not mind. */
  readonly duplication?: number;
  /** Frames of a pair may overtake each other. Default: they keep their order, as on a stream. */
  readonly reorder?: boolean;
  /**
   * What one direction of a pair carries, bytes a millisecond; beyond the queue's bound the stream is closed. null: no
   * limit.
   */
  readonly bandwidth?: number | null;
  /** What may wait to be sent in one direction, bytes. Default: as the protocol's queues have it. */
  readonly queueBytes?: number;
  /** Share of gossip deliveries that do not happen. */
  readonly gossipLoss?: number;
  /** Everything takes this many times as long. */
  readonly latencyFactor?: number;
}

/** Told of each direct frame when it is sent; `arrivesMs` null: it is lost. */
export type FrameListener = (
  sentMs: number,
  arrivesMs: number | null,
  from: AgentId,
  to: AgentId,
  bytes: Uint8Array,
) => void;

/** Whoever writes a run down: told of everything, of all agents, in its order. */
export interface RunTap {
  /** Before anything else: what the run is of. */
  readonly onStart?: (head: TraceHead) => void;
  readonly onEntry?: (entry: TraceEntry) => void;
  readonly onPersist?: (agent: AgentId, record: PersistEffect, atMs: number, step: number) => void;
  readonly onFrame?: FrameListener;
}

/** For worlds and for scenario files alike. */
export const NETWORK_DEFAULTS = {
  latencyMs: { p50: 20, p95: 60 },
  detectMs: 10_000,
  redialMs: 1_000,
  blobIdleMs: 10_000,
} as const;

export interface NetworkOptions extends NetworkConditions {
  readonly onFrame?: FrameListener;
  /** One way, of a frame. */
  readonly latencyMs?: DistributionSpec;
  /** Another one for some pairs; null: the general one. Asked once a pair and direction. */
  readonly latencyOf?: (from: string, to: string) => DistributionSpec | null;
  /** The network from which an agent connects; "": a private one. Default: all of them do. */
  readonly originOf?: (name: string) => string;
  /** Who is connected from the start; others connect on sending. Default: everybody with everybody. */
  readonly overlay?: Overlay;
  /**
   * How gossip spreads. `flat` (default): straight to everybody, after `gossipLatencyMs`. `mesh`: along connections,
   * one event a receiver at its computed first arrival. `full`: each hop an event, forwarded when a machine accepts.
   */
  readonly gossip?: "flat" | "mesh" | "full";
  /** An agent closes the connection of a silent peer after this, ms. */
  readonly detectMs?: number;
  /** Lost connections are made again within this, after a start or a heal, ms. */
  readonly redialMs?: number;
  /** Latency of a gossip message from its publisher to a receiver, over all hops. Default: three times that of a frame. */
  readonly gossipLatencyMs?: DistributionSpec;
  readonly blobs?: {
    /** Bytes a millisecond of a transfer. Default 12,500 (100 Mbit/s). */
    readonly bandwidth?: number;
    /** An agent gives up a holder that sends nothing after this, ms. */
    readonly idleMs?: number;
  };
}

/** What somebody between an agent's machine and the world may use. */
export interface WrapTools {
  /** Signers of its coalition, by name, including its own. */
  readonly signers: ReadonlyMap<string, Signer>;
  readonly prng: Prng;
}
export type WrapMachine = (create: CreateMachine, tools: WrapTools) => CreateMachine;

export interface AgentSpec {
  /** Its name, and its id. */
  readonly name: string;
  /** Default: the world's. */
  readonly create?: CreateMachine;
  readonly config?: Partial<
    Pick<
      AgentConfig,
      | "skills"
      | "quotas"
      | "slots"
      | "labels"
      | "hosts"
      | "addresses"
      | "traceState"
      | "traceChoices"
      | "selectors"
      | "explainedTasks"
      | "screensBeacons"
      | "shardAgents"
    >
  >;
  /** What its skills do. Default: every award fails with `refused`. */
  readonly skill?: SimulatedSkill;
  readonly clock?: ClockSetting;
  /** When it starts, ms; null: by `world.start`. Default 0. */
  readonly startMs?: number | null;
  /** Puts somebody between its machine and the world: an adversary. */
  readonly wrap?: WrapMachine;
  /** Whose signers that one holds beside the agent's own. */
  readonly coalition?: readonly string[];
  /** Blobs that it has and does not give. */
  readonly withholds?: (hash: Hash) => boolean;
  /** What a crash takes of its unforced writes. Default `random`. */
  readonly crashLoss?: CrashLoss;
}

export interface WorldOptions {
  readonly seed: number | string;
  /** SHA-256: from outside, so that this folder stays without platform. */
  readonly hasher: Hasher;
  readonly agents: readonly AgentSpec[];
  readonly create?: CreateMachine;
  /** Real signatures instead of the world's own table. */
  readonly signatures?: { signerOf(name: string): Signer; readonly verify: Verifier };
  readonly meshId?: string;
  readonly network?: NetworkOptions;
  /** What right wall clocks show at virtual time 0. Default: 2026-01-01. */
  readonly epochMs?: number;
  /** What an input costs its agent's core before its effects leave, ms. Default 0: steps are instant. */
  readonly serviceMs?: (input: Input) => number;
  /** Cores that all agents share. Default: one for each. */
  readonly cores?: CorePool;
  /** How long a forced write takes, ms: agents write what waits together, and nothing leaves before. Default 0. */
  readonly forcedWriteMs?: number;
  readonly trace?: TraceOptions;
  /**
   * What a block does is worked out once for all honest agents, not by each: a fifth of the time of a large run, but
   * an agent whose state went another way shows only in the blocks that it makes itself. Default false.
   */
  readonly sharesExecutions?: boolean;
  /** Which news of agents stay in `events(name)`. Default: all. */
  readonly keepEvent?: (agent: string, event: LocalEvent) => boolean;
  /** Told when an agent's process dies or is started again. */
  readonly onLife?: (agent: string, isUp: boolean) => void;
  readonly onEvent?: (agent: string, event: LocalEvent, atMs: number) => void;
}

/** What inputs cost one agent. */
export interface AgentCosts {
  /** Time that an input takes on the agent's core before its effects leave, ms; null: steps are instant. */
  readonly serviceMs: ((input: Input) => number) | null;
  /** Null if it has a core of its own. */
  readonly cores: CorePool | null;
  readonly forcedWriteMs: number;
}

export type CostOptions = Pick<WorldOptions, "serviceMs" | "cores" | "forcedWriteMs">;

export function costsOf({ serviceMs, cores, forcedWriteMs }: CostOptions): AgentCosts {
  return { serviceMs: serviceMs ?? null, cores: cores ?? null, forcedWriteMs: forcedWriteMs ?? 0 };
}
