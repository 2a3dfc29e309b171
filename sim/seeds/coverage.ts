/**
 * Which of the rare branches a run came through: a search that never sees a lock change says nothing about locks.
 */

import { decodeRecord } from "../../protocol/consensus/record.ts";
import type { Hash } from "../../protocol/core/ids.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { Checker } from "./checkers/checker.ts";

export const BRANCHES = [
  "blocks",
  "rounds above 0",
  "lock changed",
  "valid value proposed again",
  "evidence",
  "replaced: equivocation",
  "replaced: dead",
  "lease ran out",
  "hedge",
  "late result",
  "window",
  "undecided batch",
  "unrevealed",
  "failure",
  "busy",
  "certified",
  "failed",
  "cancelled",
] as const;
export type Branch = (typeof BRANCHES)[number];
export type Coverage = Map<Branch, number>;

export function createCoverage(): Checker & {
  readonly counts: Coverage;
  onEffect(agent: string, effect: Effect): void;
} {
  const counts: Coverage = new Map();
  const add = (branch: Branch): void => void counts.set(branch, (counts.get(branch) ?? 0) + 1);
  const locks = new Map<string, { readonly height: number; readonly block: Hash }>();
  const ended = new Set<string>();

  function onEffect(agent: string, effect: Effect): void {
    if (effect.kind !== "persist" || effect.slot !== "vote" || effect.bytes === null) return;
    const record = decodeRecord(effect.bytes);
    if (!record.ok || record.value.locked === null) return;
    const { height, locked } = record.value;
    const before = locks.get(agent);
    if (before?.height === height && before.block !== locked.block) add("lock changed");
    locks.set(agent, { height, block: locked.block });
  }

  return {
    counts,
    onEffect,
    onTrace({ event }) {
      if (event.kind === "proposed" && event.validRound >= 0) add("valid value proposed again");
      if (event.kind === "evidence") add("evidence");
    },
    onDecided({ committed, commands, events, ledger }) {
      add("blocks");
      if ((committed.commit[0]?.round ?? 0) > 0) add("rounds above 0");
      for (const { command } of commands) {
        const { body } = command;
        if (
          (body.kind === "seal" || body.kind === "result") &&
          ended.has(`${body.task}#${body.attempt}#${command.author}`)
        )
          add("late result");
      }
      for (const event of events) {
        if (event.kind === "replaced") add(event.reason === "dead" ? "replaced: dead" : "replaced: equivocation");
        if (event.kind === "window") add("window");
        if (event.kind === "undecided") add("undecided batch");
        if (event.kind === "completed") add(event.status);
        if (event.kind !== "ended") continue;
        ended.add(`${event.task}#${event.attempt}#${event.worker}`);
        if (event.reason === "timeout") add("lease ran out");
        if (event.reason === "unrevealed") add("unrevealed");
        if (event.reason === "error") add("failure");
        if (event.reason === "busy") add("busy");
      }
      for (const [, task] of ledger.state.tasks.sorted()) if (task.hedged) add("hedge");
    },
  };
}
