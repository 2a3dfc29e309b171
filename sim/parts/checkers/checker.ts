/**
 * What checkers are: each watches a run for one property (protocol.md 10) and throws at the first thing that breaks
 * it, with the step, the agent and the facts. Checkers know nothing about faults; their caller tells them who is honest.
 */

import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import type { LostAward, TaskTally } from "../../../protocol/job/counted.ts";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import type { LedgerView } from "../../../protocol/job/view.ts";
import type { Command } from "../../../protocol/wire/command.ts";
import type { CommittedBlock } from "../../../protocol/wire/message.ts";
import type { PersistEffect, TraceEntry } from "../../world/trace.ts";

export class PropertyViolation extends Error {
  override readonly name = "PropertyViolation";
  readonly property: string;
  /** What was found, without where. */
  readonly facts: string;

  /** `where`: null where nobody says. */
  constructor(property: string, facts: string, where: string | null) {
    super(`${property}: ${facts}${where === null ? "" : ` (${where})`}`);
    this.property = property;
    this.facts = facts;
  }
}

/** Ends the run: `property` does not hold. `where`: an entry of the trace, or words. */
export function violated(property: string, where: TraceEntry | string, message: string): never {
  const at = typeof where === "string" ? where : `step ${where.step}, ${where.atMs} ms, ${where.agent}`;
  throw new PropertyViolation(property, message, at);
}

/** A block as it was decided, applied by the checkers' own ledger. */
export interface DecidedBlock {
  readonly committed: CommittedBlock;
  readonly hash: Hash;
  readonly height: number;
  readonly commands: readonly { readonly hash: Hash; readonly command: Command }[];
  readonly events: readonly LedgerEvent[];
  /** How tasks came to their answers in it, and which awards brought nothing. */
  readonly tallies: readonly TaskTally[];
  readonly lost: readonly LostAward[];
  /** After this block. */
  readonly ledger: LedgerView;
  /** Running digest of what blocks changed; the job's id if the log is not traced. */
  readonly changesDigest: Hash;
  readonly by: AgentId;
  readonly atMs: number;
}

/** The decisions of a height as an agent says that it applied them; null of other entries. */
export function saidDecisions({
  event,
}: TraceEntry): { readonly height: number; readonly events: readonly LedgerEvent[] } | null {
  return event.kind === "applied" ? { height: event.height, events: event.events as readonly LedgerEvent[] } : null;
}

export interface Checker {
  /** Called for honest agents only. */
  onTrace?(entry: TraceEntry): void;
  /** Called for honest agents only, when a record is written, before any message of its step leaves. */
  onPersist?(agent: AgentId, record: PersistEffect, atMs: number): void;
  /** After a block was applied to the checkers' ledger; each height of a job once. */
  onDecided?(block: DecidedBlock): void;
  /** When the run ends. */
  atEnd?(atMs: number): void;
}
