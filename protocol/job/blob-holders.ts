/**
 * Who holds the blobs that commands rest on: such a command may be proposed once members with more than 2/3 of the
 * power hold its blob (protocol.md 4).
 */

import type { Committee } from "../consensus/committee.ts";
import type { AgentId, Hash } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Command } from "../wire/command.ts";
import { blobOf } from "./pool.ts";

export class BlobHolders {
  readonly #holders = new Map<Hash, Set<AgentId>>();

  note(committee: Committee, blob: Hash, agent: AgentId): void {
    if (committee.power(agent) === 0) return;
    let holders = this.#holders.get(blob);
    if (holders === undefined) {
      // The oldest goes, not what a decided command rested on: equal outputs of several workers are one blob.
      if (this.#holders.size >= limits.poolCommands) this.#holders.delete(this.#holders.keys().next().value!);
      holders = new Set();
      this.#holders.set(blob, holders);
    }
    holders.add(agent);
  }

  has(blob: Hash, agent: AgentId): boolean {
    return this.#holders.get(blob)?.has(agent) ?? false;
  }

  mayBeProposed(committee: Committee, command: Command): boolean {
    const blob = blobOf(command);
    if (blob === null) return true;
    return committee.isQuorum(committee.powerOf(this.#holders.get(blob.hash) ?? []));
  }
}
