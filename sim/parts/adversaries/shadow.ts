/**
 * A job as an adversary follows it, from the blocks and commands that it hears: its own ledger, in which it tries what a block
 * would do, by the rules or with its friends first.
 */

import type { Hasher } from "../../../protocol/core/crypto.ts";
import type { AgentId, Hash, JobId } from "../../../protocol/core/ids.ts";
import type { IdentifiedCommand } from "../../../protocol/job/commands.ts";
import { Ledger, type Outcome } from "../../../protocol/job/ledger.ts";
import type { Picks, Selector, Selectors } from "../../../protocol/selection/selector.ts";
import { decode } from "../../../protocol/wire/codec.ts";
import { type Command, commandCodec, type Envelope } from "../../../protocol/wire/command.ts";
import type { Header } from "../../../protocol/wire/consensus.ts";
import { decodeGenesis } from "../../../protocol/wire/genesis-of-rules-1.ts";
import { committedBlockCodec } from "../../../protocol/wire/message.ts";

export interface ShadowOptions {
  readonly friends: ReadonlySet<string>;
  /** Those that the mesh has: the job names one of them. */
  readonly selectors: Selectors;
}

/** A command with when it was heard. */
export type HeardCommand = IdentifiedCommand & { readonly sinceMs: number };

/** Friends first, whoever is better; among friends, and among the others, as `honest` says. */
export function friendsFirst(honest: Selector, friends: ReadonlySet<string>): Selector["choose"] {
  return (state, request, count): Picks => {
    const { ranked, picked } = honest.choose(state, request, request.candidates.length);
    const isFriend = ({ agent }: { readonly agent: AgentId }): boolean => friends.has(agent);
    const order = [...picked.filter(isFriend), ...picked.filter((pick) => !isFriend(pick))];
    return { ranked, picked: order.slice(0, count) };
  };
}

/** The job as one adversary follows it. */
export class Shadow {
  readonly ledger: Ledger;
  readonly #hasher: Hasher;
  readonly #commands = new Map<Hash, { readonly command: Command; readonly sinceMs: number }>();
  /** While it is set, awards go to friends. */
  #isPartial = false;
  height = 0;

  constructor(bytes: Uint8Array, job: JobId, hasher: Hasher, { selectors, friends }: ShadowOptions) {
    const genesis = decodeGenesis(bytes);
    if (!genesis.ok) throw new Error(`a genesis that its own machine keeps: ${genesis.code}`);
    const honest = selectors.get(genesis.value.selector)!;
    const partial = friendsFirst(honest, friends);
    const either: Selector = {
      ...honest,
      choose: (...args) => (this.#isPartial ? partial(...args) : honest.choose(...args)),
    };
    this.#hasher = hasher;
    this.ledger = new Ledger(genesis.value, job, hasher, new Map([[honest.name, either]]));
  }

  hear(nowMs: number, envelopes: readonly Envelope[]): void {
    for (const body of envelopes.flatMap(({ commands }) => commands)) {
      const hash = this.#hasher(body);
      const command = this.#commands.has(hash) ? null : decode(commandCodec, body);
      if (command?.ok === true) this.#commands.set(hash, { command: command.value, sinceMs: nowMs });
    }
  }

  entry(hash: Hash): HeardCommand | undefined {
    const known = this.#commands.get(hash);
    return known === undefined ? undefined : { hash, ...known };
  }

  /** Takes a block that its own machine stored. */
  follow(bytes: Uint8Array): Header | null {
    const decoded = decode(committedBlockCodec, bytes);
    if (!decoded.ok || decoded.value.block.header.height !== this.height + 1) return null;
    const { block, envelopes } = decoded.value;
    this.hear(0, envelopes);
    const entries = block.commands.map((hash) => this.entry(hash)!);
    this.ledger.keep(this.ledger.execute(block.header.timeMs, entries)!);
    this.height++;
    for (const hash of block.commands) this.#commands.delete(hash);
    return block.header;
  }

  /** What a block would do; null if it could not be. */
  try(timeMs: number, entries: readonly IdentifiedCommand[], isPartial: boolean): Outcome | null {
    if (timeMs < this.ledger.state.timeMs.get()) return null;
    this.#isPartial = isPartial;
    const execution = this.ledger.execute(timeMs, entries);
    this.#isPartial = false;
    return execution?.outcome ?? null;
  }
}
