/**
 * The awards of a run's jobs, in the order in which they were decided, with the outcome of each. Figures about parts of a run
 * come from here.
 */

import type { AgentId, TaskId } from "../../protocol/core/ids.ts";
import type { SubmittedJob } from "../model/submitted-job.ts";
import type { Checker } from "../parts/checkers/checker.ts";

const CREDIT = 1_000_000;

export interface LoggedAward {
  /** The job's place among those of the run. */
  readonly job: number;
  readonly task: TaskId;
  readonly worker: AgentId;
  /** Credits. */
  readonly price: number;
  readonly atMs: number;
  /** How it ended, and when. `busy`: nothing was asked of the worker after all. */
  end: { readonly how: "result" | "busy" | "failure"; readonly atMs: number } | null;
  /** It brought an answer that was accepted. */
  isAccepted: boolean;
}

export class AwardLog {
  readonly all: LoggedAward[] = [];
  readonly #byTask = new Map<string, LoggedAward[]>();

  /** Watches one job more. */
  readonly watch = ({ index: job }: Pick<SubmittedJob, "index">): Checker => ({
    onDecided: ({ events, atMs }) => {
      for (const event of events) {
        if (event.kind === "award") {
          const { task, worker, price } = event;
          this.#onAward({ job, task, worker, price: price / CREDIT, atMs, end: null, isAccepted: false });
        } else if (event.kind === "result" || event.kind === "surplus" || event.kind === "ended") {
          const given = this.#last(job, event.task, event.worker);
          const how = event.kind !== "ended" ? "result" : event.reason === "busy" ? "busy" : "failure";
          if (given !== undefined) given.end ??= { how, atMs };
        } else if (event.kind === "accepted")
          for (const worker of event.supporters) {
            const given = this.#last(job, event.task, worker);
            if (given !== undefined) given.isAccepted = true;
          }
      }
    },
  });

  /** Awards of each task, the tasks in the order of their first ones. */
  byTask(): readonly (readonly LoggedAward[])[] {
    return [...this.#byTask.values()];
  }

  /** The first award of each task. */
  first(): readonly LoggedAward[] {
    return this.byTask().map((awards) => awards[0]!);
  }

  #onAward(award: LoggedAward): void {
    this.all.push(award);
    const key = keyOf(award.job, award.task);
    const known = this.#byTask.get(key);
    if (known === undefined) this.#byTask.set(key, [award]);
    else known.push(award);
  }

  /** A task may go to a worker again: what it brings then is its last award's. */
  #last(job: number, task: TaskId, worker: AgentId): LoggedAward | undefined {
    return this.#byTask.get(keyOf(job, task))?.findLast((award) => award.worker === worker);
  }
}

const keyOf = (job: number, task: TaskId): string => `${job}/${task}`;
