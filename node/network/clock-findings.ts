/** Whose clock is off, as far as one machine can tell by its neighbours' clocks; and how people are told. */

import { CLOCK_SLACK_MS } from "../../protocol/capability/directory.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { formatDuration } from "../platform/text/quantities.ts";

/** The largest difference, beyond what the round trip leaves unsure, that counts as none, ms: a fifth of the usual window. */
export const TOLERANCE_MS = 300;

/** A peer's clock less this machine's. */
export interface ClockOffset {
  readonly offMs: number;
  /** The difference may be as much greater or smaller: half the round trip. */
  readonly unsureMs: number;
  /** By more than that and the tolerance, twice in a row. */
  readonly differs: boolean;
}

export interface ClockState {
  /** Peers whose clocks are known, and those of them that differ. */
  readonly agents: number;
  readonly differing: number;
  /**
   * `none`: no peer's clock differs. `own`: those of most peers differ, and alike. `other`: most peers agree with this
   * machine. `either`: nobody can tell.
   */
  readonly whose: "none" | "own" | "other" | "either";
  /** By how much this machine's clock is ahead of most others (`own`, `either`), ms; else 0. */
  readonly offMs: number;
  /** The greatest possible difference to a peer whose clock agrees, ms. */
  readonly withinMs: number;
}

export function judgeClocks(offsets: ReadonlyMap<AgentId, ClockOffset>): ClockState {
  const all = [...offsets.values()];
  const off = all.filter(({ differs }) => differs).sort((a, b) => a.offMs - b.offMs);
  const withinMs = Math.max(0, ...all.filter(({ differs }) => !differs).map(withinOf));
  const counts = { agents: all.length, differing: off.length, withinMs };
  const middle = off[off.length >> 1];
  if (middle === undefined) return { ...counts, whose: "none", offMs: 0 };
  const alike = off.filter(({ offMs, unsureMs }) => Math.abs(offMs - middle.offMs) <= 2 * TOLERANCE_MS + unsureMs);
  if (2 * (all.length - off.length) > all.length) return { ...counts, whose: "other", offMs: 0 };
  const isOwn = alike.length >= 2 && 2 * alike.length > all.length;
  return { ...counts, whose: isOwn ? "own" : "either", offMs: -middle.offMs };
}

/** The most that two clocks may be apart, ms. */
const withinOf = ({ offMs, unsureMs }: ClockOffset): number => Math.abs(offMs) + unsureMs;

/** `1 h 00 m ahead of`. `aheadMs` < 0: behind. */
const side = (aheadMs: number): string => `${formatDuration(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead of" : "behind"}`;

/** Agents whose clocks are further apart ignore each other's capability vectors. */
export const isBeyondAccepted = (offMs: number): boolean => Math.abs(offMs) > CLOCK_SLACK_MS;

const NTP = "set it by a time service (NTP)";
const ACCEPTED = formatDuration(CLOCK_SLACK_MS);

/** `agreeing`: peers whose clocks agree with this machine's. */
export function describeOtherClock(agent: string, offMs: number, agreeing: number): string {
  const beyond = `; with clocks more than ${ACCEPTED} apart, agents take no notice of each other`;
  const who =
    agreeing > 0
      ? `which agrees with ${agreeing} other${agreeing > 1 ? "s" : ""}: its operator should ${NTP}`
      : "or this one is wrong: set both by a time service (NTP)";
  return `the clock of ${agent} is ${side(offMs)} this machine's, ${who}${isBeyondAccepted(offMs) ? beyond : ""}`;
}

export function describeOwnClock({
  agents,
  differing,
  offMs,
}: Pick<ClockState, "agents" | "differing" | "offMs">): string {
  const beyond = `; with more than ${ACCEPTED} between them, the others take no notice of what it says of itself, nor it of theirs`;
  const of = agents === differing ? `all ${agents}` : `${differing} of ${agents}`;
  return `this machine's clock is ${side(offMs)} those of ${of} agents that it is connected to: ${NTP}${isBeyondAccepted(offMs) ? beyond : ""}`;
}

/** Why agents take no notice of this one, where its clock explains it; null otherwise. */
export function clockProblem(state: ClockState): MeshworkError | null {
  // One that agrees is one that takes notice.
  if (state.differing < state.agents || !isBeyondAccepted(state.offMs)) return null;
  const of = state.agents === 1 ? "that of the agent that it is connected to" : `those of ${state.differing} agents`;
  const what = `this machine's clock is ${side(state.offMs)} ${of}: with more than ${ACCEPTED} between them, agents take no notice of each other`;
  return new MeshworkError("unreachable", what, "set the clock that is wrong by a time service (NTP), and try again");
}

/** In one line, for a status. */
export function describeClocks(state: ClockState): string {
  const { agents, differing, whose, offMs, withinMs } = state;
  const others = `${agents} agent${agents === 1 ? "" : "s"}`;
  if (agents === 0) return "clock: not compared with anybody's yet";
  if (whose === "none") return `clock: within ${formatDuration(withinMs)} of ${others}`;
  if (whose === "other")
    return `clock: within ${formatDuration(withinMs)} of ${agents - differing} of ${others}; the others' are off`;
  if (whose === "own") return `clock: ${describeOwnClock(state)}`;
  return `clock: ${side(offMs)} ${differing} of ${others}; which one is off is not known: set them by a time service (NTP)`;
}
