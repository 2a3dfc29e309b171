/**
 * Jobs in which this agent may have lost votes (machine.ts, `lostVotesBeforeMs`): whether a job is one of them, and what
 * stands on disk about it.
 *
 * Source: protocol.md 8 (lost stores).
 */

import { Abstention } from "../consensus/abstention.ts";
import type { CheckedGenesis } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import { encodeAbstention, SLOT, type StoredJob } from "./job-records.ts";

/** By how much the clock of an owner, which dates its jobs, may be ahead of this agent's, ms. */
const CLOCKS_MS = 5 * 60_000;

/** Null if this agent has all votes that it ever cast in the job. */
export function abstentionIn(
  context: Context,
  { job, genesis }: Pick<CheckedGenesis, "job" | "genesis">,
  stored: StoredJob | null,
): Abstention | null {
  const known = stored?.abstainsUntil ?? null;
  const isLater = genesis.counter > (context.config.lostVotesBeforeMs ?? Number.NEGATIVE_INFINITY) + CLOCKS_MS;
  if (known === null && isLater) return null;
  return new Abstention(context.self, known, (untilHeight) => {
    const bytes = encodeAbstention(untilHeight);
    context.emit({ kind: "persist", job, slot: SLOT.abstention, bytes, durable: true });
    context.emit({ kind: "trace", event: { kind: "abstains", job, untilHeight } });
  });
}
