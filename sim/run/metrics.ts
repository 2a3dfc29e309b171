/**
 * What a run measures: counted during the run, summed up at its end under the names of the metric catalogue, and
 * sampled on the way for plots.
 */

import type { EventOf, LedgerEvent } from "../../protocol/job/event.ts";
import { REASSIGNMENT_CAUSES, type ReassignmentCause } from "../../protocol/job/reassignments.ts";
import { isCheckId } from "../../protocol/job/verification.ts";
import type { AgentRow, Metrics, Sample } from "../model/result.ts";
import type { SubmittedJob } from "../model/submitted-job.ts";
import type { DecidedBlock } from "../parts/checkers/checker.ts";
import type { Truth } from "../parts/workloads/truth.ts";
import type { TraceEntry } from "../world/trace.ts";
import type { World } from "../world/world.ts";
import type { JobListener, JobMonitor } from "./job-monitor.ts";
import { byPhase, type Span } from "./job-phases.ts";
import type { Regret } from "./regret.ts";
import { percentile } from "./statistics.ts";

/** Latencies of the newest tasks that a point of a series sums up. */
const NEWEST = 200;

interface AgentCount {
  awards: number;
  results: number;
  accepted: number;
  rejected: number;
  timeouts: number;
  earned: number;
  crashes: number;
}

const newCount = (): AgentCount => ({
  awards: 0,
  results: 0,
  accepted: 0,
  rejected: 0,
  timeouts: 0,
  earned: 0,
  crashes: 0,
});

export class RunMetrics implements JobListener {
  readonly series: Sample[] = [];
  readonly #world: World;
  readonly #truth: Truth;
  readonly #regret: Regret;
  readonly #agents = new Map<string, AgentCount>();
  readonly #jobLatencies: number[] = [];
  readonly #taskLatencies: number[] = [];
  readonly #detections: number[] = [];
  readonly #recoveries: number[] = [];
  /** Agents that died and were not suspected yet: since when. */
  readonly #dead = new Map<string, number>();
  /** Jobs that wait for their first block after a fault: since when. */
  readonly #waiting = new Map<JobMonitor, number>();
  #counts = {
    awards: 0,
    results: 0,
    right: 0,
    judged: 0,
    accepted: 0,
    wrong: 0,
    reassigned: 0,
    hedged: 0,
    timeouts: 0,
    undecided: 0,
    replaced: 0,
    evidence: 0,
    spent: 0,
    blocks: 0,
    laterRounds: 0,
    falseSuspicions: 0,
    refused: 0,
  };
  readonly #reassigned = new Map<ReassignmentCause, number>();
  #sampled: { readonly atMs: number; readonly [count: string]: number } = { atMs: 0 };

  constructor(world: World, truth: Truth, regret: Regret) {
    this.#world = world;
    this.#truth = truth;
    this.#regret = regret;
  }

  #agent(name: string): AgentCount {
    let count = this.#agents.get(name);
    if (count === undefined) {
      count = newCount();
      this.#agents.set(name, count);
    }
    return count;
  }

  // --- what happens -------------------------------------------------------------------------------------

  onBlock(monitor: JobMonitor, { committed, atMs }: DecidedBlock): void {
    this.#counts.blocks++;
    if ((committed.commit[0]?.round ?? 0) > 0) this.#counts.laterRounds++;
    const sinceMs = this.#waiting.get(monitor);
    if (sinceMs === undefined) return;
    this.#recoveries.push(atMs - sinceMs);
    this.#waiting.delete(monitor);
  }

  onDecision(monitor: JobMonitor, event: LedgerEvent, atMs: number): void {
    const counts = this.#counts;
    switch (event.kind) {
      case "award":
        counts.awards++;
        this.#agent(event.worker).awards++;
        this.#regret.onAward(monitor, event);
        break;
      case "result":
        counts.results++;
        counts.spent += event.paid;
        this.#agent(event.worker).results++;
        this.#agent(event.worker).earned += event.paid;
        this.#judgeResult(monitor, event);
        this.#regret.onEnd(event.worker);
        break;
      case "surplus":
        counts.spent += event.paid;
        this.#agent(event.worker).earned += event.paid;
        this.#regret.onEnd(event.worker);
        break;
      case "ended":
        this.#onEnded(event);
        break;
      case "undecided":
        counts.undecided++;
        break;
      case "replaced":
        counts.replaced++;
        if (event.reason === "equivocation") counts.evidence++;
        break;
      case "convicted":
        counts.evidence++;
        break;
      case "accepted":
        this.#onAccepted(monitor, event, atMs);
        break;
      default:
        break;
    }
  }

  #judgeResult(monitor: JobMonitor, { task, output }: EventOf<"result">): void {
    const isRight = this.#truth.isRight(monitor.submitted.job, task, output);
    if (isRight === undefined) return;
    this.#counts.judged++;
    if (isRight) this.#counts.right++;
  }

  onHedged(): void {
    this.#counts.hedged++;
  }

  onReassigned(cause: ReassignmentCause): void {
    this.#counts.reassigned++;
    this.#reassigned.set(cause, (this.#reassigned.get(cause) ?? 0) + 1);
  }

  #onEnded({ reason, worker }: EventOf<"ended">): void {
    const counts = this.#counts;
    this.#regret.onEnd(worker);
    if (reason === "not-needed") return;
    if (reason === "timeout" || reason === "dead") counts.timeouts++;
    if (["timeout", "dead", "unrevealed"].includes(reason)) this.#agent(worker).timeouts++;
  }

  #onAccepted(monitor: JobMonitor, event: EventOf<"accepted">, atMs: number): void {
    const isWork = !isCheckId(event.task);
    if (isWork) this.#counts.accepted++;
    for (const agent of event.supporters) this.#agent(agent).accepted++;
    for (const agent of event.rejected) this.#agent(agent).rejected++;
    if (!isWork) return;
    this.#taskLatencies.push(atMs - (monitor.awardedMs.get(event.task) ?? atMs));
    if (this.#truth.isRight(monitor.submitted.job, event.task, event.answer) === false) this.#counts.wrong++;
  }

  /** Called for honest agents only. */
  onTrace({ event, atMs }: TraceEntry): void {
    if (event.kind === "refused") this.#counts.refused++;
    if (event.kind !== "suspected" || !event.suspected) return;
    const sinceMs = this.#dead.get(event.suspect);
    if (sinceMs !== undefined) {
      this.#detections.push(atMs - sinceMs);
      this.#dead.delete(event.suspect);
    } else if (this.#world.has(event.suspect) && this.#world.agent(event.suspect).state === "up") {
      this.#counts.falseSuspicions++;
    }
  }

  onCrash(name: string): void {
    this.#agent(name).crashes++;
    this.#dead.set(name, this.#world.now);
  }

  onStart(name: string): void {
    this.#dead.delete(name);
  }

  onJobEnded(job: SubmittedJob): void {
    if (job.status === "certified") this.#jobLatencies.push(job.endedMs! - job.submittedMs);
  }

  /** A fault is over: jobs under way are expected to continue. */
  onFaultEnd(running: Iterable<JobMonitor>): void {
    for (const monitor of running) if (!this.#waiting.has(monitor)) this.#waiting.set(monitor, this.#world.now);
  }

  // --- summing up ---------------------------------------------------------------------------------------

  /** One point of each series. */
  sample(jobs: readonly SubmittedJob[], agents: readonly string[]): void {
    const tMs = this.#world.now;
    const { network } = this.#world.stats;
    const seconds = Math.max(1, tMs - this.#sampled.atMs) / 1_000;
    const bytes = network.frameBytes + network.gossipBytes;
    const add = (metric: string, value: number | null): void => {
      if (value !== null) this.series.push({ tMs, metric, value });
    };
    const counts = {
      ...this.#counts,
      bytes,
      frames: network.frames,
      gossip: network.gossip,
      copies: network.gossipDuplicates,
    };
    const rate = (metric: string, name: keyof typeof counts): void =>
      add(metric, (counts[name] - (this.#sampled[name] ?? 0)) / seconds);
    rate("throughput", "accepted");
    rate("bytesPerSecond", "bytes");
    rate("framesPerSecond", "frames");
    rate("gossipPerSecond", "gossip");
    rate("duplicatesPerSecond", "copies");
    rate("blocksPerSecond", "blocks");
    rate("reassignedPerSecond", "reassigned");
    rate("timeoutsPerSecond", "timeouts");
    add("laterRounds", counts.blocks === 0 ? null : counts.laterRounds / counts.blocks);
    add("accuracy", counts.judged === 0 ? null : counts.right / counts.judged);
    add("wrongAccepted", counts.accepted === 0 ? null : counts.wrong / counts.accepted);
    add("jobs.submitted", jobs.length);
    add("jobs.certified", jobs.filter((job) => job.status === "certified").length);
    add("jobs.running", jobs.filter((job) => job.endedMs === null).length);
    add("agents.up", agents.filter((name) => this.#world.agent(name).state === "up").length);
    const submitted = Math.max(1, jobs.length);
    add("completion", jobs.filter((job) => job.status === "certified").length / submitted);
    add("taskLatencyMs.p50", percentile(this.#taskLatencies.slice(-NEWEST), 0.5));
    add("taskLatencyMs.p95", percentile(this.#taskLatencies.slice(-NEWEST), 0.95));
    add("regret", this.#regret.mean);
    this.#sampled = { ...counts, atMs: tMs };
  }

  /** `faults`: spans of those that took effect; null if the scenario has none. */
  summary(jobs: readonly SubmittedJob[], faults: readonly Span[] | null): Metrics {
    const c = this.#counts;
    const { network, events } = this.#world.stats;
    const of = (status: SubmittedJob["status"]): number => jobs.filter((job) => job.status === status).length;
    const firstMs = Math.min(...jobs.map((job) => job.submittedMs));
    const lastMs = Math.max(...jobs.map((job) => job.endedMs ?? this.#world.now));
    const bytes = network.frameBytes + network.gossipBytes;
    const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
    return {
      submitted: jobs.length,
      completion: share(of("certified"), jobs.length),
      certified: of("certified"),
      failed: of("failed"),
      stalled: of("asking") + of("running"),
      refused: of("refused"),
      wrongAccepted: share(c.wrong, c.accepted),
      "latencyMs.p50": percentile(this.#jobLatencies, 0.5),
      "latencyMs.p95": percentile(this.#jobLatencies, 0.95),
      ...(faults === null ? {} : byPhase(jobs, faults)),
      "taskLatencyMs.p50": percentile(this.#taskLatencies, 0.5),
      "taskLatencyMs.p95": percentile(this.#taskLatencies, 0.95),
      throughput: jobs.length === 0 ? null : (1_000 * c.accepted) / Math.max(1, lastMs - firstMs),
      "detectionMs.p50": percentile(this.#detections, 0.5),
      "detectionMs.p95": percentile(this.#detections, 0.95),
      falseSuspicions: c.falseSuspicions,
      "recoveryMs.p50": percentile(this.#recoveries, 0.5),
      "recoveryMs.p95": percentile(this.#recoveries, 0.95),
      awards: c.awards,
      reassigned: c.reassigned,
      ...Object.fromEntries(
        REASSIGNMENT_CAUSES.map((cause) => [`reassigned.${cause}`, this.#reassigned.get(cause) ?? 0]),
      ),
      hedged: c.hedged,
      timeouts: c.timeouts,
      undecided: c.undecided,
      replaced: c.replaced,
      evidence: c.evidence,
      spent: c.spent,
      costPerTask: share(c.spent, c.accepted),
      regret: this.#regret.mean,
      accuracy: share(c.right, c.judged),
      blocks: c.blocks,
      laterRounds: share(c.laterRounds, c.blocks),
      "messages.direct": network.frames,
      "messages.gossip": network.gossip,
      "messages.duplicates": network.gossipDuplicates,
      "messages.capabilities": network.advertised,
      "messages.refused": c.refused,
      bytes,
      "bytes.capabilities": network.advertisedBytes,
      bytesPerTask: share(bytes, c.accepted),
      overflows: network.overflows,
      events,
    };
  }

  rows(groupOf: (name: string) => { readonly group: string; readonly behaviour: string } | undefined): AgentRow[] {
    return this.#world.agents.flatMap((process) => {
      const known = groupOf(process.name);
      if (known === undefined) return [];
      const { group, behaviour } = known;
      return [{ agent: process.name, group, behaviour, ...this.#agent(process.name), state: process.state }];
    });
  }
}
