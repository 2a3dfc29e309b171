/**
 * Runs a scenario with one seed, in virtual time: the real agents in a simulated world, under the checkers, to a result.
 *
 * What is simulated, and how, say sim/world/ (time, network, disks), sim/parts/workloads/ (work) and sim/parts/faults/.
 */

import type { AgentId, JobId } from "../../protocol/core/ids.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import type { TraceHead } from "../../protocol/core/trace.ts";
import { FULL_LOAD } from "../../protocol/job/policy.ts";
import { BUILT_IN_SELECTORS, createSelectors } from "../../protocol/selection/catalog.ts";
import type { Selectors } from "../../protocol/selection/selector.ts";
import type { Gauge } from "../model/registry.ts";
import type { AgentRow, Metrics, RunResult, TimelineEntry, Violation } from "../model/result.ts";
import type { Scenario, ScheduledFault } from "../model/scenario.ts";
import type { DrawnJob, SubmittedJob } from "../model/submitted-job.ts";
import { type Checker, PropertyViolation } from "../parts/checkers/checker.ts";
import { containmentChecker, partedChecker } from "../parts/checkers/containment.ts";
import { honestyChecker } from "../parts/checkers/honesty.ts";
import type { SkillWorld } from "../parts/workloads/profile-skill.ts";
import { Truth } from "../parts/workloads/truth.ts";
import { MESH } from "../world/options.ts";
import type { PersistEffect, TraceEntry } from "../world/trace.ts";
import { createWorld, type World, WorldError } from "../world/world.ts";
import { CertificateCheck } from "./certificate-check.ts";
import { Clients } from "./clients.ts";
import { Ending } from "./ending.ts";
import { FaultSchedule } from "./fault-schedule.ts";
import { JobFacts } from "./job-facts.ts";
import { answersOf, INVARIANTS, JobMonitor } from "./job-monitor.ts";
import { MessageLog } from "./message-log.ts";
import { checkedValue } from "./metric-catalog.ts";
import { RunMetrics } from "./metrics.ts";
import { createOracle, ORACLE } from "./oracle.ts";
import { isCalm, Population } from "./population.ts";
import { Regret } from "./regret.ts";
import { NO_FILES, type RunOptions } from "./run-options.ts";
import { shareOf } from "./run-progress.ts";
import { TrueChances } from "./true-chances.ts";
import { workShortfalls } from "./work-shortfalls.ts";
import { planJobs, WARM_UP_MS } from "./workload.ts";
import { costOptionsOf, networkOf } from "./world-options.ts";

/** Points of each time series. */
const SAMPLES = 240;
const THOROUGH_AGENTS_MAX = 100;
const STEP_MS = 1_000;

class Run {
  readonly world: World;
  readonly clients: Clients;
  readonly metrics: RunMetrics;
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #population: Population;
  readonly #faults: FaultSchedule;
  readonly #monitors = new Map<JobId, JobMonitor>();
  readonly #general: readonly Checker[];
  /** Gauges of plugins' metrics, by name. */
  readonly #gauges: ReadonlyMap<string, Gauge>;
  readonly #thorough: boolean;
  readonly #notes: TimelineEntry[] = [];
  readonly #messages: MessageLog;
  readonly #facts: JobFacts;
  /** When the last job is submitted, ms. */
  readonly #lastJobMs: number;
  /** Those that its agents have. */
  readonly #selectors: Selectors;
  readonly #certificates: CertificateCheck;
  /** Watches all jobs, also those that no client of the scenario has submitted. */
  readonly #parted = partedChecker();
  readonly #ending: Ending;
  #violation: Violation | null = null;

  constructor(scenario: Scenario, options: RunOptions) {
    const { seed, host, registry, files = NO_FILES } = options;
    this.#scenario = scenario;
    this.#options = options;
    this.#messages = new MessageLog(options.messagesAroundMs ?? null);
    const size = scenario.agents.reduce((sum, group) => sum + group.count, 0);
    this.#thorough = options.thorough ?? size <= THOROUGH_AGENTS_MAX;
    const truth = new Truth();
    const jobs = planJobs(scenario.workload, registry, files, seed);
    this.#lastJobMs = jobs.at(-1)?.atMs ?? 0;
    this.#facts = new JobFacts(jobs.map(({ parts }) => parts.nodes));
    const skillWorld: SkillWorld = {
      seed,
      truth,
      hash: host.hasher,
      outputBytes: scenario.workload.outputBytes,
      recorded: files.recorded,
      compareOf: ({ job, task }) => this.#facts.compareOf(job, task),
      placeOf: ({ job, task }) => this.#facts.placeOf(job, task),
      onLoaded: (place) => this.#sayLoads(place),
    };
    const chances = new TrueChances(
      () => this.#population.inhabitants,
      () => this.world.now,
    );
    const added = [...registry.selectors.values()].filter(({ name }) => !BUILT_IN_SELECTORS.has(name));
    if (scenario.workload.selector === ORACLE.name) added.push(createOracle(chances, this.#facts));
    this.#selectors = createSelectors(added);
    const onDeed = options.onDeed ?? ((): void => undefined);
    this.#population = new Population(scenario, registry, skillWorld, this.#selectors, onDeed);
    options.tap?.onStart?.(this.#head());
    this.world = this.#createWorld();
    // Clients stand for people at idle machines: what they ask their own node is answered at once.
    for (const name of this.#population.clientNames) this.world.setService(name, null);
    this.#certificates = new CertificateCheck(this.world, seed);
    const { inhabitants } = this.#population;
    this.#gauges = new Map(registry.computed.map(({ name, create }) => [name, create()]));
    this.#general = [honestyChecker((agent) => this.#isTrusted(agent)), containmentChecker(), ...this.#gauges.values()];
    this.metrics = new RunMetrics(
      this.world,
      truth,
      new Regret(this.world, { inhabitants, chances, facts: this.#facts }),
    );
    const events = {
      onDrawn: (job: DrawnJob) => this.#watch(job),
      onEnded: (job: SubmittedJob) => this.#onJobEnded(job),
    };
    this.clients = new Clients(this.world, scenario, events, options.known);
    this.clients.plan(jobs);
    this.#faults = new FaultSchedule(
      this.world,
      scenario,
      registry,
      {
        agents: () => this.#names(),
        members: () => [...this.#running()].flatMap((monitor) => monitor.committee),
        hosts: () => this.#names().filter((name) => inhabitants.get(name)!.spec.config?.hosts === true),
        workers: () => this.#workers(),
        join: () => this.#join(),
        skillOf: (name) => inhabitants.get(name)?.state,
        firstJobMs: jobs[0]?.atMs ?? null,
        onEnd: (fault) => this.#onFaultEnd(fault),
      },
      createPrng(`${seed}/faults`),
    );
    const { world, clients } = this;
    this.#ending = new Ending(scenario, { world, clients, faults: this.#faults, monitors: this.#monitors });
  }

  /** For whoever writes the run down. */
  #head(): TraceHead {
    const names = [...this.#population.inhabitants.keys(), ...this.#population.clientNames];
    const agents = names.map((name) => ({ agent: name as AgentId, name, byzantine: !this.#isTrusted(name) }));
    const signatures = this.#scenario.network.realSignatures ? "real" : "simulated";
    return { meshId: MESH, startedAt: 0, agents, simulated: { seed: this.#options.seed, signatures, messages: false } };
  }

  #createWorld(): World {
    const { seed, host } = this.#options;
    const { network } = this.#scenario;
    return createWorld({
      seed,
      hasher: host.hasher,
      create: host.createMachine,
      agents: [
        ...[...this.#population.inhabitants.values()].map(({ spec }) => this.#withTraces(spec)),
        ...this.#population.clients(),
      ],
      network: networkOf(this.#scenario, seed, (sentMs, arrivesMs, from, to, bytes) => {
        this.#messages.note(sentMs, arrivesMs, from, to, bytes);
        this.#options.tap?.onFrame?.(sentMs, arrivesMs, from, to, bytes);
      }),
      ...costOptionsOf(network),
      ...(network.realSignatures ? { signatures: host.realSignatures(String(seed)) } : {}),
      trace: {
        keep: () => false,
        onEntry: (entry) => this.#onEntry(entry),
        onPersist: (agent, record, atMs, step) => this.#onPersist(agent, record, atMs, step),
      },
      sharesExecutions: !this.#thorough,
      keepEvent: () => false,
      onEvent: (name, event) => {
        this.clients.onEvent(name, event);
        this.#certificates.onEvent(name, event);
      },
      onLife: (name, isUp) => {
        if (isUp) this.metrics.onStart(name);
        else this.metrics.onCrash(name);
      },
    });
  }

  /** What an agent says of itself beyond its own acts, which costs: state digests for checkers, choices for traces. */
  #withTraces<T extends { readonly config?: object }>(spec: T): T {
    const traceChoices = this.#options.tap?.onStart !== undefined;
    return { ...spec, config: { ...spec.config, traceState: this.#thorough, traceChoices } };
  }

  // --- who there is ---------------------------------------------------------------------------------------

  #names(): string[] {
    return [...this.#population.inhabitants.keys()].filter((name) => this.world.has(name));
  }

  #isTrusted(name: string): boolean {
    return this.#population.inhabitants.get(name)?.isByzantine !== true;
  }

  /** Jobs that were taken and have not ended. */
  *#running(): Iterable<JobMonitor> {
    for (const monitor of this.#monitors.values())
      if (monitor.submitted.status === "running" && monitor.isCurrent) yield monitor;
  }

  #workers(): string[] {
    const workers = new Set<string>();
    for (const monitor of this.#running())
      for (const [agent, record] of monitor.log.ledger.state.agents.sorted()) if (record.live > 0) workers.add(agent);
    return [...workers];
  }

  #join(): string {
    const { spec } = this.#population.join();
    const there = this.#names().filter((name) => this.world.agent(name).isUp);
    const peers = this.world.prng.shuffle(there).slice(0, Math.max(2, this.#scenario.network.overlay.degree));
    this.world.add(this.#withTraces({ ...spec, startMs: null }), peers);
    this.world.start(spec.name);
    return spec.name;
  }

  // --- what happens ---------------------------------------------------------------------------------------

  #watch(submitted: DrawnJob): void {
    const { meshId, crypto } = this.world;
    const { registry } = this.#options;
    this.#facts.add(submitted.job, submitted.index, submitted.genesis);
    const extra = registry.checkers.map(({ name, create }) =>
      create({
        violated(message) {
          throw new PropertyViolation(name, message, null);
        },
      }),
    );
    const others = [...this.#general, ...extra, ...(this.#options.checkers?.(submitted) ?? [])];
    const from = { meshId, crypto, selectors: this.#selectors };
    const newcomers = this.clients.newcomersIn(submitted);
    const checks = { thorough: this.#thorough, calm: isCalm(this.#scenario, registry), newcomers };
    const monitor = new JobMonitor(submitted, from, this.metrics, others, checks);
    this.#monitors.set(submitted.job, monitor);
  }

  #onEntry(entry: TraceEntry): void {
    this.#options.tap?.onEntry?.(entry);
    if (!this.#isTrusted(entry.agent)) return;
    this.metrics.onTrace(entry);
    const { event, agent } = entry;
    this.#parted.onTrace!(entry);
    if (event.kind === "voted" && event.vote === "precommit" && event.block !== null) this.#faults.onPrecommit(agent);
    if ("job" in event) this.#monitors.get(event.job)?.onTrace(entry);
    else for (const checker of this.#general) checker.onTrace?.(entry);
  }

  #onPersist(agent: AgentId, record: PersistEffect, atMs: number, step: number): void {
    this.#options.tap?.onPersist?.(agent, record, atMs, step);
    if (this.#isTrusted(agent)) this.#monitors.get(record.job)?.onPersist(agent, record, atMs, step);
  }

  #onJobEnded(job: SubmittedJob): void {
    this.metrics.onJobEnded(job);
    if (job.status === "certified") return;
    const text = `job ${job.index + 1} ${job.status}: ${job.reason}`;
    this.#notes.push({ atMs: this.world.now, untilMs: null, kind: "job", text, agents: [job.client] });
  }

  #onFaultEnd(fault: ScheduledFault): void {
    if (fault.kind !== "join") this.metrics.onFaultEnd(this.#running());
  }

  /** An agent was given a task: what load each will have at the next one. Not within the step that told it. */
  #sayLoads(place: number): void {
    const { world } = this;
    world.at(world.now, () => {
      for (const [name, { state }] of this.#population.inhabitants) {
        if (state.load === null || !world.has(name)) continue;
        const load = state.loadAt(place + 1, world.now);
        const ppm = load >= state.load.busyAt ? FULL_LOAD : Math.floor(load * FULL_LOAD);
        world.inject(name, { kind: "load", ppm });
      }
    });
  }

  /** True if it came to its end. */
  run(): boolean {
    const { onProgress, shouldStop } = this.#options;
    const { maxMs } = this.#scenario;
    const everyMs = Math.max(250, maxMs / SAMPLES);
    const sample = (): void => {
      this.metrics.sample(this.clients.jobs, this.#names());
      this.world.at(this.world.now + everyMs, sample);
    };
    this.world.at(WARM_UP_MS, sample);
    try {
      while (this.world.now < maxMs && !this.#ending.isOver) {
        if (shouldStop?.() === true) return false;
        this.world.run(Math.min(maxMs, this.world.now + STEP_MS, this.#ending.healMs));
        this.#ending.healIfDue();
        onProgress?.(this.#share(), this.world.now);
      }
      if (this.world.now < maxMs) this.world.run(this.world.now + this.#ending.restMs);
      for (const monitor of this.#monitors.values()) monitor.atEnd(this.world.now);
      return true;
    } catch (error) {
      this.#onBroken(error);
      return false;
    }
  }

  #share(): number {
    const { now: nowMs } = this.world;
    const times = { nowMs, knownMs: Math.max(this.#lastJobMs, this.#faults.endMs), maxMs: this.#scenario.maxMs };
    return shareOf(times, this.#monitors.values(), this.#facts);
  }

  /** Asks for the certificates of the jobs that have ended; whatever happens after that does not count. False if one is broken. */
  holdsCertificates(): boolean {
    try {
      if (this.#thorough) for (const monitor of this.#monitors.values()) this.#certificates.check(monitor);
      return true;
    } catch (error) {
      this.#onBroken(error);
      return false;
    }
  }

  /** A broken invariant ends the run; anything else is a bug of ours and is thrown again. */
  #onBroken(error: unknown): void {
    const cause = error instanceof WorldError && error.cause !== undefined ? error.cause : error;
    if (!(cause instanceof PropertyViolation)) throw error;
    const atMs = this.world.now;
    this.#violation = { property: cause.property, message: cause.message, atMs };
    this.#notes.push({ atMs, untilMs: null, kind: "violation", text: cause.message, agents: [] });
  }

  /** Values of plugins' metrics. */
  #gauged(agents: readonly AgentRow[]): Metrics {
    const ended = { world: this.world, jobs: this.clients.jobs, agents };
    return Object.fromEntries(
      this.#options.registry.computed.map((metric) => {
        const value = this.#gauges.get(metric.name)!.value(ended);
        return [metric.name, value === null ? null : checkedValue(metric, value)];
      }),
    );
  }

  result(partial: boolean, wallMs: number): RunResult {
    const { world, clients } = this;
    const violation = this.#violation;
    const { messagesAroundMs = null } = this.#options;
    const heals = this.#scenario.heal !== null;
    const ids = [...INVARIANTS(this.#thorough, heals), ...this.#options.registry.checkers.map(({ name }) => name)];
    if (violation !== null && !ids.includes(violation.property)) ids.push(violation.property);
    const agents = this.metrics.rows((name) => this.#population.inhabitants.get(name));
    const faults = this.#scenario.faults.length === 0 ? null : this.#faults.spans;
    return {
      scenario: this.#scenario.name,
      seed: this.#options.seed,
      driver: "virtual",
      partial: partial || violation !== null,
      endedMs: world.now,
      wallMs,
      events: world.stats.events,
      digest: world.digest(),
      metrics: { ...this.metrics.summary(clients.jobs, faults), ...this.#gauged(agents) },
      series: this.metrics.series,
      timeline: [...this.#faults.timeline, ...this.#notes].sort((a, b) => a.atMs - b.atMs),
      agents,
      stated: clients.stated(),
      answers: answersOf(this.#monitors.values()),
      messages: violation !== null || messagesAroundMs !== null ? this.#messages.rows() : [],
      messagesAroundMs,
      invariants: ids.map((id) => ({ id, first: violation?.property === id ? violation : null })),
      faults: this.#faults.outcomes,
      shortfalls: this.#scenario.mayFallShort
        ? []
        : [...this.#faults.shortfalls, ...workShortfalls(this.#scenario.workload, clients, world.now)],
      addedMetrics: this.#options.registry.computed.map(({ create: _, ...metric }) => metric),
    };
  }
}

/** One run. Throws only where this program itself is wrong. */
export function simulate(scenario: Scenario, options: RunOptions): RunResult {
  const clock = options.wallClock ?? (() => 0);
  const startedMs = clock();
  const run = new Run(scenario, options);
  const isWhole = run.run();
  options.onStats?.(run.world.stats);
  const result = run.result(!isWhole, clock() - startedMs);
  return !isWhole || run.holdsCertificates() ? result : run.result(true, clock() - startedMs);
}
