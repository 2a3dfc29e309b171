/**
 * Invariant 5: an accepted answer never changes, and a task is accepted once.
 */

import type { Hash } from "../../protocol/core/ids.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import type { TraceEntry } from "../virtual/trace.ts";
import { type Checker, saidDecisions, violated } from "./checker.ts";

const PROPERTY = "5 answers";

/** As many answers are compared with the ledger's after each block; more of them after so many blocks. */
const LOOKED_AT = 64;

export function answersChecker(): Checker {
  /** As decided, or as agents say that it was. */
  const answers = new Map<string, { readonly answer: Hash; readonly height: number }>();
  const note = (events: readonly LedgerEvent[], height: number, where: TraceEntry | string): void => {
    const here = new Set<string>();
    for (const event of events) {
      if (event.kind !== "accepted" && event.kind !== "nodeAccepted") continue;
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
      if (ledger.state.answers.size > LOOKED_AT && height % LOOKED_AT !== 0) return;
      for (const [id, answer] of ledger.state.answers.sorted()) {
        const accepted = answers.get(`task ${id}`);
        if (accepted !== undefined && accepted.answer !== answer.hash)
          violated(PROPERTY, by, `the answer of ${id} changed by height ${height}`);
      }
    },
  };
}
