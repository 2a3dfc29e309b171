/**
 * The interface of selectors: which of the eligible offers get the seats of a task. Every member recomputes the choice
 * from the log, so a selector is a pure function of what it is given, and ties go by a hash of (job, task, attempt,
 * agent): never by id, never by who was fastest. A selector that learns has a state, which the ledger holds for it.
 *
 * A job names its selector. Agents that do not have it refuse to host the job.
 *
 * Source: protocol.md 6 (stage two). The policies: simple.ts, linucb.ts, thompson.ts, arms.ts; their
 * list: catalog.ts.
 */

import type { AgentId, AwardRef, Hash } from "../core/ids.ts";

/** What the ledger knows of an agent that could take a seat. Nothing here need be in range: see context.ts. */
export interface Candidate {
  readonly agent: AgentId;
  /** How near its skill is to the one asked for, 0..1; 1: the same name. */
  readonly similarity: number;
  /** It has no accepted result for this skill, neither in this ledger nor in the genesis's knowledge (protocol.md 6.3). */
  readonly isNewcomer: boolean;
  readonly price: number;
  readonly expectedMs: number;
  /** Awards that it holds in this job, and how many it would hold at most. */
  readonly live: number;
  readonly slots: number;
  /** Its load over all jobs by its own word, parts per million. */
  readonly load: number;
  /** Awards so far in this job, without those that ended by nobody's fault: busy, or needed no more. */
  readonly awards: number;
  /** Answers for this skill that were accepted and rejected in this job. */
  readonly accepted: number;
  readonly rejected: number;
  /** The same from the genesis's knowledge; knowledge fades, so these may be fractions. */
  readonly acceptedBefore: number;
  readonly rejectedBefore: number;
  /** Leases that ended without a result. */
  readonly timeouts: number;
  /**
   * What is left of its right and wrong answers for this skill, knowledge and failures included, and of its leases that
   * brought a result and those that did not, when old ones fade: what to go by. Without it the counts above.
   */
  readonly recent?: {
    readonly right: number;
    readonly wrong: number;
    readonly kept: number;
    readonly lost: number;
  };
  /** Since its last award in this job, ms; Infinity: it had none. */
  readonly idleMs: number;
  /** Share of the task's input that it produced itself, 0..1. */
  readonly affinity: number;
}

/** H(job, task, attempt, agent): breaks ties, and is what policies draw from. Computed only when it is needed. */
export type Draw = (agent: AgentId) => Hash;

/** What is asked of a selector for one task. */
export interface ChoiceRequest {
  /** Which task and batch the seats are of. */
  readonly of: AwardRef;
  /** What is to be done: records and arms are by agent and skill. */
  readonly skill: string;
  /** Each agent once. Their order must not count. */
  readonly candidates: readonly Candidate[];
  readonly draw: Draw;
  /** A result as late as this, or later, counts as slow as can be, ms. */
  readonly targetMs: number;
  /** The price that counts as neither cheap nor expensive, micro-credits: see `typicalPrice` in context.ts. */
  readonly typicalPrice: number;
}

/** A candidate as the selector saw it. */
export interface Scored {
  readonly agent: AgentId;
  /** What the choice went by; higher won. Comparable within one choice only. */
  readonly score: number;
  /** What the selector expects of it, and what is added because it does not know. */
  readonly mean: number;
  readonly bonus: number;
}

/**
 * Why an agent was picked: by what is known of it (`best`); only with its bonus for being little known (`explore`), and
 * if it has no record at all, `newcomer`; at random (`draw`); by the budget, whatever the selector said (`cheapest`).
 */
export type Reason = "best" | "explore" | "newcomer" | "draw" | "cheapest";

/** An agent that gets a seat. */
export interface Picked extends Scored {
  /** What was known at the time of the choice, as context.ts writes it: kept with the award, for learning. */
  readonly context: readonly number[];
  readonly why: Reason;
}

export interface Picks {
  /** All candidates, best first: the explanation of the choice. */
  readonly ranked: readonly Scored[];
  /** Distinct agents, at most as many as asked for, the first choice first. */
  readonly picked: readonly Picked[];
}

/** How good a result was: when it is accepted or rejected, and again when the owner scores the job. */
export interface RewardLesson {
  readonly kind: "reward";
  readonly agent: AgentId;
  readonly skill: string;
  /** The context at the time of the choice: `Picked.context`. */
  readonly context: readonly number[];
  /** In [-1, 1]; see reward.ts. */
  readonly reward: number;
  /** How much it counts, 0..1. Default 1. */
  readonly weight?: number;
}

/** A lease ended without a result. This says nothing about the quality of results, so no estimate of quality may change. */
interface TimeoutLesson {
  readonly kind: "timeout";
  readonly agent: AgentId;
  readonly skill: string;
}

export type Lesson = RewardLesson | TimeoutLesson;

/**
 * A policy. Pure, and with arithmetic that is the same on every machine: members that differ decide no block.
 *
 * The state `S` is plain data (finite numbers, text, flags, lists, records; no undefined, no -0): it stands in the
 * ledger's digest and may be carried in a genesis. It is replaced, never changed in place.
 */
export interface Selector<S = unknown> {
  /** As job files say it. */
  readonly name: string;
  /** One line, for lists. */
  readonly summary: string;
  /** It is given all eligible candidates, not only those that pass the screening. Default false. */
  readonly seesAll?: boolean;
  /** Before the first lesson. */
  start(): S;
  choose(state: S, request: ChoiceRequest, count: number): Picks;
  learn?(state: S, lesson: Lesson): S;
  /**
   * The part of a state that is most worth carrying to another job, in at most `bytesMax` canonical bytes. Without it:
   * all or nothing.
   */
  shorten?(state: S, bytesMax: number): S;
  /** Whether `value`, which somebody else wrote (a genesis, a snapshot), can be a state. Without it, none is taken. */
  isState?(value: unknown): value is S;
}

/** A policy that scores each candidate by itself and learns nothing beyond what candidates say. */
export interface ScoreSelector {
  readonly name: string;
  readonly summary: string;
  /** Higher is better. What is no number is worst of all. */
  score(candidate: Candidate): number;
}

/** What plugins and nodes may bring. */
export type AnySelector = Selector | ScoreSelector;

/** By name. */
export type Selectors = ReadonlyMap<string, Selector>;
