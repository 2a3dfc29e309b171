/**
 * A member that makes blocks for its friends: it awards tasks to them whatever the selector says, leaves the offers and
 * results of their rivals out, or tries all contents that a block of its may have and takes the one that gives most
 * awards to friends. It signs as itself only; commands are their authors' own, whole or left out.
 *
 * It follows the job with a ledger of its own, as anybody may who hears the blocks.
 *
 * Source: protocol.md 5 (A3: what a proposer may decide), 6 (awards follow from the log).
 */

import { decodeRoot } from "../../protocol/agent/job-records.ts";
import { signProposal } from "../../protocol/consensus/ballots.ts";
import type { Hasher } from "../../protocol/core/crypto.ts";
import type { AgentId, Hash, JobId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Input } from "../../protocol/input.ts";
import { type IdentifiedCommand, Ledger, type Outcome } from "../../protocol/job/ledger.ts";
import type { Picks, Selector, Selectors } from "../../protocol/selection/selector.ts";
import { decode, hashOf } from "../../protocol/wire/codec.ts";
import { type Command, commandCodec, type Envelope } from "../../protocol/wire/command.ts";
import {
  type Block,
  blockHash,
  commandHashesCodec,
  committeeHash,
  type Header,
  type Proposal,
} from "../../protocol/wire/consensus.ts";
import { genesisCodec } from "../../protocol/wire/genesis.ts";
import { committedBlockCodec, decodeMessage } from "../../protocol/wire/message.ts";
import { type Adversary, withAdversary } from "./adversary.ts";
import type { Strategy, StrategyTools } from "./strategy.ts";
import { resignVote } from "./votes.ts";

/**
 * awards: friends get what the selector gives to others. omits: rivals' commands are left out. grinds: the best for
 * friends of what the others will take: moments within the clocks' tolerance, and with or without rivals' commands that
 * are too young to be missed.
 */
export type Favour = "awards" | "omits" | "grinds";

export interface FavourOptions {
  readonly friends: ReadonlySet<string>;
  /** Those that the mesh has: the job names one of them. */
  readonly selectors: Selectors;
  /** How far from its clock it dares to date a block, ms: less than what others' clocks tolerate. */
  readonly reachMs: number;
  /** A command that others hold for no longer than this is not missed, ms: twice their timeout, which is 50 ms at least. */
  readonly unmissedMs: number;
  /** Told of each proposal that it changed, and of each of these that was decided. */
  note(what: "changed" | "decided"): void;
}

/** Friends first, in the order of the lots, whatever `honest` says; the others as it says. */
export function friendsFirst(honest: Selector, friends: ReadonlySet<string>): Selector["choose"] {
  return (state, request, count): Picks => {
    const { ranked, picked } = honest.choose(state, request, request.candidates.length);
    const isFriend = ({ agent }: { readonly agent: AgentId }): boolean => friends.has(agent);
    const order = [...picked.filter(isFriend), ...picked.filter((pick) => !isFriend(pick))];
    return { ranked, picked: order.slice(0, count) };
  };
}

/** The job as the adversary follows it. */
class Shadow {
  readonly ledger: Ledger;
  readonly #hasher: Hasher;
  readonly #commands = new Map<Hash, { readonly command: Command; readonly sinceMs: number }>();
  /** While it is set, awards go to friends. */
  #isPartial = false;
  height = 0;

  constructor(bytes: Uint8Array, job: JobId, hasher: Hasher, { selectors, friends }: FavourOptions) {
    const genesis = decode(genesisCodec, bytes);
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
    for (const body of envelopes.flatMap(({ bodies }) => bodies)) {
      const hash = this.#hasher(body);
      const command = this.#commands.has(hash) ? null : decode(commandCodec, body);
      if (command?.ok === true) this.#commands.set(hash, { command: command.value, sinceMs: nowMs });
    }
  }

  entry(hash: Hash): (IdentifiedCommand & { readonly sinceMs: number }) | undefined {
    const known = this.#commands.get(hash);
    return known === undefined ? undefined : { hash, ...known };
  }

  /** Takes a block that its own machine stored. */
  follow(bytes: Uint8Array): Header | null {
    const decoded = decode(committedBlockCodec, bytes);
    if (!decoded.ok || decoded.value.block.header.height !== this.height + 1) return null;
    const { block, envelopes } = decoded.value;
    this.hear(0, envelopes);
    this.ledger.execute(
      block.header.timeMs,
      block.commands.map((hash) => this.entry(hash)!),
    );
    this.ledger.keep();
    this.height++;
    for (const hash of block.commands) this.#commands.delete(hash);
    return block.header;
  }

  /** What a block would do; null: it could not be. */
  try(timeMs: number, entries: readonly IdentifiedCommand[], isPartial: boolean): (Outcome & Consequences) | null {
    if (timeMs < this.ledger.state.timeMs.get()) return null;
    this.#isPartial = isPartial;
    const outcome = this.ledger.execute(timeMs, entries);
    this.#isPartial = false;
    const stateHash = (this.height + 1) % limits.snapshotInterval === 0 ? this.ledger.digest : null;
    this.ledger.takeBack();
    return outcome === null ? null : { ...outcome, stateHash };
  }
}

interface Consequences {
  readonly stateHash: Hash | null;
}

/** Changes its own fresh proposals, and votes for what it made of them. */
export function favours(how: Favour, options: FavourOptions): Strategy {
  const { friends, reachMs, unmissedMs, note } = options;
  const shadows = new Map<JobId, Shadow>();
  /** What it made of its proposals, by job, height and round; null: it left them as they were. */
  const changed = new Map<string, Proposal | null>();
  const keyOf = ({ job, height, round }: { job: JobId; height: number; round: number }): string =>
    `${job}/${height}/${round}`;
  const isRival = ({ command }: IdentifiedCommand): boolean => !friends.has(command.author);

  /** Contents that a block may have instead of `entries`; the first is the honest one. */
  function variants(
    tools: StrategyTools,
    header: Header,
    entries: readonly (IdentifiedCommand & { sinceMs: number })[],
  ) {
    if (how === "awards") return [{ timeMs: header.timeMs, entries }];
    if (how === "omits") return [{ timeMs: header.timeMs, entries: entries.filter((entry) => !isRival(entry)) }];
    const young = entries.filter((entry) => isRival(entry) && tools.now.monoMs - entry.sinceMs < unmissedMs);
    const lists = [entries, entries.filter((entry) => !young.includes(entry))];
    for (const left of young) lists.push(entries.filter((entry) => entry !== left));
    return [0, reachMs, -reachMs].flatMap((ms) => lists.map((list) => ({ timeMs: header.timeMs + ms, entries: list })));
  }

  const awardsToFriends = ({ events }: Outcome): number =>
    events.reduce((sum, event) => sum + (event.kind === "award" && friends.has(event.worker) ? 1 : 0), 0);

  function change(tools: StrategyTools, proposal: Proposal): Proposal | null {
    const { block } = proposal;
    const { header } = block;
    const shadow = shadows.get(header.job);
    if (shadow === undefined || shadow.height + 1 !== header.height) return null;
    const entries = block.commands.flatMap((hash) => shadow.entry(hash) ?? []);
    if (entries.length < block.commands.length) return null;
    let best: { block: Block; awards: number } | null = null;
    for (const { timeMs, entries: kept } of variants(tools, header, entries)) {
      const outcome = shadow.try(timeMs, kept, how === "awards");
      if (outcome === null) continue;
      const awards = awardsToFriends(outcome);
      if (best !== null && awards <= best.awards) continue;
      best = { block: blockOf(tools, header, timeMs, kept, outcome), awards };
    }
    if (best === null || blockHash(tools.config.crypto.hash, best.block.header) === proposal.statement.block)
      return null;
    return signed(tools, proposal, best.block);
  }

  return {
    onInput({ now }, input: Input) {
      const decoded = input.kind === "frame" ? decodeMessage(input.bytes) : null;
      if (decoded?.ok === true && decoded.value.kind === "envelopes")
        shadows.get(decoded.value.job)?.hear(now.monoMs, decoded.value.envelopes);
      return true;
    },
    onEffect({ config }, effect) {
      if (effect.kind !== "persist" || effect.bytes === null) return;
      const { job, slot, bytes } = effect;
      const root = slot === "genesis" ? decodeRoot(bytes) : null;
      if (root?.ok === true && root.value.role === "keeper" && !shadows.has(job))
        shadows.set(job, new Shadow(root.value.genesis.bytes, job, config.crypto.hash, options));
      const header = slot.startsWith("block/") ? (shadows.get(job)?.follow(bytes) ?? null) : null;
      const mine = header === null ? null : (changed.get(keyOf(header)) ?? null);
      if (mine !== null && mine.statement.block === blockHash(config.crypto.hash, header!)) note("decided");
    },
    onSend(tools, { to, message }) {
      const self = tools.config.signer.agent;
      if (message.kind === "proposal" && message.statement.proposer === self) {
        const { statement } = message;
        // What others may be locked on stays as it is.
        if (statement.validRoundPlus1 !== 0) return null;
        const key = keyOf(statement);
        let mine = changed.get(key);
        if (mine === undefined) {
          mine = change(tools, message);
          changed.set(key, mine);
          if (mine !== null) note("changed");
        }
        return mine === null ? null : [{ to, message: { kind: "proposal", ...mine } }];
      }
      if (message.kind !== "votes") return null;
      let isChanged = false;
      const votes = message.votes.map((vote) => {
        const mine = vote.voter === self && vote.block !== null ? (changed.get(keyOf(vote)) ?? null) : null;
        if (mine === null) return vote;
        isChanged = true;
        return resignVote(tools, vote, mine.statement.block);
      });
      return isChanged ? [{ to, message: { ...message, votes } }] : null;
    },
  };
}

function blockOf(
  { config }: StrategyTools,
  header: Header,
  timeMs: number,
  entries: readonly IdentifiedCommand[],
  { eventsHash, committee, stateHash }: Outcome & Consequences,
): Block {
  const { hash } = config.crypto;
  const commands = entries.map((entry) => entry.hash);
  const commandsHash = hashOf(hash, commandHashesCodec, commands);
  const nextCommitteeHash = committeeHash(hash, committee);
  return { header: { ...header, timeMs, commandsHash, eventsHash, nextCommitteeHash, stateHash }, commands };
}

function signed({ config }: StrategyTools, { statement }: Proposal, block: Block): Proposal {
  const content = { ...statement, block: blockHash(config.crypto.hash, block.header) };
  return { statement: signProposal(config.meshId, config.crypto, config.signer, content), block, polka: [] };
}

/** Sends its own proposals so much later. */
export const delaysProposals = (afterMs: number, note: FavourOptions["note"]): ReturnType<typeof withAdversary> =>
  withAdversary(({ config }): Adversary => {
    let last: Hash | null = null;
    return {
      onEffects: (_, effects) =>
        effects.map((effect) => {
          const decoded = effect.kind === "send" ? decodeMessage(effect.bytes) : null;
          if (decoded?.ok !== true || decoded.value.kind !== "proposal") return effect;
          const { proposer, block } = decoded.value.statement;
          if (proposer !== config.signer.agent) return effect;
          if (last !== block) note("changed");
          last = block;
          return { afterMs, effect };
        }),
    };
  });
