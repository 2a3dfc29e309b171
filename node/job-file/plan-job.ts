/**
 * What a job is expected to cost and how likely its answers are right, before it runs: protocol/answer/planning.ts asked
 * for each node of the graph. Pure: what is known of agents and prices is given.
 */

import {
  type Answers,
  ceilingOf,
  holdsTimes,
  type LeadPolicy,
  leadFor,
  type Outlook,
  outlookOf,
} from "../../protocol/answer/planning.ts";
import { tasksByNode } from "../../protocol/job/graph.ts";
import type { NodeSpec, Rule } from "../../protocol/wire/genesis.ts";

/** Whose word a figure is: the caller's, the owner's records, or nobody's. */
type Source = "given" | "known" | "assumed";

/** How often agents with a skill are right. */
export interface Accuracy {
  readonly right: number;
  readonly source: Source;
  /** How many agents it is the mean of; 0 where nothing is known. */
  readonly agents: number;
}

export interface Premises {
  accuracyOf(skill: string): Accuracy;
  /** The share of results that can be read and that no red flag discards. */
  validOf(skill: string): number;
  /** Micro-credits; undefined where nobody says. */
  priceOf(skill: string): number | undefined;
  /** How many tasks nodes have, where only outputs will say. */
  readonly counts: ReadonlyMap<string, number>;
  readonly correlation: number;
  /** The probability that the whole job shall have. */
  readonly target: number;
}

export interface NodePlan {
  readonly id: string;
  readonly skill: string;
  readonly rule: Rule;
  readonly tasks: number;
  /** Whether the job file or the caller says how many. */
  readonly isCounted: boolean;
  readonly accuracy: Accuracy;
  readonly valid: number;
  /** What becomes of one task. */
  readonly outlook: Outlook;
  readonly votesMax: number;
  /** What one result costs, micro-credits; `priceMax` where no price is known. */
  readonly price: number;
  readonly isPriceKnown: boolean;
  /** What all its tasks cost: expected, and with as many votes as the policy allows; micro-credits. */
  readonly cost: number;
  readonly costMax: number;
  /** That all its tasks are right. */
  readonly allRight: number;
  /** How likely one task is right, however many agents vote. */
  readonly ceiling: number;
  /** Whether no number of votes gives its tasks the part that they need of the target. */
  readonly isHopeless: boolean;
  /** Whether its tasks have that part. */
  readonly isEnough: boolean;
  /** A policy with which its tasks have that part, where they lack it; null: they have it, or `limits.seats` votes do not bring it. */
  readonly suggestion: LeadPolicy | null;
}

export interface JobPlan {
  readonly nodes: readonly NodePlan[];
  readonly tasks: number;
  /** That every task is right. */
  readonly right: number;
  readonly target: number;
  readonly cost: number;
  readonly costMax: number;
}

/** Tasks fail independently of each other here: agents that are bad at one of them are no worse at the next. */
export function planJob(nodes: readonly NodeSpec[], premises: Premises): JobPlan {
  const counts = tasksByNode(nodes, premises.counts);
  const countOf = ({ id }: NodeSpec): number => counts.get(id) ?? 1;
  const tasks = nodes.reduce((sum, spec) => sum + countOf(spec), 0);
  const outlook = remembering(outlookOf);
  const lead = remembering(leadFor);
  const plans = nodes.map((spec) => {
    const isCounted = (counts.get(spec.id) ?? null) !== null;
    return planNode(spec, { ...premises, tasks: countOf(spec), isCounted, all: tasks, outlook, lead });
  });
  const total = (of: (plan: NodePlan) => number): number => plans.reduce((sum, plan) => sum + of(plan), 0);
  return {
    nodes: plans,
    tasks,
    right: plans.reduce((product, plan) => product * plan.allRight, 1),
    target: premises.target,
    cost: total(({ cost }) => cost),
    costMax: total(({ costMax }) => costMax),
  };
}

/** Nodes of a graph are often alike, and there may be thousands. */
function remembering<A extends readonly unknown[], R>(compute: (...given: A) => R): (...given: A) => R {
  const known = new Map<string, R>();
  return (...given) => {
    const key = JSON.stringify(given);
    const result = known.has(key) ? known.get(key)! : compute(...given);
    known.set(key, result);
    return result;
  };
}

interface NodePremises extends Premises {
  readonly tasks: number;
  readonly isCounted: boolean;
  /** Tasks of the job. */
  readonly all: number;
  readonly outlook: typeof outlookOf;
  readonly lead: typeof leadFor;
}

function planNode({ id, skill, policy }: NodeSpec, premises: NodePremises): NodePlan {
  const { tasks, isCounted, all, target, correlation } = premises;
  const accuracy = premises.accuracyOf(skill);
  const valid = premises.validOf(skill);
  const { redundancy, redundancyMax, accept } = policy;
  const isVerified = accept.kind === "verified";
  const verdicts = isVerified ? { verdicts: premises.accuracyOf(accept.skill).right } : {};
  const answers: Answers = { right: accuracy.right, valid, correlation, ...verdicts };
  // Each result may be checked, by twice as many verifiers at most.
  const votesMax = redundancyMax * (isVerified ? 1 + 2 * accept.verifiers : 1);
  const outlook = premises.outlook({ redundancy, redundancyMax, accept }, answers);
  const known = premises.priceOf(skill);
  const price = known ?? policy.priceMax;
  const needed = holdsTimes(target, 1 / Math.max(1, all));
  const ceiling = ceilingOf(answers);
  const isEnough = tasks === 0 || outlook.right >= needed;
  const isHopeless = !isEnough && ceiling < needed;
  return {
    ...{ id, skill, tasks, isCounted, accuracy, valid, outlook, price, ceiling, isEnough, isHopeless },
    rule: accept,
    votesMax,
    isPriceKnown: known !== undefined,
    cost: tasks * outlook.votes * price,
    costMax: tasks * votesMax * price,
    allRight: holdsTimes(outlook.right, tasks),
    suggestion: isEnough || isHopeless ? null : premises.lead(answers, all, target),
  };
}
