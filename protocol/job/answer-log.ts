/**
 * How the tasks of a job came to their answers, or to none: of each the newest tally, the awards that brought nothing, and
 * why it failed. Of as many tasks as there is room for. For people: the ledger itself does not need it.
 */

import { type TaskId, taskParts } from "../core/ids.ts";
import type { LostAward } from "./counted.ts";
import type { EventOf, LedgerEvent } from "./event.ts";
import type { TallyReport } from "./tally-report.ts";

export interface AnsweredTask {
  readonly task: string;
  /** null: nothing was counted. */
  readonly tally: TallyReport | null;
  readonly lost: readonly Pick<LostAward, "worker" | "reason" | "message">[];
  /** null: it did not fail. */
  readonly failed: Pick<EventOf<"taskFailed">, "reason" | "message"> | null;
}

/** Awards of one task that are told of: a worker may say again and again that it is busy. */
const LOST_MAX = 64;

interface Noted {
  readonly task: string;
  tally: TallyReport | null;
  readonly lost: Pick<LostAward, "worker" | "reason" | "message">[];
  failed: AnsweredTask["failed"];
}

/** Tasks beyond those that are told are counted up to this many. */
const LEFT_OUT_MAX = 50_000;

export class AnswerLog {
  readonly #tasks = new Map<TaskId, Noted>();
  readonly #tasksMax: number;
  readonly #leftOut = new Set<TaskId>();

  constructor(tasksMax: number) {
    this.#tasksMax = tasksMax;
  }

  #of(task: TaskId): Noted | null {
    const known = this.#tasks.get(task);
    if (known !== undefined) return known;
    if (this.#tasks.size >= this.#tasksMax) {
      if (this.#leftOut.size < LEFT_OUT_MAX) this.#leftOut.add(task);
      return null;
    }
    const noted: Noted = { task, tally: null, lost: [], failed: null };
    this.#tasks.set(task, noted);
    return noted;
  }

  /** `report`: called for tasks that there is room for. */
  noteTally(task: TaskId, report: () => TallyReport): void {
    const noted = this.#of(task);
    if (noted !== null) noted.tally = report();
  }

  noteLost({ task, worker, reason, message }: LostAward): void {
    const noted = this.#of(task);
    if (noted !== null && noted.lost.length < LOST_MAX) noted.lost.push({ worker, reason, message });
  }

  noteEvent(event: LedgerEvent): void {
    if (event.kind !== "taskFailed") return;
    const { task, reason, message } = event;
    const noted = this.#of(task);
    if (noted !== null) noted.failed = { reason, message };
  }

  /** The first tasks of which anything is known: nodes in the order of their first one, the tasks of each by number. */
  get tasks(): readonly AnsweredTask[] {
    const nodes = [...new Set([...this.#tasks.keys()].map((task) => taskParts(task).node))];
    const placeOf = new Map(nodes.map((node, place) => [node, place]));
    const located = [...this.#tasks.values()].map((noted) => ({ noted, ...taskParts(noted.task) }));
    located.sort((a, b) => placeOf.get(a.node)! - placeOf.get(b.node)! || (a.index ?? 0) - (b.index ?? 0));
    return located.map(({ noted }) => noted);
  }

  /** Tasks that there was no room for. */
  get leftOut(): number {
    return this.#leftOut.size;
  }
}
