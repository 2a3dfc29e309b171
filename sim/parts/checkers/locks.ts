/**
 * Within a height a lock is never given up, and its round never falls: lockedRound of Algorithm 1 (lines 38-39) is
 * monotone, across crashes too (A4). Read from the records that honest agents make durable.
 */

import { decodeRecord } from "../../../protocol/consensus/record.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "A4 locks";

export function locksChecker(): Checker {
  const locks = new Map<AgentId, { readonly height: number; readonly round: number }>();
  return {
    onPersist(agent, { slot, bytes }, atMs) {
      if (slot !== "vote" || bytes === null) return;
      const record = decodeRecord(bytes);
      if (!record.ok) return violated(PROPERTY, `${atMs} ms, ${agent}`, `its record does not decode: ${record.code}`);
      const { height, locked } = record.value;
      const before = locks.get(agent);
      if (before?.height === height && before.round > (locked?.round ?? -1)) {
        const now = locked === null ? "none" : `one of round ${locked.round}`;
        violated(
          PROPERTY,
          `${atMs} ms, ${agent}`,
          `height ${height}: it held a lock of round ${before.round}, and has ${now} now`,
        );
      }
      if (locked !== null) locks.set(agent, { height, round: locked.round });
    },
  };
}
