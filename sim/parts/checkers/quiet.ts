/**
 * Invariant 10: without applicable commands or due deadlines, no proposals and no votes. Seen from outside: after the
 * job's end nobody says anything more, and, where no fault is under way (`strict`), every block holds a
 * command or was due.
 */

import { type Checker, violated } from "./checker.ts";

const PROPERTY = "10 quiet";

export function quietChecker({ strict }: { readonly strict: boolean }): Checker {
  const ended = new Set<string>();
  /** What the ledger has due next, after the newest block. The job's start is due from the beginning. */
  let dueMs: number | null = 0;
  return {
    onTrace(entry) {
      const { event, agent } = entry;
      // After a crash it may have to decide the last block again: its disk need not have it.
      if (event.kind === "hosting") ended.delete(agent);
      else if (event.kind === "applied") {
        if (event.events.some((decided) => (decided as { kind: string }).kind === "completed")) ended.add(agent);
      } else if ((event.kind === "voted" || event.kind === "proposed") && ended.has(agent)) {
        violated(PROPERTY, entry, `it ${event.kind} at height ${event.height} after the job's end`);
      }
    },
    onDecided({ committed, commands, height, ledger, by, atMs }) {
      const isDue = dueMs !== null && dueMs <= committed.block.header.timeMs;
      if (strict && commands.length === 0 && !isDue)
        violated(PROPERTY, `${atMs} ms, ${by}`, `block ${height} holds nothing, and nothing was due`);
      dueMs = ledger.state.deadlines.first?.at ?? null;
    },
  };
}
