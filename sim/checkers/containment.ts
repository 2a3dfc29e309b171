/**
 * What goes wrong in one job stays in it (protocol/agent/containment.ts), and honest members do nothing that could go
 * wrong: no honest agent parts from a job whose committee is honest, and none fails at what it reads.
 */

import type { JobId } from "../../protocol/core/ids.ts";
import { type Checker, violated } from "./checker.ts";

/** `isLost`: jobs whose committees lie with a quorum. */
export const containmentChecker = (isLost: (job: JobId) => boolean = () => false): Checker => ({
  onTrace(entry) {
    const { event } = entry;
    if (event.kind === "fault") violated("containment", entry, event.reason);
    if (event.kind === "diverged" && !isLost(event.job)) violated("containment", entry, event.reason);
  },
});
