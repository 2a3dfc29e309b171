/**
 * Why a job's newest awards went where they went, for whoever asks. Bounded in tasks and in choices for each (a worker that
 * takes its seat and says that it is busy causes one each time). The log lasts, and anybody who has it can compute older
 * choices again.
 */

import type { JobId, TaskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { TraceEvent } from "../core/trace.ts";
import type { SeatChoice } from "../job/choosing.ts";
import type { LostAward, TaskTally } from "../job/counted.ts";
import type { LedgerEvent } from "../job/event.ts";
import type { Decided } from "../job/replica.ts";
import { reportTally, type TallyReport } from "../job/tally-report.ts";
import { explainChoice } from "../selection/explain.ts";
import type { Header } from "../wire/consensus.ts";
import { UsageSum } from "../wire/usage.ts";
import type { Value } from "../wire/value.ts";

/** The task of a question that asks which tasks can be explained. */
export const ANY_TASK = "" as TaskId;

/** The most workers in one answer, of all its choices together. */
const LISTED_WORKERS = 1_000;

/** A candidate, as an explanation describes it. */
type DescribedCandidate = { readonly picked: string | null } & { readonly [fact: string]: Value };

/** A choice, the block that made it, what those who were chosen used, which of them brought nothing, and what came of it. */
interface Made extends Pick<Header, "height" | "timeMs"> {
  readonly choice: SeatChoice;
  readonly used: UsageSum;
  readonly lost: LostAward[];
  tally: TallyReport | null;
}

const described = ({ height, timeMs, choice, used, lost, tally }: Made): Value => ({
  attempt: choice.attempt,
  height,
  timeMs,
  usage: used.sum as Value,
  lost: lost.map(({ worker, reason, message }) => ({ worker, reason, message })),
  tally: tally as unknown as Value,
  ...(explainChoice(choice) as { readonly [key: string]: Value }),
});

export class Explanations {
  readonly #tasksMax: number;
  readonly #made = new Map<TaskId, readonly Made[]>();

  constructor(tasksMax: number) {
    this.#tasksMax = tasksMax;
  }

  note(
    { height, timeMs }: Pick<Header, "height" | "timeMs">,
    { choices, events, tallies, lost }: Pick<Decided["outcome"], "choices" | "events" | "tallies" | "lost">,
  ): void {
    if (this.#tasksMax === 0) return;
    for (const event of events) this.#noteUsage(event);
    for (const award of lost) this.#noteLost(award);
    for (const tally of tallies) this.#noteTally(tally);
    for (const choice of choices) {
      const before = this.#made.get(choice.task) ?? [];
      this.#made.delete(choice.task); // the newest last
      this.#made.set(choice.task, [
        ...before.slice(1 - limits.explainedChoices),
        { height, timeMs, choice, used: new UsageSum(), lost: [], tally: null },
      ]);
      if (this.#made.size > this.#tasksMax) this.#made.delete(this.#made.keys().next().value!);
    }
  }

  /** A result belongs to the newest choice that gave its worker the seat. */
  #noteUsage(event: LedgerEvent): void {
    if (event.kind !== "result" && event.kind !== "surplus") return;
    this.#choiceOf(event)?.used.add(event.usage);
  }

  #choiceOf({ task, attempt, worker }: Pick<LostAward, "task" | "attempt" | "worker">): Made | undefined {
    const isItsOwn = ({ choice }: Made): boolean =>
      choice.attempt === attempt && choice.picked.some(({ agent }) => agent === worker);
    return this.#made.get(task)?.findLast(isItsOwn);
  }

  #noteLost(award: LostAward): void {
    this.#choiceOf(award)?.lost.push(award);
  }

  /** The newest tally after a choice stays with it. */
  #noteTally(tally: TaskTally): void {
    const last = this.#made.get(tally.task)?.findLast(({ choice }) => choice.attempt <= tally.attempt);
    if (last !== undefined) last.tally = reportTally(tally); // the tally itself holds whole outputs
  }

  /**
   * What can be explained: the newest choice for each of the newest tasks, with only the candidates that were picked, and
   * without what a selector sees of them. Bounded by workers, because an answer has to fit a frame.
   */
  list(): Value {
    const listed: Value[] = [];
    let workers = 0;
    for (const [task, made] of [...this.#made].reverse()) {
      const { candidates, ...newest } = described({ ...made.at(-1)!, lost: [], tally: null }) as {
        readonly candidates: readonly DescribedCandidate[];
      };
      const picked = candidates.filter((one) => one.picked !== null).map((one) => ({ ...one, context: [] }));
      workers += picked.length;
      if (workers > LISTED_WORKERS) break;
      listed.push({ task, ...newest, candidates: picked });
    }
    return listed.reverse();
  }

  /** The newest choices for a task, the first first; null if none is kept. */
  of(task: TaskId): Value | null {
    const made = this.#made.get(task);
    return made === undefined ? null : made.map(described);
  }
}

/** For the trace. */
export const chosen = (job: JobId, height: number, choice: SeatChoice): TraceEvent => ({
  ...{ kind: "chosen", job, height, task: choice.task, attempt: choice.attempt },
  choice: explainChoice(choice),
});
