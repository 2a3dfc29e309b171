/**
 * Which pooled commands would change something at the tip, and which are a reason for a block (protocol.md A1): most are on
 * their own, offers and suspicions only when there are enough of them together.
 *
 * Judgements are remembered until the tip moves, and renewed now and then, because the time of the next block moves too.
 */

import type { AgentId } from "../core/ids.ts";
import { judge } from "./commands.ts";
import { isVotedDead, suspicionPower } from "./committee-changes.ts";
import { shortage } from "./needs.ts";
import type { Pool, PoolEntry } from "./pool.ts";
import type { LedgerView } from "./view.ts";

/** How long judgements hold on one tip, ms. */
const REFRESH_MS = 400;

export class JudgedPool {
  readonly #pool: Pool;
  /** When all commands were judged last, on this tip; null if the tip moved since. */
  #judgedAtMs: number | null = null;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The tip moved: judgements of before are worth nothing. */
  onTip(): void {
    this.#judgedAtMs = null;
  }

  /** New commands are judged like those that were there, if that was not done before they came in. */
  onAdded(view: LedgerView, added: readonly PoolEntry[]): void {
    if (this.#judgedAtMs === null) return;
    for (const entry of added) {
      if (!entry.applicable) judgeEntry(view, entry);
      entry.arms = entry.applicable;
    }
    if (added.some(armsInCompany)) judgeArming(view, this.#pool.entries());
  }

  /** Commands that apply at the tip. `viewNow`: what is decided, at the time of a block made now. */
  applicable(monoMs: number, viewNow: () => LedgerView): PoolEntry[] {
    this.#refresh(monoMs, viewNow);
    return [...this.#pool.entries()].filter((entry) => entry.applicable);
  }

  /** Whether one that `mayBeProposed` is a reason for a block. */
  hasReason(monoMs: number, viewNow: () => LedgerView, mayBeProposed: (entry: PoolEntry) => boolean): boolean {
    this.#refresh(monoMs, viewNow);
    for (const entry of this.#pool.entries()) if (entry.applicable && entry.arms && mayBeProposed(entry)) return true;
    return false;
  }

  #refresh(monoMs: number, viewNow: () => LedgerView): void {
    if (this.#judgedAtMs !== null && monoMs - this.#judgedAtMs < REFRESH_MS) return;
    const view = viewNow();
    for (const entry of this.#pool.entries()) judgeEntry(view, entry);
    judgeArming(view, this.#pool.entries());
    this.#judgedAtMs = monoMs;
  }
}

function judgeEntry(view: LedgerView, entry: PoolEntry): void {
  entry.applicable = judge(view, entry.command) === null;
  if (!entry.applicable) entry.arms = false;
}

/** Whether a command is a reason only together with others. */
const armsInCompany = ({ command: { body } }: PoolEntry): boolean => body.kind === "offer" || body.kind === "suspicion";

/** Sets `arms` of every applicable entry. */
function judgeArming(view: LedgerView, entries: Iterable<PoolEntry>): void {
  const offers = new Map<string, PoolEntry[]>();
  const suspicions = new Map<AgentId, PoolEntry[]>();
  for (const entry of entries) {
    if (!entry.applicable) continue;
    const { body } = entry.command;
    if (body.kind === "offer") collect(offers, body.skill, entry);
    else if (body.kind === "suspicion" && body.suspected) collect(suspicions, body.target, entry);
    else entry.arms = body.kind !== "suspicion";
  }
  for (const [skill, held] of offers) {
    const lacking = shortage(view, skill);
    for (const entry of held) entry.arms = lacking > 0 && held.length >= lacking;
  }
  for (const [target, held] of suspicions) {
    const authors = held.map((entry) => entry.command.author);
    const power = suspicionPower(view, target, authors);
    for (const entry of held) entry.arms = isVotedDead(view, power);
  }
}

function collect<K>(groups: Map<K, PoolEntry[]>, key: K, entry: PoolEntry): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [entry]);
  else group.push(entry);
}
