/**
 * Which of the standing offers may take a seat, and which are worth waiting for. Hard filters only: choosing.ts decides which
 * of the eligible agents gets the seat.
 *
 * Source: protocol.md 6 (3: hard filters, newcomers).
 */

import type { AgentId } from "../core/ids.ts";
import { isBarred, newcomerPlaces } from "../selection/screen.ts";
import type { Choosable } from "./choosing.ts";
import { isFull } from "./offers.ts";
import { BUSY_WINDOWS } from "./policy.ts";
import type { Offer, Task } from "./state.ts";
import { agentOf, isNewcomer, type LedgerView, moneyLeft, policyOf } from "./view.ts";

export const hasSlot = (view: LedgerView, offer: Offer): boolean =>
  !isFull(offer) && agentOf(view, offer.agent).live < offer.slots;

/**
 * Windows in a row that a busy agent is waited for. Fewer for one that let more leases run out than it gave results:
 * some hold work for ever, and say for ever that they are busy.
 */
function patience(view: LedgerView, { agent }: Offer): number {
  const { timeouts, results } = agentOf(view, agent);
  return BUSY_WINDOWS >> Math.min(Math.max(0, timeouts - results), 31);
}

export const isAwaited = (view: LedgerView, offer: Offer, opened: number): boolean =>
  isFull(offer) && opened < patience(view, offer);

/** Hard filters: offers for the skill that stand at this time, with the labels. */
function standingOffers(view: LedgerView, skill: string, labels: readonly string[]): Offer[] {
  const offers = view.state.offers.get(skill) ?? [];
  return offers.filter(
    (offer) =>
      offer.validUntilMs > view.timeMs &&
      !agentOf(view, offer.agent).dead &&
      labels.every((label) => offer.labels.includes(label)),
  );
}

/**
 * The offers of agents that may sit in the task's current batch. Nobody sits twice in one batch, nor again after a result
 * of an earlier batch that counts, nor after it said that the input is invalid, nor for a higher price than is left. An agent
 * that failed this task may return only if nobody else is there, or, with `wereAsked`, if the others were asked meanwhile and
 * are all busy.
 */
export function admissible(view: LedgerView, task: Task, offers: readonly Offer[], wereAsked = false): Offer[] {
  const priceMax = Math.min(policyOf(view, task).priceMax, moneyLeft(view));
  const allowed = offers.filter(
    (offer) =>
      offer.price <= priceMax &&
      !task.barred.includes(offer.agent) &&
      !task.awards.some((award) => award.worker === offer.agent) &&
      !task.results.some((result) => result.worker === offer.agent) &&
      !task.invalid.by.includes(offer.agent), // it would say the same again
  );
  const fresh = allowed.filter((offer) => !task.tried.includes(offer.agent));
  const isEnough = wereAsked ? fresh.some((offer) => hasSlot(view, offer)) : fresh.length > 0;
  return isEnough ? fresh : allowed;
}

/** Offers that stand for a need. */
export interface Standing {
  readonly offers: readonly Offer[];
  /** Those of their agents that have no record for the skill. */
  readonly newcomers: ReadonlySet<AgentId>;
}

export function standingOf(view: LedgerView, skill: string, labels: readonly string[]): Standing {
  const offers = standingOffers(view, skill, labels);
  const fresh = offers.filter(({ agent }) => isNewcomer(view, agent, skill));
  return { offers, newcomers: new Set(fresh.map(({ agent }) => agent)) };
}

/** Who may take seats now. */
export interface Takers extends Choosable {
  /** Seats that they can take together. */
  readonly places: number;
}

/**
 * The `eligible` offers of agents that are free. Newcomers are limited while enough agents with a record stand to fill the
 * `seats`, at work or not; otherwise somebody who makes up newcomers would get everything as soon as the others are busy.
 * An agent that is busy with other jobs counts as long as the need waits for it (`opened`: windows in a row so far), so
 * claiming to be busy limits nobody for ever. Limited newcomers still get one award each.
 */
export function takersOf(
  view: LedgerView,
  eligible: readonly Offer[],
  newcomers: ReadonlySet<AgentId>,
  { seats, opened }: { readonly seats: number; readonly opened: number },
): Takers {
  const free = eligible.filter((offer) => hasSlot(view, offer));
  const isKnown = ({ agent }: Offer): boolean => !newcomers.has(agent);
  const known = eligible.filter((offer) => isKnown(offer) && (!isFull(offer) || isAwaited(view, offer, opened)));
  if (known.length < seats) return { free, places: free.length, isLimited: false };
  const unbarred = free.filter((offer) => !isKnown(offer) && !isBarred(agentOf(view, offer.agent).live));
  const places = free.filter(isKnown).length + Math.min(unbarred.length, newcomerPlaces(seats));
  return { free, places, isLimited: true };
}
