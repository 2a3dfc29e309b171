/**
 * One job as the run watches it: its decided log, replayed and checked, and what that says about tasks and agents.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { type AnsweredTask, AnswerLog } from "../../protocol/job/answer-log.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import { type ReassignmentCause, Reassignments } from "../../protocol/job/reassignments.ts";
import { reportTally } from "../../protocol/job/tally-report.ts";
import { isCheckId } from "../../protocol/job/verification.ts";
import type { AnswerRow } from "../model/result.ts";
import type { DrawnJob } from "../model/submitted-job.ts";
import { CERTIFICATES } from "../parts/checkers/certificates.ts";
import type { Checker, DecidedBlock } from "../parts/checkers/checker.ts";
import { DecidedLog, type LogOptions } from "../parts/checkers/decided-log.ts";
import { type JobCheckOptions, jobCheckers } from "../parts/checkers/job-checkers.ts";
import { LivenessChecker } from "../parts/checkers/liveness.ts";
import type { PersistEffect, TraceEntry } from "../world/trace.ts";

/** What a job tells the run's metrics. */
export interface JobListener {
  onBlock(monitor: JobMonitor, block: DecidedBlock): void;
  onDecision(monitor: JobMonitor, event: LedgerEvent, atMs: number): void;
  onReassigned(cause: ReassignmentCause): void;
  /** An award was late, and others came before it. */
  onHedged(): void;
}

/** Tasks of whose results a run tells one by one. */
const ANSWERED_TASKS = 100;

export class JobMonitor {
  readonly submitted: DrawnJob;
  readonly log: DecidedLog;
  readonly liveness = new LivenessChecker();
  readonly #checkers: readonly Checker[];
  /** When the newest block was decided, ms. */
  decidedMs = 0;
  blocks = 0;
  /** Tasks with an answer. */
  accepted = 0;
  laterRounds = 0;
  /** When a task was first awarded, ms. */
  readonly awardedMs = new Map<string, number>();
  readonly #answers = new AnswerLog(ANSWERED_TASKS);

  /** `extra` watch beside the usual ones. */
  constructor(
    submitted: DrawnJob,
    { meshId, crypto, selectors }: Required<Pick<LogOptions, "meshId" | "crypto" | "selectors">>,
    listener: JobListener,
    extra: readonly Checker[],
    { thorough, calm, newcomers = null }: Omit<JobCheckOptions, "genesis">,
  ) {
    this.submitted = submitted;
    const reassignments = new Reassignments();
    const listening: Checker = {
      onDecided: (block) => {
        this.blocks++;
        if ((block.committed.commit[0]?.round ?? 0) > 0) this.laterRounds++;
        this.decidedMs = block.atMs;
        listener.onBlock(this, block);
        for (const tally of block.tallies) this.#answers.noteTally(tally.task, () => reportTally(tally));
        for (const award of block.lost) this.#answers.noteLost(award);
        for (const event of block.events) {
          this.#answers.noteEvent(event);
          if (event.kind === "award" && !this.awardedMs.has(event.task)) this.awardedMs.set(event.task, block.atMs);
          if (event.kind === "accepted" && !isCheckId(event.task)) this.accepted++;
          listener.onDecision(this, event, block.atMs);
          const { hedged } = reassignments;
          const cause = reassignments.note(event);
          if (cause !== null) listener.onReassigned(cause);
          if (reassignments.hedged > hedged) listener.onHedged();
        }
      },
    };
    const { job, genesis } = submitted;
    const checkers = jobCheckers({ genesis: () => genesis, thorough, calm, newcomers });
    this.#checkers = [...checkers, this.liveness, ...extra, listening];
    this.log = new DecidedLog({
      meshId,
      job,
      genesis,
      crypto,
      selectors,
      checkers: this.#checkers,
      isTraced: thorough,
    });
  }

  /** The job that its client has submitted last: there may be others, of earlier draws of its committee. */
  get isCurrent(): boolean {
    return this.submitted.job === this.log.ledger.job;
  }

  /** Who said what, in the first tasks. */
  get answers(): readonly AnsweredTask[] {
    return this.#answers.tasks;
  }

  /** All honest agents that host it have seen its end, or nobody took it. */
  get hasEnded(): boolean {
    return this.liveness.hasEnded(this.submitted.status === "refused" || this.log.height === 0);
  }

  get committee(): readonly AgentId[] {
    return this.log.ledger.state.committee.get().map((member) => member.agent);
  }

  /** Called for honest agents only. */
  onTrace(entry: TraceEntry): void {
    for (const checker of this.#checkers) checker.onTrace?.(entry);
  }

  onPersist(agent: AgentId, record: PersistEffect, atMs: number, step: number): void {
    for (const checker of this.#checkers) checker.onPersist?.(agent, record, atMs);
    this.log.onPersist(agent, record, atMs, step);
  }

  atEnd(atMs: number): void {
    for (const checker of this.#checkers) checker.atEnd?.(atMs);
  }
}

/** Who said what in the first tasks of the jobs that were taken. */
export const answersOf = (monitors: Iterable<JobMonitor>): AnswerRow[] =>
  [...monitors]
    .filter(({ isCurrent }) => isCurrent)
    .flatMap(({ answers, submitted }) => answers.map((row) => ({ ...row, job: submitted.index + 1 })))
    .slice(0, ANSWERED_TASKS);

/** The invariants that a run watches, as results name them. */
export const INVARIANTS = (thorough: boolean, heals: boolean): string[] => [
  "1 agreement",
  "2 validity",
  ...(thorough ? ["3 state", CERTIFICATES] : []),
  "5 answers",
  ...(thorough ? ["6 no task is lost"] : []),
  "7 budget",
  "8 awards",
  "9 seals",
  "10 quiet",
  "14 powers",
  "A4 no double signing",
  "A4 locks",
  "verdicts",
  "A5 evidence",
  ...(heals ? ["11 liveness"] : []),
];
