/**
 * How many members told a worker the same thing, and which awards it is done with.
 */

import type { Committee } from "../consensus/committee.ts";
import type { Hasher } from "../core/crypto.ts";
import type { AgentId } from "../core/ids.ts";
import { ZERO_HASH } from "../core/ids.ts";
import { encodeMessage, type NoticeItem } from "../wire/message.ts";

/** Things said by some and not yet by enough: more than a block's awards for one worker. */
const PENDING_MAX = 8_192;
/** Awards that are over are remembered, so that a slow member's notice does not start one again. */
const CLOSED_MAX = 8_192;

export class NoticeTally {
  readonly #pending = new Map<string, Set<AgentId>>();
  readonly #closed = new Set<string>();

  /** Notes that `from` said `item`. True once, when members with more than 1/3 of the power have said it. */
  add(hasher: Hasher, committee: Committee, from: AgentId, item: NoticeItem): boolean {
    const content = hasher(encodeMessage({ kind: "notice", job: ZERO_HASH, items: [item] }));
    let by = this.#pending.get(content);
    if (by === undefined) {
      if (this.#pending.size >= PENDING_MAX) this.#pending.delete(this.#pending.keys().next().value!);
      by = new Set();
      this.#pending.set(content, by);
    }
    by.add(from);
    if (!committee.hasHonest(committee.powerOf(by))) return false;
    this.#pending.delete(content);
    return true;
  }

  isClosed(key: string): boolean {
    return this.#closed.has(key);
  }

  close(key: string): void {
    if (this.#closed.size >= CLOSED_MAX) this.#closed.delete(this.#closed.values().next().value!);
    this.#closed.add(key);
  }
}
