/**
 * Invariant 1: no two honest agents decide different blocks at one height, and none decides a height twice in one
 * life (after a crash it may decide again what it had not stored, but it must decide the same); what they say is what they store.
 */

import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import type { TraceEntry } from "../../world/trace.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "1 agreement";

export function agreementChecker(): Checker {
  const decided = new Map<number, { readonly block: Hash; readonly agent: AgentId }>();
  const note = (height: number, block: Hash, agent: AgentId, where: TraceEntry | string): void => {
    const first = decided.get(height);
    if (first === undefined) decided.set(height, { block, agent });
    else if (first.block !== block)
      violated(PROPERTY, where, `height ${height}: ${first.agent} decided ${first.block}, ${agent} ${block}`);
  };
  return {
    onTrace(entry) {
      const { event, agent } = entry;
      if (event.kind === "applied") note(event.height, event.block, agent, entry);
    },
    onDecided({ height, hash, by }) {
      note(height, hash, by, by);
    },
  };
}
