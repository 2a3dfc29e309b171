/** The least that a job still has to pay for. The ledger reserves it before it spends anything that the job could do without. */

import { freeSeats } from "./batch.ts";
import { standingOf } from "./eligible.ts";
import { tasksByNode } from "./graph.ts";
import { type LedgerView, specOf } from "./view.ts";

/**
 * Micro-credits that the tasks known to come cost at least: each seat at the lowest price that stands for its skill.
 * Cost: a walk over all nodes, skills and waiting tasks.
 */
export function costToCome(view: LedgerView): number {
  const { state, genesis } = view;
  const seats = new Map<string, number>();
  const add = (skill: string, count: number): void => void seats.set(skill, (seats.get(skill) ?? 0) + count);
  const nodes = genesis.nodes.map((spec) => ({ spec, node: state.nodes.get(spec.id)! }));
  const opened = nodes.filter(({ node }) => node.status !== "waiting");
  const counts = tasksByNode(genesis.nodes, new Map(opened.map(({ spec, node }) => [spec.id, node.total])));
  for (const { spec, node } of nodes) {
    const { status, unfolded } = node;
    if (status !== "waiting" && status !== "open") continue;
    const lacking = (counts.get(spec.id) ?? 0) - (status === "open" ? unfolded : 0);
    add(spec.skill, lacking * spec.policy.redundancy);
    const { accept } = spec.policy;
    if (accept.kind === "verified") add(accept.skill, lacking * accept.verifiers);
  }
  for (const { value } of state.ready.list()) {
    const task = state.tasks.get(value)!;
    const { skill, policy } = specOf(view, task);
    add(skill, freeSeats(task));
    if (policy.accept.kind === "verified") add(policy.accept.skill, policy.accept.verifiers);
  }
  let cost = 0;
  for (const [skill, count] of seats) {
    const prices = standingOf(view, skill, []).offers.map(({ price }) => price);
    if (prices.length > 0) cost += count * Math.min(...prices);
  }
  return cost;
}
