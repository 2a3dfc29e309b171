/**
 * What the work of a job used, by the words of those who did it: of the job, of each agent, and of as many tasks as there is
 * room for. For people: the ledger itself does not need it.
 */

import type { AgentId, TaskId } from "../core/ids.ts";
import { type Usage, UsageSum } from "../wire/usage.ts";
import type { LedgerEvent } from "./event.ts";

export class UsageTotals {
  readonly job = new UsageSum();
  /** By agent; the ledger bounds how many agents a job has. */
  readonly #byAgent = new Map<AgentId, UsageSum>();
  readonly #byTask = new Map<TaskId, UsageSum>();
  readonly #tasksMax: number;
  #tasksLeftOut = 0;

  constructor(tasksMax: number) {
    this.#tasksMax = tasksMax;
  }

  note(event: LedgerEvent): void {
    if ((event.kind !== "result" && event.kind !== "surplus") || event.usage === null) return;
    const { task, worker, usage } = event;
    this.job.add(usage);
    addTo(this.#byAgent, worker, usage);
    if (this.#byTask.has(task) || this.#byTask.size < this.#tasksMax) addTo(this.#byTask, task, usage);
    else this.#tasksLeftOut++;
  }

  of(agent: AgentId): Usage | null {
    return this.#byAgent.get(agent)?.sum ?? null;
  }

  /** The first tasks that used anything, in this order. */
  get byTask(): readonly (readonly [TaskId, Usage])[] {
    return [...this.#byTask].map(([task, used]) => [task, used.sum!]); // each has a result
  }

  /** Results of tasks that `byTask` has no room for. */
  get leftOut(): number {
    return this.#tasksLeftOut;
  }
}

function addTo<K>(sums: Map<K, UsageSum>, key: K, usage: Usage): void {
  const sum = sums.get(key) ?? new UsageSum();
  sum.add(usage);
  sums.set(key, sum);
}
