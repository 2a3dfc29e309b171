/**
 * The world that a plan describes: its agents with their skills and their lies, on its network.
 */

import type { Hasher } from "../../protocol/core/crypto.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import { createStrategy } from "../adversaries/catalog.ts";
import { withStrategy } from "../adversaries/strategy.ts";
import { workerAdversary } from "../adversaries/workers.ts";
import type { DistributionSpec } from "../virtual/distribution.ts";
import type { AgentSpec, NetworkOptions, WorldOptions } from "../virtual/options.ts";
import { createWorld, type World } from "../virtual/world.ts";
import { adOf, createSkill } from "../workloads/worker.ts";
import type { Occurrence } from "./coverage.ts";
import { strangerSpec } from "./lost-job.ts";
import type { ByzantineMember, NetworkPlan, PlannedWorker, SeedPlan } from "./plan.ts";

type Note = (occurrence: Occurrence) => void;

/** `traceChoices`: whether somebody writes the trace down. */
interface Traces {
  readonly traceChoices: boolean;
}

function keeperSpec(
  name: string,
  liar: ByzantineMember | undefined,
  plan: SeedPlan,
  note: Note,
  { traceChoices }: Traces,
): AgentSpec {
  const config = { traceState: true, traceChoices, shardAgents: plan.network.shardAgents };
  if (liar === undefined) return { name, config };
  const options = { salt: plan.seed, members: plan.members.map((member) => member.agent) };
  const wrap = withStrategy(() =>
    createStrategy(liar.strategies, liar.periodMs, options, (strategy) => note(`adversary: ${strategy}`)),
  );
  return liar.withholdsBlobs ? { name, config, wrap, withholds: withheld(note) } : { name, config, wrap };
}

const withheld = (note: Note) => (): boolean => {
  note("adversary: withhold-blobs");
  return true;
};

function workerSpec(worker: PlannedWorker, plan: SeedPlan, note: Note): AgentSpec {
  const { name, slots, startMs, lie } = worker;
  const spec: AgentSpec = {
    name,
    startMs,
    config: { skills: [adOf(worker)], slots, hosts: false, shardAgents: plan.network.shardAgents },
    skill: createSkill(worker, plan.job.nodes[0]!.policy.timeoutMs, plan.blobs),
    ...(worker.withholdsBlobs && { withholds: withheld(note) }),
  };
  if (lie === null) return spec;
  return { ...spec, wrap: workerAdversary(lie.kind, lie.odds, () => note(`adversary: ${lie.kind}`)) };
}

function agentSpecs(plan: SeedPlan, note: Note, traces: Traces): AgentSpec[] {
  const keepers = [...plan.members.map((member) => member.agent), ...plan.standbys];
  if (!keepers.includes(plan.owner)) keepers.push(plan.owner);
  const liars = new Map(plan.byzantine.map((one) => [one.name, one]));
  return [
    ...keepers.map((name) => keeperSpec(name, liars.get(name), plan, note, traces)),
    ...plan.workers.map((worker) => workerSpec(worker, plan, note)),
    ...(plan.lostJob === null ? [] : [strangerSpec(plan.lostJob)]),
  ];
}

/** Some pairs are further apart than others, by up to `spreadMs`. */
function spread(plan: SeedPlan, { latencyMs, spreadMs }: NetworkPlan): Pick<NetworkOptions, "latencyOf"> {
  if (spreadMs === 0 || typeof latencyMs === "number" || "p50" in latencyMs) return {};
  const lots = createPrng(`spread/${plan.seed}`);
  const { min, max } = latencyMs;
  const latencyOf = (): DistributionSpec => {
    const extraMs = lots.below(spreadMs + 1);
    return { min: min + extraMs, max: max + extraMs };
  };
  return { latencyOf };
}

export function createSeedWorld(
  plan: SeedPlan,
  create: CreateMachine,
  hasher: Hasher,
  note: Note,
  {
    onFrame,
    traceChoices,
    ...watch
  }: Pick<WorldOptions, "trace" | "onEvent"> & Pick<NetworkOptions, "onFrame"> & Traces,
): World {
  const { network } = plan;
  const { degree, blobIdleMs, serviceMs, shardAgents: _, ...conditions } = network;
  return createWorld({
    seed: plan.seed,
    hasher,
    create,
    agents: agentSpecs(plan, note, { traceChoices }),
    keepEvent: () => false,
    ...(serviceMs > 0 && { serviceMs: () => serviceMs }),
    ...watch,
    network: {
      ...conditions,
      overlay: degree === null ? { kind: "full", degree: 0 } : { kind: "random", degree },
      blobs: { idleMs: blobIdleMs },
      ...(onFrame && { onFrame }),
      ...spread(plan, network),
    },
  });
}
