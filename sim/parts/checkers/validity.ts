/**
 * Invariant 2: every committed command is signed by its author (decided-log.ts checks that while it reads blocks) and
 * committed once.
 */

import type { Hash } from "../../../protocol/core/ids.ts";
import type { TraceEntry } from "../../world/trace.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "2 validity";

export function validityChecker(): Checker {
  /** The block of each command, as stored or as said. */
  const committed = new Map<Hash, number>();
  const note = (commands: readonly Hash[], height: number, where: TraceEntry | string): void => {
    if (new Set(commands).size < commands.length) {
      const twice = commands.find((hash, index) => commands.indexOf(hash) < index);
      violated(PROPERTY, where, `command ${twice} is in block ${height} twice`);
    }
    for (const hash of commands) {
      const before = committed.get(hash) ?? height;
      if (before !== height) violated(PROPERTY, where, `command ${hash} is in blocks ${before} and ${height}`);
      committed.set(hash, height);
    }
  };
  return {
    onTrace(entry) {
      const { event } = entry;
      if (event.kind === "applied") note(event.commands, event.height, entry);
    },
    onDecided({ commands, height, by }) {
      note(
        commands.map(({ hash }) => hash),
        height,
        by,
      );
    },
  };
}
