/**
 * Counts the offences of peers. One is forgiven each second; a peer with too many is refused for a while, each time for longer
 * (protocol.md 9). Memory is bounded: a peer without open offences takes none, and whoever offended longest ago is forgotten
 * first. While a peer is refused nothing counts: what still comes of it was sent before it could know.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { networkLimits } from "./network-limits.ts";

interface Record {
  offences: number;
  atMs: number;
}

interface Refusal {
  readonly untilMs: number;
  /** Times in a row that it was refused. */
  readonly times: number;
}

export class PeerOffences {
  /** The one that offended longest ago first; the same of refusals. */
  readonly #records = new Map<AgentId, Record>();
  readonly #refusals = new Map<AgentId, Refusal>();

  /** For how long the peer is refused from now on, ms: this offence was one too many. 0: it was not. */
  offend(agent: AgentId, nowMs: number): number {
    if (this.refuses(agent, nowMs)) return 0;
    const offences = this.offencesOf(agent, nowMs) + 1;
    this.#records.delete(agent); // it goes to the end
    // Forgiveness counts in whole offences.
    if (Math.ceil(offences) < networkLimits.offences) {
      remember(this.#records, agent, { offences, atMs: nowMs });
      return 0;
    }
    const times = (this.#refusals.get(agent)?.times ?? 0) + 1;
    const refusedMs = Math.min(networkLimits.refusedMsMax, networkLimits.refusedMs * 2 ** (times - 1));
    this.#refusals.delete(agent);
    remember(this.#refusals, agent, { untilMs: nowMs + refusedMs, times });
    return refusedMs;
  }

  refuses(agent: AgentId, nowMs: number): boolean {
    return nowMs < (this.#refusals.get(agent)?.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  /** Offences that are not forgiven yet. */
  offencesOf(agent: AgentId, nowMs: number): number {
    const record = this.#records.get(agent);
    if (record === undefined) return 0;
    return Math.max(0, record.offences - ((nowMs - record.atMs) / 1000) * networkLimits.offencesForgivenPerSecond);
  }

  /** Peers that are refused. */
  refused(nowMs: number): number {
    return [...this.#refusals.keys()].filter((agent) => this.refuses(agent, nowMs)).length;
  }

  /** Forgets peers whose offences are all forgiven, and refusals of long ago. To be called now and then. */
  sweep(nowMs: number): void {
    for (const agent of [...this.#records.keys()]) if (this.offencesOf(agent, nowMs) === 0) this.#records.delete(agent);
    for (const [agent, { untilMs }] of [...this.#refusals])
      if (nowMs > untilMs + networkLimits.refusedMsMax) this.#refusals.delete(agent);
  }
}

/** `agent` is not in the map. */
function remember<V>(map: Map<AgentId, V>, agent: AgentId, value: V): void {
  if (map.size >= networkLimits.offendersRemembered) map.delete(map.keys().next().value!);
  map.set(agent, value);
}
