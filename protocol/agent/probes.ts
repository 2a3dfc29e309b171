/**
 * Asks agents whether they would host a job of this owner, before it draws among them: a capability vector may be of an agent
 * that was made up, is gone, or is full. Only those that answer and do not refuse are drawn.
 *
 * Known hosts are asked first. Then every other question goes to an agent that this one met, or that a neighbour says it did, so
 * that vectors without an agent behind them do not use up the questions. The order within each is that of the draw, and the draw does not begin with the first
 * answers: nobody gains a seat by being quick.
 *
 * Leaves to submissions.ts what is done with the answers. Source: protocol.md 4 (who is drawn).
 */

import type { AgentId } from "../core/ids.ts";
import type { Candidate } from "../job/committee-draw.ts";
import type { Context } from "./context.ts";

/** Agents that are asked for each seat and standby, at the same time at most, and in all for one submission. */
const ASKED_PER_SEAT = 3;
const ASKED_AT_ONCE = 64;
const ASKED_MAX = 256;
/** With a whole committee of willing agents, the draw waits this long for other answers, ms. */
const ENOUGH_MS = 1_000;
/** For the answers of known hosts, this long: without them newcomers have no seats. */
const KNOWN_MS = 2_500;
/** With enough of them to tolerate a fault, this long; with fewer, longer: an overloaded machine answers late. */
const FEW_MS = 5_000;
const NONE_MS = 12_000;
const TOLERANT = 4;
/** A question that was not answered is sent again after this, ms: it may be lost. */
const AGAIN_MS = 1_500;

interface ProbingEvents {
  /** Whether this agent, or a neighbour, met it. */
  isMet(this: void, agent: AgentId): boolean;
  /** Whether it could not be dialled. */
  isAway(agent: AgentId): boolean;
}

/** Known hosts, then those that were met and the others in turn. */
function inOrderOfAsking(ranked: readonly Candidate[], isMet: (agent: AgentId) => boolean): AgentId[] {
  const known = ranked.filter(({ isKnown }) => isKnown);
  const fresh = ranked.filter(({ isKnown }) => !isKnown);
  const met = fresh.filter(({ agent }) => isMet(agent));
  const others = fresh.filter(({ agent }) => !isMet(agent));
  const turns = Array.from({ length: Math.max(met.length, others.length) }, (_, i) => [met[i], others[i]]);
  return [...known, ...turns.flat()].flatMap((candidate) => (candidate === undefined ? [] : [candidate.agent]));
}

/** The questions of one submission. */
export class Probing {
  readonly #context: Context;
  readonly #events: ProbingEvents;
  readonly #id: number;
  /** What each said: "" if it would host the job. */
  readonly #said = new Map<AgentId, string>();
  readonly #asked = new Set<AgentId>();
  readonly #waiting = new Set<AgentId>();
  readonly #known = new Set<AgentId>();
  #sinceMs: number;
  #againAtMs = Number.POSITIVE_INFINITY;

  constructor(context: Context, events: ProbingEvents, id: number) {
    this.#context = context;
    this.#events = events;
    this.#id = id;
    this.#sinceMs = context.now.monoMs;
  }

  /** Whether it would host the job, as it says itself. */
  isWilling(agent: AgentId): boolean {
    return this.#said.get(agent) === "";
  }

  /** How many answered, whatever they said. */
  get answered(): number {
    return this.#said.size;
  }

  /** Agents that were asked and refused, each with its reason, or did not answer (""). */
  get declined(): Map<AgentId, string> {
    const said = [...this.#asked].map((agent): [AgentId, string | undefined] => [agent, this.#said.get(agent)]);
    return new Map(said.flatMap(([agent, reason]) => (reason === "" ? [] : [[agent, reason ?? ""]])));
  }

  /** What this agent itself says. */
  onOwn(refusal: string | null): void {
    this.#asked.add(this.#context.self);
    this.#said.set(this.#context.self, refusal ?? "");
  }

  /** False: it was not asked. */
  onProbed(from: AgentId, id: number, reason: string): boolean {
    if (id !== this.#id || !this.#waiting.delete(from)) return false;
    this.#said.set(from, reason);
    return true;
  }

  /** A draw with these came to nothing: the answers of all others stand, and more are asked. */
  onDeclined(declined: ReadonlyMap<AgentId, string>): void {
    for (const agent of declined.keys()) this.#said.delete(agent);
    this.#sinceMs = this.#context.now.monoMs;
    for (const agent of this.#waiting) this.#asked.delete(agent); // they may be asked again
    this.#waiting.clear();
  }

  /**
   * Whether to draw now, among those that are willing: the best have answered, or time is up. Otherwise it asks, or waits.
   * `ranked`: whom to ask, in the order of the draw. `seats`: members, and standbys beside them.
   */
  isReady(ranked: () => readonly Candidate[], seats: { readonly members: number; readonly standbys: number }): boolean {
    const { monoMs } = this.#context.now;
    for (const agent of this.#waiting) if (this.#events.isAway(agent)) this.#waiting.delete(agent);
    let willing = 0;
    for (const reason of this.#said.values()) if (reason === "") willing++;
    const wanted = seats.members + seats.standbys;
    if (this.#waiting.size === 0 && (willing >= wanted || !this.#askMore(ranked(), wanted))) return true;
    const isTolerant = willing >= Math.min(seats.members, TOLERANT);
    const awaitsKnown = [...this.#waiting].some((agent) => this.#known.has(agent));
    const enoughMs = awaitsKnown ? KNOWN_MS : ENOUGH_MS;
    const patienceMs = willing >= seats.members ? enoughMs : isTolerant ? FEW_MS : NONE_MS;
    if (monoMs - this.#sinceMs >= patienceMs) return true;
    if (monoMs >= this.#againAtMs) this.#ask([...this.#waiting]);
    return false;
  }

  /** False: nobody is left to ask. */
  #askMore(ranked: readonly Candidate[], wanted: number): boolean {
    const most = Math.min(ASKED_PER_SEAT * wanted, ASKED_AT_ONCE, ASKED_MAX - this.#asked.size);
    for (const { agent, isKnown } of ranked) if (isKnown) this.#known.add(agent);
    const next = inOrderOfAsking(ranked, this.#events.isMet).filter((agent) => !this.#asked.has(agent));
    const asked = next.slice(0, Math.max(0, most));
    // Patience begins with the first question: a submission may have waited for hosts before.
    if (this.#waiting.size === 0 && this.#said.size === 0) this.#sinceMs = this.#context.now.monoMs;
    for (const agent of asked) {
      this.#asked.add(agent);
      this.#waiting.add(agent);
    }
    this.#ask(asked);
    return asked.length > 0;
  }

  #ask(agents: readonly AgentId[]): void {
    this.#againAtMs = this.#context.now.monoMs + AGAIN_MS;
    this.#context.sendAll(agents, { kind: "probe", id: this.#id });
  }
}
