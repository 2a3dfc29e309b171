/**
 * Selectors: which of the eligible offers get the seats of a task. One interface; every member recomputes the choice
 * from the log, so a selector is a pure function of what it is given, and ties go by a hash of (job, task, attempt,
 * agent): never by id, never by who was fastest.
 *
 * A job names its selector. Agents that do not have it refuse to keep the job.
 *
 * Source: protocol.md 6 (stage two). Learning selectors join this interface with `learn`.
 */

import { compareUnits } from "../core/bytes.ts";
import { MeshworkError } from "../core/errors.ts";
import type { AgentId, Hash } from "../core/ids.ts";

/** What the ledger knows of an agent that could take a seat. */
export interface Candidate {
  readonly agent: AgentId;
  readonly price: number;
  readonly expectedMs: number;
  /** Awards that it holds in this job, and how many it would hold at most. */
  readonly live: number;
  readonly slots: number;
  /** Its load over all jobs by its own word, parts per million. */
  readonly load: number;
  /** Awards so far in this job. */
  readonly awards: number;
  /** Answers for this skill that were accepted and rejected in this job. */
  readonly accepted: number;
  readonly rejected: number;
  /** Leases that ended without a result. */
  readonly timeouts: number;
}

/** H(job, task, attempt, agent): settles ties, and is the lot where a policy draws. Asked for only where it is needed. */
export type Lots = (agent: AgentId) => Hash;

export interface Pick {
  readonly agent: AgentId;
  /** What the choice went by; higher won. Comparable within one choice only. */
  readonly score: number;
}

/** A policy. Pure, and with arithmetic that is the same on every machine: members that differ decide no block. */
export interface Selector {
  /** As job files say it. */
  readonly name: string;
  /** One line, for lists. */
  readonly summary: string;
  /** Higher is better. What is no number is worst of all. */
  score(candidate: Candidate): number;
}

/** By name. */
export type Selectors = ReadonlyMap<string, Selector>;

/** Laplace's rule of succession: a newcomer stands at one half, and one success does not make it certain. */
const successRate = (good: number, bad: number): number => (good + 1) / (good + bad + 2);

export const SELECTORS = [
  {
    name: "greedy",
    summary: "who was right and on time most often in this job",
    score({ accepted, rejected, awards, timeouts }) {
      return successRate(accepted, rejected) * successRate(awards - timeouts, timeouts);
    },
  },
  {
    name: "least-loaded",
    summary: "who has most slots free",
    score: ({ live, slots, load }) => -(live / slots + load / 1_000_000),
  },
  { name: "round-robin", summary: "who had fewest awards in this job", score: ({ awards }) => -awards },
  { name: "random", summary: "whoever the lot falls on", score: () => 0 },
] as const satisfies readonly Selector[];

/** Job files may leave it out. */
export const DEFAULT_SELECTOR = "greedy";

/** The built-in ones, and `more`. Throws `usage` where a name is taken. */
export function createSelectors(more: readonly Selector[] = []): Selectors {
  const selectors = new Map<string, Selector>(SELECTORS.map((selector) => [selector.name, selector]));
  for (const selector of more) {
    if (selectors.has(selector.name))
      throw new MeshworkError("usage", `there is a selector "${selector.name}" already`, "choose another name");
    selectors.set(selector.name, selector);
  }
  return selectors;
}
export const BUILT_IN_SELECTORS = createSelectors();

/** The `count` best candidates by the selector, each agent once, best first. */
export function choose(selector: Selector, candidates: readonly Candidate[], count: number, lots: Lots): Pick[] {
  return candidates
    .map((candidate) => ({ agent: candidate.agent, score: scoreOf(selector, candidate) }))
    .sort((a, b) => compareScores(b.score, a.score) || compareUnits(lots(a.agent), lots(b.agent)))
    .slice(0, count);
}

/** One that throws must not end a committee: all of its members compute it, and all come to the same. */
function scoreOf(selector: Selector, candidate: Candidate): number {
  try {
    const score = selector.score(candidate);
    return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
}
/** Infinities are equal to themselves. */
const compareScores = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
