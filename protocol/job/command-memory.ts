/**
 * What a member remembers of commands beside those in its pool: which are in decided blocks of late, which blocks wait for, and
 * which are in blocks of this height.
 */

import type { Hash } from "../core/ids.ts";
import { limits } from "../core/limits.ts";

export class CommandMemory {
  /** Commands of decided blocks of late, so that they are not pooled again. */
  readonly #done = new Map<Hash, number>();
  readonly #wanted = new Set<Hash>();
  /**
   * Commands of blocks of this height that were made or checked. One of them may be locked, and decided long after its
   * commands stopped applying at the present time: they stay until the height is decided.
   */
  readonly #proposed = new Set<Hash>();

  isDone(command: Hash): boolean {
    return this.#done.has(command);
  }

  /** Whether a block waits for it. */
  isWanted(command: Hash): boolean {
    return this.#wanted.has(command);
  }

  isProposed(command: Hash): boolean {
    return this.#proposed.has(command);
  }

  /** Whether a block that is being decided holds it, or waits for it. */
  isKept(command: Hash): boolean {
    return this.#wanted.has(command) || this.#proposed.has(command);
  }

  want(commands: Iterable<Hash>): void {
    for (const command of commands) if (this.#wanted.size < 4 * limits.blockCommands) this.#wanted.add(command);
  }

  onFound(command: Hash): void {
    this.#wanted.delete(command);
  }

  onProposed(commands: Iterable<Hash>): void {
    for (const command of commands) this.#proposed.add(command);
  }

  onDecided(commands: Iterable<Hash>, height: number): void {
    this.#wanted.clear();
    this.#proposed.clear();
    for (const command of commands) this.#done.set(command, height);
    // In the order of heights: the oldest are at the front.
    for (const [hash, at] of this.#done) {
      if (at >= height - limits.recentBlocks) break;
      this.#done.delete(hash);
    }
  }
}
