/** What became of the workers that were chosen, as traces tell it: which choice each end, usage and tally belongs to. */

import type { TraceLine } from "../protocol/core/trace.ts";
import type { LedgerEvent } from "../protocol/job/event.ts";
import type { TallyReport } from "../protocol/job/tally-report.ts";
import { type Usage, UsageSum } from "../protocol/wire/usage.ts";
import { type LostReport, tallySchema } from "./answer-reports.ts";
import type { ExplainedChoice } from "./explained-choices.ts";

interface Ended {
  readonly height: number;
  readonly attempt: number;
  readonly worker: string;
}

interface OfTask {
  /** Every agent writes every block down, so a result comes as often as there are agents: by what makes it the same. */
  readonly used: Map<string, Ended & { readonly usage: Usage }>;
  readonly lost: (Ended & LostReport)[];
  readonly tallies: { readonly height: number; readonly tally: TallyReport }[];
}

type LineOf<K extends TraceLine["kind"]> = Extract<TraceLine, { readonly kind: K }>;

export class TracedEnds {
  /** By job and task. */
  readonly #tasks = new Map<string, OfTask>();

  #of(job: string, task: string): OfTask {
    const key = `${job} ${task}`;
    const known = this.#tasks.get(key) ?? { used: new Map(), lost: [], tallies: [] };
    this.#tasks.set(key, known);
    return known;
  }

  note(line: TraceLine): void {
    if (line.kind === "applied") this.#noteUsages(line);
    else if (line.kind === "lost") this.#of(line.job, line.task).lost.push(line);
    else if (line.kind === "tallied") {
      const read = tallySchema.safeParse(line.tally);
      if (read.success) this.#of(line.job, line.task).tallies.push({ height: line.height, tally: read.data });
    }
  }

  #noteUsages({ job, height, events }: LineOf<"applied">): void {
    for (const event of events as readonly LedgerEvent[]) {
      if ((event.kind !== "result" && event.kind !== "surplus") || event.usage == null) continue;
      const { task, attempt, worker, usage } = event;
      const { used } = this.#of(job, task);
      used.set(`${height} ${attempt} ${worker}`, { height, attempt, worker, usage });
    }
  }

  /** With what became of its workers: each end belongs to the newest choice before it that gave the worker the seat. */
  ofChoice(job: string, task: string, choice: ExplainedChoice, all: readonly ExplainedChoice[]): ExplainedChoice {
    const known = this.#of(job, task);
    const isOwn = (ended: Ended): boolean => all.findLast((made) => isOf(made, ended)) === choice;
    const sum = new UsageSum();
    for (const used of known.used.values()) if (isOwn(used)) sum.add(used.usage);
    const lost = known.lost.filter(isOwn).map(({ worker, reason, message }) => ({ worker, reason, message }));
    const counted = known.tallies.findLast(
      ({ height, tally }) => all.findLast((made) => made.height <= height && made.attempt <= tally.attempt) === choice,
    );
    return { ...choice, usage: sum.sum, lost, tally: counted?.tally ?? null };
  }
}

const isOf = ({ attempt, height, candidates }: ExplainedChoice, ended: Ended): boolean =>
  attempt === ended.attempt &&
  height < ended.height &&
  candidates.some(({ agent, picked }) => agent === ended.worker && picked !== null);
