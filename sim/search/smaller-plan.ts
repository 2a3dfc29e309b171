/**
 * What a plan of a random mesh is without one of its things: faults, liars, workers, troubles of the network, tasks.
 * Which of them a failure needs is shrink.ts's to find out.
 */

import type { NodeSpec } from "../../protocol/wire/genesis.ts";
import { CALM_NETWORK, type SeedPlan } from "./plan.ts";
import { type Candidate, without } from "./shrink.ts";

function* fewerTasks(nodes: readonly NodeSpec[]): Iterable<readonly NodeSpec[]> {
  for (const [index, node] of nodes.entries()) {
    const { generator } = node;
    const change = (changed: NodeSpec["generator"]): NodeSpec[] =>
      nodes.map((other, at) => (at === index ? { ...node, generator: changed } : other));
    if (generator.kind === "chain" && generator.steps > 1)
      yield change({ ...generator, steps: Math.ceil(generator.steps / 2) });
    if (generator.kind === "map" && generator.items.kind === "list" && generator.items.items.length > 1) {
      const items = generator.items.items.slice(0, Math.ceil(generator.items.items.length / 2));
      yield change({ ...generator, items: { kind: "list", items } });
    }
  }
}

/** Everything that is one thing less than `plan`, what takes most first. */
export function* smallerPlans(plan: SeedPlan): Iterable<Candidate<SeedPlan>> {
  for (const faults of without(plan.faults)) yield { what: "faults", plan: { ...plan, faults } };
  for (const byzantine of without(plan.byzantine)) yield { what: "liars", plan: { ...plan, byzantine } };
  for (const [index, liar] of plan.byzantine.entries()) {
    for (const strategies of without(liar.strategies)) {
      if (strategies.length === 0) continue;
      const byzantine = plan.byzantine.map((other, at) => (at === index ? { ...liar, strategies } : other));
      yield { what: "strategies", plan: { ...plan, byzantine } };
    }
  }
  if (plan.workers.length > 1)
    for (const workers of without(plan.workers))
      if (workers.length > 0) yield { what: "workers", plan: { ...plan, workers } };
  for (const [index, worker] of plan.workers.entries()) {
    if (worker.lie === null && worker.lies + worker.fails + worker.slow === 0 && !worker.withholdsBlobs) continue;
    const honest = { ...worker, lie: null, lies: 0, fails: 0, slow: 0, withholdsBlobs: false };
    const workers = plan.workers.map((other, at) => (at === index ? honest : other));
    yield { what: "workers' faults", plan: { ...plan, workers } };
  }
  for (const key of Object.keys(CALM_NETWORK) as (keyof typeof CALM_NETWORK)[]) {
    if (plan.network[key] === CALM_NETWORK[key]) continue;
    yield { what: `network ${key}`, plan: { ...plan, network: { ...plan.network, [key]: CALM_NETWORK[key] } } };
  }
  for (const nodes of fewerTasks(plan.job.nodes))
    yield { what: "tasks", plan: { ...plan, job: { ...plan.job, nodes } } };
  if (plan.blobs) yield { what: "blobs", plan: { ...plan, blobs: false } };
  if (plan.cancelAtMs !== null) yield { what: "cancel", plan: { ...plan, cancelAtMs: null } };
  if (plan.lostJob !== null) yield { what: "lost job", plan: { ...plan, lostJob: null } };
  if (plan.standbys.length > 0) yield { what: "standbys", plan: { ...plan, standbys: plan.standbys.slice(1) } };
}
