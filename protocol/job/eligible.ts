/**
 * Which of the standing offers may take a seat, and which are worth waiting for. Hard filters only; who of the eligible
 * gets the seat is for choosing.ts.
 *
 * Source: protocol.md 6 (3: hard filters, newcomers).
 */

import type { AgentId } from "../core/ids.ts";
import { isBarred, newcomerPlaces } from "../selection/screen.ts";
import type { Choosable } from "./choosing.ts";
import { policyOf, type Rules } from "./nodes.ts";
import { isFull } from "./offers.ts";
import { BUSY_WINDOWS } from "./policy.ts";
import { agentOf, isNewcomer, type Offer, type Task } from "./state.ts";

export const hasSlot = (rules: Rules, offer: Offer): boolean =>
  !isFull(offer) && agentOf(rules, offer.agent).live < offer.slots;

/**
 * Windows in a row that a busy agent is waited for. Fewer for one that let more leases run out than it gave results:
 * some hold work for ever, and say for ever that they are busy.
 */
function patience(rules: Rules, { agent }: Offer): number {
  const { timeouts, results } = agentOf(rules, agent);
  return BUSY_WINDOWS >> Math.min(Math.max(0, timeouts - results), 31);
}

export const isAwaited = (rules: Rules, offer: Offer, opened: number): boolean =>
  isFull(offer) && opened < patience(rules, offer);

export const moneyLeft = ({ state, genesis }: Rules): number =>
  genesis.budget - state.spent.get() - state.reserved.get();

/** Hard filters: offers for the skill that stand at this time, with the labels. */
function standingOffers(rules: Rules, skill: string, labels: readonly string[]): Offer[] {
  const offers = rules.state.offers.get(skill) ?? [];
  return offers.filter(
    (offer) =>
      offer.validUntilMs > rules.timeMs &&
      !agentOf(rules, offer.agent).dead &&
      labels.every((label) => offer.labels.includes(label)),
  );
}

/**
 * Of these offers, those of agents that may sit in the task's current batch: nobody twice in one batch, nobody whose
 * result of an earlier batch counts already, nobody who asks for more than there is, and those who failed this task only
 * if nobody else is there; `wereAsked`: or if the others, who were asked meanwhile, are all busy.
 */
export function admissible(rules: Rules, task: Task, offers: readonly Offer[], wereAsked = false): Offer[] {
  const priceMax = Math.min(policyOf(rules, task).priceMax, moneyLeft(rules));
  const allowed = offers.filter(
    (offer) =>
      offer.price <= priceMax &&
      !task.awards.some((award) => award.worker === offer.agent) &&
      !task.results.some((result) => result.worker === offer.agent),
  );
  const fresh = allowed.filter((offer) => !task.tried.includes(offer.agent));
  const isEnough = wereAsked ? fresh.some((offer) => hasSlot(rules, offer)) : fresh.length > 0;
  return isEnough ? fresh : allowed;
}

/** Offers that stand for a need. */
export interface Standing {
  readonly offers: readonly Offer[];
  /** Those of their agents that have no record for the skill. */
  readonly newcomers: ReadonlySet<AgentId>;
}

export function standingOf(rules: Rules, skill: string, labels: readonly string[]): Standing {
  const offers = standingOffers(rules, skill, labels);
  const fresh = offers.filter(({ agent }) => isNewcomer(rules, agent, skill));
  return { offers, newcomers: new Set(fresh.map(({ agent }) => agent)) };
}

/** Who may take seats now. */
export interface Takers extends Choosable {
  /** Seats that they can take together. */
  readonly places: number;
}

/**
 * Of `eligible` offers, those of agents that are free. Newcomers are limited while enough agents with a record stand to
 * fill the `seats`, at work or not: else whoever makes up newcomers would get everything whenever the others have their
 * hands full. One that is busy with other jobs counts as long as it is waited for (`opened`: windows in a row so far), so
 * saying busy for ever limits nobody for ever; and limited newcomers still get an award each.
 */
export function takersOf(
  rules: Rules,
  eligible: readonly Offer[],
  newcomers: ReadonlySet<AgentId>,
  { seats, opened }: { readonly seats: number; readonly opened: number },
): Takers {
  const free = eligible.filter((offer) => hasSlot(rules, offer));
  const isKnown = ({ agent }: Offer): boolean => !newcomers.has(agent);
  const known = eligible.filter((offer) => isKnown(offer) && (!isFull(offer) || isAwaited(rules, offer, opened)));
  if (known.length < seats) return { free, places: free.length, isLimited: false };
  const unbarred = free.filter((offer) => !isKnown(offer) && !isBarred(agentOf(rules, offer.agent).live));
  const places = free.filter(isKnown).length + Math.min(unbarred.length, newcomerPlaces(seats));
  return { free, places, isLimited: true };
}
