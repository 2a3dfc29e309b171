/**
 * The log of a job as agents say that they applied it, without the blocks themselves: each height once, in order, whoever
 * says it first. Whether all say the same, agreement.ts and state.ts check.
 */

import type { LedgerEvent } from "../../../protocol/job/event.ts";
import type { TraceEntry } from "../../world/trace.ts";
import { saidDecisions } from "./checker.ts";

/** Heights that may wait for one before them. A record that begins in the middle of a job never gets that one. */
const WAITING_MAX = 1_000;

/** A listener to traces that calls `visit` for each height, from 1 on. */
export function saidInOrder(
  visit: (height: number, events: readonly LedgerEvent[], entry: TraceEntry) => void,
): (entry: TraceEntry) => void {
  const waiting = new Map<number, { readonly events: readonly LedgerEvent[]; readonly entry: TraceEntry }>();
  let next = 1;
  return (entry) => {
    const said = saidDecisions(entry);
    if (said === null || said.height < next || waiting.size >= WAITING_MAX) return;
    waiting.set(said.height, { events: said.events, entry });
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next++);
      visit(next - 1, ready.events, ready.entry);
    }
  };
}
