/**
 * Draws the whole plan of a seed.
 *
 * Bounds that make a plan fair: Byzantine agents hold less than 1/3 of the power whoever is replaced by whom, the first
 * two workers are good ones, and after `healAtMs` there are no faults but the lies of Byzantine agents.
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import { STRATEGIES, type StrategyName } from "../adversaries/catalog.ts";
import { WORKER_LIES } from "../adversaries/workers.ts";
import { chain, firstPolicy } from "../workloads/job-builder.ts";
import { drawFaults, drawNetwork, drawSharpFaults } from "./draw-faults.ts";
import { drawJob } from "./draw-job.ts";
import { drawLostJob } from "./lost-job.ts";
import { type ByzantineMember, CALM_NETWORK, type PlannedWorker, type SeedPlan, SUBMIT_MS } from "./plan.ts";

type Members = SeedPlan["members"];

const powerOf = (members: Members): number => members.reduce((sum, member) => sum + member.power, 0);

/** 4 to 7 members with powers 1 to 4, each less than 1/3 of the total. */
function drawMembers(lots: Prng): Members {
  const count = 4 + lots.below(4);
  const uneven = lots.chance(0.5);
  for (;;) {
    const members = Array.from({ length: count }, (_, index) => ({
      agent: `m${index}`,
      power: uneven ? 1 + lots.below(4) : 1,
    }));
    const total = powerOf(members);
    if (members.every((member) => 3 * member.power < total)) return members;
  }
}

function drawByzantine(lots: Prng, members: Members, standbys: readonly string[]): ByzantineMember[] {
  if (lots.chance(0.3)) return [];
  const total = powerOf(members);
  // A standby takes a seat with its power: it may be the greatest.
  const greatest = Math.max(...members.map((member) => member.power));
  const candidates = [...members, ...standbys.map((agent) => ({ agent, power: greatest }))];
  const byzantine: ByzantineMember[] = [];
  let power = 0;
  for (const candidate of lots.shuffle(candidates)) {
    if (3 * (power + candidate.power) >= total) continue;
    power += candidate.power;
    const strategies = lots.shuffle(STRATEGIES).slice(0, 1 + lots.below(4));
    const periodMs = lots.chance(0.5) ? 0 : 500 + lots.below(5_000);
    byzantine.push({ name: candidate.agent, strategies, periodMs, withholdsBlobs: lots.chance(0.4) });
  }
  return byzantine;
}

/** What it costs and how it works; the odds of what goes wrong with it are 0. */
const goodWorker = (name: string, workMs: number, price: number, slots: number): PlannedWorker => ({
  ...{ name, price, slots, workMs, lies: 0, fails: 0, slow: 0 },
  ...{ lie: null, withholdsBlobs: false, startMs: 0 },
});

function drawWorkers(lots: Prng): PlannedWorker[] {
  const count = 2 + lots.below(5);
  const odds = (chance: number, most: number): number => (lots.chance(chance) ? lots.unit() * most : 0);
  return Array.from({ length: count }, (_, index) => {
    const workMs = 5 + lots.below(lots.chance(0.2) ? 1_500 : 100);
    const worker = goodWorker(`w${index}`, workMs, 1 + lots.below(10), 1 + lots.below(4));
    const habits = { ...worker, fails: odds(0.3, 0.4), slow: odds(0.3, 0.4) };
    // The first two are good ones: a job that nobody can do says nothing about the protocol.
    if (index < 2) return habits;
    return {
      ...habits,
      lies: odds(0.3, 1),
      lie: lots.chance(0.3) ? { kind: lots.pick(WORKER_LIES), odds: lots.unit() * 0.5 } : null,
      withholdsBlobs: lots.chance(0.2),
      startMs: lots.chance(0.2) ? lots.below(2 * SUBMIT_MS) : 0,
    };
  });
}

const SHARP: readonly (readonly StrategyName[])[] = [
  ["against-locks"],
  ["against-locks-deaf"],
  ["votes-for-all", "empty"],
  ["votes-for-all", "double-empty"],
  ["equivocate", "empty"],
];

/** A plan whose faults aim at the consensus: a fast job, many heights, and Byzantine members that propose against locks. */
function sharpen(plan: SeedPlan, lots: Prng): SeedPlan {
  // Four are the fewest with a fault to spare: each vote counts most.
  const names = plan.members.slice(0, 4).map((member) => member.agent);
  const policy = firstPolicy({ timeoutMs: 20_000, retries: 50 });
  return {
    ...plan,
    standbys: lots.chance(0.3) ? ["s0"] : [],
    workers: ["w0", "w1"].map((name) => goodWorker(name, 5, 1, 4)),
    network: { ...CALM_NETWORK, latencyMs: { min: 8, max: 12 }, loss: lots.chance(0.5) ? 0.05 : 0 },
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

export function drawPlan(seed: number): SeedPlan {
  const lots = createPrng(`plan/${seed}`);
  const members = drawMembers(lots.fork("members"));
  const standbys = Array.from({ length: lots.below(3) }, (_, index) => `s${index}`);
  const workers = drawWorkers(lots.fork("workers"));
  const names = members.map((member) => member.agent);
  const agents = [...names, ...standbys, ...workers.map((worker) => worker.name)];
  const healAtMs = SUBMIT_MS + 2_000 + lots.below(25_000);
  const network = drawNetwork(lots.fork("network"));
  const plan: SeedPlan = {
    seed,
    members,
    standbys,
    workers,
    byzantine: drawByzantine(lots.fork("byzantine"), members, standbys),
    owner: lots.chance(0.5) ? names[0]! : "owner",
    network,
    faults: drawFaults(lots.fork("faults"), agents, healAtMs),
    cancelAtMs: lots.chance(0.05) ? SUBMIT_MS + lots.below(healAtMs - SUBMIT_MS) : null,
    healAtMs,
    job: drawJob(lots.fork("job"), workers.length, network),
    blobs: lots.chance(0.35),
    lostJob: drawLostJob(lots.fork("lost job"), SUBMIT_MS, healAtMs),
  };
  return lots.chance(0.3) ? sharpen(plan, lots.fork("sharp")) : plan;
}
