/**
 * What a ledger shows: its state and the constants of its job. Rules decide on a view, and readers outside (notices,
 * status, checkers) get a view of the decided state. A view changes nothing; changes go through transaction.ts.
 */

import { addBins, type Bin } from "../answer/calibration.ts";
import type { Grouping } from "../answer/grouping.ts";
import type { Hasher } from "../core/crypto.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { KnownAnswers } from "../selection/knowledge.ts";
import type { Selector } from "../selection/selector.ts";
import type { Genesis, NodeSpec, Policy } from "../wire/genesis.ts";
import type { Graph } from "./graph.ts";
import { skillKey } from "./keys.ts";
import { giveWay, NOTHING, type Recent, recentBins, recentOf } from "./recent.ts";
import type { AgentRecord, Result, StateView, Task } from "./state.ts";

export interface LedgerView {
  readonly state: StateView;
  readonly genesis: Genesis;
  readonly job: JobId;
  readonly graph: Graph;
  readonly selector: Selector;
  readonly hasher: Hasher;
  /** Answers that the genesis says it knows of, by `skillKey`. */
  readonly prior: ReadonlyMap<string, KnownAnswers>;
  /** The time of the block that is applied; in a view of the decided state, the time that the reader asks about. */
  readonly timeMs: number;
  /** How the results of tasks group, by the list of results: a memory that changes nothing. */
  readonly groupings: WeakMap<readonly Result[], Grouping>;
  /** The blobs of lists that tasks read as a whole, by node: their bytes in all and by agent. Filled by affinity.ts. */
  readonly blobsRead: Map<string, BlobsRead>;
}

export interface BlobsRead {
  readonly total: number;
  readonly byGiver: ReadonlyMap<AgentId, number>;
}

export const specOf = ({ graph }: Pick<LedgerView, "graph">, task: Pick<Task, "node">): NodeSpec =>
  graph.specs.get(task.node)!;
export const policyOf = (view: Pick<LedgerView, "graph">, task: Pick<Task, "node">): Policy =>
  specOf(view, task).policy;

export const moneyLeft = ({ state, genesis }: Pick<LedgerView, "state" | "genesis">): number =>
  genesis.budget - state.spent.get() - state.reserved.get();

const NEW_AGENT: AgentRecord = {
  offers: 0,
  awards: 0,
  results: 0,
  accepted: 0,
  rejected: 0,
  timeouts: 0,
  failures: 0,
  leases: NOTHING,
  live: 0,
  awardedMs: 0,
  earned: 0,
  dead: false,
};

export const agentOf = ({ state }: Pick<LedgerView, "state">, agent: AgentId): AgentRecord =>
  state.agents.get(agent) ?? NEW_AGENT;

/** Whether no answer of an agent was ever accepted for a skill, in this job or in the genesis's knowledge (protocol.md 6.3). */
export function isNewcomer(
  { state, prior }: Pick<LedgerView, "state" | "prior">,
  agent: AgentId,
  skill: string,
): boolean {
  const key = skillKey(agent, skill);
  return (state.records.get(key)?.accepted ?? 0) === 0 && (prior.get(key)?.accepted ?? 0) === 0;
}

/** What stands of an agent's answers for a skill (by `skillKey`); at the beginning, what earlier jobs taught of it. */
export function answersOf({ state, prior }: Pick<LedgerView, "state" | "prior">, key: string): Recent {
  const before = prior.get(key);
  return state.records.get(key)?.answers ?? (before === undefined ? NOTHING : recentOf(before));
}

/**
 * The same answers by stated confidence; empty: the agent stated none yet. What earlier jobs taught of a bin gives way to what
 * this job does.
 */
export function statedOf({ state, prior }: Pick<LedgerView, "state" | "prior">, key: string): readonly Bin[] {
  const now = state.records.get(key)?.stated ?? [];
  return addBins(giveWay(recentBins(prior.get(key)?.stated ?? []), now), now);
}
