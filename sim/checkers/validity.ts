/**
 * Invariant 2: every committed command is signed by its author (decided-log.ts checks that while it reads blocks) and
 * committed once.
 */

import type { Hash } from "../../protocol/core/ids.ts";
import { type Checker, violated } from "./checker.ts";

export function validityChecker(): Checker {
  const committed = new Map<Hash, number>();
  return {
    onDecided({ commands, height, by }) {
      for (const { hash } of commands) {
        const before = committed.get(hash);
        if (before !== undefined) violated("2 validity", by, `command ${hash} is in blocks ${before} and ${height}`);
        committed.set(hash, height);
      }
    },
  };
}
