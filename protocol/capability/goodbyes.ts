/**
 * Agents that said good-bye: by a last vector of their own that replaces all before it and holds no longer. It is
 * remembered for as long as those before it might still come in by way of others, and handed to who has one of them.
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

  /** A vector of before the good-bye. One of a later start is none. */
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

  /** Good-byes of agents that a neighbour takes to be there. */
  newerThan(theirs: ReadonlyMap<AgentId, Version>): Vcv[] {
    const news: Vcv[] = [];
    for (const { vcv } of this.#left.values()) {
      const known = theirs.get(vcv.agent);
      if (known !== undefined && isNewer(vcv, known)) news.push(vcv);
    }
    return news;
  }
}
