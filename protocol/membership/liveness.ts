/**
 * Who seems alive: phi-accrual over the pulses of agents that share a job with this one, plus connection events.
 * A judgement of this agent alone; the ledger of the job decides what follows.
 *
 * Source: Hayashibara et al., "The phi accrual failure detector" (SRDS 2004); the tail of the normal distribution by
 * the logistic approximation that implementations use. protocol.md 8: a dead peer within 5 s, no live one under full load.
 */

import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { exp, ln } from "../core/math.ts";

/** Between two pulses, ms (protocol.md 2). */
export const PULSE_MS = 1_000;
/** Suspect at this phi: the chance that a live peer is that late is 10^-phi, if its delays are normal. */
const PHI_SUSPECT = 8;
/** With the connection gone as well, this much silence is enough. */
const PHI_SUSPECT_DISCONNECTED = 1;
/** Deviation is never taken for less, ms: pulses share a machine with work. */
const DEVIATION_MIN_MS = 500;
/** Weight of the newest interval. */
const LEARN = 0.1;
const LN10 = ln(10);

interface Peer {
  lastMs: number;
  meanMs: number;
  deviationMs: number;
  isConnected: boolean;
}

function phi(peer: Peer, nowMs: number): number {
  const y = (nowMs - peer.lastMs - peer.meanMs) / Math.max(DEVIATION_MIN_MS, peer.deviationMs);
  const e = exp(-y * (1.5976 + 0.070566 * y * y));
  const later = y > 0 ? e / (1 + e) : 1 - 1 / (1 + e);
  return later <= 0 ? Number.POSITIVE_INFINITY : -ln(later) / LN10;
}

export class Liveness {
  readonly #peers = new Map<AgentId, Peer>();
  /** Agents whose connection ended, the newest last: what they said before may come by way of others, and names them. */
  readonly #gone = new Set<AgentId>();

  #peer(agent: AgentId, nowMs: number): Peer {
    let peer = this.#peers.get(agent);
    if (peer === undefined) {
      peer = { lastMs: nowMs, meanMs: PULSE_MS, deviationMs: DEVIATION_MIN_MS, isConnected: !this.#gone.has(agent) };
      this.#peers.set(agent, peer);
    }
    return peer;
  }

  /** Starts the clock on an agent that something is expected of. */
  watch(agent: AgentId, nowMs: number): void {
    this.#peer(agent, nowMs);
  }

  onPulse(agent: AgentId, nowMs: number): void {
    const isNew = !this.#peers.has(agent);
    const peer = this.#peer(agent, nowMs);
    peer.isConnected = true;
    this.#gone.delete(agent);
    if (isNew) return;
    const intervalMs = Math.min(nowMs - peer.lastMs, 10 * PULSE_MS); // one long silence must not blind us to the next
    const difference = intervalMs - peer.meanMs;
    peer.meanMs += LEARN * difference;
    peer.deviationMs += LEARN * (Math.abs(difference) - peer.deviationMs);
    peer.lastMs = nowMs;
  }

  onConnection(agent: AgentId, isConnected: boolean): void {
    this.#gone.delete(agent);
    if (!isConnected) this.#gone.add(agent);
    if (this.#gone.size > limits.directoryAgents) this.#gone.delete(this.#gone.values().next().value!);
    const peer = this.#peers.get(agent);
    if (peer !== undefined) peer.isConnected = isConnected;
  }

  /** The process was paused, or its clock jumped: nobody's silence counts. */
  forgive(nowMs: number): void {
    for (const peer of this.#peers.values()) peer.lastMs = nowMs;
  }

  isSuspect(agent: AgentId, nowMs: number): boolean {
    const peer = this.#peers.get(agent);
    if (peer === undefined) return false;
    return phi(peer, nowMs) >= (peer.isConnected ? PHI_SUSPECT : PHI_SUSPECT_DISCONNECTED);
  }

  /** When an agent that is suspected was heard last, or first expected; null if it is not suspected. */
  silentSinceMs(agent: AgentId, nowMs: number): number | null {
    return this.isSuspect(agent, nowMs) ? this.#peers.get(agent)!.lastMs : null;
  }

  forget(keep: (agent: AgentId) => boolean): void {
    for (const agent of this.#peers.keys()) if (!keep(agent)) this.#peers.delete(agent);
  }
}
