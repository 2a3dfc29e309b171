/**
 * Draws a variation of a scenario: which of its faults and adversaries it has at all, how strong and when; which others
 * beside them; how many agents and tasks there are; and how bad the network is.
 *
 * Bounds that keep a variation fair: committees stay as large as they were, and no more of their members lie than
 * the scenario says, or one in four where it has no such liar. Whether jobs still succeed is not asked.
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { behaviourOptions, faultOf, inOrder, withText } from "../load/named-options.ts";
import { countAgents } from "../load/parse-agents.ts";
import type { Registry } from "../model/registry.ts";
import type { AgentGroup, JobShape, NetworkSpec, Scenario, ScheduledFault, Workload } from "../model/scenario.ts";
import { STRATEGIES } from "../parts/adversaries/catalog.ts";
import { WARM_UP_MS } from "../run/workload.ts";
import { labelOf } from "./draw-faults.ts";

/** Faults that a variation may add, with their options; the others need a file, or end what there is to see. */
const ADDED_FAULTS: { readonly [kind: string]: (lots: Prng) => { readonly [option: string]: Value } } = {
  kill: (lots) => ({ silent: lots.chance(0.5) }),
  restart: (lots) => ({ downMs: 10 + lots.below(8_000), silent: lots.chance(0.3) }),
  pause: () => ({}),
  slow: (lots) => ({ serviceMs: 1 + lots.below(50) }),
  leave: () => ({}),
  join: (lots) => ({ count: 1 + lots.below(4) }),
  churn: (lots) => ({ leavePerMinute: lots.below(20), joinPerMinute: 1 + lots.below(20), sudden: lots.chance(0.5) }),
  partition: (lots) => {
    const first = (1 + lots.below(9)) / 10;
    return { groups: [first, (10 - 10 * first) / 10] };
  },
  oneWay: (lots) => ({ deaf: lots.chance(0.5) }),
  loss: (lots) => ({ frames: 0.3 * lots.unit(), gossip: 0.5 * lots.unit() }),
  duplicate: (lots) => ({ frames: 0.3 * lots.unit() }),
  reorder: () => ({}),
  bandwidth: (lots) => ({ bytesPerMs: 5 + lots.below(1_000) }),
  latency: (lots) => ({ factor: 0.2 + 8 * lots.unit() }),
  dropConnections: () => ({}),
  fullDisk: () => ({}),
  clock: (lots) => ({ skewMs: lots.below(4_001) - 2_000, driftPpm: lots.below(1_001) - 500 }),
  clockJump: (lots) => ({ byMs: lots.below(2_001) - 1_000 }),
};

/** Workers' vices that a variation may add. */
const ADDED_VICES = ["liar", "freeRider", "copycat", "flip", "boast", "neverDeliver", "late", "withholdBlobs"] as const;

/** What a committee needs so that one liar among its members is less than 1/3 of it. */
const COMMITTEE_MIN = 4;
/** After the last job came or the last fault of the file ended, a fault may still hit. */
const AFTER_MS = 10_000;

// --- what may be drawn --------------------------------------------------------------------------------

const isLyingMember = (group: AgentGroup, registry: Registry): boolean =>
  [...group.behave.keys()].some((name) => registry.behaviours.get(name)?.isByzantine === true);

/** Whether one lying member more is fewer than 1/3 of every committee. */
function mayAddMember({ agents, workload }: Scenario, registry: Registry): boolean {
  const hosts = countAgents(agents.filter((group) => group.hosts));
  const { committee } = workload;
  if (typeof committee === "object" && committee !== null) return false; // its members have names
  return hosts >= COMMITTEE_MIN - 1 && (committee ?? COMMITTEE_MIN) >= COMMITTEE_MIN
    ? !agents.some((group) => isLyingMember(group, registry))
    : false;
}

/** Faults and adversaries that the variations of a scenario have together. */
export function variety(scenario: Scenario, registry: Registry): { faults: string[]; behaviours: string[] } {
  const own = scenario.agents.flatMap(({ behave }) => [...behave.keys()]);
  const member = mayAddMember(scenario, registry) ? ["byzantineMember"] : [];
  return {
    faults: [...new Set([...scenario.faults.map(labelOf), ...Object.keys(ADDED_FAULTS)])],
    behaviours: [...new Set([...own, ...ADDED_VICES, ...member])],
  };
}

// --- agents -------------------------------------------------------------------------------------------

/** Fewer hosts would be a smaller committee, and more of an adversary more of it: those are left. */
function varyGroup(lots: Prng, group: AgentGroup, isNamed: boolean): AgentGroup {
  if (group.behave.size > 0) return lots.chance(0.3) ? { ...group, behave: new Map() } : group;
  if (lots.chance(0.5)) return group;
  const more = lots.below(Math.ceil(group.count / 2) + 1);
  const isFewer = !group.hosts && !isNamed && lots.chance(0.5);
  return { ...group, count: isFewer ? Math.max(1, group.count - more) : group.count + more };
}

function varyAgents(lots: Prng, scenario: Scenario, registry: Registry): Pick<Scenario, "agents" | "workload"> {
  const isNamed = scenario.faults.some(({ target }) => typeof target?.which === "object");
  const agents = scenario.agents.map((group) => varyGroup(lots, group, isNamed));
  const optionsOf = (name: string, given: object) => behaviourOptions(registry, name, given);
  const like = scenario.agents.find(({ behave }) => behave.size === 0) ?? scenario.agents[0]!;
  if (lots.chance(0.4)) {
    const vice = lots.pick(ADDED_VICES);
    const behave = new Map([[vice, optionsOf(vice, {})]]);
    agents.push({ ...like, name: "odd", count: 1 + lots.below(3), hosts: false, behave });
  }
  let { workload } = scenario;
  if (mayAddMember(scenario, registry) && lots.chance(0.4)) {
    const strategies = lots.shuffle(STRATEGIES).slice(0, 1 + lots.below(3));
    const options = optionsOf("byzantineMember", { strategies, periodMs: lots.chance(0.5) ? 0 : 2_000 });
    agents.push({ ...like, name: "twofaced", count: 1, hosts: true, behave: new Map([["byzantineMember", options]]) });
    // A client that knows few agents would draw a committee of one.
    workload = { ...workload, committee: workload.committee ?? COMMITTEE_MIN };
  }
  return { agents, workload };
}

// --- faults -------------------------------------------------------------------------------------------

/** When jobs come and faults happen, ms. */
function spanOf({ workload, faults }: Scenario): number {
  const { arrival, count } = workload;
  let jobsMs = 0;
  if (arrival.kind === "every") jobsMs = count * arrival.everyMs;
  if (arrival.kind === "poisson") jobsMs = (count * 1_000) / arrival.perSecond;
  if (arrival.kind === "at-once") jobsMs = arrival.atMs;
  const faultsMs = faults.reduce((end, { atMs, untilMs }) => Math.max(end, untilMs ?? atMs), 0);
  return Math.max(WARM_UP_MS + jobsMs, faultsMs) + AFTER_MS;
}

/** The same kind at another time, weaker or stronger. */
function varyFault(lots: Prng, fault: ScheduledFault, agents: number): ScheduledFault {
  const { atMs, untilMs, target } = fault;
  const movedMs = Math.round(atMs * (0.6 + 0.8 * lots.unit()));
  const lasts = untilMs === null ? null : movedMs + Math.round((untilMs - atMs) * (0.5 + lots.unit()));
  const strength = 0.5 + lots.unit();
  const least = 1 / agents;
  const hit = target && {
    ...target,
    share: target.share === null ? null : Math.min(1, Math.max(least, target.share * strength)),
    count: target.count === null ? null : Math.max(1, Math.min(agents, Math.round(target.count * strength))),
  };
  return withText({ ...fault, atMs: movedMs, untilMs: lasts, target: hit });
}

function drawFault(lots: Prng, kind: string, spanMs: number, agents: number, registry: Registry): ScheduledFault {
  const { isTargeted, lasts } = registry.faults.get(kind)!;
  const atMs = WARM_UP_MS + lots.below(Math.max(1, Math.round(spanMs - WARM_UP_MS)));
  const untilMs = lasts ? atMs + 200 + lots.below(10_000) : null;
  const which = lots.pick(["any", "members", "non-members", "workers"] as const);
  const target = isTargeted ? { which, share: null, count: 1 + lots.below(Math.ceil(agents / 4)) } : null;
  return faultOf(registry, { atMs, untilMs, kind, options: ADDED_FAULTS[kind]!(lots), target, upTo: true });
}

function varyFaults(lots: Prng, scenario: Scenario, registry: Registry): ScheduledFault[] {
  const agents = countAgents(scenario.agents);
  const spanMs = spanOf(scenario);
  const own = scenario.faults.filter(() => lots.chance(0.7)).map((fault) => varyFault(lots, fault, agents));
  // Which kinds at all first: with all of them always on, each would hide behind the others.
  const odds = lots.pick([0, 0.2, 0.5]);
  const kinds = Object.keys(ADDED_FAULTS).filter(() => lots.chance(odds));
  const count = kinds.length === 0 ? 0 : 1 + lots.below(6);
  const added = Array.from({ length: count }, () => drawFault(lots, lots.pick(kinds), spanMs, agents, registry));
  return inOrder([...own, ...added]);
}

// --- network and work ---------------------------------------------------------------------------------

function varyNetwork(lots: Prng, network: NetworkSpec): NetworkSpec {
  // In hundredths of a percent: short to write.
  const share = (most: number): number => Math.round(10_000 * most * lots.unit()) / 100 / 100;
  const worse = (now: number, most: number): number => (lots.chance(0.3) ? Math.max(now, share(most)) : now);
  return {
    ...network,
    loss: worse(network.loss, 0.05),
    gossipLoss: worse(network.gossipLoss, 0.1),
    duplication: worse(network.duplication, 0.05),
    reorder: network.reorder || lots.chance(0.2),
    fullGossip: network.fullGossip || lots.chance(0.1),
  };
}

const fewer = (lots: Prng, count: number): number => (lots.chance(0.5) ? 1 + lots.below(count) : count);

function varyShape(lots: Prng, shape: JobShape): JobShape {
  if (shape.kind === "bag" || shape.kind === "map-reduce") return { ...shape, width: fewer(lots, shape.width) };
  return shape.kind === "chain" ? { ...shape, steps: fewer(lots, shape.steps) } : shape;
}

const varyWork = (lots: Prng, workload: Workload): Workload => ({
  ...workload,
  count: fewer(lots, workload.count),
  shape: varyShape(lots, workload.shape),
});

/** The same seed gives the same variation. */
export function varyScenario(scenario: Scenario, seed: number, registry: Registry): Scenario {
  const lots = createPrng(`vary/${seed}`);
  const { agents, workload } = varyAgents(lots.fork("agents"), scenario, registry);
  return {
    ...scenario,
    seed,
    agents,
    network: varyNetwork(lots.fork("network"), scenario.network),
    workload: varyWork(lots.fork("work"), workload),
    faults: varyFaults(lots.fork("faults"), { ...scenario, agents }, registry),
    expect: [],
  };
}
