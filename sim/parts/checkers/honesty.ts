/**
 * House rule on verdicts: reject only what no honest peer could send. So an honest agent never refuses a message of
 * another honest one.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import { type Checker, violated } from "./checker.ts";

export function honestyChecker(isHonest: (agent: AgentId) => boolean): Checker {
  return {
    onTrace(entry) {
      const { event } = entry;
      if (event.kind === "refused" && isHonest(event.from))
        violated("verdicts", entry, `refused ${event.from}: ${event.code}`);
      if (event.kind === "evidence" && isHonest(event.culprit))
        violated("A5 evidence", entry, `accuses ${event.culprit}, who is honest`);
    },
    onDecided({ events, by, height }) {
      for (const event of events) {
        const culprit =
          event.kind === "convicted"
            ? event.agent
            : event.kind === "replaced" && event.reason === "equivocation"
              ? event.out
              : null;
        if (culprit !== null && isHonest(culprit))
          violated("A5 evidence", by, `height ${height}: ${culprit} was convicted of equivocation and is honest`);
      }
    },
  };
}
