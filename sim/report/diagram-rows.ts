/**
 * What a message diagram shows, before it is drawn: which messages and agents around a moment, and which rows they make.
 * What one agent says to several at once is one row with several arrows.
 */

import { compareText } from "../../protocol/core/bytes.ts";
import type { MessageRow } from "../model/result.ts";

/** Something else that happened, between the messages: a violation, a fault. */
export interface Mark {
  readonly atMs: number;
  readonly kind: "violation" | "fault";
  readonly text: string;
}

export interface Limits {
  readonly agents: number;
  readonly messages: number;
}

export interface Arrow {
  readonly to: string;
  /** null: lost. */
  readonly arrivedMs: number | null;
}

export interface SendRow {
  readonly type: "send";
  readonly atMs: number;
  readonly from: string;
  readonly kind: string;
  readonly text: string;
  readonly arrows: readonly Arrow[];
}

interface MarkRow {
  readonly type: "mark";
  readonly atMs: number;
  readonly mark: Mark;
}

interface DiagramRows {
  /** Columns, in the order of their names; OTHERS last. */
  readonly agents: readonly string[];
  readonly rows: readonly (SendRow | MarkRow)[];
  /** How many of the messages given are shown; and how many agents share a column. */
  readonly shown: number;
  readonly merged: number;
}

export const OTHERS = "others";

/** `a2` before `a10`. */
function compareNames(a: string, b: string): number {
  const split = (name: string): [string, number] => {
    const digits = /\d{1,9}$/.exec(name)?.[0] ?? "";
    return [name.slice(0, name.length - digits.length), digits === "" ? -1 : Number(digits)];
  };
  const [[headA, numberA], [headB, numberB]] = [split(a), split(b)];
  return compareText(headA, headB) || numberA - numberB || compareText(a, b);
}

/** Those nearest to the moment, in order of time. */
function nearest(messages: readonly MessageRow[], aroundMs: number, max: number): readonly MessageRow[] {
  const sorted = messages.map((message, index) => ({ message, index }));
  if (messages.length > max) {
    const distance = ({ message }: { message: MessageRow }): number => Math.abs(message.sentMs - aroundMs);
    sorted.sort((a, b) => distance(a) - distance(b) || a.index - b.index).length = max;
  }
  return sorted.sort((a, b) => a.message.sentMs - b.message.sentMs || a.index - b.index).map(({ message }) => message);
}

/** The agents that send and receive most; the rest share one column. */
function columns(messages: readonly MessageRow[], max: number): { kept: string[]; merged: number } {
  const counts = new Map<string, number>();
  for (const { from, to } of messages) for (const name of [from, to]) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || compareNames(a, b));
  const kept = names.length <= max ? names : names.slice(0, max - 1);
  return { kept: kept.sort(compareNames), merged: names.length - kept.length };
}

export function diagramRows(
  messages: readonly MessageRow[],
  marks: readonly Mark[],
  aroundMs: number,
  limits: Limits,
): DiagramRows {
  const near = nearest(messages, aroundMs, limits.messages);
  const { kept, merged } = columns(near, limits.agents);
  const named = new Set(kept);
  const column = (name: string): string => (named.has(name) ? name : OTHERS);
  const sends = new Map<string, SendRow & { arrows: Arrow[] }>();
  let shown = 0;
  for (const { sentMs, arrivedMs, from, to, kind, text } of near) {
    const ends = [column(from), column(to)] as const;
    if (ends[0] === OTHERS && ends[1] === OTHERS) continue;
    shown++;
    const key = JSON.stringify([sentMs, ends[0], kind, text]);
    const row = sends.get(key);
    if (row === undefined)
      sends.set(key, { type: "send", atMs: sentMs, from: ends[0], kind, text, arrows: [{ to: ends[1], arrivedMs }] });
    else row.arrows.push({ to: ends[1], arrivedMs });
  }
  const [first, last] = [near[0]?.sentMs ?? 0, near.at(-1)?.sentMs ?? 0];
  const within = marks.filter(({ atMs }) => atMs >= first - 1_000 && atMs <= last + 1_000);
  const markRows = within.map((mark): MarkRow => ({ type: "mark", atMs: mark.atMs, mark }));
  const rows = [...sends.values(), ...markRows].sort((a, b) => a.atMs - b.atMs);
  return { agents: merged > 0 ? [...kept, OTHERS] : kept, rows, shown, merged };
}
