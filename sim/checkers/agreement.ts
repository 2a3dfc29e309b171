/**
 * Invariant 1: no two honest agents decide different blocks at one height, and none decides a height twice in one
 * life (after a crash it may decide again what it had not on disk: the same).
 */

import type { Hash } from "../../protocol/core/ids.ts";
import type { TraceEntry } from "../virtual/trace.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "1 agreement";

export function agreementChecker(): Checker {
  const decided = new Map<string, { readonly block: Hash; readonly entry: TraceEntry }>();
  return {
    onTrace(entry) {
      const { event } = entry;
      if (event.kind !== "applied") return;
      const key = `${event.job} ${event.height}`;
      const first = decided.get(key);
      if (first === undefined) decided.set(key, { block: event.block, entry });
      else if (first.block !== event.block) {
        violated(
          PROPERTY,
          entry,
          `height ${event.height}: ${first.entry.agent} decided ${first.block}, this agent ${event.block}`,
        );
      }
    },
  };
}
