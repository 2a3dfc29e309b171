/**
 * Draws the scenario of a seed: who there is, who lies, which job runs, on which network, and which faults come when.
 *
 * Bounds that make it fair: Byzantine agents hold less than 1/3 of the power whoever is replaced by whom, the first two
 * workers are good ones, and once it has healed there are no faults but the lies of Byzantine agents.
 */

import { limits } from "../../protocol/core/limits.ts";
import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import { behaviourOptions, inOrder } from "../load/named-options.ts";
import { agentNames, DEFAULT_PROFILE } from "../load/parse-agents.ts";
import { HEALED_WITHIN_MS } from "../load/parse-scenario.ts";
import type { Registry } from "../model/registry.ts";
import type { AgentGroup, AgentProfile, BehaviourOptions, Scenario } from "../model/scenario.ts";
import { STRATEGIES, type StrategyName } from "../parts/adversaries/catalog.ts";
import { BLOCK_LIES } from "../parts/adversaries/lying-committee.ts";
import { firstPolicy } from "../parts/workloads/job-builder.ts";
import { WARM_UP_MS } from "../run/workload.ts";
import { drawFaults, drawSharpFaults, drawStoreLoss, scheduled } from "./draw-faults.ts";
import { CALM_NETWORK, drawNetwork } from "./draw-network.ts";
import { CHECK_SKILL, CREDIT, chainOf, drawWorkload, PRICE_MAX } from "./draw-workload.ts";

type Behave = ReadonlyMap<string, BehaviourOptions>;
const HONEST: Behave = new Map();
/** After the time in which a job must end, so that a stall is seen. */
const LINGER_MS = 30_000;

const letter = (index: number): string => String.fromCharCode("a".charCodeAt(0) + index);

const group = (name: string, count: number, changes: Partial<AgentGroup>): AgentGroup => ({
  ...{
    name,
    count,
    skills: [],
    descriptions: new Map(),
    labels: [],
    hosts: true,
    behave: HONEST,
    hosted: null,
    origin: "",
  },
  ...{ clock: { skewMs: 0, driftPpm: 0 }, crashLoss: "random", startMs: 0, startWithinMs: 0 },
  profile: { ...DEFAULT_PROFILE, price: 0 },
  ...changes,
});

// --- committees ---------------------------------------------------------------------------------------

/** What a stranger fills: hosts' places, or everybody's time. */
const NUISANCES = ["places", "vectors", "offers"] as const;

interface DrawnHost {
  /** Null: a standby. */
  readonly power: number | null;
  behave: Behave;
}

/** 4 to 7 members with powers 1 to 4, each less than 1/3 of the total. */
function drawPowers(prng: Prng): number[] {
  const count = 4 + prng.below(4);
  const isUneven = prng.chance(0.5);
  for (;;) {
    const powers = Array.from({ length: count }, () => (isUneven ? 1 + prng.below(4) : 1));
    const total = powers.reduce((sum, power) => sum + power, 0);
    if (powers.every((power) => 3 * power < total)) return powers;
  }
}

function corrupt(prng: Prng, registry: Registry, hosts: readonly DrawnHost[]): void {
  if (prng.chance(0.3)) return;
  const powers = hosts.map(({ power }) => power ?? 0);
  const total = powers.reduce((all, power) => all + power, 0);
  // A standby takes a seat with its power: it may be the greatest.
  const greatest = Math.max(...powers);
  let sum = 0;
  for (const host of prng.shuffle(hosts)) {
    const power = host.power ?? greatest;
    if (3 * (sum + power) >= total) continue;
    sum += power;
    const strategies = prng.shuffle(STRATEGIES).slice(0, 1 + prng.below(4));
    const periodMs = prng.chance(0.5) ? 0 : 500 + prng.below(5_000);
    const isGone = prng.chance(0.1);
    host.behave = lying(registry, strategies, periodMs, prng.chance(0.4));
    if (isGone) host.behave = new Map([["yesAndGone", {}]]);
  }
}

function lying(
  registry: Registry,
  strategies: readonly StrategyName[],
  periodMs: number,
  withholdsBlobs: boolean,
): Behave {
  const member = ["byzantineMember", behaviourOptions(registry, "byzantineMember", { strategies, periodMs })] as const;
  return new Map(withholdsBlobs ? [member, ["withholdBlobs", {}]] : [member]);
}

interface Committee {
  readonly groups: readonly AgentGroup[];
  readonly committee: ReadonlyMap<string, number>;
  readonly standbys: ReadonlyMap<string, number>;
}

/** Honest members are m1, m2, …; honest standbys s1, s2, …; each liar is a group of its own. */
function seat(hosts: readonly DrawnHost[], prng: Prng): Committee {
  const groups: AgentGroup[] = [];
  const committee = new Map<string, number>();
  const standbys = new Map<string, number>();
  const honest = { m: 0, s: 0 };
  for (const { power, behave } of hosts) {
    let name: string;
    if (behave === HONEST) {
      const kind = power === null ? "s" : "m";
      name = `${kind}${++honest[kind]}`;
    } else {
      const liar = group(`x${letter(groups.length)}`, 1, { behave });
      groups.push(liar);
      name = agentNames(liar)[0]!;
    }
    // Most may take any seat; some have less power than seats that fall vacant.
    if (power === null) standbys.set(name, prng.chance(0.6) ? limits.power : 1 + prng.below(limits.power));
    else committee.set(name, power);
  }
  for (const kind of ["s", "m"] as const) if (honest[kind] > 0) groups.unshift(group(kind, honest[kind], {}));
  return { groups, committee, standbys };
}

// --- workers ------------------------------------------------------------------------------------------

const worker = (index: number, profile: Partial<AgentProfile>, changes: Partial<AgentGroup> = {}): AgentGroup =>
  group(`w${letter(index)}`, 1, {
    skills: ["work"],
    hosts: false,
    profile: { ...DEFAULT_PROFILE, accuracy: 1, calibration: "random", ...profile },
    ...changes,
  });

/** Even chances up to `most`, in hundredths. */
const drawOdds = (prng: Prng, chance: number, most: number): number =>
  prng.chance(chance) ? (1 + prng.below(100 * most)) / 100 : 0;

function drawVices(prng: Prng, registry: Registry, timeoutMs: number, mayLie: boolean): Behave {
  const vices = new Map<string, BehaviourOptions>();
  const add = (name: string, odds: number, options: object = {}): void => {
    if (odds > 0) vices.set(name, behaviourOptions(registry, name, { odds, ...options }));
  };
  add("flaky", drawOdds(prng, 0.3, 0.4));
  add("straggler", drawOdds(prng, 0.3, 0.4), { byMs: 2 * timeoutMs });
  // A job that nobody can do says nothing about the protocol.
  if (!mayLie) return vices;
  add("liar", drawOdds(prng, 0.3, 1));
  if (prng.chance(0.5)) add("neverDeliver", drawOdds(prng, 0.35, 0.5));
  else add("late", drawOdds(prng, 0.35, 0.5), { factor: 1 });
  if (prng.chance(0.25)) vices.set("withholdBlobs", {});
  return vices;
}

/** What its skill says beside its answers: why it gives no answer, and what the work used. */
function drawWords(prng: Prng, timeoutMs: number, mayLie: boolean): Pick<AgentProfile, "errors" | "usage"> {
  const errors = {
    busy: drawOdds(prng, 0.5, 0.3),
    retryMs: 1 + prng.below(2 * timeoutMs), // some say longer than the lease
    unavailable: drawOdds(prng, 0.5, 0.2),
    invalidInput: mayLie ? drawOdds(prng, 0.3, 0.2) : 0,
    error: drawOdds(prng, 0.3, 0.2),
  };
  const usage = { inputTokens: prng.below(5_000), outputTokens: prng.below(1_000), usd: prng.below(100) / 1_000 };
  return { errors: prng.chance(0.4) ? errors : null, usage: prng.chance(0.3) ? usage : null };
}

function drawWorker(prng: Prng, registry: Registry, index: number, timeoutMs: number): AgentGroup {
  const workMs = 5 + prng.below(prng.chance(0.2) ? 1_500 : 100);
  const price = (1 + prng.below(10)) * CREDIT;
  const slots = 1 + prng.below(4);
  const mayLie = index >= 2;
  const own = { latencyMs: { min: workMs, max: workMs + 20 }, expectedMs: workMs, price, slots };
  const profile = { ...own, ...drawWords(prng.fork("words"), timeoutMs, mayLie) };
  const startMs = mayLie && prng.chance(0.2) ? prng.below(2 * WARM_UP_MS) : 0;
  return worker(index, profile, { startMs, behave: drawVices(prng, registry, timeoutMs, mayLie) });
}

// --- the scenario -------------------------------------------------------------------------------------

const SHARP: readonly (readonly StrategyName[])[] = [
  ["against-locks"],
  ["against-locks-deaf"],
  ["votes-for-all", "empty"],
  ["votes-for-all", "double-empty"],
  ["equivocate", "empty"],
];

/** Its faults aim at the consensus: a fast job, many heights, and a Byzantine member that proposes against locks. */
function sharpen(scenario: Scenario, registry: Registry, prng: Prng): Scenario {
  const liar = lying(registry, prng.pick(SHARP), 0, false);
  // Four are the fewest with a fault to spare: each vote counts most.
  const hosts: DrawnHost[] = [HONEST, HONEST, HONEST, liar].map((behave) => ({ power: 1, behave }));
  if (prng.chance(0.3)) hosts.push({ power: null, behave: HONEST });
  const { groups, ...seats } = seat(hosts, prng.fork("standbys"));
  const profile = { latencyMs: { min: 5, max: 25 }, expectedMs: 5, price: CREDIT };
  return {
    ...scenario,
    agents: [...groups, worker(0, profile, { name: "w", count: 2 })],
    network: { ...CALM_NETWORK, latencyMs: { min: 8, max: 12 }, loss: prng.chance(0.5) ? 0.05 : 0 },
    workload: {
      ...scenario.workload,
      ...seats,
      clients: scenario.workload.clients[0] === "client1" ? ["client1"] : ["m1"],
      shape: chainOf(60),
      policy: firstPolicy({ timeoutMs: 20_000, retries: 50, priceMax: PRICE_MAX }),
      budget: 100_000 * CREDIT,
      deadlineMs: 3_600_000,
      windowMs: 1_000,
      outputBytes: 0,
    },
    faults: drawSharpFaults(prng, registry, ["m1", "m2", "m3"], scenario.heal!.atMs),
  };
}

/** A stranger with a job of its own, whose blocks lie. */
function addStranger(scenario: Scenario, registry: Registry, prng: Prng): Scenario {
  const { atMs: healMs } = scenario.heal!;
  const lie = behaviourOptions(registry, "lyingCommittee", {
    lie: prng.pick(BLOCK_LIES),
    fromHeight: 1 + prng.below(4),
  });
  const stranger = group("stranger", 1, { behave: new Map([["lyingCommittee", lie]]) });
  const atMs = WARM_UP_MS + prng.below(healMs - WARM_UP_MS);
  const rogue = scheduled(registry, atMs, { kind: "rogueJob", options: {}, which: agentNames(stranger) });
  return {
    ...scenario,
    agents: [...scenario.agents, stranger],
    faults: inOrder([...scenario.faults, rogue]),
  };
}

/** A stranger who takes what guests may have, or more. */
function addNuisance(scenario: Scenario, registry: Registry, prng: Prng): Scenario {
  const what = prng.pick(NUISANCES);
  const perSecond = 10 + prng.below(40);
  const [name, given] =
    what === "places" ? (["fillPlaces", { everyMs: 500 }] as const) : (["flood", { what, perSecond }] as const);
  const behave = new Map([[name, behaviourOptions(registry, name, given)]]);
  return { ...scenario, agents: [...scenario.agents, group("nuisance", 1, { hosts: false, behave })] };
}

/** Turns kept that give a host power 1, 2, 3 and 4. */
const KEPT = [5, 60, 600, 6_000];

/**
 * Its clients draw their committees among hosts of which they know the honest members, and among many liars that are new to
 * them: only the bound on newcomers keeps these below a third. Some of the liars have much power, and are new all the same.
 */
function addNewcomers(scenario: Scenario, registry: Registry, prng: Prng): Scenario {
  const strategies = prng.shuffle(STRATEGIES).slice(0, 1 + prng.below(3));
  const behave = lying(registry, strategies, 0, false);
  const hosted = prng.chance(0.3) ? { kept: 6_000, lost: 0, isKnown: false, equivocated: false } : null;
  const known = (): AgentGroup["hosted"] => ({ kept: prng.pick(KEPT), lost: 0, isKnown: true, equivocated: false });
  return {
    ...scenario,
    agents: [
      ...scenario.agents.map((one) => (one.name === "m" ? { ...one, hosted: known() } : one)),
      group("sybil", 2 + prng.below(8), { behave, hosted }),
    ],
    // A member that is its own client may begin a job alone, within the step in which it draws: nobody could watch that.
    workload: { ...scenario.workload, clients: ["client1"], committee: null, standbys: null },
  };
}

export function drawScenario(seed: number, registry: Registry): Scenario {
  const prng = createPrng(`scenario/${seed}`);
  const powers = drawPowers(prng.fork("members"));
  const standbys = Array.from({ length: prng.below(3) }, () => null);
  const hosts: DrawnHost[] = [...powers, ...standbys].map((power) => ({ power, behave: HONEST }));
  corrupt(prng.fork("byzantine"), registry, hosts);
  const { groups, ...seats } = seat(hosts, prng.fork("standbys"));
  const network = drawNetwork(prng.fork("network"));
  const workers = 2 + prng.below(5);
  const [first] = seats.committee.keys();
  const clients = [prng.chance(0.5) ? first! : "client1"];
  const workload = drawWorkload(prng.fork("workload"), workers, network, { ...seats, clients });
  const byWorker = prng.fork("workers");
  const { timeoutMs } = workload.policy;
  const kept = groups.flatMap(agentNames);
  const agents = [
    ...groups,
    ...Array.from({ length: workers }, (_, index) => ({
      ...drawWorker(byWorker, registry, index, timeoutMs),
      skills: workload.policy.accept.kind === "verified" ? ["work", CHECK_SKILL] : ["work"],
    })),
  ];
  const healMs = WARM_UP_MS + 2_000 + prng.below(25_000);
  const cancelAfterMs = prng.chance(0.07) ? prng.below(healMs - WARM_UP_MS) : null;
  const scenario: Scenario = {
    name: `seed-${seed}`,
    description: "",
    mechanism: null,
    seed,
    maxMs: healMs + HEALED_WITHIN_MS + LINGER_MS,
    agents,
    network,
    workload: { ...workload, cancelAfterMs },
    faults: inOrder([
      ...drawFaults(prng.fork("faults"), registry, { agents: agents.flatMap(agentNames), hosts: kept }, healMs),
      ...(hosts.every(({ behave }) => behave === HONEST)
        ? drawStoreLoss(prng.fork("lost stores"), registry, kept, healMs)
        : []),
    ]),
    heal: { atMs: healMs, withinMs: HEALED_WITHIN_MS },
    mayFallShort: true,
    expect: [],
    plugins: [],
    ablate: [],
  };
  const sharp = prng.chance(0.26) ? sharpen(scenario, registry, prng.fork("sharp")) : scenario;
  const byKnown = prng.fork("newcomers");
  const honest = groups.find(({ name }) => name === "m")?.count ?? 0;
  if (sharp === scenario && honest >= 3 && byKnown.chance(0.15)) return addNewcomers(scenario, registry, byKnown);
  const strange = prng.chance(0.2) ? addStranger(sharp, registry, prng.fork("stranger")) : sharp;
  return prng.chance(0.2) ? addNuisance(strange, registry, prng.fork("nuisance")) : strange;
}
