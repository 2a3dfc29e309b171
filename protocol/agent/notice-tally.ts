/**
 * How many members have told a worker the same thing, and which awards it has finished.
 */

import type { Committee } from "../consensus/committee.ts";
import type { Hasher } from "../core/crypto.ts";
import type { AgentId } from "../core/ids.ts";
import { ZERO_HASH } from "../core/ids.ts";
import { encodeMessage, type NoticeItem } from "../wire/message.ts";

/** Things that one member said and not yet enough others: more than a job's open tasks. */
const PENDING_PER_MEMBER = 8_192;
/** Awards that are over are remembered, so that a slow member's notice does not start one again. */
const CLOSED_MAX = 8_192;

/** A member that repeats an award this long after it was declined has not heard of the refusal, ms. */
const DECLINED_MS = 1_000;

export class NoticeTally {
  readonly #pending = new Map<string, Set<AgentId>>();
  /** The same by member, oldest first: what one says without end costs only that one. */
  readonly #saidBy = new Map<AgentId, Set<string>>();
  /** By seat, the serial of the newest; and when it was declined, if it was. */
  readonly #closed = new Map<string, { readonly serial: number; readonly declinedMs: number | null }>();

  /** Notes that `from` said `item`. True once, when members with more than 1/3 of the power have said it. */
  add(hasher: Hasher, committee: Committee, from: AgentId, item: NoticeItem): boolean {
    const content = hasher(encodeMessage({ kind: "notice", job: ZERO_HASH, items: [item] }));
    const by = this.#pending.get(content) ?? new Set();
    by.add(from);
    if (committee.hasHonest(committee.powerOf(by))) {
      this.#pending.delete(content);
      for (const member of by) this.#saidBy.get(member)?.delete(content);
      return true;
    }
    this.#pending.set(content, by);
    this.#note(from, content);
    return false;
  }

  #note(from: AgentId, content: string): void {
    const said = this.#saidBy.get(from) ?? new Set();
    this.#saidBy.set(from, said);
    said.add(content);
    if (said.size <= PENDING_PER_MEMBER) return;
    const [oldest] = said;
    said.delete(oldest!);
    const by = this.#pending.get(oldest!);
    by?.delete(from);
    if (by?.size === 0) this.#pending.delete(oldest!);
  }

  /** Whether an award of this seat is over, or was declined a moment ago. */
  isClosed(seat: string, serial: number, nowMs: number): boolean {
    const closed = this.#closed.get(seat);
    if (closed === undefined || serial > closed.serial) return false;
    return serial < closed.serial || closed.declinedMs === null || nowMs - closed.declinedMs < DECLINED_MS;
  }

  /** Whether this very award was declined before: members that say it again did not hear it. */
  wasDeclined(seat: string, serial: number): boolean {
    const closed = this.#closed.get(seat);
    return closed?.serial === serial && closed.declinedMs !== null;
  }

  close(seat: string, serial: number, declinedMs: number | null = null): void {
    const known = this.#closed.get(seat);
    this.#closed.delete(seat); // it goes to the end
    if (this.#closed.size >= CLOSED_MAX) this.#closed.delete(this.#closed.keys().next().value!);
    this.#closed.set(seat, known === undefined || serial >= known.serial ? { serial, declinedMs } : known);
  }
}
