/** First awards of a job's tasks, in the order in which they were decided: what figures of parts of a run are made of. */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { Checker } from "../checkers/checker.ts";

export interface FirstAward {
  readonly task: string;
  readonly worker: AgentId;
  /** It brought the answer that was accepted: nobody else was asked. */
  isRight: boolean;
}

/** Watches jobs whose tasks are given to one worker at a time, who gives a right answer or says that it failed. */
export class AwardLog {
  readonly first: FirstAward[] = [];
  readonly #byTask = new Map<string, FirstAward>();

  /** `of`: tells tasks of several jobs apart. */
  watch(of = ""): Checker {
    return {
      onDecided: ({ events }) => {
        for (const event of events) {
          if (event.kind === "award") this.#onAward(`${of}${event.task}`, event.worker);
          if (event.kind === "accepted") this.#onAccepted(`${of}${event.task}`, event.supporters);
        }
      },
    };
  }

  #onAward(task: string, worker: AgentId): void {
    if (this.#byTask.has(task)) return;
    const award: FirstAward = { task, worker, isRight: false };
    this.#byTask.set(task, award);
    this.first.push(award);
  }

  #onAccepted(task: string, supporters: readonly AgentId[]): void {
    const award = this.#byTask.get(task);
    if (award !== undefined) award.isRight = supporters.includes(award.worker);
  }
}
