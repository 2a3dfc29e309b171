/**
 * Jobs in which this agent may have lost votes (machine.ts, `lostVotesBeforeMs`): whether a job is one of them, and what
 * stands on disk about it.
 *
 * Source: protocol.md 8 (lost stores).
 */

import { CLOCK_SLACK_MS } from "../capability/directory.ts";
import { Abstention } from "../consensus/abstention.ts";
import type { CheckedGenesis } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import { encodeAbstention, SLOT, type StoredJob } from "./job-records.ts";

/** Null if this agent has all votes that it ever cast in the job. */
export function abstentionIn(
  context: Context,
  { job, genesis }: Pick<CheckedGenesis, "job" | "genesis">,
  stored: Pick<StoredJob, "abstention"> | null,
): Abstention | null {
  const found = stored?.abstention ?? null;
  const lostBeforeMs = context.config.lostVotesBeforeMs ?? found?.lostBeforeMs ?? null;
  if (lostBeforeMs === null || (found === null && genesis.counter > lostBeforeMs + CLOCK_SLACK_MS)) return null;
  // What was found out after an earlier loss says nothing of votes between that and a later one.
  const known = found !== null && found.lostBeforeMs >= lostBeforeMs ? found.untilHeight : null;
  return new Abstention(context.self, known, (untilHeight) => {
    const bytes = encodeAbstention({ untilHeight, lostBeforeMs });
    context.emit({ kind: "persist", job, slot: SLOT.abstention, bytes, durable: true });
    context.emit({ kind: "trace", event: { kind: "abstains", job, untilHeight } });
  });
}
