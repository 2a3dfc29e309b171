/**
 * Invariant 8: at most the allowed number of live awards a task (its seats, and one hedge), no worker twice in one
 * batch, nobody with more live awards than its offer's slots, and counts that agree with what they count.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { type Checker, violated } from "./checker.ts";
import { saidInOrder } from "./said-in-order.ts";

const PROPERTY = "8 awards";

export function awardsChecker(): Checker {
  /** Awards that have not ended, as agents say: task, batch and worker. */
  const seated = new Set<string>();
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
      const live = new Map<AgentId, number>();
      for (const [id, task] of state.tasks.sorted()) {
        const workers = task.awards.map((award) => award.worker);
        if (new Set(workers).size !== workers.length)
          violated(PROPERTY, by, `height ${height}, task ${id}: a worker sits twice in one batch`);
        const running = task.awards.filter((award) => award.status === "live");
        const allowed = task.seats + (task.hedged ? 1 : 0);
        if (running.length > allowed)
          violated(PROPERTY, by, `height ${height}, task ${id}: ${running.length} live awards, ${allowed} allowed`);
        for (const award of running) live.set(award.worker, (live.get(award.worker) ?? 0) + 1);
      }
      for (const [, { worker }] of state.surplus.sorted()) live.set(worker, (live.get(worker) ?? 0) + 1);
      if (state.status.get() !== "running") return; // the books are closed with the job
      for (const [agent, record] of state.agents.sorted()) {
        const counted = live.get(agent) ?? 0;
        if (record.live !== counted)
          violated(
            PROPERTY,
            by,
            `height ${height}: ${agent} holds ${counted} live awards, its record says ${record.live}`,
          );
      }
    },
  };
}
