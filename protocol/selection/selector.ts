/**
 * Selectors: which of the eligible offers get the seats of a task. One interface; every member recomputes the choice
 * from the log, so a selector is a pure function of what it is given, and ties go by a hash of (job, task, attempt,
 * agent): never by id, never by who was fastest.
 *
 * Source: protocol.md 6 (stage two). Learning selectors join this interface with `learn`.
 */

import { unreachable } from "../core/assert.ts";
import { compareUnits } from "../core/bytes.ts";
import type { AgentId, Hash } from "../core/ids.ts";
import type { SelectorName } from "../wire/genesis.ts";

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

/** Laplace's rule of succession: a newcomer stands at one half, and one success does not make it certain. */
const successRate = (good: number, bad: number): number => (good + 1) / (good + bad + 2);

function scoreOf(selector: SelectorName, candidate: Candidate): number {
  switch (selector) {
    case "greedy": {
      const reliability = successRate(candidate.awards - candidate.timeouts, candidate.timeouts);
      return successRate(candidate.accepted, candidate.rejected) * reliability;
    }
    case "least-loaded":
      return -(candidate.live / candidate.slots + candidate.load / 1_000_000);
    case "round-robin":
      return -candidate.awards;
    case "random":
      return 0; // the lot decides
    default:
      return unreachable(selector);
  }
}

/** The `count` best candidates by the selector, each agent once, best first. */
export function choose(selector: SelectorName, candidates: readonly Candidate[], count: number, lots: Lots): Pick[] {
  return candidates
    .map((candidate) => ({ agent: candidate.agent, score: scoreOf(selector, candidate) }))
    .sort((a, b) => b.score - a.score || compareUnits(lots(a.agent), lots(b.agent)))
    .slice(0, count);
}
