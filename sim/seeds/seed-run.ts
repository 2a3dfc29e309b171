/**
 * One seed: a world, a job and faults drawn from it, run under all checkers until the job has ended everywhere.
 *
 * Leaves what is drawn to plan.ts, what must hold to checkers/, and how many seeds are run to scripts/.
 */

import type { Hasher } from "../../protocol/core/crypto.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import { createSkill, createStrategy } from "./byzantine.ts";
import { agreementChecker } from "./checkers/agreement.ts";
import { answersChecker } from "./checkers/answers.ts";
import { awardsChecker } from "./checkers/awards.ts";
import { budgetChecker } from "./checkers/budget.ts";
import { checkCertified } from "./checkers/certificates.ts";
import { type Checker, PropertyViolation, violated } from "./checkers/checker.ts";
import { DecidedLog } from "./checkers/decided-log.ts";
import { honestyChecker } from "./checkers/honesty.ts";
import { awaitLiveness } from "./checkers/liveness.ts";
import { locksChecker } from "./checkers/locks.ts";
import { quietChecker } from "./checkers/quiet.ts";
import { sealsChecker } from "./checkers/seals.ts";
import { signingChecker } from "./checkers/signing.ts";
import { stateChecker } from "./checkers/state.ts";
import { tasksChecker } from "./checkers/tasks.ts";
import { validityChecker } from "./checkers/validity.ts";
import { type Coverage, createCoverage } from "./coverage.ts";
import { drawPlan, type PlannedFault, type SeedPlan, SUBMIT_MS } from "./plan.ts";
import { createAdversary } from "./world/adversary.ts";
import { EPOCH_MS } from "./world/clock.ts";
import { type BuiltJob, buildJob } from "./world/job-builder.ts";
import type { TraceEntry } from "./world/trace.ts";
import { createWorld, type VirtualAgent, type World } from "./world/world.ts";

export interface SeedOptions {
  readonly hasher: Hasher;
  readonly createMachine: CreateMachine;
  /** Virtual time from the last fault to the job's end at every honest keeper, ms. */
  readonly livenessMs?: number;
  /** Watch beside the usual ones: what only one scenario promises. */
  readonly checkers?: readonly Checker[];
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

class SeedRun {
  readonly plan: SeedPlan;
  readonly world: World;
  readonly built: BuiltJob;
  readonly coverage = createCoverage();
  readonly #byzantine: ReadonlySet<string>;
  readonly #options: SeedOptions;
  readonly #log: DecidedLog;
  readonly #ended = new Set<AgentId>();
  readonly #checkers: readonly Checker[];
  readonly #lone = new Map<AgentId, Extract<PlannedFault, { kind: "lone-decider" }>>();
  #isRefused = false;
  /** Honest agents that began to keep the log: some may hear of the job only when it is over, or never. */
  readonly #hosting = new Set<AgentId>();
  #reply: Uint8Array | null = null;

  constructor(plan: SeedPlan, options: SeedOptions) {
    this.plan = plan;
    this.#options = options;
    this.#byzantine = new Set(plan.byzantine.map((one) => one.name));
    const isHonest = (agent: AgentId): boolean => !this.#byzantine.has(agent);
    this.world = createWorld({
      seed: plan.seed,
      hasher: options.hasher,
      createMachine: options.createMachine,
      agents: this.#agents(),
      network: plan.network,
    });
    const { nodes, ...job } = plan.job;
    this.built = buildJob(this.world, {
      owner: plan.owner,
      nodes,
      committee: plan.members,
      standbys: plan.standbys,
      ...job,
    });
    const calm = plan.faults.length === 0 && plan.byzantine.length === 0 && plan.network.loss === 0;
    this.#checkers = [
      agreementChecker(),
      validityChecker(),
      stateChecker(),
      signingChecker(),
      locksChecker(),
      answersChecker(),
      tasksChecker(),
      budgetChecker(),
      awardsChecker(),
      sealsChecker(),
      quietChecker({ strict: calm && plan.network.reordering === 0 }),
      honestyChecker(isHonest),
      ...(options.checkers ?? []),
      this.coverage,
    ];
    const { meshId, crypto } = this.world;
    this.#log = new DecidedLog({
      meshId,
      job: this.built.job,
      genesis: this.built.genesis,
      crypto,
      isHonest,
      checkers: this.#checkers,
    });
    this.#listen(isHonest);
  }

  #agents(): VirtualAgent[] {
    const { plan } = this;
    const lots = createPrng(`skills/${plan.seed}`);
    const { createMachine } = this.#options;
    const keepers = [...plan.members.map((member) => member.agent), ...plan.standbys];
    if (!keepers.includes(plan.owner)) keepers.push(plan.owner);
    const agents: VirtualAgent[] = keepers.map((name) => {
      const byzantine = plan.byzantine.find((one) => one.name === name);
      if (byzantine === undefined) return { name };
      const lies = lots.fork(`lies/${name}`);
      return { name, createMachine: createAdversary(createMachine, () => createStrategy(byzantine, plan), lies) };
    });
    const timeoutMs = plan.job.nodes[0]!.policy.timeoutMs;
    for (const habits of plan.workers) {
      const skills = [{ name: "work", description: "", price: habits.price, expectedMs: habits.workMs, schemas: null }];
      const skill = createSkill(habits, timeoutMs, plan.blobs, lots.fork(habits.name));
      agents.push({ name: habits.name, config: { skills, slots: habits.slots, hosts: false }, skill });
    }
    return agents;
  }

  #listen(isHonest: (agent: AgentId) => boolean): void {
    this.world.trace.listen({
      onTrace: (entry) => {
        if (!isHonest(entry.agent)) return;
        if (entry.event.kind === "hosting") this.#hosting.add(entry.agent);
        for (const checker of this.#checkers) checker.onTrace?.(entry);
        if (entry.event.kind === "voted" && entry.event.vote === "precommit" && entry.event.block !== null)
          this.#onPrecommit(entry.agent);
        if (entry.event.kind !== "applied") return;
        if (entry.event.events.some((event) => (event as { kind: string }).kind === "completed"))
          this.#ended.add(entry.agent);
      },
      onEffect: (agent, effect, atMs, step) => {
        if (isHonest(agent)) for (const checker of this.#checkers) checker.onEffect?.(agent, effect, atMs);
        this.#log.onEffect(agent, effect, atMs, step);
        if (effect.kind !== "event") return;
        if (effect.event.kind === "submitted" && !effect.event.ok) this.#isRefused = true;
        if (effect.event.kind === "reply" && effect.event.ok) this.#reply = effect.event.bytes;
      },
    });
  }

  // --- faults -----------------------------------------------------------------------------------------

  #plan(fault: PlannedFault): void {
    const { world, plan } = this;
    const during = (run: () => void): void => world.at(Math.min(fault.atMs, plan.healAtMs), run);
    const untilHealed = (ms: number, run: () => void): void => world.at(Math.min(fault.atMs + ms, plan.healAtMs), run);
    switch (fault.kind) {
      case "crash":
        during(() => (fault.atPersist ? world.crashAtNextPersist(fault.name) : world.crash(fault.name)));
        return untilHealed(fault.downMs, () => world.restart(fault.name));
      case "pause":
        during(() => world.pause(fault.name));
        return untilHealed(fault.forMs, () => world.resume(fault.name));
      case "partition":
        during(() => world.partition(fault.groups, { oneWay: fault.oneWay }));
        return untilHealed(fault.forMs, () => world.heal());
      case "lone-decider":
        return during(() => void this.#lone.set(fault.name as AgentId, fault));
      case "clock":
        return during(() => world.setClock(fault.name, fault));
      case "jump":
        return during(() => world.jumpClock(fault.name, fault.ms));
      case "cancel":
        return during(() => {
          const via = this.plan.members[0]!.agent as AgentId;
          world.input(plan.owner, { kind: "cancel", job: this.built.job, via });
        });
    }
  }

  /** A member precommits a block: if that was waited for, nobody hears it, and it is mute for a while. */
  #onPrecommit(agent: AgentId): void {
    const { world, plan } = this;
    const fault = this.#lone.get(agent);
    if (fault === undefined || !this.#lone.delete(agent)) return;
    for (const to of world.processes) if (to.id !== agent) world.network.cut(agent, to.id);
    for (const name of fault.crashed) {
      world.at(Math.min(world.now + 100, plan.healAtMs), () => world.crash(name));
      world.at(Math.min(world.now + 150, plan.healAtMs), () => world.restart(name));
    }
    world.at(Math.min(world.now + fault.muteMs, plan.healAtMs), () => world.heal());
  }

  /** No fault is left but the lies of Byzantine members. */
  #heal(): void {
    const { world } = this;
    this.#lone.clear();
    world.network.settings = { ...world.network.settings, loss: 0, duplication: 0, reordering: 0 };
    world.heal();
    for (const process of world.processes) {
      world.resume(process.name);
      process.disarm();
      if (!process.isUp) world.restart(process.name);
      world.setClock(process.name, { skewMs: 0, driftPpm: 0 });
    }
  }

  // --- the run ----------------------------------------------------------------------------------------

  /** Honest agents that keep the job's log. */
  get #keepers(): AgentId[] {
    const names = [...this.plan.members.map((member) => member.agent), ...this.plan.standbys];
    return names.filter((name) => !this.#byzantine.has(name)) as AgentId[];
  }

  get #isDone(): boolean {
    if (this.#hosting.size === 0 && this.#isRefused) return true;
    return this.#keepers.every((agent) => this.#ended.has(agent) || !this.#hosting.has(agent));
  }

  run(): void {
    const { world, plan } = this;
    for (const byzantine of plan.byzantine) if (byzantine.withholdsBlobs) world.withholdBlobs(byzantine.name);
    for (const fault of plan.faults) this.#plan(fault);
    world.at(SUBMIT_MS, () => world.submit(plan.owner, this.built.signed));
    world.run({ untilMs: plan.healAtMs });
    this.#heal();
    world.run({ untilMs: world.now + 2_000 });
    if (this.#hosting.size === 0) return; // the submission itself fell to the faults
    awaitLiveness({
      world,
      isDone: () => this.#isDone,
      withinMs: this.#options.livenessMs ?? LIVENESS_MS,
      explain: () => this.#explainStall(),
    });
    world.run({ untilMs: world.now + 5_000 }); // quiet after the end
    this.#checkCertificate();
    for (const checker of this.#checkers) checker.atEnd?.(world.now);
  }

  #explainStall(): string {
    const waiting = this.#keepers.filter((agent) => this.#hosting.has(agent) && !this.#ended.has(agent));
    const { state } = this.#log.ledger;
    const tasks = state.tasks
      .sorted()
      .map(
        ([id, task]) =>
          `${id}#${task.attempt} ${task.phase} ${task.awards.map((award) => `${award.worker}:${award.status}`).join(",")}`,
      );
    const { first } = state.deadlines;
    tasks.push(
      `next due ${first === undefined ? "nothing" : `${first.name} at ${first.at - EPOCH_MS}`}, reserved ${state.reserved.get()}, spent ${state.spent.get()}`,
    );
    return `height ${this.#log.height}, ${state.status.get()}, not ended at ${waiting.join(" ")}; ${tasks.slice(-4).join("; ")}`;
  }

  #checkCertificate(): void {
    const { world, built } = this;
    const outcome = this.#log.ledger.state.outcome.get();
    const asked = this.#keepers.find((agent) => this.#ended.has(agent));
    if (outcome?.status !== "certified" || asked === undefined) return;
    world.input(asked, { kind: "ask", id: 1, to: asked, query: { kind: "certificate", job: built.job } });
    world.run({ untilMs: world.now + 1 });
    if (this.#reply === null) return violated("4 certificates", asked, "a certified job has no certificate");
    const facts = { job: built.job, owner: built.genesis.owner, answer: outcome.answer };
    checkCertified(world.crypto, this.#reply, facts, createPrng(`mutations/${this.plan.seed}`), MUTATIONS);
  }
}

/** Runs one seed. Never throws: a broken assertion is a failure too. */
export function runSeed(seed: number, options: SeedOptions): SeedResult {
  const drawn = drawPlan(seed);
  const plan = options.alter?.(drawn) ?? drawn;
  const run = new SeedRun(plan, options);
  let failure: SeedFailure | null = null;
  try {
    run.run();
  } catch (error) {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    const property = error instanceof PropertyViolation ? error.property : "no exception";
    failure = { property, message, stack, recent: run.world.trace.recent };
  }
  const { world, coverage } = run;
  return {
    seed,
    plan,
    digest: world.digest,
    coverage: coverage.counts,
    endedAtMs: world.now,
    steps: world.stats.steps,
    failure,
  };
}

/** An event in one short line: hashes by their first digits. */
const shorten = (event: unknown): string =>
  JSON.stringify(event)
    .replace(/"job":"[0-9a-f]+",/g, "")
    .replace(/([0-9a-f]{6})[0-9a-f]{58}/g, "$1")
    .slice(0, 400);

/** A failure as text: what to run again, what broke, the plan, the last events. */
export function describeFailure(result: SeedResult, events = 30): string {
  const { failure, plan } = result;
  if (failure === null) return `seed ${result.seed}: no failure`;
  const { job, ...rest } = plan;
  const shape = job.nodes.map((node) => `${node.id}:${node.generator.kind}:${node.policy.accept.kind}`).join(" ");
  const lines = failure.recent
    .slice(-events)
    .map((entry) => `${entry.atMs} #${entry.step} ${entry.agent} ${shorten(entry.event)}`);
  const stack = failure.property === "no exception" ? `\n${failure.stack}` : "";
  return [
    `seed ${result.seed}: ${failure.message}${stack}`,
    `plan ${JSON.stringify({ ...rest, job: { ...job, nodes: shape } })}`,
    ...lines,
  ].join("\n");
}
