/**
 * Bandits without context: each agent with a skill is an arm of its own, and what is learned about one says nothing
 * about another. UCB1 adds sqrt(2 ln n / n_i) to the average; epsilon-greedy draws some seats at random. Awards under way count
 * as pulls of their arm, or a hundred tasks that become ready at once would all try the same newcomer; so do leases that
 * brought no result, or whoever fails each time would be tried for ever.
 *
 * Source: Auer, Cesa-Bianchi, Fischer 2002 (UCB1, Fig. 1); forgetting: Garivier and Moulines 2011 (discounted UCB);
 * protocol.md 6.
 */

import { compareUnits } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";
import { ln } from "../core/math.ts";
import { lowerBound } from "../core/sorted.ts";
import { encodeValue } from "../wire/value.ts";
import { recentOf, successOf, unit } from "./context.ts";
import { gated, timely } from "./gate.ts";
import {
  ARMS_MAX,
  type ArmParameters,
  EPSILON,
  type EpsilonParameters,
  UCB1,
  type Ucb1Parameters,
} from "./parameters.ts";
import { uniformOf } from "./random-draws.ts";
import { createScoring, firstOf, orderBy, orderByLot, pickBest, picksAt } from "./rank.ts";
import { boundedReward } from "./reward.ts";
import type { Lesson, Selector } from "./selector.ts";

interface Arm {
  readonly agent: AgentId;
  readonly skill: string;
  /** Sum of the weights of its lessons, and of weight x reward; with forgetting, of what is left of them. */
  readonly pulls: number;
  readonly sum: number;
}

/** In the order of agents, then skills. */
export type ArmsState = readonly Arm[];

/** More than any bonus by the formula: whom nobody tried comes first (UCB1, initialization). */
export const UNTRIED = 1_000;

type ArmKey = Pick<Arm, "agent" | "skill">;
const compareArms = (a: ArmKey, b: ArmKey): number => compareUnits(a.agent, b.agent) || compareUnits(a.skill, b.skill);

/** The index of the arm, or the index where it would be. */
const placeOf = (arms: ArmsState, key: ArmKey): number => lowerBound(arms, (arm) => compareArms(arm, key) < 0);

function armOf(arms: ArmsState, key: ArmKey): Arm | undefined {
  const arm = arms[placeOf(arms, key)];
  return arm !== undefined && compareArms(arm, key) === 0 ? arm : undefined;
}

/** O(n). Lessons without weight or with a reward that is no number change nothing; so do timeouts. */
export function learnArm(arms: ArmsState, lesson: Lesson, { gamma }: Pick<ArmParameters, "gamma">): ArmsState {
  if (lesson.kind !== "reward" || Number.isNaN(lesson.reward)) return arms;
  const weight = unit(lesson.weight ?? 1);
  if (weight === 0) return arms;
  const { agent, skill } = lesson;
  const reward = boundedReward(lesson.reward);
  const fade = (arm: Arm): Arm => ({ ...arm, pulls: gamma * arm.pulls, sum: gamma * arm.sum + 0 });
  const next = gamma === 1 ? [...arms] : arms.map(fade);
  const at = placeOf(next, lesson);
  const known = armOf(next, lesson);
  const pulls = (known?.pulls ?? 0) + weight;
  const sum = (known?.sum ?? 0) + weight * reward + 0; // no -0
  next.splice(at, known === undefined ? 0 : 1, { agent, skill, pulls, sum });
  return next.length > ARMS_MAX ? withoutRarest(next, at) : next;
}

/** The arm with the fewest lessons makes room; of equal ones the first, and never the one at `kept`. */
function withoutRarest(arms: readonly Arm[], kept: number): ArmsState {
  let rarest = kept === 0 ? 1 : 0;
  for (let i = 0; i < arms.length; i++) if (i !== kept && arms[i]!.pulls < arms[rarest]!.pulls) rarest = i;
  return arms.filter((_, i) => i !== rarest);
}

/** Canonical bytes that a list of arms has beside its arms, at most. */
const LIST_BYTES = 5;

/** The most taught arms that fit, of equal ones the first. O(n log n). */
function shortenArms(arms: ArmsState, bytesMax: number): ArmsState {
  const sizes = arms.map((arm) => encodeValue({ ...arm }).length);
  const byLessons = arms.map((_, i) => i).sort((a, b) => arms[b]!.pulls - arms[a]!.pulls || a - b);
  const kept = new Set<number>();
  let bytes = LIST_BYTES;
  for (const i of byLessons) {
    bytes += sizes[i]!;
    if (bytes > bytesMax) break;
    kept.add(i);
  }
  return kept.size === arms.length ? arms : arms.filter((_, i) => kept.has(i));
}

const NUMBER_MAX = 1e12;
const isCount = (item: unknown): item is number => typeof item === "number" && item >= 0 && item <= NUMBER_MAX;

function isArmsState(value: unknown): value is ArmsState {
  if (!Array.isArray(value) || value.length > ARMS_MAX) return false;
  return value.every((item, i) => isArm(item) && (i === 0 || compareArms(value[i - 1], item) < 0));
}

function isArm(item: unknown): item is Arm {
  if (typeof item !== "object" || item === null || Object.keys(item).length !== 4) return false;
  const { agent, skill, pulls, sum } = item as { readonly [key: string]: unknown };
  if (typeof agent !== "string" || typeof skill !== "string" || !isCount(pulls) || typeof sum !== "number")
    return false;
  // An arm without pulls would have no average.
  return pulls > 0 && !Object.is(sum, -0) && sum >= -pulls && sum <= pulls;
}

export function createUcb1(changes: Partial<Ucb1Parameters> = {}): Selector<ArmsState> {
  const parameters = { ...UCB1, ...changes };
  return {
    name: "ucb1",
    summary: "who did best so far, those that were tried little in favour",
    start: () => [],
    choose(arms, request, count) {
      const { candidates, skill } = request;
      const scoring = createScoring(candidates.length);
      const pulls = new Float64Array(candidates.length);
      // Agents that are away now count too. The sum runs in a fixed order: that of the arms, then of the candidates.
      let total = 0;
      for (const arm of arms) if (arm.skill === skill) total += arm.pulls;
      for (const [i, candidate] of candidates.entries()) {
        const arm = armOf(arms, { agent: candidate.agent, skill });
        // Who was given something and brought nothing was tried, although no lesson says so.
        const tried = Math.max(0, candidate.live) + Math.max(0, recentOf(candidate).lost);
        pulls[i] = (arm?.pulls ?? 0) + tried;
        total += tried;
        scoring.means[i] = arm === undefined ? successOf(candidate) : arm.sum / arm.pulls;
      }
      const breadth = parameters.breadth * Math.sqrt(2 * ln(Math.max(1, total)));
      for (const [i, candidate] of candidates.entries()) {
        const bonus = pulls[i]! > 0 ? Math.min(UNTRIED, breadth / Math.sqrt(pulls[i]!)) : UNTRIED;
        const chance = timely(candidate, parameters);
        scoring.bonuses[i] = bonus;
        scoring.scores[i] = gated(scoring.means[i]! + bonus, chance, parameters);
        scoring.plain[i] = gated(scoring.means[i]!, chance, parameters);
      }
      return pickBest(request, scoring, count);
    },
    learn: (arms, lesson) => learnArm(arms, lesson, parameters),
    shorten: shortenArms,
    isState: isArmsState,
  };
}

export function createEpsilonGreedy(changes: Partial<EpsilonParameters> = {}): Selector<ArmsState> {
  const parameters = { ...EPSILON, ...changes };
  return {
    name: "epsilon-greedy",
    summary: `who did best so far; every ${Math.round(1 / parameters.epsilon)}th seat is drawn at random`,
    start: () => [],
    choose(arms, request, count) {
      const { candidates, skill } = request;
      const scoring = createScoring(candidates.length);
      for (const [i, candidate] of candidates.entries()) {
        const arm = armOf(arms, { agent: candidate.agent, skill });
        const mean = arm === undefined ? successOf(candidate) : arm.sum / arm.pulls;
        const score = gated(mean, timely(candidate, parameters), parameters);
        scoring.means[i] = mean;
        scoring.scores[i] = score;
        scoring.plain[i] = score;
      }
      const order = orderBy(scoring.scores, request);
      const byDraw = orderByLot(request);
      const chosen: number[] = [];
      const reasons: ("draw" | "best")[] = [];
      const seats = firstOf(order, request, count).length;
      for (let seat = 0; seat < seats; seat++) {
        // The draw of the seat's agent says whether the seat is drawn; it goes to the lowest draw that is left.
        const isDrawn = uniformOf(request.draw(candidates[byDraw[seat]!]!.agent), 0) < parameters.epsilon;
        const isFree = (at: number): boolean =>
          !chosen.some((other) => candidates[other]!.agent === candidates[at]!.agent);
        chosen.push((isDrawn ? byDraw : order).find(isFree)!);
        reasons.push(isDrawn ? "draw" : "best");
      }
      return picksAt(request, scoring, order, chosen, (_, seat) => reasons[seat]!);
    },
    learn: (arms, lesson) => learnArm(arms, lesson, parameters),
    shorten: shortenArms,
    isState: isArmsState,
  };
}
