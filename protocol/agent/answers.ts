/**
 * How much strangers make this agent send by asking for a job's genesis, blocks, commands or log: a question has some 70
 * bytes, its answer up to two MiB, and a member that does nothing but answer decides nothing. Each may ask for as much as
 * it needs to begin work or to follow a log; the owner and the keepers of the job are not counted.
 *
 * Source: protocol.md 9 (quotas).
 */

import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Effect } from "../effect.ts";

/** What a read from the store counts as, bytes: its answer is not known yet. */
const READ_BYTES = limits.frameBytes / 2;

interface Account {
  bytes: number;
  atMs: number;
}

export class Answers {
  /** Bytes that each was sent lately; who asked longest ago first. */
  readonly #accounts = new Map<AgentId, Account>();

  /** Whether a question of its is answered. */
  mayAsk(agent: AgentId, monoMs: number): boolean {
    return this.#accountOf(agent, monoMs).bytes < limits.answeredBytes;
  }

  #accountOf(agent: AgentId, monoMs: number): Account {
    const account = this.#accounts.get(agent) ?? { bytes: 0, atMs: monoMs };
    account.bytes = Math.max(0, account.bytes - ((monoMs - account.atMs) / 1_000) * limits.answeredBytesPerSecond);
    account.atMs = monoMs;
    return account;
  }

  /** What came of its question. */
  note(agent: AgentId, monoMs: number, effects: readonly Effect[]): void {
    const account = this.#accountOf(agent, monoMs);
    for (const effect of effects) {
      if (effect.kind === "send" && effect.to === agent) account.bytes += effect.bytes.length;
      else if (effect.kind === "readRecords") account.bytes += READ_BYTES;
    }
    this.#accounts.delete(agent); // it goes to the end
    if (this.#accounts.size >= limits.clients) this.#accounts.delete(this.#accounts.keys().next().value!);
    this.#accounts.set(agent, account);
  }
}
