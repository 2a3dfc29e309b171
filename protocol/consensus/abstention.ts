/**
 * What a member does that may have lost votes, with its store or a part of it: in a job in which it may have voted, it neither
 * proposes nor votes at heights at which it may have done so before. It follows the blocks, and votes again above those.
 *
 * How high it may have voted: it was at a height only after a quorum had precommitted the block before. Members with more
 * than two thirds of the power have an honest one in common with that quorum, and heights only grow; so, whatever such members
 * say of their heights now, this one never voted more than one above the highest of them.
 *
 * Source: protocol.md A4 (no double signing), 8 (lost stores).
 */

import type { AgentId } from "../core/ids.ts";
import type { Committee } from "./committee.ts";

export class Abstention {
  readonly #self: AgentId;
  readonly #onKnown: (untilHeight: number) => void;
  /** The first height that each agent named since this one started. */
  readonly #named = new Map<AgentId, number>();
  #untilHeight: number | null;

  /** `untilHeight`: as an earlier run found out; null: not known yet. `onKnown`: must be durable before this agent votes. */
  constructor(self: AgentId, untilHeight: number | null, onKnown: (untilHeight: number) => void) {
    this.#self = self;
    this.#untilHeight = untilHeight;
    this.#onKnown = onKnown;
  }

  get isKnown(): boolean {
    return this.#untilHeight !== null;
  }

  covers(height: number): boolean {
    return this.#untilHeight === null || height <= this.#untilHeight;
  }

  /** An agent says at which height it is. Only members of the committee are remembered, so memory is bounded. */
  note(committee: Committee, from: AgentId, height: number): void {
    if (this.isKnown || height === 0 || from === this.#self || committee.power(from) === 0) return;
    if (!this.#named.has(from)) this.#named.set(from, height);
  }

  /**
   * Finds out, if enough is known. `committee` and `height`: of this agent's own log. Those that name a higher one are left
   * out until it has the blocks up to there: the committee may be another one there, and one that lies would hold it up.
   */
  look(committee: Committee, height: number): void {
    if (this.isKnown) return;
    const named = [...this.#named].filter(([agent, at]) => at <= height && committee.power(agent) > 0);
    if (!committee.isQuorum(committee.powerOf(new Set(named.map(([agent]) => agent))))) return;
    this.#untilHeight = Math.max(...named.map(([, at]) => at)) + 1;
    this.#named.clear();
    this.#onKnown(this.#untilHeight);
  }
}
