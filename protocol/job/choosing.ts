/**
 * Choosing among the offers that could take a task's seats: what the ledger knows about each, the screening, the job's
 * selector, and what the budget allows. A member refuses a block that comes to another choice than its own.
 *
 * Source: protocol.md 6 (3: stage one in the ledger, 4: stage two; budget).
 */

import { SAME_SKILL } from "../capability/matching.ts";
import { compareUnits } from "../core/bytes.ts";
import type { AgentId, AwardRef, Hash, JobId, TaskId } from "../core/ids.ts";
import { contextOf, typicalPrice } from "../selection/context.ts";
import type { Choice } from "../selection/explain.ts";
import { screen } from "../selection/screen.ts";
import type { Candidate, ChoiceRequest, Draw, Picked } from "../selection/selector.ts";
import { type Codec, hash, hashOf, struct, uint } from "../wire/codec.ts";
import { taskIdCodec } from "../wire/command.ts";
import { agentId } from "../wire/consensus.ts";
import { affinities } from "./affinity.ts";
import { skillKey } from "./keys.ts";
import { endsOf } from "./recent.ts";
import type { Offer, Task } from "./state.ts";
import { agentOf, answersOf, isNewcomer, type LedgerView, policyOf, specOf } from "./view.ts";

/** How workers were chosen for seats of a task: all that was known, and what the selector made of it. */
export interface SeatChoice extends Choice {
  readonly task: TaskId;
  readonly attempt: number;
}

const drawCodec = struct({ job: hash as Codec<JobId>, task: taskIdCodec, attempt: uint(), agent: agentId });

/** H(job, task, attempt, agent): the only randomness in the protocol (protocol.md 6.4). */
function drawOf({ hasher }: LedgerView, of: AwardRef): Draw {
  const drawn = new Map<AgentId, Hash>();
  return (agent) => {
    const known = drawn.get(agent);
    if (known !== undefined) return known;
    const number = hashOf(hasher, drawCodec, { ...of, agent });
    drawn.set(agent, number);
    return number;
  };
}

function candidateOf(view: LedgerView, task: Task, offer: Offer, affinity: number): Candidate {
  const { state, timeMs } = view;
  const record = agentOf(view, offer.agent);
  const { skill } = specOf(view, task);
  const key = skillKey(offer.agent, skill);
  const { accepted = 0, rejected = 0 } = state.records.get(key) ?? {};
  const before = view.prior.get(key);
  const answers = endsOf(answersOf(view, key));
  const leases = endsOf(record.leases);
  return {
    agent: offer.agent,
    similarity: offer.similarity / SAME_SKILL,
    isNewcomer: isNewcomer(view, offer.agent, skill),
    price: offer.price,
    expectedMs: offer.expectedMs,
    live: record.live,
    slots: offer.slots,
    load: offer.load,
    awards: record.awards,
    accepted,
    rejected,
    acceptedBefore: before?.accepted ?? 0,
    rejectedBefore: before?.rejected ?? 0,
    timeouts: record.timeouts + record.failures,
    recent: { right: answers.good, wrong: answers.bad, kept: leases.good, lost: leases.bad },
    idleMs: record.awards === 0 ? Number.POSITIVE_INFINITY : timeMs - record.awardedMs,
    affinity,
  };
}

/** Offers to choose from, and whether newcomers among them are limited (see eligible.ts). */
export interface Choosable {
  readonly free: readonly Offer[];
  readonly isLimited: boolean;
}

/** The best of them for `seats` seats, that cost at most `budget` together; null if no such set costs so little. */
export function chooseWorkers(
  view: LedgerView,
  task: Task,
  { free: offers, isLimited }: Choosable,
  seats: number,
  budget: number,
): SeatChoice | null {
  const affinityOf = affinities(view, task);
  const of: AwardRef = { job: view.job, task: task.id, attempt: task.attempt };
  const request: ChoiceRequest = {
    of,
    skill: specOf(view, task).skill,
    candidates: offers.map((offer) => candidateOf(view, task, offer, affinityOf.get(offer.agent) ?? 0)),
    draw: drawOf(view, of),
    targetMs: policyOf(view, task).timeoutMs,
    typicalPrice: typicalPrice(offers),
  };
  const { selector } = view;
  const screened = selector.seesAll === true ? request : { ...request, candidates: screen(request, seats, isLimited) };
  const { ranked, picked } = selector.choose(view.state.learned.get(), screened, seats);
  // Whom the screening left out, newcomers among them, comes in only where the others are beyond the budget too.
  let affordable: readonly Picked[] = picked;
  if (priceOf(affordable, request) > budget) affordable = pickCheapest(screened, seats);
  if (priceOf(affordable, request) > budget) affordable = pickCheapest(request, seats);
  if (priceOf(affordable, request) > budget) return null;
  return { task: task.id, attempt: task.attempt, request, ranked, picked: affordable };
}

const priceOf = (picks: readonly Picked[], { candidates }: ChoiceRequest): number =>
  picks.reduce((sum, pick) => sum + candidates.find(({ agent }) => agent === pick.agent)!.price, 0);

/** The cheapest candidates, for when the selector's choice exceeds the budget. */
function pickCheapest(request: ChoiceRequest, seats: number): Picked[] {
  const { candidates, draw } = request;
  const byPrice = (a: Candidate, b: Candidate): number =>
    a.price - b.price || compareUnits(draw(a.agent), draw(b.agent));
  return [...candidates]
    .sort(byPrice)
    .slice(0, seats)
    .map((candidate) => ({
      agent: candidate.agent,
      score: 0,
      mean: 0,
      bonus: 0,
      context: contextOf(candidate, request),
      why: "cheapest",
    }));
}
