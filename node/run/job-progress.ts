/**
 * Follows a job by its blocks: what the live view shows while it runs, and what the summary counts at its end.
 *
 * Leaves to the caller which faults it causes; it notes them here.
 */

import { type AgentId, type TaskId, taskParts } from "../../protocol/core/ids.ts";
import { AnswerLog } from "../../protocol/job/answer-log.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import { tasksToCome } from "../../protocol/job/graph.ts";
import { Reassignments } from "../../protocol/job/reassignments.ts";
import { UsageTotals } from "../../protocol/job/usage-totals.ts";
import { isCheckId } from "../../protocol/job/verification.ts";
import type { Usage } from "../../protocol/wire/usage.ts";
import { counted } from "../platform/terminal/terminal-text.ts";
import { type ShownUsage, shownUsage } from "../platform/terminal/usage-text.ts";
import type { JobEvent, JobHandle } from "../submitted-job.ts";
import type { AgentState, ViewState } from "./render-view.ts";
import { standingWords } from "./standing-words.ts";
import type { RunSummary } from "./summary.ts";

export interface Fault {
  readonly atMs: number;
  readonly agent: string;
  readonly name: string;
  readonly kind: string;
}

/** What is known of a run at its end beside its blocks. */
type Ended = Pick<RunSummary, "status" | "reason" | "messages" | "certificate"> & {
  readonly offers: ReadonlyMap<string, number>;
  readonly expected: ReadonlyMap<string, number>;
};

interface Counts {
  offers: number;
  awards: number;
  results: number;
  accepted: number;
  rejected: number;
  timeouts: number;
  readonly holding: Set<string>;
}

const newCounts = (): Counts => ({
  offers: 0,
  awards: 0,
  results: 0,
  accepted: 0,
  rejected: 0,
  timeouts: 0,
  holding: new Set(),
});

/** Tasks whose usage stands in the summary, and those of whose results it tells one by one. */
const USED_TASKS = 1_000;
const ANSWERED_TASKS = 500;

const shown = (usage: Usage | null): ShownUsage | null => (usage === null ? null : shownUsage(usage));

/** Blocks a second are an average over this time, ms. */
const RATE_MS = 5_000;
const EVENTS_SHOWN = 8;

export class JobProgress {
  /** Milliseconds since 1970: for those who hold it against a trace. */
  readonly startedAt = Date.now();
  readonly #startedMs = performance.now();
  #endedMs: number | null = null;
  readonly #handle: JobHandle;
  readonly #agents = new Map<string, { readonly name: string; state: AgentState }>();
  readonly #counts = new Map<string, Counts>();
  readonly #awarded = new Set<string>();
  readonly #open = new Map<string, number>();
  readonly #committee: { agent: string; power: number }[];
  readonly #blockTimes: number[] = [];
  readonly #lastEvents: string[] = [];
  readonly faults: Fault[] = [];
  #height = 0;
  /** Tasks of the nodes that opened. */
  readonly #opened = new Map<string, number>();
  /** Tasks that are known to come. */
  #total: number;
  #accepted = 0;
  #failed = 0;
  readonly #reassignments = new Reassignments();
  readonly #usage = new UsageTotals(USED_TASKS);
  readonly #answers = new AnswerLog(ANSWERED_TASKS);
  completed: Extract<LedgerEvent, { kind: "completed" }> | null = null;

  constructor(handle: JobHandle, agents: readonly { readonly id: string; readonly name: string }[]) {
    this.#handle = handle;
    this.#total = tasksToCome(handle.genesis.nodes, this.#opened);
    for (const { id, name } of agents) this.#agents.set(id, { name, state: "up" });
    this.#committee = handle.genesis.committee.map((member) => ({ ...member }));
  }

  /** Until now, or until the job's end: what comes after that is no part of it. */
  get elapsedMs(): number {
    return (this.#endedMs ?? performance.now()) - this.#startedMs;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get isPending(): boolean {
    return this.completed === null;
  }

  holding(agent: string): number {
    return this.#of(agent).holding.size;
  }

  rejected(agent: string): number {
    return this.#of(agent).rejected;
  }

  fault(agent: string, kind: string, state: AgentState): void {
    const known = this.#agents.get(agent);
    if (known !== undefined) known.state = state;
    this.faults.push({ atMs: Math.round(this.elapsedMs), agent, name: this.#name(agent), kind });
  }

  setState(agent: string, state: AgentState): void {
    const known = this.#agents.get(agent);
    if (known !== undefined) known.state = state;
  }

  #name(agent: string): string {
    return this.#agents.get(agent)?.name ?? agent.slice(-6);
  }

  #of(agent: string): Counts {
    let counts = this.#counts.get(agent);
    if (counts === undefined) {
      counts = newCounts();
      this.#counts.set(agent, counts);
    }
    return counts;
  }

  #say(text: string): void {
    this.#lastEvents.push(text);
    if (this.#lastEvents.length > EVENTS_SHOWN) this.#lastEvents.shift();
  }

  onBlock(event: JobEvent): void {
    const now = performance.now();
    this.#height = event.height;
    this.#blockTimes.push(now);
    while (now - this.#blockTimes[0]! > RATE_MS) this.#blockTimes.shift();
    for (const [task, tally] of event.tallies) this.#answers.noteTally(task, () => tally);
    for (const award of event.lost) this.#answers.noteLost(award);
    for (const decision of event.events) this.#note(decision);
  }

  #note(event: LedgerEvent): void {
    this.#reassignments.note(event);
    this.#usage.note(event);
    this.#answers.noteEvent(event);
    switch (event.kind) {
      case "unfolded":
        this.#opened.set(event.node, event.tasks);
        this.#total = tasksToCome(this.#handle.genesis.nodes, this.#opened);
        this.#say(`${event.node}: ${counted(event.tasks, "task")}`);
        break;
      case "award": {
        const counts = this.#of(event.worker);
        counts.awards++;
        this.#awarded.delete(event.task); // the newest last
        this.#awarded.add(event.task);
        counts.holding.add(`${event.task}#${event.attempt}`);
        this.#open.set(event.task, (this.#open.get(event.task) ?? 0) + 1);
        break;
      }
      case "result": {
        const counts = this.#of(event.worker);
        counts.results++;
        counts.holding.delete(`${event.task}#${event.attempt}`);
        break;
      }
      case "surplus":
        this.#of(event.worker).holding.delete(`${event.task}#${event.attempt}`);
        break;
      case "ended":
        this.#onEnded(event);
        break;
      case "accepted":
        this.#onAccepted(event);
        break;
      case "undecided":
        this.#say(`${event.task}: the answers differ, ${event.more} more asked`);
        break;
      case "taskFailed":
        this.#failed++;
        this.#say(`${event.task} failed: ${event.reason}`);
        break;
      case "dead":
        this.#say(`${this.#name(event.agent)} is voted dead`);
        break;
      case "replaced":
        this.#say(`${this.#name(event.in)} takes the committee seat of ${this.#name(event.out)}`);
        this.#replace(event.out, event.in);
        break;
      case "convicted":
        this.#say(
          `${this.#name(event.agent)} signed two statements that exclude each other, and nobody may take its seat`,
        );
        break;
      case "nodeAccepted":
        this.#say(`${event.node} is certified`);
        break;
      case "completed":
        this.completed = event;
        this.#endedMs = performance.now();
        break;
      default:
        break;
    }
  }

  #onEnded(event: Extract<LedgerEvent, { kind: "ended" }>): void {
    const counts = this.#of(event.worker);
    counts.holding.delete(`${event.task}#${event.attempt}`);
    if (event.reason === "not-needed") return;
    if (["timeout", "dead", "unrevealed"].includes(event.reason)) counts.timeouts++;
    this.#say(`${event.task}: taken from ${this.#name(event.worker)} (${event.reason})`);
  }

  #onAccepted(event: Extract<LedgerEvent, { kind: "accepted" }>): void {
    if (!isCheckId(event.task)) this.#accepted++;
    this.#open.delete(event.task);
    for (const agent of event.supporters) this.#of(agent).accepted++;
    for (const agent of event.rejected) {
      this.#of(agent).rejected++;
      this.#say(`${event.task}: ${this.#name(agent)} was outvoted`);
    }
  }

  #replace(out: string, into: string): void {
    const seat = this.#committee.find((member) => member.agent === out);
    if (seat !== undefined) Object.assign(seat, { agent: into, power: 1 });
  }

  /** Tasks that were awarded, of the node that has most of them, in the order of their last award. */
  get awarded(): readonly string[] {
    const byNode = new Map<string, string[]>();
    for (const task of this.#awarded) {
      const { node } = taskParts(task as TaskId);
      const tasks = byNode.get(node);
      if (tasks === undefined) byNode.set(node, [task]);
      else tasks.push(task);
    }
    return [...byNode.values()].reduce((most, tasks) => (tasks.length > most.length ? tasks : most), [] as string[]);
  }

  get #unfolded(): number {
    return [...this.#opened.values()].reduce((sum, tasks) => sum + tasks, 0);
  }

  view(title: string): ViewState {
    const running = this.#open.size;
    const seconds = Math.min(RATE_MS, this.elapsedMs) / 1_000;
    return {
      title,
      elapsedMs: this.elapsedMs,
      agents: [...this.#agents].map(([agent, { name, state }]) => {
        const { holding, accepted, rejected } = this.#of(agent);
        const isSilent = state === "up" && this.#handle.standing.silent.some((member) => member === agent);
        return { name, state: isSilent ? "silent" : state, holding: holding.size, accepted, rejected };
      }),
      tasks: {
        total: this.#total,
        ready: Math.max(0, this.#unfolded - running - this.#accepted - this.#failed),
        running,
        accepted: this.#accepted,
        failed: this.#failed,
      },
      blocks: { height: this.#height, perSecond: seconds > 0 ? this.#blockTimes.length / seconds : 0 },
      faults: this.faults,
      waiting: standingWords(this.#handle.standing, (agent) => this.#name(agent)),
      lastEvents: this.#lastEvents,
    };
  }

  #usageShown(): RunSummary["usage"] {
    const sum = shown(this.#usage.job.sum);
    if (sum === null) return null;
    const byTask = Object.fromEntries(this.#usage.byTask.map(([task, usage]) => [task, shownUsage(usage)]));
    return { ...sum, byTask, leftOut: this.#usage.leftOut };
  }

  summary(job: string, { status, reason, messages, certificate, offers, expected }: Ended): Omit<RunSummary, "report"> {
    const total = this.#total;
    const left = Math.max(0, total - this.#accepted - this.#failed);
    return {
      job,
      status,
      reason,
      tasks: {
        total,
        accepted: this.#accepted,
        failed: this.#failed,
        cancelled: status === "cancelled" ? left : 0,
        unfinished: status === "cancelled" ? 0 : left,
        reassigned: this.#reassignments.total,
        reassignedBy: this.#reassignments.counts,
        hedged: this.#reassignments.hedged,
      },
      committee: this.#committee,
      agents: [...this.#agents].map(([agent, { name }]) => {
        const { awards, results, accepted, rejected, timeouts } = this.#of(agent);
        const known = { offers: offers.get(agent) ?? 0, expected: expected.get(agent) ?? null };
        const usage = shown(this.#usage.of(agent as AgentId));
        return { agent, name, ...known, awards, results, accepted, rejected, timeouts, usage };
      }),
      usage: this.#usageShown(),
      answers: { isRedacted: this.#handle.genesis.redact, tasks: this.#answers.tasks, leftOut: this.#answers.leftOut },
      faults: this.faults,
      blocks: this.#height,
      wallMs: Math.round(this.elapsedMs),
      messages,
      certificate,
      explained: this.awarded.at(-1) ?? null,
    };
  }
}
