/** What the blocks of a chain's job say of its steps. */

import { assert } from "../../protocol/core/assert.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import type { ChainRun, ChainStep } from "../model/chain.ts";

export class ChainLog {
  readonly #placeOf: (worker: AgentId) => number;
  readonly #steps: ChainStep[] = [];
  /** What the open step has so far. */
  #results: number[] = [];
  #paid = 0;
  #firstMs: number | null = null;
  #lastMs = 0;
  #failure: string | null = "it did not end";

  /** `placeOf`: of a worker among those of the chain. */
  constructor(placeOf: (worker: AgentId) => number) {
    this.#placeOf = placeOf;
  }

  onDecided(events: readonly LedgerEvent[], atMs: number): void {
    this.#firstMs ??= atMs;
    this.#lastMs = atMs;
    for (const event of events) this.#onEvent(event);
  }

  #onEvent(event: LedgerEvent): void {
    switch (event.kind) {
      case "result":
        this.#results.push(this.#placeOf(event.worker));
        this.#paid += event.paid;
        break;
      case "surplus":
        this.#paid += event.paid;
        break;
      case "accepted": {
        const { task, answer, supporters } = event;
        assert(task.endsWith(`/${this.#steps.length}`), "steps of a chain are accepted in their order");
        const supporter = this.#placeOf(supporters[0]!);
        this.#steps.push({ answer, supporter, results: this.#results, paid: this.#paid });
        this.#results = [];
        this.#paid = 0;
        break;
      }
      case "completed":
        this.#failure = event.status === "certified" ? null : event.reason;
        break;
      default:
    }
  }

  run(): ChainRun {
    return { steps: this.#steps, tookMs: this.#lastMs - (this.#firstMs ?? this.#lastMs), failure: this.#failure };
  }
}
