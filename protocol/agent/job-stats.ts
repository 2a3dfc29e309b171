/**
 * What a job's events add up to, for people: counts that the ledger itself does not need.
 */

import type { LedgerEvent } from "../job/event.ts";

export class JobStats {
  accepted = 0;
  failed = 0;
  /** Awards that ended without a result and whose seat had to be given to somebody else. */
  reassigned = 0;
  undecided = 0;

  note(event: LedgerEvent): void {
    switch (event.kind) {
      case "ended":
        if (event.reason === "not-needed") break;
        if (event.reason !== "unrevealed") this.reassigned++;
        break;
      case "accepted":
        this.accepted++;
        break;
      case "undecided":
        this.undecided++;
        break;
      case "taskFailed":
        this.failed++;
        break;
      default:
        break;
    }
  }
}
