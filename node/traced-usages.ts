/** What results used, as traces tell it: which choice of workers each result belongs to. */

import type { LedgerEvent } from "../protocol/job/event.ts";
import { type Usage, UsageSum } from "../protocol/wire/usage.ts";
import type { ExplainedChoice } from "./explained-choices.ts";

interface Used {
  readonly height: number;
  readonly attempt: number;
  readonly worker: string;
  readonly usage: Usage;
}

/** Every agent writes every block down, so a result comes as often as there are agents. */
export class TracedUsages {
  /** By job and task, then by what makes a result the same. */
  readonly #used = new Map<string, Map<string, Used>>();

  note({
    job,
    height,
    events,
  }: {
    readonly job: string;
    readonly height: number;
    readonly events: readonly unknown[];
  }): void {
    for (const event of events as readonly LedgerEvent[]) {
      if ((event.kind !== "result" && event.kind !== "surplus") || event.usage == null) continue;
      const { task, attempt, worker, usage } = event;
      const key = `${job} ${task}`;
      const of = this.#used.get(key) ?? new Map<string, Used>();
      this.#used.set(key, of.set(`${height} ${attempt} ${worker}`, { height, attempt, worker, usage }));
    }
  }

  /** What the workers of a choice used; a result belongs to the newest choice before it that gave its worker the seat. */
  of(job: string, task: string, choice: ExplainedChoice, all: readonly ExplainedChoice[]): Usage | null {
    const sum = new UsageSum();
    for (const used of this.#used.get(`${job} ${task}`)?.values() ?? [])
      if (all.findLast((made) => isOf(made, used)) === choice) sum.add(used.usage);
    return sum.sum;
  }
}

const isOf = ({ attempt, height, candidates }: ExplainedChoice, used: Used): boolean =>
  attempt === used.attempt &&
  height < used.height &&
  candidates.some(({ agent, picked }) => agent === used.worker && picked !== null);
