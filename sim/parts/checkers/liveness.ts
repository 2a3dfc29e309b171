/**
 * Invariant 11: once faults have healed and members with more than 2/3 of the power are honest and connected, a job ends
 * within a stated virtual time at every honest agent that keeps its log. The bound is the scenario's (`heal.within`).
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import { EPOCH_MS } from "../../world/world.ts";
import { type Checker, violated } from "./checker.ts";
import type { DecidedLog } from "./decided-log.ts";

/** Which honest agents host a job, and which of them have seen its end. */
export class LivenessChecker implements Checker {
  /** Some may hear of the job only when it is over, or never: those are not waited for. */
  readonly #hosting = new Set<AgentId>();
  readonly #ended = new Set<AgentId>();

  onTrace({ agent, event }: Parameters<NonNullable<Checker["onTrace"]>>[0]): void {
    if (event.kind === "hosting") this.#hosting.add(agent);
    else if (event.kind === "retired" || event.kind === "forgot") this.#hosting.delete(agent);
    else if (
      event.kind === "applied" &&
      event.events.some((decided) => (decided as { kind: string }).kind === "completed")
    )
      this.#ended.add(agent);
  }

  get ended(): ReadonlySet<AgentId> {
    return this.#ended;
  }

  /** Whether every agent that hosts the job has seen its end. `fell`: nobody took the job. */
  hasEnded(fell: boolean): boolean {
    if (this.#ended.size === 0) return this.#hosting.size === 0 && fell;
    for (const agent of this.#hosting) if (!this.#ended.has(agent)) return false;
    return true;
  }

  /** The job should have ended and has not. */
  stalled({ height, ledger }: DecidedLog, nowMs: number, afterMs: number): never {
    const { state } = ledger;
    const waiting = [...this.#hosting].filter((agent) => !this.#ended.has(agent));
    const tasks = state.tasks.sorted().map(([id, { attempt, phase, awards }]) => {
      const workers = awards.map((award) => `${award.worker}:${award.status}`).join(",");
      return `${id}#${attempt} ${phase} ${workers}`;
    });
    const { first } = state.deadlines;
    const due = first === undefined ? "nothing" : `${first.name} at ${first.at - EPOCH_MS}`;
    tasks.push(`next due ${due}, reserved ${state.reserved.get()}, spent ${state.spent.get()}`);
    const place = `height ${height}, ${state.status.get()}`;
    const what = `${place}, not ended at ${waiting.join(" ")}; ${tasks.slice(-4).join("; ")}`;
    return violated("11 liveness", `${nowMs} ms`, `after ${afterMs} ms without faults: ${what}`);
  }
}
