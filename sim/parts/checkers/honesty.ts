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
        if (event.kind === "replaced" && event.reason === "equivocation" && isHonest(event.out)) {
          violated("A5 evidence", by, `height ${height}: ${event.out} was replaced for equivocation and is honest`);
        }
      }
    },
  };
}
