/**
 * Reads from the trace of real nodes who was awarded what, who delivered what, and how throughput, latency and completion
 * went. The result has the same shape as a simulated run's, with those series that a trace can tell.
 */

import type { TraceLine } from "../../protocol/core/trace.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import { Reassignments } from "../../protocol/job/reassignments.ts";
import type { AgentRow, Sample } from "../model/result.ts";
import { percentile } from "../run/statistics.ts";

/** Something that was done to an agent, or that it did on purpose. */
interface RunFault {
  /** Since the job was submitted, ms. */
  readonly atMs: number;
  readonly agent: string;
  readonly name: string;
  readonly kind: string;
}

interface RunFiguresOptions {
  /** The agents of the mesh by their ids. */
  readonly agents: readonly { readonly agent: string; readonly name: string }[];
  readonly faults: readonly RunFault[];
  /** `t` of the lines at which the job was submitted. */
  readonly startedMs: number;
}

/** Points of each series at most, and the time between two in short runs, ms. */
const SAMPLES = 120;
const SAMPLE_MS = 250;
/** Latencies of the newest tasks that a point sums up. */
const NEWEST = 200;

/** Series that say something at 0, too. */
const ALWAYS: ReadonlySet<string> = new Set(["throughput", "tasks.completion", "agents.up"]);

type Count = { -readonly [name in "awards" | "results" | "accepted" | "rejected" | "timeouts" | "earned"]: number };
const newCount = (): Count => ({ awards: 0, results: 0, accepted: 0, rejected: 0, timeouts: 0, earned: 0 });

interface Decided {
  readonly job: string;
  readonly atMs: number;
  readonly round: number;
  readonly events: readonly LedgerEvent[];
}

export class RunFigures {
  readonly #options: RunFiguresOptions;
  /** The first time that anybody applied a block, by job and height. */
  readonly #blocks = new Map<string, Decided>();
  #endMs = 0;

  constructor(options: RunFiguresOptions) {
    this.#options = options;
  }

  onLine(line: TraceLine): void {
    if (line.kind !== "applied") return;
    const key = `${line.job} ${line.height}`;
    if (this.#blocks.has(key)) return;
    const atMs = Math.max(0, line.t - this.#options.startedMs);
    this.#blocks.set(key, { job: line.job, atMs, round: line.round, events: line.events as readonly LedgerEvent[] });
    this.#endMs = Math.max(this.#endMs, atMs);
  }

  /** Until the last block, ms. */
  get endedMs(): number {
    return Math.max(1, this.#endMs, ...this.#options.faults.map(({ atMs }) => atMs));
  }

  series(): Sample[] {
    const series: Sample[] = [];
    const samples = Math.max(1, Math.min(SAMPLES, Math.ceil(this.endedMs / SAMPLE_MS)));
    const stepMs = this.endedMs / samples;
    const waiting = [...this.#blocks.values()].sort((a, b) => a.atMs - b.atMs);
    const progress = new Progress();
    let next = 0;
    for (let sample = 1; sample <= samples; sample++) {
      const tMs = sample === samples ? this.endedMs : sample * stepMs;
      const before = { ...progress.counts };
      for (; next < waiting.length && waiting[next]!.atMs <= tMs; next++) progress.take(waiting[next]!);
      const add = (metric: string, value: number | null): void => {
        if (value !== null) series.push({ tMs, metric, value });
      };
      const { counts } = progress;
      const rate = (name: keyof typeof counts): number => (1_000 * (counts[name] - before[name])) / stepMs;
      add("throughput", rate("accepted"));
      add("tasks.completion", counts.known === 0 ? null : counts.accepted / counts.known);
      add("taskLatencyMs.p50", percentile(progress.latencies.slice(-NEWEST), 0.5));
      add("taskLatencyMs.p95", percentile(progress.latencies.slice(-NEWEST), 0.95));
      add("agents.up", this.#upAt(tMs));
      add("blocksPerSecond", rate("blocks"));
      add("laterRounds", counts.blocks === 0 ? null : counts.laterRounds / counts.blocks);
      add("reassignedPerSecond", rate("reassigned"));
      add("timeoutsPerSecond", rate("timeouts"));
    }
    // What never happened in a run would be an empty panel.
    const happened = new Set(series.flatMap(({ metric, value }) => (value > 0 ? [metric] : [])));
    return series.filter(({ metric }) => happened.has(metric) || ALWAYS.has(metric));
  }

  #upAt(tMs: number): number {
    const killed = this.#options.faults.filter(({ kind, atMs }) => kind === "killed" && atMs <= tMs);
    return this.#options.agents.length - new Set(killed.map(({ agent }) => agent)).size;
  }

  rows(): AgentRow[] {
    const { agents, faults } = this.#options;
    const counts = new Map<string, Count>(agents.map(({ agent }) => [agent, newCount()]));
    for (const { events } of this.#blocks.values()) for (const event of events) note(counts, event);
    return agents.map(({ agent, name }) => {
      const isKilled = faults.some((fault) => fault.agent === agent && fault.kind === "killed");
      const isLying = faults.some((fault) => fault.agent === agent && fault.kind === "lying");
      return {
        agent: name,
        group: "mesh",
        behaviour: isLying ? "lies on purpose" : "",
        ...counts.get(agent)!,
        crashes: isKilled ? 1 : 0,
        state: isKilled ? "down" : "up",
      };
    });
  }
}

/** Adds what a decision says of agents. */
function note(counts: ReadonlyMap<string, Count>, event: LedgerEvent): void {
  const add = (agent: string, name: keyof Count, value = 1): void => {
    const count = counts.get(agent);
    if (count !== undefined) count[name] += value;
  };
  if (event.kind === "award") add(event.worker, "awards");
  else if (event.kind === "result") {
    add(event.worker, "results");
    add(event.worker, "earned", event.paid);
  } else if (event.kind === "surplus") add(event.worker, "earned", event.paid);
  else if (event.kind === "ended") {
    if (["timeout", "dead", "unrevealed"].includes(event.reason)) add(event.worker, "timeouts");
  } else if (event.kind === "accepted") {
    for (const agent of event.supporters) add(agent, "accepted");
    for (const agent of event.rejected) add(agent, "rejected");
  }
}

/** Counts up to a moment. */
class Progress {
  readonly counts = { accepted: 0, known: 0, blocks: 0, laterRounds: 0, reassigned: 0, timeouts: 0 };
  readonly #reassignments = new Map<string, Reassignments>();
  /** From a task's first award to its answer, ms. */
  readonly latencies: number[] = [];
  readonly #awardedMs = new Map<string, number>();

  take({ job, atMs, round, events }: Decided): void {
    const { counts } = this;
    counts.blocks++;
    if (round > 0) counts.laterRounds++;
    for (const event of events) {
      if (this.#reassignmentsOf(job).note(event) !== null) counts.reassigned++;
      if (event.kind === "unfolded") counts.known += event.tasks;
      else if (event.kind === "award") {
        if (!this.#awardedMs.has(event.task)) this.#awardedMs.set(event.task, atMs);
      } else if (event.kind === "accepted") {
        counts.accepted++;
        this.latencies.push(atMs - (this.#awardedMs.get(event.task) ?? atMs));
      } else if (event.kind === "ended" && (event.reason === "timeout" || event.reason === "dead")) counts.timeouts++;
    }
  }

  #reassignmentsOf(job: string): Reassignments {
    let known = this.#reassignments.get(job);
    if (known === undefined) this.#reassignments.set(job, (known = new Reassignments()));
    return known;
  }
}
