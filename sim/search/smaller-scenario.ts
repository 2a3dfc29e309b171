/**
 * What a scenario is without one of its things: faults, adversaries, agents, jobs, tasks, troubles of the network. Which
 * of them a failure needs is shrink.ts's to find out.
 */

import type { JobShape, NetworkSpec, Scenario } from "../scenario/scenario.ts";
import { type Candidate, without } from "./shrink.ts";

const CALM: Pick<NetworkSpec, "loss" | "gossipLoss" | "duplication" | "reorder" | "fullGossip"> = {
  loss: 0,
  gossipLoss: 0,
  duplication: 0,
  reorder: false,
  fullGossip: false,
};

const half = (count: number): number => Math.ceil(count / 2);

function smallerShape(shape: JobShape): JobShape | null {
  if ((shape.kind === "bag" || shape.kind === "map-reduce") && shape.width > 1)
    return { ...shape, width: half(shape.width) };
  return shape.kind === "chain" && shape.steps > 1 ? { ...shape, steps: half(shape.steps) } : null;
}

function* fewerAgents({ agents, faults }: Scenario): Iterable<Scenario["agents"]> {
  // Agents that a fault names must be there.
  const isNamed = faults.some(({ target }) => typeof target?.which === "object");
  for (const [index, group] of agents.entries()) {
    if (group.behave.size > 0)
      yield agents.map((other, at) => (at === index ? { ...group, behave: new Map() } : other));
    if (isNamed) continue;
    // Members keep their number: a smaller committee would be another failure.
    if (!group.hosts && agents.length > 1) yield agents.filter((_, at) => at !== index);
    if (!group.hosts && group.count > 1)
      yield agents.map((other, at) => (at === index ? { ...group, count: half(group.count) } : other));
  }
}

/** Everything that is one thing less than `scenario`, what takes most first. */
export function* smallerScenarios(scenario: Scenario): Iterable<Candidate<Scenario>> {
  const { workload, network } = scenario;
  for (const faults of without(scenario.faults)) yield { what: "faults", plan: { ...scenario, faults } };
  for (const agents of fewerAgents(scenario)) yield { what: "agents", plan: { ...scenario, agents } };
  if (workload.count > 1)
    yield { what: "jobs", plan: { ...scenario, workload: { ...workload, count: half(workload.count) } } };
  const shape = smallerShape(workload.shape);
  if (shape !== null) yield { what: "tasks", plan: { ...scenario, workload: { ...workload, shape } } };
  for (const key of Object.keys(CALM) as (keyof typeof CALM)[]) {
    if (network[key] === CALM[key]) continue;
    yield { what: `network ${key}`, plan: { ...scenario, network: { ...network, [key]: CALM[key] } } };
  }
}
