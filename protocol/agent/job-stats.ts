/**
 * Counts over a job's events, for people: the ledger itself does not need them.
 */

import type { LedgerEvent } from "../job/event.ts";
import { Reassignments } from "../job/reassignments.ts";

export class JobStats {
  accepted = 0;
  failed = 0;
  readonly reassignments = new Reassignments();
  undecided = 0;

  note(event: LedgerEvent): void {
    this.reassignments.note(event);
    switch (event.kind) {
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
