/**
 * Why a job decides nothing, as far as one agent can tell: it hears no member, members with a third of the power are
 * silent, or a deadline of the ledger is overdue. A job that only waits for a long task is not stuck.
 *
 * This is a judgement of one agent, for people: the protocol does not depend on it.
 */

import type { Committee } from "../consensus/committee.ts";
import type { AgentId } from "../core/ids.ts";
import { GOING, type Standing } from "../effect.ts";

/** A deadline of the ledger is overdue when no block came for this long after it, ms: members retry within seconds. */
export const OVERDUE_MS = 15_000;

interface StandingFacts {
  readonly committee: Committee;
  readonly self: AgentId;
  /** Since when a member is silent, monotonic ms; null if it is heard. */
  silentSinceMs(agent: AgentId): number | null;
  /** How long the ledger's first deadline has been due without a block, ms; negative: it is not. */
  readonly overdueMs: number;
  readonly now: { readonly monoMs: number; readonly wallMs: number };
}

export function standingOf({ committee, self, silentSinceMs, overdueMs, now }: StandingFacts): Standing {
  const toWall = (monoMs: number): number => Math.round(now.wallMs - (now.monoMs - monoMs));
  const silent: AgentId[] = [];
  const since: { readonly atMs: number; readonly power: number }[] = [];
  let silentPower = 0;
  for (const { agent, power } of committee.members) {
    const atMs = agent === self ? null : silentSinceMs(agent);
    if (atMs === null) continue;
    silent.push(agent);
    silentPower += power;
    since.push({ atMs, power });
  }
  if (3 * silentPower >= committee.total) {
    // A job is stuck since the silent members reached a third of the power; it is unreachable since the last one fell silent.
    const kind = silentPower === committee.total ? "unreachable" : "no-quorum";
    let power = 0;
    let sinceMs = now.monoMs;
    for (const one of since.sort((a, b) => a.atMs - b.atMs)) {
      power += one.power;
      sinceMs = one.atMs;
      if (kind === "no-quorum" && 3 * power >= committee.total) break;
    }
    return { kind, sinceMs: toWall(sinceMs), silent };
  }
  if (overdueMs > OVERDUE_MS) return { kind: "overdue", sinceMs: toWall(now.monoMs - overdueMs), silent };
  return silent.length === 0 ? GOING : { ...GOING, silent };
}
