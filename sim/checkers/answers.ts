/**
 * Invariant 5: an accepted answer never changes, and a task is accepted once.
 */

import type { Hash } from "../../protocol/core/ids.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "5 answers";

export function answersChecker(): Checker {
  const answers = new Map<string, { readonly answer: Hash; readonly height: number }>();
  return {
    onDecided({ events, height, by, ledger }) {
      for (const event of events) {
        const name =
          event.kind === "accepted"
            ? `task ${event.task}`
            : event.kind === "nodeAccepted"
              ? `node ${event.node}`
              : null;
        if (name === null || (event.kind !== "accepted" && event.kind !== "nodeAccepted")) continue;
        const before = answers.get(name);
        if (before !== undefined)
          violated(PROPERTY, by, `${name} was accepted at height ${before.height} and at ${height}`);
        answers.set(name, { answer: event.answer, height });
      }
      for (const [id, answer] of ledger.state.answers.sorted()) {
        const accepted = answers.get(`task ${id}`);
        if (accepted !== undefined && accepted.answer !== answer.hash)
          violated(PROPERTY, by, `the answer of ${id} changed by height ${height}`);
      }
    },
  };
}
