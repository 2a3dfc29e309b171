/**
 * A mesh that has as much to do as it can: four agents that are members and workers at once (or four of each), with cores of a stated speed,
 * and a job of many short tasks. Counted is what they say for each task.
 */

import { createAgent } from "../../protocol/agent/agent.ts";
import type { Input } from "../../protocol/input.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import { decodeMessage } from "../../protocol/wire/message.ts";
import { buildJob, firstPolicy, map, sealedPolicy, submissionOf } from "../../sim/parts/workloads/job-builder.ts";
import { createWorld } from "../../sim/world/world.ts";
import { hasher } from "./scripted-world.ts";

const NAMES = ["m0", "m1", "m2", "m3"];
const WORKERS = ["w0", "w1", "w2", "w3"];
const SUBMIT_MS = 2_000;
/** Cost of a step on a core of speed 1: about what one of five agents that share a core takes (bench tasks-r1). */
const BASE_MS = 0.4;
const KIB_MS = 0.08;

export interface Load {
  readonly tasks: number;
  readonly redundancy: number;
  /** Steps take so many times as long. */
  readonly slowness: number;
  readonly create?: CreateMachine;
  /** The workers are others than the members. */
  readonly apart?: boolean;
}

export interface Loaded {
  readonly isCertified: boolean;
  readonly tookMs: number;
  readonly bytesPerTask: number;
  readonly framesPerTask: number;
  /** Frames and their bytes, by kind. */
  readonly kinds: ReadonlyMap<string, { readonly frames: number; readonly bytes: number }>;
}

const bytesOf = (input: Input): number => (input.kind === "frame" || input.kind === "gossip" ? input.bytes.length : 0);

export function underLoad({ tasks, redundancy, slowness, create = createAgent, apart = false }: Load): Loaded {
  const kinds = new Map<string, { frames: number; bytes: number }>();
  const ad = { name: "work", description: "", price: 1, expectedMs: 1, schemas: null };
  const skill = () => ({ afterMs: 1, output: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" });
  const worker = { skill, config: { skills: [ad], slots: 256 } };
  const world = createWorld({
    seed: 12,
    hasher,
    create,
    agents: [
      ...NAMES.map((name) => ({ name, ...(apart ? {} : worker) })),
      ...(apart ? WORKERS : []).map((name) => ({ name, ...worker, config: { ...worker.config, hosts: false } })),
      { name: "owner", config: { hosts: false } },
    ],
    serviceMs: (input) => slowness * (BASE_MS + (KIB_MS * bytesOf(input)) / 1_024),
    keepEvent: (agent, event) => agent === NAMES[0] && event.kind === "taught",
    trace: { keepNewest: 1 },
    network: {
      latencyMs: { min: 1, max: 2 },
      onFrame: (_, __, ___, ____, bytes) => {
        const decoded = decodeMessage(bytes);
        const kind = decoded.ok ? decoded.value.kind : "?";
        const counted = kinds.get(kind) ?? { frames: 0, bytes: 0 };
        kinds.set(kind, { frames: counted.frames + 1, bytes: counted.bytes + bytes.length });
      },
    },
  });
  const policy = (redundancy === 1 ? firstPolicy : sealedPolicy)({ timeoutMs: 60_000, redundancy });
  const items = Array.from({ length: tasks }, (_, i) => `item ${i}`.padEnd(30, "x"));
  const nodes = [map("work", items, { policy })];
  const job = buildJob(world, { owner: "owner", nodes, committee: NAMES, windowMs: 1_500, budget: 1_000_000_000 });
  world.run(SUBMIT_MS);
  const { frames, frameBytes } = world.stats.network;
  world.inject("owner", submissionOf(job.genesis));
  const { reason } = world.run(() => world.events(NAMES[0]!).length > 0, { withinMs: 600_000 });
  const { stats } = world;
  return {
    isCertified: reason === "condition",
    tookMs: world.now - SUBMIT_MS,
    bytesPerTask: (stats.network.frameBytes - frameBytes) / tasks,
    framesPerTask: (stats.network.frames - frames) / tasks,
    kinds,
  };
}
