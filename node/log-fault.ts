/** Tells the operator what went wrong, and the remedy, at a node that continues (protocol/agent/containment.ts). */

import type { Logger } from "pino";
import type { LocalEvent } from "../protocol/effect.ts";

type Fault = Extract<LocalEvent, { readonly kind: "diverged" | "fault" | "gaveUp" }>;

/** What to do where the program itself failed. */
const REPORT = "report it with this line";

export function logFault(log: Logger, fault: Fault): void {
  if (fault.kind === "gaveUp") {
    const { job, name, reason } = fault;
    log.warn(
      { job, name, reason },
      "gave up hosting a guest's job; `hosting` in a limits file says how much guests may have",
    );
    return;
  }
  const { reason, detail } = fault;
  const where = detail === "" ? {} : { detail };
  if (fault.kind === "fault") {
    log.error(
      { reason, ...where },
      `dropped a message from a peer because this program failed to process it; ${REPORT}`,
    );
    return;
  }
  const { job, name } = fault;
  if (!fault.isMarked) {
    log.warn(
      { job, name, reason },
      "left a stored job untouched because this node cannot continue it; start a node that can",
    );
    return;
  }
  const advice =
    detail === ""
      ? "other jobs are not affected; if this job is yours, submit it again; its records stay in the data folder"
      : `its records stay in the data folder: ${REPORT}, and if the job is yours, submit it again`;
  log.error({ job, name, reason, ...where }, `this node no longer takes part in a job that went wrong here; ${advice}`);
}
