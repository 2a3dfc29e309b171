/**
 * What the work on a result used, by its worker's word: tokens, dollars, and counters with names of the skill's own. It
 * travels with the result and is sealed with it; it decides nothing, and readers sum it.
 */

import { compareText } from "../core/bytes.ts";
import { limits } from "../core/limits.ts";
import { type Codec, type Infer, list, struct, text, uint } from "./codec.ts";

const count = uint(limits.usageCount);
const counterCodec = struct({ name: text(limits.usageNameBytes), count });

const plainCodec = struct({
  inputTokens: count,
  outputTokens: count,
  microUsd: count,
  /** In the order of their names, each name once: one usage has one form. */
  counters: list(counterCodec, limits.usageCounters),
});
export type Usage = Infer<typeof plainCodec>;

/** Whether the counters have the one order that they may have. */
export const areInOrder = (counters: readonly { readonly name: string }[]): boolean =>
  counters.every(({ name }, i) => i === 0 || compareText(counters[i - 1]!.name, name) < 0);

export const usageCodec: Codec<Usage> = {
  write: (w, usage) => plainCodec.write(w, usage),
  read(r) {
    const usage = plainCodec.read(r);
    return areInOrder(usage.counters) ? usage : r.fail("counters-out-of-order");
  },
};

/** Names that a sum keeps apart; what comes with further names is summed as "other". */
const SUMMED_NAMES = 64;
const OTHER = "other";

/** Sums stop at the greatest exact integer. */
const plus = (a: number, b: number): number => Math.min(Number.MAX_SAFE_INTEGER, a + b);

/** The usage of many results. `results`: how many of them said what they used. */
export class UsageSum {
  results = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  #microUsd = 0;
  readonly #counters = new Map<string, number>();

  /** null: the result says nothing of what it used. */
  add(usage: Usage | null): void {
    if (usage === null) return;
    this.results = plus(this.results, 1);
    this.#inputTokens = plus(this.#inputTokens, usage.inputTokens);
    this.#outputTokens = plus(this.#outputTokens, usage.outputTokens);
    this.#microUsd = plus(this.#microUsd, usage.microUsd);
    for (const counter of usage.counters) {
      const isKept = this.#counters.has(counter.name) || this.#counters.size < SUMMED_NAMES;
      const name = isKept ? counter.name : OTHER;
      this.#counters.set(name, plus(this.#counters.get(name) ?? 0, counter.count));
    }
  }

  /** null: no result said anything. */
  get sum(): Usage | null {
    if (this.results === 0) return null;
    const counters = [...this.#counters].map(([name, total]) => ({ name, count: total }));
    counters.sort((a, b) => compareText(a.name, b.name));
    return { inputTokens: this.#inputTokens, outputTokens: this.#outputTokens, microUsd: this.#microUsd, counters };
  }
}
