/**
 * Offers in the ledger: an agent's standing word for a skill. Few enter the log: one per author, and only those that
 * some node of the job could use.
 *
 * Source: protocol.md 6 (2-3: an offer, and which enter).
 */

import { askedOf, SAME_SKILL } from "../capability/matching.ts";
import { compareUnits } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { BodyOf, CommandOf } from "../wire/command.ts";
import type { Deadline, DeadlineOf } from "./deadlines.ts";
import { skillKey } from "./keys.ts";
import { FULL_LOAD, isOtherLoad, OFFER_MAX_MS } from "./policy.ts";
import type { LedgerState, Offer, StateView } from "./state.ts";
import { type Transaction, updateAgent, updateRecord } from "./transaction.ts";
import { isNewcomer, type LedgerView } from "./view.ts";

/** An offer that says nearly the same as the one that stands is not worth a block's space. */
const OFFER_RENEWAL_MS = 5_000;

type OfferBody = BodyOf<"offer">;

/** Whether an agent's slots are all in use, or its skill is busy, by its own word. */
export const isFull = ({ load, busyUntilMs }: Pick<Offer, "load" | "busyUntilMs">): boolean =>
  load >= FULL_LOAD || busyUntilMs > 0;

const isLive = (state: StateView, offer: Offer, timeMs: number): boolean =>
  offer.validUntilMs > timeMs && state.agents.get(offer.agent)?.dead !== true;

/** Whether some node of the job could take this offer at all. */
function isUsable(
  { genesis, graph }: Pick<LedgerView, "genesis" | "graph">,
  { skill, labels, price, similarity }: OfferBody,
): boolean {
  const { like } = askedOf(genesis, skill);
  if (like === null ? similarity !== SAME_SKILL : similarity < like.least) return false;
  for (const spec of graph.specs.values()) {
    const isAsked = spec.skill === skill && price <= spec.policy.priceMax;
    if (isAsked && spec.labels.every((label) => labels.includes(label))) return true;
  }
  return false;
}

function isSameOffer(standing: Offer, body: OfferBody): boolean {
  return (
    standing.price === body.price &&
    standing.slots === body.slots &&
    standing.expectedMs === body.expectedMs &&
    standing.similarity === body.similarity &&
    standing.labels.length === body.labels.length &&
    standing.labels.every((label, index) => label === body.labels[index]) &&
    !isOtherLoad(standing.load, body.load) &&
    body.validUntilMs < standing.validUntilMs + OFFER_RENEWAL_MS
  );
}

/**
 * The offer that makes room when all places are taken: one of a busy agent, or, for an agent with a record, one of a
 * newcomer beyond those that may stay. A busy agent displaces no other busy agent.
 *
 * Newcomers cost nothing to make up, so they must neither keep out nor displace agents with a record, busy or not. While
 * offers of agents with a record stand, newcomers are limited (eligible.ts).
 */
function displacedBy(
  view: Pick<LedgerView, "state" | "prior">,
  taken: readonly Offer[],
  author: AgentId,
  { skill, load, busyUntilMs }: Pick<Offer, "load" | "busyUntilMs"> & Pick<OfferBody, "skill">,
): Offer | undefined {
  const isNew = ({ agent }: Pick<Offer, "agent">): boolean => isNewcomer(view, agent, skill);
  const busy = isFull({ load, busyUntilMs }) ? [] : taken.filter(isFull);
  if (isNew({ agent: author })) {
    const isLimited = busy.length > 0 && taken.filter(isNew).length >= limits.newcomersPerSkill;
    return busy.find(isNew) ?? (isLimited ? undefined : busy[0]);
  }
  if (busy.length > 0) return busy[0];
  const newcomers = taken.filter(isNew);
  // The offer that entered last goes: entering again costs its agent a block, and the others gain nothing by standing long.
  const last = newcomers.reduce<Offer | undefined>(
    (late, offer) => (late === undefined || offer.validUntilMs > late.validUntilMs ? offer : late),
    undefined,
  );
  return newcomers.length > limits.newcomersPerSkill ? last : undefined;
}

/** Why an offer would change nothing at `timeMs`, or null if it would. */
export function judgeOffer(
  { state, genesis, graph, prior, timeMs }: LedgerView,
  { author, counter, body }: CommandOf<"offer">,
): string | null {
  if (!graph.skills.has(body.skill)) return "skill-not-asked-for";
  const { offerCounter = 0, busyUntilMs = 0 } = state.records.get(skillKey(author, body.skill)) ?? {};
  if (offerCounter >= counter) return "older-offer";
  const offers = state.offers.get(body.skill) ?? [];
  const mine = offers.find((offer) => offer.agent === author);
  if (body.slots === 0) return mine === undefined ? "no-offer" : null;
  if (body.validUntilMs <= timeMs) return "expired";
  if (body.validUntilMs > timeMs + OFFER_MAX_MS) return "too-long";
  if (!isUsable({ genesis, graph }, body)) return "of-no-use";
  const isDead = state.agents.get(author)?.dead ?? false;
  if (mine !== undefined && !isDead && isSameOffer(mine, body)) return "same-offer";
  const taken = offers.filter((offer) => offer.agent !== author && isLive(state, offer, timeMs));
  const isRoom = taken.length < limits.offersPerSkill;
  if (!isRoom && displacedBy({ state, prior }, taken, author, { ...body, busyUntilMs }) === undefined)
    return "enough-offers";
  if (!state.agents.has(author) && state.agents.size >= limits.agentsInJob) return "too-many-agents";
  return null;
}

export function applyOffer(tx: Transaction, { author: agent, counter, body }: CommandOf<"offer">): void {
  const { state, timeMs } = tx;
  const { skill, price, slots, labels, load, expectedMs, validUntilMs, similarity } = body;
  updateRecord(tx, agent, skill, () => ({ offerCounter: counter }));
  if (slots === 0) {
    withdraw(state, agent, skill);
    return;
  }
  const { busyUntilMs } = state.records.get(skillKey(agent, skill))!;
  const offer: Offer = { agent, price, slots, labels, load, expectedMs, validUntilMs, busyUntilMs, similarity };
  const standing = (state.offers.get(skill) ?? []).filter(
    (other) => other.agent !== agent && isLive(state, other, timeMs),
  );
  const isCrowded = standing.length >= limits.offersPerSkill;
  const displaced = isCrowded ? displacedBy(tx, standing, agent, { ...body, busyUntilMs }) : undefined;
  const others = standing.filter((other) => other !== displaced);
  state.offers.set(
    skill,
    [...others, offer].sort((a, b) => compareUnits(a.agent, b.agent)),
  );
  updateAgent(tx, agent, (record) => ({ offers: record.offers + 1, dead: false }));
}

function changeOffer(state: LedgerState, agent: AgentId, skill: string, change: Partial<Offer>): void {
  const offers = state.offers.get(skill) ?? [];
  state.offers.set(
    skill,
    offers.map((offer) => (offer.agent === agent ? { ...offer, ...change } : offer)),
  );
}

const retryDeadline = (agent: AgentId, skill: string): Deadline => ({ kind: "retry", agent, skill });

/**
 * An agent that holds an award says that it is busy: its offer stands, and is not for now. `retryMs`: the skill can work
 * again after that, and not before, whatever the agent offers in the meantime; at most until the lease would have ended. 0:
 * the agent has no free slot, and offers again when it has one.
 */
export function markBusy(
  tx: Transaction,
  agent: AgentId,
  { skill, retryMs, leaseEndsMs }: { readonly skill: string; readonly retryMs: number; readonly leaseEndsMs: number },
): void {
  const { state, timeMs } = tx;
  const before = state.records.get(skillKey(agent, skill))?.busyUntilMs ?? 0;
  const busyUntilMs = Math.max(before, Math.min(timeMs + retryMs, leaseEndsMs));
  // It names no time, or that time is over when the ledger hears of it: it is busy until it offers again.
  if (retryMs === 0 || busyUntilMs <= timeMs) return changeOffer(state, agent, skill, { load: FULL_LOAD });
  if (before > 0) state.deadlines.remove(before, retryDeadline(agent, skill));
  state.deadlines.add(busyUntilMs, retryDeadline(agent, skill));
  updateRecord(tx, agent, skill, () => ({ busyUntilMs }));
  changeOffer(state, agent, skill, { busyUntilMs });
}

/** The time has come at which a skill that was busy can work again. */
export function endBusy(tx: Transaction, { agent, skill }: DeadlineOf<"retry">): void {
  updateRecord(tx, agent, skill, () => ({ busyUntilMs: 0 }));
  changeOffer(tx.state, agent, skill, { busyUntilMs: 0 });
}

function withdraw(state: LedgerState, agent: AgentId, skill: string): void {
  const offers = state.offers.get(skill) ?? [];
  state.offers.set(
    skill,
    offers.filter((offer) => offer.agent !== agent),
  );
}
