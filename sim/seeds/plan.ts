/**
 * What a seed stands for: who there is, who lies, which job runs, on which network, and which faults come when. All
 * of it is drawn here, before the run, so that a failure's report can show it and a reader can see the whole space.
 *
 * Bounds that make a plan fair: Byzantine members hold less than 1/3 of the power, and after `healAtMs` there are no
 * faults but theirs.
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { Genesis, NodeSpec, Policy } from "../../protocol/wire/genesis.ts";
import { chain, firstPolicy, map, sealedPolicy, single } from "./world/job-builder.ts";
import type { NetworkSettings } from "./world/network.ts";

/** The job is submitted at this virtual time, ms: agents have found each other by then. */
export const SUBMIT_MS = 3_000;

export type Fault =
  | { readonly kind: "crash"; readonly name: string; readonly downMs: number; readonly atPersist: boolean }
  | { readonly kind: "pause"; readonly name: string; readonly forMs: number }
  | {
      readonly kind: "partition";
      readonly groups: readonly (readonly string[])[];
      readonly oneWay: boolean;
      readonly forMs: number;
    }
  | { readonly kind: "clock"; readonly name: string; readonly skewMs: number; readonly driftPpm: number }
  | { readonly kind: "jump"; readonly name: string; readonly ms: number }
  /**
   * From then on, the next time that this member precommits a block it is heard no more: it may decide alone, and what it
   * decided rests on the others' locks. `crashed` restart meanwhile.
   */
  | {
      readonly kind: "lone-decider";
      readonly name: string;
      readonly muteMs: number;
      readonly crashed: readonly string[];
    }
  | { readonly kind: "cancel" };
export type PlannedFault = Fault & { readonly atMs: number };

export const STRATEGIES = [
  "silent",
  "nil",
  "equivocate-prevotes",
  "equivocate-precommits",
  "equivocate",
  "prevote-to-one",
  "votes-for-all",
  "double-proposal",
  "double-empty",
  "stale",
  "future",
  "invalid",
  "empty",
  "to-half",
  "against-locks",
  "against-locks-deaf",
  "withhold",
  "hide-commands",
  "lie-to-workers",
  "lie-about-position",
] as const;
export type StrategyName = (typeof STRATEGIES)[number];

export interface Byzantine {
  readonly name: string;
  readonly strategies: readonly StrategyName[];
  /** Honest every other period of this length, ms; 0: never. */
  readonly periodMs: number;
  readonly withholdsBlobs: boolean;
}

/** How a worker works; odds are drawn anew for each award. */
export interface WorkerHabits {
  readonly name: string;
  readonly price: number;
  readonly slots: number;
  readonly workMs: number;
  readonly lies: number;
  readonly fails: number;
  readonly slow: number;
  readonly never: number;
}

export interface SeedPlan {
  readonly seed: number;
  readonly members: readonly { readonly agent: string; readonly power: number }[];
  readonly standbys: readonly string[];
  readonly workers: readonly WorkerHabits[];
  readonly byzantine: readonly Byzantine[];
  readonly owner: string;
  readonly network: NetworkSettings;
  readonly faults: readonly PlannedFault[];
  readonly healAtMs: number;
  readonly job: Pick<Genesis, "budget" | "windowMs" | "selector" | "deadlineMs"> & {
    readonly nodes: readonly NodeSpec[];
  };
  /** Outputs are padded so that they travel as blobs. */
  readonly blobs: boolean;
}

// --- who ----------------------------------------------------------------------------------------------

/** 4 to 7 members with powers 1 to 4, each less than 1/3 of the total. */
function drawMembers(lots: Prng): { agent: string; power: number }[] {
  const count = 4 + lots.below(4);
  const uneven = lots.chance(0.5);
  for (;;) {
    const members = Array.from({ length: count }, (_, index) => ({
      agent: `m${index}`,
      power: uneven ? 1 + lots.below(4) : 1,
    }));
    const total = members.reduce((sum, member) => sum + member.power, 0);
    if (members.every((member) => 3 * member.power < total)) return members;
  }
}

function drawByzantine(lots: Prng, members: readonly { agent: string; power: number }[]): Byzantine[] {
  if (lots.chance(0.3)) return [];
  const total = members.reduce((sum, member) => sum + member.power, 0);
  const byzantine: Byzantine[] = [];
  let power = 0;
  for (const member of lots.shuffle(members)) {
    if (3 * (power + member.power) >= total) continue;
    power += member.power;
    const count = 1 + lots.below(3);
    const strategies = lots.shuffle(STRATEGIES).slice(0, count);
    const periodMs = lots.chance(0.5) ? 0 : 500 + lots.below(5_000);
    byzantine.push({ name: member.agent, strategies, periodMs, withholdsBlobs: lots.chance(0.3) });
  }
  return byzantine;
}

function drawWorkers(lots: Prng): WorkerHabits[] {
  const count = 2 + lots.below(5);
  const odds = (chance: number, most: number): number => (lots.chance(chance) ? lots.unit() * most : 0);
  return Array.from({ length: count }, (_, index) => ({
    name: `w${index}`,
    price: 1 + lots.below(10),
    slots: 1 + lots.below(4),
    workMs: 5 + lots.below(lots.chance(0.2) ? 1_500 : 100),
    // The first two are good ones: a job that nobody can do says nothing about the protocol.
    lies: index < 2 ? 0 : odds(0.3, 1),
    fails: odds(0.3, 0.4),
    slow: odds(0.3, 0.4),
    never: odds(0.2, 0.2),
  }));
}

// --- what ---------------------------------------------------------------------------------------------

function drawNodes(lots: Prng, policyOf: () => Policy): NodeSpec[] {
  const policy = policyOf();
  const steps = 1 + lots.below(10);
  const items = Array.from({ length: 1 + lots.below(12) }, (_, index) => index);
  switch (lots.below(4)) {
    case 0:
      return [chain("c", steps, 5, { policy })];
    case 1:
      return [
        map("m", items, { policy, batch: 1 + lots.below(3) }),
        single("r", { from: "m" }, { policy: policyOf() }),
      ];
    case 2:
      return [map("m", items, { policy }), chain("c", steps, { from: "m" }, { policy: policyOf() })];
    default:
      return [
        single("a", 1, { policy }),
        single("b", 2, { policy: policyOf(), needs: ["a"] }),
        map("m", items, { policy, needs: ["b"] }),
      ];
  }
}

/**
 * A block's time must be within 1/5 of a window of its validators' clocks, so a job whose windows are shorter than five
 * times the way of a message decides only in late rounds: that is its owner's mistake, not a stall.
 */
const windowMin = ({ latencyMs, jitterMs, spreadMs }: NetworkSettings): number => 6 * (latencyMs + jitterMs + spreadMs);

function drawJob(lots: Prng, workers: readonly WorkerHabits[], network: NetworkSettings): SeedPlan["job"] {
  const timeoutMs = 1_000 + lots.below(lots.chance(0.3) ? 20_000 : 4_000);
  const retries = 5 + lots.below(20);
  const isSealed = lots.chance(0.5) && workers.length >= 3;
  const policyOf = (): Policy => {
    if (!isSealed) return firstPolicy({ timeoutMs, retries });
    const redundancyMax = 3 + lots.below(5);
    const accept = lots.chance(0.3) ? { kind: "quorum" as const, q: 2 } : { kind: "majority" as const };
    return sealedPolicy({ timeoutMs, retries, redundancyMax, accept });
  };
  const nodes = drawNodes(lots, policyOf);
  const isTight = lots.chance(0.3);
  return {
    nodes,
    budget: isTight ? 20 + lots.below(300) : 100_000,
    windowMs: Math.max(windowMin(network), lots.chance(0.3) ? 100 + lots.below(200) : 500 + lots.below(1_500)),
    selector: lots.pick(["greedy", "least-loaded", "round-robin", "random"] as const),
    deadlineMs: lots.chance(0.1) ? 5_000 + lots.below(20_000) : 3_600_000,
  };
}

// --- when ---------------------------------------------------------------------------------------------

function drawFault(lots: Prng, agents: readonly string[]): Fault {
  const name = lots.pick(agents);
  const kind = lots.below(12);
  if (kind < 4) return { kind: "crash", name, downMs: 10 + lots.below(8_000), atPersist: lots.chance(0.4) };
  if (kind < 6) return { kind: "pause", name, forMs: 100 + lots.below(8_000) };
  if (kind < 9) {
    const shuffled = lots.shuffle(agents);
    const group = shuffled.slice(0, 1 + lots.below(agents.length - 1));
    return { kind: "partition", groups: [group], oneWay: lots.chance(0.3), forMs: 200 + lots.below(10_000) };
  }
  if (kind < 11) return { kind: "clock", name, skewMs: lots.below(4_001) - 2_000, driftPpm: lots.below(1_001) - 500 };
  return { kind: "jump", name, ms: lots.below(2_001) - 1_000 };
}

function drawFaults(lots: Prng, agents: readonly string[], untilMs: number): PlannedFault[] {
  if (lots.chance(0.15)) return [];
  const count = 1 + lots.below(12);
  const spanMs = untilMs - SUBMIT_MS;
  const faults: PlannedFault[] = Array.from({ length: count }, () => ({
    ...drawFault(lots, agents),
    // The first moments of a job are the most delicate: half of the faults fall there.
    atMs: SUBMIT_MS + lots.below(lots.chance(0.5) ? Math.min(3_000, spanMs) : spanMs),
  }));
  if (lots.chance(0.05)) faults.push({ kind: "cancel", atMs: SUBMIT_MS + lots.below(spanMs) });
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** Faults that hit between a polka and its commit, where locks decide whether a job forks. */
function drawSharpFaults(lots: Prng, members: readonly string[], untilMs: number): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (let atMs = SUBMIT_MS + lots.below(500); atMs < untilMs; ) {
    const name = lots.pick(members);
    const muteMs = 1_000 + lots.below(5_000);
    const crashed = lots.chance(0.5) ? members.filter((other) => other !== name) : [];
    faults.push({ kind: "lone-decider", name, muteMs, crashed, atMs });
    atMs += muteMs + lots.below(1_500);
  }
  return faults;
}

const CALM_LINKS: NetworkSettings = {
  latencyMs: 8,
  jitterMs: 4,
  loss: 0,
  duplication: 0,
  reordering: 0,
  spreadMs: 0,
  detectMs: 50,
};

/** A plan whose faults aim at the consensus: a fast job, many heights, and Byzantine members that propose against locks. */
function sharpen(plan: SeedPlan, lots: Prng): SeedPlan {
  const habits = { price: 1, slots: 4, workMs: 5, lies: 0, fails: 0, slow: 0, never: 0 };
  // Four are the fewest with a fault to spare: each vote counts most.
  const names = plan.members.slice(0, 4).map((member) => member.agent);
  const policy = firstPolicy({ timeoutMs: 20_000, retries: 50 });
  return {
    ...plan,
    standbys: lots.chance(0.3) ? ["s0"] : [],
    workers: ["w0", "w1"].map((name) => ({ ...habits, name })),
    network: { ...CALM_LINKS, loss: lots.chance(0.5) ? 0.05 : 0 },
    members: names.map((agent) => ({ agent, power: 1 })),
    byzantine: [{ name: names[3]!, periodMs: 0, withholdsBlobs: false, strategies: lots.pick(SHARP) }],
    faults: drawSharpFaults(lots, names.slice(0, 3), plan.healAtMs),
    job: {
      ...plan.job,
      budget: 100_000,
      deadlineMs: 3_600_000,
      windowMs: 1_000,
      nodes: [chain("c", 60, 5, { policy })],
    },
    blobs: false,
  };
}

const SHARP: readonly (readonly StrategyName[])[] = [
  ["against-locks"],
  ["against-locks-deaf"],
  ["votes-for-all", "empty"],
  ["votes-for-all", "double-empty"],
  ["equivocate", "empty"],
];

function drawNetwork(lots: Prng): NetworkSettings {
  const isLossy = lots.chance(0.6);
  return {
    latencyMs: 1 + lots.below(lots.chance(0.2) ? 150 : 20),
    jitterMs: lots.below(30),
    loss: isLossy ? lots.unit() * 0.2 : 0,
    duplication: lots.chance(0.3) ? lots.unit() * 0.1 : 0,
    reordering: lots.chance(0.5) ? lots.unit() * 0.2 : 0,
    spreadMs: lots.chance(0.3) ? lots.below(80) : 0,
    detectMs: 10 + lots.below(500),
  };
}

/** The whole plan of a seed. */
export function drawPlan(seed: number): SeedPlan {
  const lots = createPrng(`plan/${seed}`);
  const members = drawMembers(lots.fork("members"));
  const standbys = Array.from({ length: lots.below(3) }, (_, index) => `s${index}`);
  const workers = drawWorkers(lots.fork("workers"));
  const names = members.map((member) => member.agent);
  const agents = [...names, ...names, ...standbys, ...workers.map((worker) => worker.name)];
  const healAtMs = SUBMIT_MS + 2_000 + lots.below(25_000);
  const network = drawNetwork(lots.fork("network"));
  const plan: SeedPlan = {
    seed,
    members,
    standbys,
    workers,
    byzantine: drawByzantine(lots.fork("byzantine"), members),
    owner: lots.chance(0.5) ? names[0]! : "owner",
    network,
    faults: drawFaults(lots.fork("faults"), [...new Set(agents)], healAtMs),
    healAtMs,
    job: drawJob(lots.fork("job"), workers, network),
    blobs: lots.chance(0.25),
  };
  return lots.chance(0.3) ? sharpen(plan, lots.fork("sharp")) : plan;
}
