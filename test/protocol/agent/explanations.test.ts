/** Explanations of choices that a host holds: bounded, whatever workers do. */

import { expect, test } from "vitest";
import { Explanations } from "../../../protocol/agent/explanations.ts";
import type { TaskId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";

test("a worker that takes a seat and says that it is busy, for days, does not fill a host's memory with explanations", () => {
  const explanations = new Explanations(4);
  const book = new Book([single("a", 1)]);
  book.block([]);
  let choices = 0;
  for (let i = 0; i < 5 * limits.explainedChoices; i++) {
    book.timeMs += 10;
    const live = book.task("a")!.awards.find(({ status }) => status === "live");
    const said = live === undefined ? book.offer("w") : book.failure("w", "a", book.task("a")!.attempt, "busy");
    const { execution } = book.ledger.select(book.timeMs, [said]);
    book.ledger.keep(execution);
    choices += execution.outcome.choices.length;
    explanations.note({ height: i, timeMs: book.timeMs }, execution.outcome);
  }
  expect(choices).toBeGreaterThan(2 * limits.explainedChoices);
  expect(explanations.of("a" as TaskId)).toHaveLength(limits.explainedChoices);
});
