/**
 * Who had a part in a job's result, for the owner's feedback: for each node, the agents whose answers were accepted, how
 * many answers they gave, and what was known about them when they were chosen. These are means, so that a map of thousands
 * of tasks takes no more room than one task.
 *
 * Source: protocol.md 6 (the owner's score, shared out along the lineage of the result).
 */

import type { AgentId } from "../core/ids.ts";
import type { Credit } from "../selection/knowledge.ts";
import { prerequisitesOf } from "./graph.ts";
import type { CreditRecord, Result, StateView } from "./state.ts";
import type { Transaction } from "./transaction.ts";
import type { LedgerView } from "./view.ts";

/** Agents and nodes that are kept: who comes later has no part in the score. */
const CREDITS_MAX = 1_024;

const keyOf = (node: string, agent: AgentId): string => `${node}\n${agent}`;

/** One more accepted answer of an agent. */
export function noteCredit(
  { state }: Transaction,
  node: string,
  result: Pick<Result, "worker" | "context" | "tookMs">,
): void {
  const key = keyOf(node, result.worker);
  const before = state.credits.get(key);
  if (before === undefined && state.credits.size >= CREDITS_MAX) return;
  const { answers, context, tookMs } = before ?? { answers: 0, context: result.context, tookMs: result.tookMs };
  const towards = (mean: number, value: number): number => mean + (value - mean) / (answers + 1);
  state.credits.set(key, {
    answers: answers + 1,
    context: context.map((mean, i) => towards(mean, result.context[i]!)),
    tookMs: towards(tookMs, result.tookMs),
  });
}

/** Nodes that the result rests on, itself included. */
function lineageOf({ graph, genesis }: Pick<LedgerView, "graph" | "genesis">): string[] {
  const seen = new Set([genesis.output]);
  for (const node of seen) for (const name of prerequisitesOf(graph.specs.get(node)!)) seen.add(name); // grows on the way
  return [...seen];
}

/** Each agent's part in the result: a node's answers count as one together. */
export function creditsOf(view: Pick<LedgerView, "state" | "graph" | "genesis">): Credit[] {
  return lineageOf(view).flatMap((node) => creditsOfNode(view, node));
}

function creditsOfNode({ state, graph }: Pick<LedgerView, "state" | "graph">, node: string): Credit[] {
  const { skill, policy } = graph.specs.get(node)!;
  const given = recordsOf(state, node);
  const all = given.reduce((sum, [, { answers }]) => sum + answers, 0);
  return given.map(([agent, { answers, context, tookMs }]) => ({
    agent,
    skill,
    share: answers / all,
    context,
    tookMs: Math.round(tookMs),
    targetMs: policy.timeoutMs,
  }));
}

function recordsOf(state: StateView, node: string): [AgentId, CreditRecord][] {
  const prefix = `${node}\n`;
  return state.credits
    .sorted()
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, record]) => [key.slice(prefix.length) as AgentId, record]);
}
