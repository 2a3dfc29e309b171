/** Tells the operator, with the remedy, what went wrong at a node that goes on (protocol/agent/containment.ts). */

import type { Logger } from "pino";
import type { LocalEvent } from "../protocol/effect.ts";

type Fault = Extract<LocalEvent, { readonly kind: "diverged" | "fault" }>;

/** What to do where the program itself failed. */
const REPORT = "report it with this line";

export function logFault(log: Logger, fault: Fault): void {
  const { reason, detail } = fault;
  const where = detail === "" ? {} : { detail };
  if (fault.kind === "fault") {
    log.error({ reason, ...where }, `a message of a peer was dropped, for this program failed at it; ${REPORT}`);
    return;
  }
  const { job, name } = fault;
  if (!fault.isMarked) {
    log.warn(
      { job, name, reason },
      "a stored job is left alone: this node does not fit it; start one that does to go on",
    );
    return;
  }
  const advice =
    detail === ""
      ? "nothing need be done for other jobs: submit this one anew if it is yours; its records stay in the data folder"
      : `its records stay in the data folder: ${REPORT}, and submit the job anew if it is yours`;
  log.error(
    { job, name, reason, ...where },
    `this node has no part in a job any more, which went wrong here; ${advice}`,
  );
}
