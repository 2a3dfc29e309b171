/**
 * Takes one thing away from a scenario: a fault, an adversary, agents, jobs, tasks, a trouble of the network. shrink.ts finds out
 * which of them a failure needs.
 */

import { NO_FLAGS } from "../../protocol/wire/genesis.ts";
import { withText } from "../load/named-options.ts";
import { agentNames } from "../load/parse-agents.ts";
import type {
  AgentGroup,
  BehaviourOptions,
  JobShape,
  NetworkSpec,
  Scenario,
  ScheduledFault,
  Workload,
} from "../model/scenario.ts";
import { CALM_NETWORK } from "./draw-network.ts";
import { type Smaller, without } from "./shrink.ts";

const half = (count: number): number => Math.ceil(count / 2);

const replaced = <T>(items: readonly T[], index: number, item: T): T[] =>
  items.map((other, at) => (at === index ? item : other));

// --- tasks --------------------------------------------------------------------------------------------

function* smallerShapes(shape: JobShape): Iterable<JobShape> {
  if ((shape.kind === "bag" || shape.kind === "map-reduce") && shape.width > 1)
    yield { ...shape, width: half(shape.width) };
  if (shape.kind === "chain" && shape.steps > 1) yield { ...shape, steps: half(shape.steps) };
  if (shape.kind === "stages") {
    if (shape.stages.length > 1) yield { ...shape, stages: shape.stages.slice(0, -1) };
    for (const [index, stage] of shape.stages.entries())
      if (stage.tasks > 1)
        yield { ...shape, stages: replaced(shape.stages, index, { ...stage, tasks: half(stage.tasks) }) };
  }
  if ("tasks" in shape && typeof shape.tasks === "object" && shape.tasks.like !== null)
    yield { ...shape, tasks: { ...shape.tasks, like: null } } as JobShape;
}

function* smallerWork(workload: Workload): Iterable<readonly [what: string, workload: Workload]> {
  if (workload.count > 1) yield ["jobs", { ...workload, count: half(workload.count) }];
  for (const shape of smallerShapes(workload.shape)) yield ["tasks", { ...workload, shape }];
  if (workload.outputBytes > 0) yield ["large outputs", { ...workload, outputBytes: 0 }];
  const { policy } = workload;
  if (policy.flags !== NO_FLAGS) yield ["red flags", { ...workload, policy: { ...policy, flags: NO_FLAGS } }];
  if (policy.hedge.kind !== "auto") yield ["hedges", { ...workload, policy: { ...policy, hedge: { kind: "auto" } } }];
  if (workload.cancelAfterMs !== null) yield ["cancelling", { ...workload, cancelAfterMs: null }];
}

// --- agents -------------------------------------------------------------------------------------------

function* withoutVices(behave: AgentGroup["behave"]): Iterable<AgentGroup["behave"]> {
  if (behave.size > 0) yield new Map();
  if (behave.size > 1) for (const rest of without([...behave])) yield new Map(rest);
  for (const [name, options] of behave) {
    const { strategies } = options;
    if (!Array.isArray(strategies) || strategies.length < 2) continue;
    for (const fewer of without(strategies))
      if (fewer.length > 0) yield new Map(behave).set(name, { ...options, strategies: fewer } as BehaviourOptions);
  }
}

/** Members keep their number: a smaller committee would be another failure. */
const namedMembers = ({ committee }: Workload): ReadonlySet<string> | null =>
  typeof committee === "object" && committee !== null ? new Set(committee.keys()) : null;

/** The groups with one of them smaller or gone. */
function* fewerAgents({ agents, workload }: Scenario): Iterable<readonly AgentGroup[]> {
  const members = namedMembers(workload);
  const isNeeded = (name: string): boolean => members?.has(name) === true || workload.clients.includes(name);
  const { shape } = workload;
  const skill = "tasks" in shape && typeof shape.tasks === "object" ? shape.tasks.skill : null;
  const canWork = (groups: readonly AgentGroup[]): boolean =>
    skill === null || groups.some(({ skills }) => skills.includes(skill));
  for (const [index, group] of agents.entries()) {
    if (group.hosts && members === null) continue;
    const names = agentNames(group);
    const others = agents.filter((_, at) => at !== index);
    if (others.length > 0 && !names.some(isNeeded) && canWork(others)) yield others;
    const count = half(group.count);
    if (group.count > 1 && !names.slice(count).some(isNeeded)) yield replaced(agents, index, { ...group, count });
  }
}

/** Without those of whom it names that are not there any more. */
function hitting(fault: ScheduledFault, there: ReadonlySet<string>): ScheduledFault[] {
  const { target, options } = fault;
  const restart = Array.isArray(options.restart) ? (options.restart as readonly string[]) : null;
  const isGone = (name: string): boolean => !there.has(name);
  const which = target !== null && typeof target.which === "object" ? target.which : null;
  if (which?.some(isGone) !== true && restart?.some(isGone) !== true) return [fault];
  const kept = which?.filter((name) => there.has(name));
  if (kept?.length === 0) return [];
  const changed = {
    ...fault,
    ...(kept !== undefined && { target: { ...target!, which: kept, count: null } }),
    ...(restart !== null && { options: { ...options, restart: restart.filter((name) => there.has(name)) } }),
  };
  return [withText(changed)];
}

/** As if its agents had always been these. */
function withAgents(scenario: Scenario, agents: readonly AgentGroup[]): Scenario {
  const { workload, faults } = scenario;
  const there = new Set([...agents.flatMap(agentNames), ...workload.clients]);
  const { standbys } = workload;
  const kept =
    typeof standbys === "object" && standbys !== null
      ? new Map([...standbys].filter(([name]) => there.has(name)))
      : standbys;
  return {
    ...scenario,
    agents,
    workload: { ...workload, standbys: kept },
    faults: faults.flatMap((fault) => hitting(fault, there)),
  };
}

// --- the scenario -------------------------------------------------------------------------------------

/** What of a network may be calm. */
const TROUBLES = Object.keys(CALM_NETWORK) as (keyof NetworkSpec)[];

/** All scenarios that lack one thing of `scenario`, those first that lack most. */
export function* smallerScenarios(scenario: Scenario): Iterable<Smaller<Scenario>> {
  const { agents, workload, network } = scenario;
  for (const faults of without(scenario.faults)) yield { what: "faults", scenario: { ...scenario, faults } };
  for (const fewer of fewerAgents(scenario)) yield { what: "agents", scenario: withAgents(scenario, fewer) };
  for (const [index, group] of agents.entries()) {
    const changed = (changes: Partial<AgentGroup>): Scenario => ({
      ...scenario,
      agents: replaced(agents, index, { ...group, ...changes }),
    });
    if (group.profile.errors !== null)
      yield { what: "errors", scenario: changed({ profile: { ...group.profile, errors: null } }) };
    for (const behave of withoutVices(group.behave)) yield { what: "vices", scenario: changed({ behave }) };
  }
  for (const [what, smaller] of smallerWork(workload)) yield { what, scenario: { ...scenario, workload: smaller } };
  const troubles = TROUBLES.filter((key) => JSON.stringify(network[key]) !== JSON.stringify(CALM_NETWORK[key]));
  if (troubles.length > 1) yield { what: "network", scenario: { ...scenario, network: CALM_NETWORK } };
  for (const key of troubles) {
    yield { what: `network ${key}`, scenario: { ...scenario, network: { ...network, [key]: CALM_NETWORK[key] } } };
  }
}
