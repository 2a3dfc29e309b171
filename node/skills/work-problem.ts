/** Why work cannot be done, and whose fault that is. */

import type { FailureReason } from "../../protocol/wire/command.ts";

/** The driver makes a `failure` command of it. */
export class WorkProblem extends Error {
  override readonly name = "WorkProblem";
  readonly reason: FailureReason;
  /** When a busy skill can work again; 0: it does not say. */
  readonly retryMs: number;

  constructor(reason: FailureReason, message: string, retryMs = 0) {
    super(message);
    this.reason = reason;
    this.retryMs = retryMs;
  }
}
