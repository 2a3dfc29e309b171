/**
 * Counts the offences of peers. One is forgiven each second; a peer with too many is refused for a while (protocol.md 9).
 * Memory is bounded: a peer without open offences takes none.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { networkLimits } from "./network-limits.ts";

interface Record {
  offences: number;
  atMs: number;
}

export class PeerOffences {
  readonly #records = new Map<AgentId, Record>();
  readonly #refusedUntil = new Map<AgentId, number>();

  /** True if this offence was one too many: the peer is refused from now on. */
  offend(agent: AgentId, nowMs: number): boolean {
    const record = this.#records.get(agent) ?? { offences: 0, atMs: nowMs };
    const forgiven = ((nowMs - record.atMs) / 1000) * networkLimits.offencesForgivenPerSecond;
    record.offences = Math.max(0, record.offences - forgiven) + 1;
    record.atMs = nowMs;
    this.#records.set(agent, record);
    if (Math.ceil(record.offences) < networkLimits.offences) return false; // forgiveness counts in whole offences
    this.#records.delete(agent);
    this.#refusedUntil.set(agent, nowMs + networkLimits.refusedMs);
    return true;
  }

  refuses(agent: AgentId, nowMs: number): boolean {
    const until = this.#refusedUntil.get(agent);
    if (until === undefined) return false;
    if (nowMs < until) return true;
    this.#refusedUntil.delete(agent);
    return false;
  }

  /** Offences that are not forgiven yet. */
  offencesOf(agent: AgentId, nowMs: number): number {
    const record = this.#records.get(agent);
    if (record === undefined) return 0;
    return Math.max(0, record.offences - ((nowMs - record.atMs) / 1000) * networkLimits.offencesForgivenPerSecond);
  }

  get refused(): number {
    return this.#refusedUntil.size;
  }

  /** Forgets peers whose offences are all forgiven. To be called now and then. */
  sweep(nowMs: number): void {
    for (const agent of [...this.#records.keys()]) if (this.offencesOf(agent, nowMs) === 0) this.#records.delete(agent);
    for (const agent of [...this.#refusedUntil.keys()]) this.refuses(agent, nowMs);
  }
}
