/**
 * One seed: a world, a job and faults as its plan says, run under all checkers until the job has ended everywhere.
 *
 * Leaves what is drawn to draw-plan.ts, the world to seed-world.ts, the faults to faults/, what must hold to checkers/,
 * and how many seeds are run to scripts/.
 */

import { certifiedCodec } from "../../protocol/agent/status.ts";
import type { Hasher } from "../../protocol/core/crypto.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import type { LocalEvent } from "../../protocol/effect.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import type { TraceHead } from "../../protocol/trace.ts";
import { decode } from "../../protocol/wire/codec.ts";
import { checkCertified } from "../checkers/certificates.ts";
import { type Checker, PropertyViolation, violated } from "../checkers/checker.ts";
import { containmentChecker } from "../checkers/containment.ts";
import { DecidedLog } from "../checkers/decided-log.ts";
import { honestyChecker } from "../checkers/honesty.ts";
import { jobCheckers } from "../checkers/job-checkers.ts";
import { awaitLiveness } from "../checkers/liveness.ts";
import { FaultInjector } from "../faults/fault-injector.ts";
import { MESH, type RunTap } from "../virtual/options.ts";
import type { TraceEntry } from "../virtual/trace.ts";
import { EPOCH_MS, type World, WorldError } from "../virtual/world.ts";
import { type BuiltJob, buildJob } from "../workloads/job-builder.ts";
import { type Coverage, CoverageChecker } from "./coverage.ts";
import { drawPlan } from "./draw-plan.ts";
import { isStranger, STRANGER, submitLostJob } from "./lost-job.ts";
import { type SeedPlan, SUBMIT_MS } from "./plan.ts";
import { createSeedWorld } from "./seed-world.ts";

export interface SeedOptions {
  readonly hasher: Hasher;
  readonly createMachine: CreateMachine;
  /** Virtual time from the last fault to the job's end at every honest keeper, ms. */
  readonly livenessMs?: number;
  /** Watch beside the usual ones: what only one scenario promises. */
  readonly checkers?: readonly Checker[];
  /** Writes the run down. */
  readonly tap?: RunTap;
  /** Changes what the seed drew: scripted runs. */
  readonly alter?: (plan: SeedPlan) => SeedPlan;
}

export interface SeedFailure {
  readonly property: string;
  readonly message: string;
  readonly stack: string;
  readonly recent: readonly TraceEntry[];
}

export interface SeedResult {
  readonly seed: number;
  readonly plan: SeedPlan;
  readonly digest: string;
  readonly coverage: Coverage;
  readonly endedAtMs: number;
  readonly steps: number;
  readonly failure: SeedFailure | null;
}

/**
 * Rounds grow by 500 ms a step: what 30 s of faults can do to them is over within this. Jobs that then still wait for
 * slow workers, windows and reveals have their time as well.
 */
const LIVENESS_MS = 240_000;
const MUTATIONS = 8;
/** Trace entries that a failure's report may show. */
const KEPT = 400;

const isCalm = ({ faults, byzantine, network }: SeedPlan): boolean =>
  faults.length === 0 &&
  byzantine.length === 0 &&
  network.loss + network.gossipLoss + network.serviceMs === 0 &&
  !network.reorder &&
  network.bandwidth === null;

/** For whoever writes the run down. */
function headOf({ seed, byzantine, ...plan }: SeedPlan): TraceHead {
  const liars = new Set(byzantine.map(({ name }) => name));
  const names = new Set([...plan.members.map(({ agent }) => agent), ...plan.standbys, plan.owner]);
  for (const { name } of plan.workers) names.add(name);
  if (plan.lostJob !== null) names.add(STRANGER);
  const agents = [...names].map((name) => ({
    agent: name as AgentId,
    name,
    byzantine: liars.has(name) || isStranger(name),
  }));
  return { meshId: MESH, startedAt: 0, agents, simulated: { seed, signatures: "simulated", messages: false } };
}

const keepersOf = ({ members, standbys }: SeedPlan): string[] => [...members.map(({ agent }) => agent), ...standbys];

class SeedRun {
  readonly plan: SeedPlan;
  readonly world: World;
  readonly coverage = new CoverageChecker();
  readonly #built: BuiltJob;
  /** The job of a committee that lies: of no account but for whom it may not harm. */
  readonly #lost: BuiltJob | null;
  readonly #options: SeedOptions;
  readonly #byzantine: ReadonlySet<string>;
  readonly #log: DecidedLog;
  readonly #checkers: readonly Checker[];
  readonly #faults: FaultInjector;
  /** Honest agents that began to keep the log (some may hear of the job only when it is over, or never), and that ended it. */
  readonly #hosting = new Set<AgentId>();
  readonly #ended = new Set<AgentId>();
  readonly #parted = new Set<AgentId>();
  #isRefused = false;
  #reply: Uint8Array | null = null;

  constructor(plan: SeedPlan, options: SeedOptions) {
    this.plan = plan;
    this.#options = options;
    this.#byzantine = new Set(plan.byzantine.map((one) => one.name));
    options.tap?.onStart?.(headOf(plan));
    this.world = createSeedWorld(plan, options.createMachine, options.hasher, (what) => this.coverage.add(what), {
      trace: {
        keepNewest: KEPT,
        onEntry: (entry) => this.#onEntry(entry),
        onPersist: (agent, record, atMs, step) => {
          options.tap?.onPersist?.(agent, record, atMs, step);
          if (this.#byzantine.has(agent) || record.job === this.#lost?.job) return;
          for (const checker of this.#checkers) checker.onPersist?.(agent, record, atMs);
          this.#log.onPersist(agent, record, atMs, step);
        },
      },
      onEvent: (_, event) => this.#onEvent(event),
      traceChoices: options.tap?.onStart !== undefined,
      ...(options.tap?.onFrame && { onFrame: options.tap.onFrame }),
    });
    const { nodes, ...job } = plan.job;
    const { members: committee, standbys, owner } = plan;
    this.#built = buildJob(this.world, { owner, nodes, committee, standbys, ...job });
    this.#lost = plan.lostJob === null ? null : submitLostJob(this.world, plan.lostJob, keepersOf(plan));
    this.#checkers = [...this.#createCheckers(), ...(options.checkers ?? []), this.coverage];
    this.#log = this.#createLog();
    this.#faults = new FaultInjector(this.world, plan.healAtMs, (kind) => this.coverage.add(`fault: ${kind}`));
  }

  #createCheckers(): Checker[] {
    return [
      ...jobCheckers({ genesis: () => this.#built.genesis, thorough: true, calm: isCalm(this.plan) }),
      honestyChecker((agent) => !this.#byzantine.has(agent) && !isStranger(agent)),
      containmentChecker((lost) => lost === this.#lost?.job),
    ];
  }

  #createLog(): DecidedLog {
    const { meshId, crypto } = this.world;
    const { job, genesis } = this.#built;
    return new DecidedLog({ meshId, job, genesis, crypto, checkers: this.#checkers, isTraced: true });
  }

  #onEntry(entry: TraceEntry): void {
    this.#options.tap?.onEntry?.(entry);
    const { agent, event } = entry;
    if (this.#byzantine.has(agent) || isStranger(agent)) return;
    if ("job" in event && event.job === this.#lost?.job) return this.#onLost(entry);
    if (event.kind === "hosting") this.#hosting.add(agent);
    else if (event.kind === "retired") this.#hosting.delete(agent);
    for (const checker of this.#checkers) checker.onTrace?.(entry);
    if (event.kind === "voted" && event.vote === "precommit" && event.block !== null) this.#faults.onPrecommit(agent);
    if (event.kind !== "applied") return;
    if (event.events.some((decided) => (decided as { kind: string }).kind === "completed")) this.#ended.add(agent);
  }

  /** Of the lost job nothing counts but who parts with it, and that nobody signs anything for it then. */
  #onLost({ agent, event, ...at }: TraceEntry): void {
    if (event.kind === "diverged") {
      this.coverage.add("parted with a job");
      this.#parted.add(agent);
    }
    if ((event.kind === "voted" || event.kind === "hosting") && this.#parted.has(agent))
      violated("containment", { agent, event, ...at }, `${event.kind} in a job that it has parted with`);
  }

  #onEvent(event: LocalEvent): void {
    if (event.kind === "submitted" && event.job === this.#built.job && !event.ok) this.#isRefused = true;
    if (event.kind === "reply" && event.ok) this.#reply = event.bytes;
  }

  /** Honest agents that keep the job's log. */
  get #keepers(): AgentId[] {
    return keepersOf(this.plan).filter((name) => !this.#byzantine.has(name)) as AgentId[];
  }

  /** Asked after each event: says when this may hold in the cheapest way first. */
  #isDone(keepers: readonly AgentId[]): boolean {
    if (this.#hosting.size === 0) return this.#isRefused;
    if (this.#ended.size === 0) return false;
    for (const agent of keepers) if (!this.#ended.has(agent) && this.#hosting.has(agent)) return false;
    return true;
  }

  run(): void {
    const { world, plan } = this;
    const { job, signed } = this.#built;
    this.#faults.plan(plan.faults);
    world.at(SUBMIT_MS, () => world.submit(plan.owner, signed));
    if (plan.cancelAtMs !== null) {
      const via = plan.members[0]!.agent as AgentId;
      world.at(plan.cancelAtMs, () => world.inject(plan.owner, { kind: "cancel", job, via }));
    }
    world.run(plan.healAtMs);
    this.#faults.heal();
    world.run(world.now + 2_000);
    if (this.#hosting.size > 0) this.#finish();
    // Otherwise the submission itself fell to the faults.
  }

  #finish(): void {
    const { world } = this;
    const keepers = this.#keepers;
    awaitLiveness({
      world,
      isDone: () => this.#isDone(keepers),
      withinMs: this.#options.livenessMs ?? LIVENESS_MS,
      explain: () => this.#explainStall(),
    });
    world.run(world.now + 5_000); // quiet after the end
    this.#checkCertificate();
    for (const checker of this.#checkers) checker.atEnd?.(world.now);
  }

  #explainStall(): string {
    const waiting = this.#keepers.filter((agent) => this.#hosting.has(agent) && !this.#ended.has(agent));
    const { state } = this.#log.ledger;
    const tasks = state.tasks.sorted().map(([id, { attempt, phase, awards }]) => {
      const workers = awards.map((award) => `${award.worker}:${award.status}`).join(",");
      return `${id}#${attempt} ${phase} ${workers}`;
    });
    const { first } = state.deadlines;
    const due = first === undefined ? "nothing" : `${first.name} at ${first.at - EPOCH_MS}`;
    tasks.push(`next due ${due}, reserved ${state.reserved.get()}, spent ${state.spent.get()}`);
    const place = `height ${this.#log.height}, ${state.status.get()}`;
    return `${place}, not ended at ${waiting.join(" ")}; ${tasks.slice(-4).join("; ")}`;
  }

  #checkCertificate(): void {
    const { world } = this;
    const { job, genesis } = this.#built;
    const outcome = this.#log.ledger.state.outcome.get();
    const asked = this.#keepers.find((agent) => this.#ended.has(agent));
    if (outcome?.status !== "certified" || asked === undefined) return;
    world.inject(asked, { kind: "ask", id: 1, to: asked, query: { kind: "certificate", job } });
    world.run(world.now + 1);
    if (this.#reply === null) return violated("4 certificates", asked, "a certified job has no certificate");
    const facts = { job, owner: genesis.owner, answer: outcome.answer };
    const certified = decode(certifiedCodec, this.#reply);
    if (!certified.ok || certified.value.certificate.kind !== "inline")
      return violated("4 certificates", asked, "the answer of a small job does not decode, or is not in place");
    const { bytes } = certified.value.certificate;
    checkCertified(world.crypto, bytes, facts, createPrng(`mutations/${this.plan.seed}`), MUTATIONS);
  }
}

function failureOf(thrown: unknown, recent: readonly TraceEntry[]): SeedFailure {
  const error = thrown instanceof WorldError && thrown.cause !== undefined ? thrown.cause : thrown;
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const property = error instanceof PropertyViolation ? error.property : "no exception";
  // What the world adds to an exception is where it happened.
  const where = error === thrown || error instanceof PropertyViolation ? message : (thrown as Error).message;
  return { property, message: where, stack, recent };
}

/** Runs one seed. Never throws: a broken assertion is a failure too. */
export function runSeed(seed: number, options: SeedOptions): SeedResult {
  const drawn = drawPlan(seed);
  const plan = options.alter?.(drawn) ?? drawn;
  const run = new SeedRun(plan, options);
  const { world, coverage } = run;
  let failure: SeedFailure | null = null;
  try {
    run.run();
  } catch (error) {
    failure = failureOf(error, world.trace.entries.slice(-KEPT));
  }
  coverage.addStats(world.stats);
  const digest = world.digest();
  return { seed, plan, digest, coverage: coverage.counts, endedAtMs: world.now, steps: world.stats.steps, failure };
}
