/**
 * A member that makes blocks for its friends: it awards tasks to them whatever the selector says, leaves out the offers and
 * results of their rivals, or tries all contents that its block may have and takes the one that gives its friends most awards.
 * It signs as itself only, and passes on other authors' commands whole or not at all.
 *
 * Leaves to shadow.ts how it follows the job.
 *
 * Source: protocol.md 5 (A3: what a proposer may decide), 6 (awards follow from the log).
 */

import { decodeRoot, SLOT } from "../../../protocol/agent/job-records.ts";
import { signProposal } from "../../../protocol/consensus/ballots.ts";
import type { Hash, JobId } from "../../../protocol/core/ids.ts";
import type { Outcome } from "../../../protocol/job/ledger.ts";
import { hashOf } from "../../../protocol/wire/codec.ts";
import {
  type Block,
  blockHash,
  commandHashesCodec,
  committeeHash,
  type Header,
  type Proposal,
} from "../../../protocol/wire/consensus.ts";
import { decodeMessage } from "../../../protocol/wire/message.ts";
import { type Adversary, withAdversary } from "./adversary.ts";
import { type HeardCommand, Shadow, type ShadowOptions } from "./shadow.ts";
import type { Strategy, StrategyTools } from "./strategy.ts";
import { resignVote } from "./votes.ts";

/**
 * awards: friends get what the selector gives to others. omits: rivals' commands are left out. grinds: the best for
 * friends of what the others will take: moments within the clocks' tolerance, and with or without rivals' commands that
 * are too young to be missed.
 */
export type Favour = "awards" | "omits" | "grinds";

interface FavourOptions extends ShadowOptions {
  /** How far from its clock it dares to date a block, ms: less than what others' clocks tolerate. */
  readonly reachMs: number;
  /** A command that others hold for no longer than this is not missed, ms: twice their timeout, which is 50 ms at least. */
  readonly unmissedMs: number;
  /** Told of each proposal that it changed, and of each of these that was decided. */
  note(what: "changed" | "decided"): void;
}

interface Variant {
  readonly timeMs: number;
  readonly entries: readonly HeardCommand[];
}

/** Contents that a block of this time and these commands may have instead; the honest one first, if it is among them. */
function variantsOf(
  how: Favour,
  timeMs: number,
  entries: readonly HeardCommand[],
  nowMs: number,
  options: FavourOptions,
): Variant[] {
  const { friends, reachMs, unmissedMs } = options;
  const isRival = ({ command }: HeardCommand): boolean => !friends.has(command.author);
  if (how === "awards") return [{ timeMs, entries }];
  if (how === "omits") return [{ timeMs, entries: entries.filter((entry) => !isRival(entry)) }];
  const young = entries.filter((entry) => isRival(entry) && nowMs - entry.sinceMs < unmissedMs);
  const lists = [entries, entries.filter((entry) => !young.includes(entry))];
  for (const left of young) lists.push(entries.filter((entry) => entry !== left));
  return [0, reachMs, -reachMs].flatMap((ms) => lists.map((list) => ({ timeMs: timeMs + ms, entries: list })));
}

const awardsTo = (friends: ReadonlySet<string>, { events }: Outcome): number =>
  events.reduce((sum, event) => sum + (event.kind === "award" && friends.has(event.worker) ? 1 : 0), 0);

/** What it makes of a proposal of its own; null if it stays as it is. */
function change(
  how: Favour,
  shadow: Shadow,
  tools: StrategyTools,
  proposal: Proposal,
  options: FavourOptions,
): Proposal | null {
  const { header, commands } = proposal.block;
  const entries = commands.flatMap((hash) => shadow.entry(hash) ?? []);
  if (shadow.height + 1 !== header.height || entries.length < commands.length) return null;
  let best: { readonly block: Block; readonly awards: number } | null = null;
  for (const variant of variantsOf(how, header.timeMs, entries, tools.now.monoMs, options)) {
    const effects = shadow.try(variant.timeMs, variant.entries, how === "awards");
    if (effects === null) continue;
    const awards = awardsTo(options.friends, effects);
    if (best === null || awards > best.awards) best = { block: blockOf(tools, header, variant, effects), awards };
  }
  if (best === null || blockHash(tools.config.crypto.hash, best.block.header) === proposal.statement.block) return null;
  return signed(tools, proposal, best.block);
}

const keyOf = ({ job, height, round }: { job: JobId; height: number; round: number }): string =>
  `${job}/${height}/${round}`;

/** Changes its own fresh proposals, and votes for what it made of them. */
export function favours(how: Favour, options: FavourOptions): Strategy {
  const { note } = options;
  const shadows = new Map<JobId, Shadow>();
  /** What it made of its proposals, by job, height and round; null if it left them as they were. */
  const changed = new Map<string, Proposal | null>();

  /** The same for all who are sent it. */
  function instead(tools: StrategyTools, proposal: Proposal): Proposal | null {
    const key = keyOf(proposal.statement);
    const known = changed.get(key);
    if (known !== undefined) return known;
    const shadow = shadows.get(proposal.statement.job);
    const made = shadow === undefined ? null : change(how, shadow, tools, proposal, options);
    changed.set(key, made);
    if (made !== null) note("changed");
    return made;
  }

  return {
    onInput({ now }, input) {
      const decoded = input.kind === "frame" ? decodeMessage(input.bytes) : null;
      if (decoded?.ok === true && decoded.value.kind === "envelopes")
        shadows.get(decoded.value.job)?.hear(now.monoMs, decoded.value.envelopes);
      return true;
    },
    onEffect({ config }, effect) {
      if (effect.kind !== "persist" || effect.bytes === null) return;
      const { job, slot, bytes } = effect;
      const root = slot === SLOT.root ? decodeRoot(bytes) : null;
      if (root?.ok === true && root.value.role === "reader" && !shadows.has(job))
        shadows.set(job, new Shadow(root.value.genesis.bytes, job, config.crypto.hash, options));
      const header = slot.startsWith("block/") ? (shadows.get(job)?.follow(bytes) ?? null) : null;
      const mine = header === null ? null : (changed.get(keyOf(header)) ?? null);
      if (mine !== null && mine.statement.block === blockHash(config.crypto.hash, header!)) note("decided");
    },
    onSend(tools, { to, message }) {
      const self = tools.config.signer.agent;
      if (message.kind === "proposal") {
        // What others may be locked on stays as it is.
        const isFresh = message.statement.proposer === self && message.statement.validRoundPlus1 === 0;
        const mine = isFresh ? instead(tools, message) : null;
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
  { timeMs, entries }: Variant,
  { eventsHash, committee, stateHash }: Outcome,
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
