/**
 * Invariant 8: at most the allowed number of live awards a task (its seats, and one hedge), no worker twice in one
 * batch, nobody with more live awards than its offer's slots, and counters that agree with what they count.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import type { SurplusAward, Task } from "../../../protocol/job/state.ts";
import { changedKeys, Figures } from "./changed.ts";
import { type Checker, violated } from "./checker.ts";
import { saidInOrder } from "./said-in-order.ts";

const PROPERTY = "8 awards";

export function awardsChecker(): Checker {
  /** Awards that have not ended, as agents say: task, batch and worker. */
  const seated = new Set<string>();
  /** Who sits in the batch of each open task, who has each surplus award, and how many live awards each agent has of both. */
  const workers = new Figures(seatsOf);
  const surplus = new Figures(({ worker }: SurplusAward) => worker);
  const live = new Map<AgentId, number>();
  let isFirst = true;
  return {
    onTrace: saidInOrder((height, events, entry) => {
      for (const event of events) {
        if (event.kind !== "award" && event.kind !== "ended") continue;
        const seat = `${event.task}#${event.attempt} ${event.worker}`;
        if (event.kind === "ended") seated.delete(seat);
        else if (seated.has(seat)) violated(PROPERTY, entry, `height ${height}: ${seat} was awarded twice`);
        else seated.add(seat);
      }
    }),
    onDecided({ ledger, height, by }) {
      const { state } = ledger;
      const touched = new Set<AgentId>(changedKeys(state.agents, isFirst));
      isFirst = false;
      const count = (agent: AgentId, more: number): void => {
        live.set(agent, (live.get(agent) ?? 0) + more);
        touched.add(agent);
      };
      surplus.update(state.surplus, (before, now) => {
        if (before !== null) count(before, -1);
        if (now !== null) count(now, 1);
      });
      workers.update(state.tasks, (before, now, id) => {
        for (const agent of before?.live ?? []) count(agent, -1);
        for (const agent of now?.live ?? []) count(agent, 1);
        if (now === null) return;
        if (new Set(now.all).size !== now.all.length)
          violated(PROPERTY, by, `height ${height}, task ${id}: a worker sits twice in one batch`);
        if (now.live.length > now.allowed)
          violated(
            PROPERTY,
            by,
            `height ${height}, task ${id}: ${now.live.length} live awards, ${now.allowed} allowed`,
          );
      });
      if (state.status.get() !== "running") return; // the books are closed with the job
      for (const agent of touched) {
        const counted = live.get(agent) ?? 0;
        const said = state.agents.get(agent)?.live ?? 0;
        if (said !== counted)
          violated(PROPERTY, by, `height ${height}: ${agent} holds ${counted} live awards, its record says ${said}`);
      }
    },
  };
}

/** Who sits in a task's batch, who of them works, and how many may. */
function seatsOf({ awards, seats, hedged }: Task): {
  readonly all: readonly AgentId[];
  readonly live: readonly AgentId[];
  readonly allowed: number;
} {
  const all = awards.map((award) => award.worker);
  const live = awards.filter((award) => award.status === "live").map((award) => award.worker);
  return { all, live, allowed: seats + (hedged ? 1 : 0) };
}
