/**
 * Gathering: the first tasks of a need wait a moment for offers to choose among. Without the wait all of them
 * would go to whoever offers first: an agent that hears of a job early, or offers before it is asked, would have no rival,
 * because the selector would see one candidate.
 *
 * A need gathers once in a job. Gathering ends when as many offers stand as the screening has places, or a part of the
 * window's length after enough stood, or with the first window, since nobody knows how many agents there are. After that,
 * awards follow at once. If some agents of the mesh have a record for the skill, offers of newcomers do not end the
 * gathering: sixteen newcomers cost nothing.
 *
 * Source: protocol.md 6.1, docs/decisions/0013.
 */

import { SCREEN_PLACES } from "../selection/parameters.ts";
import type { Deadline } from "./deadlines.ts";
import { hasSlot } from "./eligible.ts";
import { needKey, skillKey } from "./keys.ts";
import { GATHER_PART, HEAR_PART } from "./policy.ts";
import type { Gathering, Offer } from "./state.ts";
import type { Transaction } from "./transaction.ts";
import type { LedgerView } from "./view.ts";

/** A need (a skill with labels), and the offers that stand for it. */
interface NeedWithOffers {
  readonly skill: string;
  readonly labels: readonly string[];
  readonly offers: readonly Offer[];
}

const gatherDeadline = (need: string): Deadline => ({ kind: "gather", need });

const UNASKED: Gathering = { endsMs: 0, isOver: false };
const gatheringOf = ({ state }: Pick<LedgerView, "state">, { skill, labels }: NeedWithOffers): Gathering =>
  state.gatherings.get(needKey(skill, labels)) ?? UNASKED;

/**
 * Offers that are lacking until there are as many as the screening has places. Those of agents that were wrong more
 * often than right are none to wait for others with, nor newcomers' where others are known.
 */
function lackingOf(view: LedgerView, { skill, offers }: NeedWithOffers): number {
  const { state, genesis, prior } = view;
  const isAnyKnown = genesis.knowledge.records.some((record) => record.skill === skill && record.accepted > 0);
  const counts = (offer: Offer): boolean => {
    const key = skillKey(offer.agent, skill);
    const [now, before] = [state.records.get(key), prior.get(key)];
    const accepted = (now?.accepted ?? 0) + (before?.accepted ?? 0);
    const rejected = (now?.rejected ?? 0) + (before?.rejected ?? 0);
    return hasSlot(view, offer) && accepted >= rejected && (accepted > 0 || !isAnyKnown);
  };
  return Math.max(0, SCREEN_PLACES - offers.filter(counts).length);
}

/** Whether a need's tasks wait for offers to choose among; `ends`: no longer, from this block on. */
type GatheringDecision = "gather" | "ends" | "over";

/** `hasEnded`: its window, in this block. */
export function decideGathering(view: LedgerView, need: NeedWithOffers, hasEnded: boolean): GatheringDecision {
  const { endsMs, isOver } = gatheringOf(view, need);
  if (isOver) return "over";
  const isDue = endsMs > 0 && endsMs <= view.timeMs;
  return !isDue && !hasEnded && lackingOf(view, need) > 0 ? "gather" : "ends";
}

export function endGathering({ state }: Transaction, need: NeedWithOffers): void {
  const key = needKey(need.skill, need.labels);
  const { endsMs } = gatheringOf({ state }, need);
  if (endsMs > 0) state.deadlines.remove(endsMs, gatherDeadline(key));
  state.gatherings.set(key, { endsMs: 0, isOver: true });
}

/** Enough offers stand for the first task of a need that gathers: from now on others have a moment to come, and no longer. */
export function limitGathering(tx: Transaction, need: NeedWithOffers): void {
  const { state, genesis, timeMs } = tx;
  const key = needKey(need.skill, need.labels);
  const window = state.windows.get(key);
  if (window === undefined || gatheringOf(tx, need).endsMs > 0) return;
  const openedMs = window.endsMs - genesis.windowMs;
  const heardMs = openedMs + Math.floor(genesis.windowMs / HEAR_PART);
  const endsMs = Math.min(window.endsMs, Math.max(heardMs, timeMs + Math.floor(genesis.windowMs / GATHER_PART)));
  state.gatherings.set(key, { endsMs, isOver: false });
  state.deadlines.add(endsMs, gatherDeadline(key));
}

/** Offers that would end a need's gathering before its time; 0: it does not wait for any. For arming (protocol.md A1). */
export function lackingToGather(view: LedgerView, need: NeedWithOffers): number {
  const { endsMs, isOver } = gatheringOf(view, need);
  return isOver || endsMs === 0 ? 0 : lackingOf(view, need);
}
