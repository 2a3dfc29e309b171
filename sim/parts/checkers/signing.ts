/**
 * A4: an honest agent never signs twice: one prevote, one precommit and one proposal a round, across crashes too, and
 * it prevotes against its lock only for a value with a later valid round. In a job that it gave up it signs nothing.
 */

import type { TraceEntry } from "../../world/trace.ts";
import { type Checker, violated } from "./checker.ts";

export function signingChecker(): Checker {
  const said = new Map<string, { readonly what: string; readonly step: number }>();
  const retired = new Set<string>();
  const note = (entry: TraceEntry, key: string, what: string): void => {
    const before = said.get(key);
    if (before === undefined) said.set(key, { what, step: entry.step });
    else if (before.what !== what)
      violated("A4 no double signing", entry, `${key}: ${before.what} at step ${before.step}, ${what} now`);
  };
  return {
    onTrace(entry) {
      const { event, agent } = entry;
      if (event.kind === "retired") retired.add(`${agent} ${event.job}`);
      // What it gave up went with its store: it may be asked again, and votes above what it can have said.
      if (event.kind === "abstains") retired.delete(`${agent} ${event.job}`);
      if ((event.kind === "voted" || event.kind === "proposed") && retired.has(`${agent} ${event.job}`))
        violated("A4 no vote after giving up", entry, `${agent} gave ${event.job} up, and ${event.kind}`);
      if (event.kind === "voted")
        note(entry, `${agent} ${event.job} ${event.height}/${event.round} ${event.vote}`, event.block ?? "nil");
      if (event.kind === "proposed") {
        note(
          entry,
          `${agent} ${event.job} ${event.height}/${event.round} proposal`,
          `${event.block} ${event.validRound}`,
        );
      }
    },
  };
}
