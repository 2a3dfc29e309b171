/**
 * Invariant 5: an accepted answer never changes, and a task is accepted once.
 */

import type { Hash } from "../../../protocol/core/ids.ts";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import { isCheckId } from "../../../protocol/job/verification.ts";
import type { TraceEntry } from "../../world/trace.ts";
import { changedKeys } from "./changed.ts";
import { type Checker, saidDecisions, violated } from "./checker.ts";

const PROPERTY = "5 answers";

export function answersChecker(): Checker {
  /** As decided, or as agents say that it was. */
  const answers = new Map<string, { readonly answer: Hash; readonly height: number }>();
  let isFirst = true;
  const note = (events: readonly LedgerEvent[], height: number, where: TraceEntry | string): void => {
    const here = new Set<string>();
    for (const event of events) {
      if (event.kind !== "accepted" && event.kind !== "nodeAccepted") continue;
      if (event.kind === "accepted" && isCheckId(event.task)) continue; // one check follows another
      const name = event.kind === "accepted" ? `task ${event.task}` : `node ${event.node}`;
      const before = answers.get(name);
      if (before !== undefined && (before.height !== height || here.has(name)))
        violated(PROPERTY, where, `${name} was accepted at height ${before.height} and at ${height}`);
      if (before !== undefined && before.answer !== event.answer)
        violated(PROPERTY, where, `height ${height}: the answer of ${name} is ${before.answer}, and ${event.answer}`);
      here.add(name);
      answers.set(name, { answer: event.answer, height });
    }
  };
  return {
    onTrace(entry) {
      const said = saidDecisions(entry);
      if (said !== null) note(said.events, said.height, entry);
    },
    onDecided({ events, height, by, ledger }) {
      note(events, height, by);
      const held = ledger.state.answers;
      for (const id of changedKeys(held, isFirst)) {
        const accepted = answers.get(`task ${id}`);
        const answer = held.get(id);
        if (accepted !== undefined && answer !== undefined && accepted.answer !== answer.hash)
          violated(PROPERTY, by, `the answer of ${id} changed by height ${height}`);
      }
      isFirst = false;
    },
  };
}
