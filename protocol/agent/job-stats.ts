/**
 * Counts over a job's events, for people: the ledger itself does not need them.
 */

import type { LedgerEvent } from "../job/event.ts";
import { Reassignments } from "../job/reassignments.ts";
import { UsageTotals } from "../job/usage-totals.ts";
import { isCheckId } from "../job/verification.ts";

export class JobStats {
  accepted = 0;
  failed = 0;
  readonly reassignments = new Reassignments();
  readonly usage = new UsageTotals(0);
  undecided = 0;
  /** The time of the last block with a result; 0: there was none. */
  progressMs = 0;

  note(event: LedgerEvent, timeMs: number): void {
    if (event.kind === "result" || event.kind === "accepted") this.progressMs = timeMs;
    this.reassignments.note(event);
    this.usage.note(event);
    switch (event.kind) {
      case "accepted":
        if (!isCheckId(event.task)) this.accepted++;
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
