/**
 * Invariant 13: under the rule `verified`, an answer is accepted only in the block in which its check found it right, and
 * nobody checks a task that it gave a result to.
 */

import { type AgentId, taskParts } from "../../../protocol/core/ids.ts";
import { checkedTaskOf, isCheckId } from "../../../protocol/job/verification.ts";
import { encodeValue } from "../../../protocol/wire/value.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "13 verified";

export function verifiedChecker(): Checker {
  /** Who has given a result, by task. */
  const workers = new Map<string, Set<AgentId>>();
  return {
    onDecided({ events, ledger, height, by }) {
      const right = ledger.hasher(encodeValue(true));
      const confirmed = new Set<string>();
      for (const event of events) {
        if (event.kind !== "result" && event.kind !== "accepted") continue;
        const { task } = event;
        const checked = isCheckId(task) ? checkedTaskOf(task) : null;
        if (event.kind === "result") {
          if (checked !== null && workers.get(checked)?.has(event.worker))
            violated(PROPERTY, by, `height ${height}: ${event.worker} checks ${checked}, and has answered it`);
          workers.set(task, (workers.get(task) ?? new Set()).add(event.worker));
        } else if (checked !== null) {
          if (event.answer === right) confirmed.add(checked);
        } else {
          const accept = ledger.graph.specs.get(taskParts(task).node)?.policy.accept;
          if (accept?.kind === "verified" && !confirmed.has(task))
            violated(PROPERTY, by, `height ${height}: ${task} is accepted, and nobody found it right`);
        }
      }
    },
  };
}
