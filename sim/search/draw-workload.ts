/**
 * Draws the job of a seed's scenario: its tasks, their policy, its budget and deadlines. Some are too poor, too short or
 * too hurried to succeed: such a job fails, and must do so everywhere alike.
 */

import { readsOutputs } from "../../protocol/answer/flags.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import { SELECTORS } from "../../protocol/selection/catalog.ts";
import {
  type Comparator,
  type Flags,
  type Hedge,
  NO_FLAGS,
  type PlainComparator,
  type Rule,
} from "../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../protocol/wire/value.ts";
import type { JobShape, NetworkSpec, PolicySpec, Stage, Workload } from "../model/scenario.ts";
import { firstPolicy, sealedPolicy } from "../parts/workloads/job-builder.ts";
import { slowestMs } from "./draw-network.ts";

/** Micro-credits. */
export const CREDIT = 1_000_000;

export const PRICE_MAX = 1_000 * CREDIT;

const stage = (kind: Stage["kind"], changes: Partial<Stage> = {}): Stage => ({
  ...{ kind, tasks: 1, batch: 1, takesOutput: false },
  ...changes,
});

/** Steps that each get the output of the one before. */
export const chainOf = (steps: number): JobShape => ({
  kind: "chain",
  steps,
  tasks: { skill: "work", like: null, kinds: new Map(), difficulty: 0.5 },
});

function drawShape(prng: Prng): JobShape {
  // Some ask for the workers' skill in words.
  const like = prng.fork("words").chance(0.15) ? "do some work" : null;
  const tasks = { skill: "work", like, kinds: new Map(), difficulty: 0.5 };
  const steps = 1 + prng.below(10);
  const width = 1 + prng.below(12);
  switch (prng.below(4)) {
    case 0:
      return { kind: "chain", steps, tasks };
    case 1: {
      const stages = [stage("map", { tasks: width, batch: 1 + prng.below(3) }), stage("single", { takesOutput: true })];
      return { kind: "stages", stages, tasks };
    }
    case 2: {
      const stages = [stage("map", { tasks: width }), stage("chain", { tasks: steps, takesOutput: true })];
      return { kind: "stages", stages, tasks };
    }
    default:
      return { kind: "stages", stages: [stage("single"), stage("single"), stage("map", { tasks: width })], tasks };
  }
}

/** Mostly as jobs have it. */
function drawHedge(prng: Prng, timeoutMs: number): Hedge {
  if (prng.chance(0.6)) return { kind: "auto" };
  return prng.chance(0.4) ? { kind: "off" } : { kind: "after", afterMs: 1 + prng.below(timeoutMs - 1) };
}

function drawPolicy(prng: Prng, workers: number): PolicySpec {
  const timeoutMs = 1_000 + prng.below(prng.chance(0.3) ? 20_000 : 4_000);
  const retries = 5 + prng.below(20);
  const hedge = drawHedge(prng.fork("hedge"), timeoutMs);
  if (workers < 3 || !prng.chance(0.65)) return firstPolicy({ timeoutMs, retries, priceMax: PRICE_MAX, hedge });
  const redundancyMax = 3 + prng.below(5);
  return sealedPolicy({ timeoutMs, retries, redundancyMax, ...drawAcceptance(prng), priceMax: PRICE_MAX, hedge });
}

/** Comparators that group the answers of simulated agents (parts/workloads/wording.ts): of a liar and of others they differ. */
function drawPlainComparator(prng: Prng): PlainComparator {
  switch (prng.below(4)) {
    case 0:
      return { kind: "number", absolute: 0.25, relativePpm: 0 };
    case 1:
      return { kind: "set", leastPpm: prng.pick([1_000_000, 600_000, 300_000]) };
    case 2:
      return { kind: "text", case: prng.chance(0.8), space: prng.chance(0.8), punctuation: prng.chance(0.8) };
    default:
      return { kind: "similar", leastPpm: 850_000 + prng.below(50_000) };
  }
}

function drawComparator(prng: Prng): Comparator {
  const compare = drawPlainComparator(prng);
  switch (prng.below(4)) {
    case 0:
      return { kind: "list", item: compare };
    case 1: {
      const other = { path: "reason", compare: prng.chance(0.5) ? drawPlainComparator(prng) : compare };
      const fields = [{ path: "answer", compare }, ...(prng.chance(0.5) ? [other] : [])];
      return { kind: "field", all: prng.chance(0.7), fields };
    }
    default:
      return compare;
  }
}

/** What the answers of honest agents have; a pattern without a minus, or a minimum, flags what liars say. */
function drawFlags(prng: Prng, compare: Comparator): Flags {
  const schema = (form: Value): Flags => ({ ...NO_FLAGS, schema: encodeValue(form) });
  if (prng.chance(0.4)) return { ...NO_FLAGS, maxBytes: 5 + prng.below(40) };
  switch (compare.kind) {
    case "text":
    case "similar":
      return { ...NO_FLAGS, pattern: prng.chance(0.5) ? "is \\d+\\.?$" : "^[A-Za-z]" };
    case "set":
    case "list":
      return schema({ type: "array", maxItems: 3 });
    case "field":
      return schema({ type: "object", required: ["answer"], properties: { note: { type: "string" } } });
    default:
      return schema({ type: "number", minimum: prng.chance(0.5) ? 0 : -1e9 });
  }
}

/** The skill of those who check answers. */
export const CHECK_SKILL = "check";

function drawVerified(prng: Prng): Rule {
  const verifiers = 1 + prng.below(3);
  return { kind: "verified", skill: CHECK_SKILL, verifiers, quorum: Math.floor(verifiers / 2) + 1 };
}

/** Every rule and comparator; mostly those that most jobs have. */
function drawAcceptance(prng: Prng): Pick<PolicySpec, "accept" | "compare" | "flags"> & Partial<PolicySpec> {
  const compare: Comparator = prng.chance(0.5) ? drawComparator(prng) : { kind: "exact" };
  const rules: readonly Rule[] = [
    { kind: "quorum", q: 2 },
    { kind: "ahead-by", k: 1 + prng.below(2) },
    { kind: "confidence-weighted", leastPpm: 600_000 + prng.below(350_000) },
    { kind: "cp-wbft" },
    ...(compare.kind === "number" ? [{ kind: "median" as const }] : []),
  ];
  const flags = prng.chance(0.4) ? drawFlags(prng, compare) : NO_FLAGS;
  const counted: Rule = prng.chance(0.5) ? { kind: "majority" } : prng.pick(rules);
  const accept = prng.chance(0.25) ? drawVerified(prng) : counted;
  // Whoever answers checks nothing, and there are few workers.
  return { accept, compare, flags, ...(accept.kind === "verified" && { redundancy: 1 }) };
}

/** Outputs that travel as blobs. Policies that read outputs do not take them. */
const LARGE_BYTES = limits.inlineBytes + 1_000;

export function drawWorkload(
  prng: Prng,
  workers: number,
  network: NetworkSpec,
  seats: Pick<Workload, "clients" | "committee" | "standbys">,
): Workload {
  // A block's time must be within 1/5 of a window of its validators' clocks, so a job whose windows are shorter than
  // five times the way of a message decides only in late rounds: that is its owner's mistake, not a stall.
  const windowMinMs = Math.ceil(6 * slowestMs(network));
  const shape = drawShape(prng);
  const policy = drawPolicy(prng, workers);
  return {
    ...seats,
    count: 1,
    upTo: false,
    arrival: { kind: "at-once", atMs: 0 },
    shape,
    policy,
    selector: prng.pick(SELECTORS).name,
    knowledge: true,
    budget: (prng.chance(0.3) ? 20 + prng.below(300) : 100_000) * CREDIT,
    deadlineMs: prng.chance(0.1) ? 5_000 + prng.below(20_000) : 3_600_000,
    windowMs: Math.max(windowMinMs, prng.chance(0.3) ? 100 + prng.below(200) : 500 + prng.below(1_500)),
    cancelAfterMs: null,
    outputBytes: prng.chance(readsOutputs(policy) ? 0.1 : 0.4) ? LARGE_BYTES : 0,
    redact: prng.chance(0.1),
  };
}
