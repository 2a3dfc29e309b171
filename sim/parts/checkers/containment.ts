/**
 * A fault in one job stays in it (protocol/agent/containment.ts), and honest members cause none: no honest agent leaves a job
 * whose committee is honest, and no honest agent fails at what it reads.
 */

import type { JobId } from "../../../protocol/core/ids.ts";
import { type Checker, violated } from "./checker.ts";

/** Whoever parted from a job does nothing for it any more. Also of jobs whose committee lies. */
export function partedChecker(): Checker {
  const parted = new Set<string>();
  return {
    onTrace(entry) {
      const { event, agent } = entry;
      if (event.kind === "diverged") parted.add(`${agent} ${event.job}`);
      if ((event.kind === "voted" || event.kind === "hosting") && parted.has(`${agent} ${event.job}`))
        violated("containment", entry, `${event.kind} in a job that it has parted with`);
    },
  };
}

/** `isLost`: jobs whose committees lie with a quorum. */
export const containmentChecker = (isLost: (job: JobId) => boolean = () => false): Checker => ({
  onTrace(entry) {
    const { event } = entry;
    if (event.kind === "fault") violated("containment", entry, event.reason);
    if (event.kind === "diverged" && !isLost(event.job)) violated("containment", entry, event.reason);
  },
});
