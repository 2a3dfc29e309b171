/**
 * Seats that went to another agent, and why: the one definition of a reassignment, which status, summaries, pages,
 * metrics and coverage share.
 *
 * A seat is reassigned when an award ended without a result and the ledger then gave its seat to another agent. None of these
 * is one: a hedge beside an agent that still works; an award that ended after others had filled its batch, whatever
 * the reason; a seat that the same agent took again; the seats of a batch that was added because results did not agree
 * (`undecided`).
 */

import type { AgentId } from "../core/ids.ts";
import type { EndReason, LedgerEvent } from "./event.ts";

/** What became of the award before; reports list them in this order. */
export const REASSIGNMENT_CAUSES = ["expired", "gone", "busy", "failed", "refused"] as const;
export type ReassignmentCause = (typeof REASSIGNMENT_CAUSES)[number];

/** null: the seat of such an award is filled, or goes to nobody. */
const CAUSES: { readonly [reason in EndReason]: ReassignmentCause | null } = {
  timeout: "expired",
  dead: "gone",
  busy: "busy",
  error: "failed",
  crashed: "failed",
  "too-large": "failed",
  refused: "refused",
  "lost-input": "refused",
  unavailable: "failed",
  "wrong-answer": "failed",
  "invalid-input": "refused",
  unrevealed: null,
  "not-needed": null,
  late: null,
};

/** A seat that was given up. */
interface FreeSeat {
  readonly worker: AgentId;
  readonly cause: ReassignmentCause;
}

export type ReassignmentCounts = { readonly [cause in ReassignmentCause]: number };

/** For people. */
const CAUSE_WORDS: { readonly [cause in ReassignmentCause]: string } = {
  expired: "lease expired",
  gone: "agent gone",
  busy: "agent busy",
  failed: "work failed",
  refused: "refused, or input lost",
};

/** `agent gone 3, agent busy 1`; "" of none. */
export const describeCauses = (counts: ReassignmentCounts): string =>
  REASSIGNMENT_CAUSES.filter((cause) => counts[cause] > 0)
    .map((cause) => `${CAUSE_WORDS[cause]} ${counts[cause]}`)
    .join(", ");

/** Counts the reassignments of one job. It takes the job's events in order. */
export class Reassignments {
  readonly #counts: { [cause in ReassignmentCause]: number } = { expired: 0, gone: 0, busy: 0, failed: 0, refused: 0 };
  #hedged = 0;
  /** By task, the oldest first. A renewed batch has another attempt and the same seats. */
  readonly #free = new Map<string, readonly FreeSeat[]>();
  /** Tasks whose batch still wants results, and its attempt: what ends of an earlier one leaves no seat. */
  readonly #wanting = new Map<string, number>();

  /** Awards that others, asked because they were late, came before. */
  get hedged(): number {
    return this.#hedged;
  }

  get counts(): ReassignmentCounts {
    return { ...this.#counts };
  }

  get total(): number {
    return REASSIGNMENT_CAUSES.reduce((sum, cause) => sum + this.#counts[cause], 0);
  }

  /** Why the seat was free that this event gave to somebody else; null if it did nothing of the kind. */
  note(event: LedgerEvent): ReassignmentCause | null {
    switch (event.kind) {
      case "ended": {
        const cause = CAUSES[event.reason];
        const isWanting = this.#wanting.get(event.task) === event.attempt;
        if (event.reason === "late" || (cause !== null && !isWanting)) this.#hedged++;
        else if (cause !== null)
          this.#free.set(event.task, [...this.#freeOf(event.task), { worker: event.worker, cause }]);
        return null;
      }
      case "surplus":
        this.#hedged++;
        return null;
      case "award":
        this.#wanting.set(event.task, event.attempt);
        return this.#onAward(event.task, event.worker);
      case "result":
        // A result after the end of its lease takes the seat again.
        this.#take(event.task, ({ worker }) => worker === event.worker);
        return null;
      case "opened":
      case "accepted":
      case "undecided":
      case "taskFailed":
        this.#free.delete(event.task);
        this.#wanting.delete(event.task);
        return null;
      default:
        return null;
    }
  }

  #freeOf(task: string): readonly FreeSeat[] {
    return this.#free.get(task) ?? [];
  }

  #onAward(task: string, worker: AgentId): ReassignmentCause | null {
    if (this.#take(task, (free) => free.worker === worker) !== null) return null;
    const seat = this.#take(task, () => true);
    if (seat === null) return null;
    this.#counts[seat.cause]++;
    return seat.cause;
  }

  /** Takes away the first free seat of which `isIt` holds, and returns it. */
  #take(task: string, isIt: (seat: FreeSeat) => boolean): FreeSeat | null {
    const free = this.#freeOf(task);
    const found = free.find(isIt);
    if (found === undefined) return null;
    const left = free.filter((seat) => seat !== found);
    if (left.length === 0) this.#free.delete(task);
    else this.#free.set(task, left);
    return found;
  }
}
