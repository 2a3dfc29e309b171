/**
 * Invariant 9: no output is in the log before its batch is open.
 */

import { taskParts } from "../../../protocol/core/ids.ts";
import { withChecks } from "../../../protocol/job/graph.ts";
import { isSealed } from "../../../protocol/job/policy.ts";
import type { Genesis } from "../../../protocol/wire/genesis.ts";
import { type Checker, violated } from "./checker.ts";
import { saidInOrder } from "./said-in-order.ts";

const PROPERTY = "9 seals";

/** `genesis`: the job's, once it is known. */
export function sealsChecker(genesis: () => Genesis | null): Checker {
  const opened = new Set<string>();
  const isSealedTask = (task: string): boolean => {
    const spec = withChecks(genesis()?.nodes ?? []).find((node) => node.id === taskParts(task).node);
    return spec !== undefined && isSealed(spec.policy);
  };
  /** As agents say. */
  const saidOpened = new Set<string>();
  return {
    onTrace: saidInOrder((height, events, entry) => {
      for (const event of events) {
        if (event.kind !== "opened" && event.kind !== "result") continue;
        const batch = `${event.task}#${event.attempt}`;
        if (event.kind === "opened") saidOpened.add(batch);
        else if (isSealedTask(event.task) && !saidOpened.has(batch))
          violated(PROPERTY, entry, `height ${height}: ${event.worker} has a result in ${batch}, which is not open`);
      }
    }),
    onDecided({ commands, events, height, by }) {
      for (const { command } of commands) {
        const { body } = command;
        if (body.kind !== "result") continue;
        if (isSealedTask(body.task) && !opened.has(`${body.task}#${body.attempt}`)) {
          violated(
            PROPERTY,
            by,
            `height ${height}: the output of ${command.author} for ${body.task} came before its batch was open`,
          );
        }
      }
      // Opened by this block: its own results were judged before, so they count from the next block on.
      for (const event of events) if (event.kind === "opened") opened.add(`${event.task}#${event.attempt}`);
    },
  };
}
