/**
 * Draws a variation of a scenario: which of its faults and adversaries it has at all, how strong and when; which others
 * beside them; how many agents and tasks there are; and how bad the network is.
 *
 * Bounds that keep a variation fair: committees stay as large as they were, and no more of their members lie than
 * the scenario says, or one in four where it has no such liar. Jobs need not succeed.
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
const ADDED_FAULTS: { readonly [kind: string]: (prng: Prng) => { readonly [option: string]: Value } } = {
  kill: (prng) => ({ silent: prng.chance(0.5) }),
  restart: (prng) => ({ downMs: 10 + prng.below(8_000), silent: prng.chance(0.3) }),
  pause: () => ({}),
  slow: (prng) => ({ serviceMs: 1 + prng.below(50) }),
  leave: () => ({}),
  join: (prng) => ({ count: 1 + prng.below(4) }),
  churn: (prng) => ({ leavePerMinute: prng.below(20), joinPerMinute: 1 + prng.below(20), sudden: prng.chance(0.5) }),
  partition: (prng) => {
    const first = (1 + prng.below(9)) / 10;
    return { groups: [first, (10 - 10 * first) / 10] };
  },
  oneWay: (prng) => ({ deaf: prng.chance(0.5) }),
  loss: (prng) => ({ frames: 0.3 * prng.unit(), gossip: 0.5 * prng.unit() }),
  duplicate: (prng) => ({ frames: 0.3 * prng.unit() }),
  reorder: () => ({}),
  bandwidth: (prng) => ({ bytesPerMs: 5 + prng.below(1_000) }),
  latency: (prng) => ({ factor: 0.2 + 8 * prng.unit() }),
  dropConnections: () => ({}),
  fullDisk: () => ({}),
  clock: (prng) => ({ skewMs: prng.below(4_001) - 2_000, driftPpm: prng.below(1_001) - 500 }),
  clockJump: (prng) => ({ byMs: prng.below(2_001) - 1_000 }),
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
function varyGroup(prng: Prng, group: AgentGroup, isNamed: boolean): AgentGroup {
  if (group.behave.size > 0) return prng.chance(0.3) ? { ...group, behave: new Map() } : group;
  if (prng.chance(0.5)) return group;
  const more = prng.below(Math.ceil(group.count / 2) + 1);
  const isFewer = !group.hosts && !isNamed && prng.chance(0.5);
  return { ...group, count: isFewer ? Math.max(1, group.count - more) : group.count + more };
}

function varyAgents(prng: Prng, scenario: Scenario, registry: Registry): Pick<Scenario, "agents" | "workload"> {
  const isNamed = scenario.faults.some(({ target }) => typeof target?.which === "object");
  const agents = scenario.agents.map((group) => varyGroup(prng, group, isNamed));
  const optionsOf = (name: string, given: object) => behaviourOptions(registry, name, given);
  const like = scenario.agents.find(({ behave }) => behave.size === 0) ?? scenario.agents[0]!;
  if (prng.chance(0.4)) {
    const vice = prng.pick(ADDED_VICES);
    const behave = new Map([[vice, optionsOf(vice, {})]]);
    agents.push({ ...like, name: "odd", count: 1 + prng.below(3), hosts: false, behave });
  }
  let { workload } = scenario;
  if (mayAddMember(scenario, registry) && prng.chance(0.4)) {
    const strategies = prng.shuffle(STRATEGIES).slice(0, 1 + prng.below(3));
    const options = optionsOf("byzantineMember", { strategies, periodMs: prng.chance(0.5) ? 0 : 2_000 });
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
function varyFault(prng: Prng, fault: ScheduledFault, agents: number): ScheduledFault {
  const { atMs, untilMs, target } = fault;
  const movedMs = Math.round(atMs * (0.6 + 0.8 * prng.unit()));
  const lasts = untilMs === null ? null : movedMs + Math.round((untilMs - atMs) * (0.5 + prng.unit()));
  const strength = 0.5 + prng.unit();
  const least = 1 / agents;
  const hit = target && {
    ...target,
    share: target.share === null ? null : Math.min(1, Math.max(least, target.share * strength)),
    count: target.count === null ? null : Math.max(1, Math.min(agents, Math.round(target.count * strength))),
  };
  return withText({ ...fault, atMs: movedMs, untilMs: lasts, target: hit });
}

function drawFault(prng: Prng, kind: string, spanMs: number, agents: number, registry: Registry): ScheduledFault {
  const { isTargeted, lasts } = registry.faults.get(kind)!;
  const atMs = WARM_UP_MS + prng.below(Math.max(1, Math.round(spanMs - WARM_UP_MS)));
  const untilMs = lasts ? atMs + 200 + prng.below(10_000) : null;
  const which = prng.pick(["any", "members", "non-members", "workers"] as const);
  const target = isTargeted ? { which, share: null, count: 1 + prng.below(Math.ceil(agents / 4)) } : null;
  return faultOf(registry, { atMs, untilMs, kind, options: ADDED_FAULTS[kind]!(prng), target, upTo: true });
}

function varyFaults(prng: Prng, scenario: Scenario, registry: Registry): ScheduledFault[] {
  const agents = countAgents(scenario.agents);
  const spanMs = spanOf(scenario);
  const own = scenario.faults.filter(() => prng.chance(0.7)).map((fault) => varyFault(prng, fault, agents));
  // Which kinds at all first: with all of them always on, each would hide behind the others.
  const odds = prng.pick([0, 0.2, 0.5]);
  const kinds = Object.keys(ADDED_FAULTS).filter(() => prng.chance(odds));
  const count = kinds.length === 0 ? 0 : 1 + prng.below(6);
  const added = Array.from({ length: count }, () => drawFault(prng, prng.pick(kinds), spanMs, agents, registry));
  return inOrder([...own, ...added]);
}

// --- network and work ---------------------------------------------------------------------------------

function varyNetwork(prng: Prng, network: NetworkSpec): NetworkSpec {
  // In hundredths of a percent: short to write.
  const share = (most: number): number => Math.round(10_000 * most * prng.unit()) / 100 / 100;
  const worse = (now: number, most: number): number => (prng.chance(0.3) ? Math.max(now, share(most)) : now);
  return {
    ...network,
    loss: worse(network.loss, 0.05),
    gossipLoss: worse(network.gossipLoss, 0.1),
    duplication: worse(network.duplication, 0.05),
    reorder: network.reorder || prng.chance(0.2),
    fullGossip: network.fullGossip || prng.chance(0.1),
  };
}

const fewer = (prng: Prng, count: number): number => (prng.chance(0.5) ? 1 + prng.below(count) : count);

function varyShape(prng: Prng, shape: JobShape): JobShape {
  if (shape.kind === "bag" || shape.kind === "map-reduce") return { ...shape, width: fewer(prng, shape.width) };
  return shape.kind === "chain" ? { ...shape, steps: fewer(prng, shape.steps) } : shape;
}

const varyWork = (prng: Prng, workload: Workload): Workload => ({
  ...workload,
  count: fewer(prng, workload.count),
  shape: varyShape(prng, workload.shape),
});

/** The same seed gives the same variation. */
export function varyScenario(scenario: Scenario, seed: number, registry: Registry): Scenario {
  const prng = createPrng(`vary/${seed}`);
  const { agents, workload } = varyAgents(prng.fork("agents"), scenario, registry);
  return {
    ...scenario,
    seed,
    agents,
    network: varyNetwork(prng.fork("network"), scenario.network),
    workload: varyWork(prng.fork("work"), workload),
    faults: varyFaults(prng.fork("faults"), { ...scenario, agents }, registry),
    expect: [],
  };
}
