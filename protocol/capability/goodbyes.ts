/**
 * Agents that said good-bye, with a last vector that replaces all earlier ones and has already expired. It is remembered
 * while other agents might still pass on an earlier vector, and sent to neighbours that have one.
 */

import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Vcv } from "../wire/capability.ts";

type Version = Pick<Vcv, "incarnation" | "version">;

export const isNewer = (a: Version, b: Version): boolean =>
  a.incarnation > b.incarnation || (a.incarnation === b.incarnation && a.version > b.version);

/** Longer than a vector can live, with the slack for others' clocks, ms. */
const REMEMBERED_MS = 15 * 60_000;

export class Goodbyes {
  /** The oldest first. */
  readonly #left = new Map<AgentId, { readonly vcv: Vcv; readonly atMs: number }>();

  /** Whether a vector is from before the good-bye, rather than from a later start of the agent. */
  covers(vcv: Vcv): boolean {
    const left = this.#left.get(vcv.agent);
    return left !== undefined && !isNewer(vcv, left.vcv);
  }

  add(wallMs: number, vcv: Vcv): void {
    this.#left.delete(vcv.agent);
    this.#left.set(vcv.agent, { vcv, atMs: wallMs });
    if (this.#left.size > limits.goodbyes) this.#left.delete(this.#left.keys().next().value!);
  }

  expire(wallMs: number): void {
    for (const [agent, { atMs }] of this.#left) if (wallMs > atMs + REMEMBERED_MS) this.#left.delete(agent);
  }

  /** The good-byes of agents that a neighbour believes to be present. */
  newerThan(theirs: ReadonlyMap<AgentId, Version>): Vcv[] {
    const news: Vcv[] = [];
    for (const { vcv } of this.#left.values()) {
      const known = theirs.get(vcv.agent);
      if (known !== undefined && isNewer(vcv, known)) news.push(vcv);
    }
    return news;
  }
}
