/**
 * Which of the standing offers may take a seat, and which are worth waiting for. Hard filters only; who of the eligible
 * gets the seat is for choosing.ts.
 *
 * Source: protocol.md 6 (3: hard filters).
 */

import { agentOf } from "./choosing.ts";
import { policyOf, type Rules } from "./nodes.ts";
import { isFull } from "./offers.ts";
import { BUSY_WINDOWS } from "./policy.ts";
import type { Offer, Task } from "./state.ts";

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
export function standingOffers(rules: Rules, skill: string, labels: readonly string[]): Offer[] {
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
