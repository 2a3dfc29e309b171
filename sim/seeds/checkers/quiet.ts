/**
 * Invariant 10: without applicable commands or due deadlines, no proposals and no votes. Seen from outside: after the
 * job's end nobody says anything more, and, where no fault is under way (`strict`), every block holds a command or decides
 * something.
 */

import { type Checker, violated } from "./checker.ts";

const PROPERTY = "10 quiet";

export function quietChecker({ strict }: { readonly strict: boolean }): Checker {
  const ended = new Set<string>();
  return {
    onTrace(entry) {
      const { event, agent } = entry;
      // After a crash it may have to decide the last block again: its disk need not have it.
      if (event.kind === "hosting") ended.delete(agent);
      else if (event.kind === "applied") {
        if (event.events.some((decided) => (decided as { kind: string }).kind === "completed")) ended.add(agent);
        if (strict && event.commands.length === 0 && event.events.length === 0)
          violated(PROPERTY, entry, `block ${event.height} holds nothing and decides nothing`);
      } else if ((event.kind === "voted" || event.kind === "proposed") && ended.has(agent)) {
        violated(PROPERTY, entry, `it ${event.kind} at height ${event.height} after the job's end`);
      }
    },
  };
}
