/** Why work cannot be done, and whose fault that is. */

import type { FailureReason } from "../../protocol/wire/command.ts";

/** The driver makes a `failure` command of it. */
export class WorkProblem extends Error {
  override readonly name = "WorkProblem";
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
