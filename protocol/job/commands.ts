/**
 * What each kind of command asks of the ledger. The commands of a block apply in the order of their kinds, then of their
 * hashes.
 *
 * Source: protocol.md 5 (commands), A5 (evidence).
 */

import { compareUnits } from "../core/bytes.ts";
import type { AgentId, Hash } from "../core/ids.ts";
import type { Command, CommandKind, CommandOf } from "../wire/command.ts";
import { applySuspicion, convict, isConvictable, judgeSuspicion } from "./committee-changes.ts";
import { applyDelivery, judgeDelivery } from "./deliveries.ts";
import { endJob } from "./nodes.ts";
import { applyOffer, judgeOffer } from "./offers.ts";
import type { Transaction } from "./transaction.ts";
import type { LedgerView } from "./view.ts";

interface KindRules<K extends CommandKind> {
  /** Among the kinds of a block. */
  readonly order: number;
  /** Why a command would change nothing, or null if it would. */
  judge(view: LedgerView, command: CommandOf<K>): string | null;
  apply(tx: Transaction, command: CommandOf<K>): void;
}

const judgeCulprit = (view: LedgerView, culprit: AgentId): string | null =>
  isConvictable(view, culprit) ? null : "no-member-or-convicted";

const KINDS: { readonly [K in CommandKind]: KindRules<K> } = {
  cancel: {
    order: 0,
    judge: ({ genesis }, { author }) => (author === genesis.owner ? null : "not-the-owner"),
    apply: (tx) => endJob(tx, "cancelled", "cancelled by its owner"),
  },
  equivocation: {
    order: 1,
    judge: (view, { body }) => judgeCulprit(view, body.first.voter),
    apply: (tx, { body }) => convict(tx, body.first.voter),
  },
  doubleProposal: {
    order: 2,
    judge: (view, { body }) => judgeCulprit(view, body.first.proposer),
    apply: (tx, { body }) => convict(tx, body.first.proposer),
  },
  suspicion: { order: 3, judge: judgeSuspicion, apply: applySuspicion },
  failure: { order: 4, judge: judgeDelivery, apply: applyDelivery },
  seal: { order: 5, judge: judgeDelivery, apply: applyDelivery },
  result: { order: 6, judge: judgeDelivery, apply: applyDelivery },
  offer: { order: 7, judge: judgeOffer, apply: applyOffer },
};

/** A command's kind says which rules are its own: the table has them by kind, and no type says that of a union. */
const rulesOf = ({ body }: Command): KindRules<CommandKind> => KINDS[body.kind] as KindRules<CommandKind>;

/** Why `command` would change nothing, or null if it would. */
export function judge(view: LedgerView, command: Command): string | null {
  return view.state.status.get() === "running" ? rulesOf(command).judge(view, command) : "job-ended";
}

/** A command that `judge` has nothing against. */
export function apply(tx: Transaction, command: Command): void {
  rulesOf(command).apply(tx, command);
}

export interface IdentifiedCommand {
  readonly hash: Hash;
  readonly command: Command;
}

export function compareCommands(a: IdentifiedCommand, b: IdentifiedCommand): number {
  return rulesOf(a.command).order - rulesOf(b.command).order || compareUnits(a.hash, b.hash);
}
