/**
 * What blocks do, worked out once for several replicas in one process. A block's hash names its parent, and so all blocks
 * before it: it says what the block does, and the changes of one replica fit into the state of any other.
 *
 * For large simulations: each agent of a mesh works it out by itself, and so do simulated ones whose states are compared.
 */

import type { Hash } from "../core/ids.ts";
import type { Execution } from "./ledger.ts";

/** Replicas that come to a block later than this work it out again. */
const KEPT = 4_096;

export class Executions {
  /** Null: the block is invalid. The oldest first. */
  readonly #known = new Map<Hash, Execution | null>();

  /** What a block does that follows the tip of the replica that asks; the replica has all of its commands. */
  of(block: Hash, execute: () => Execution | null): Execution | null {
    const known = this.#known.get(block);
    if (known !== undefined) return known;
    const execution = execute();
    if (this.#known.size >= KEPT) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(block, execution);
    return execution;
  }
}
