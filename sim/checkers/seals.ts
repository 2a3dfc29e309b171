/**
 * Invariant 9: no output is in the log before its batch is open.
 */

import { isSealed } from "../../protocol/job/policy.ts";
import { type Checker, violated } from "./checker.ts";

export function sealsChecker(): Checker {
  const opened = new Set<string>();
  return {
    onDecided({ ledger, commands, events, height, by }) {
      for (const { command } of commands) {
        const { body } = command;
        if (body.kind !== "result") continue;
        const spec = ledger.genesis.nodes.find((node) => node.id === body.task.split("/")[0])!;
        if (isSealed(spec.policy) && !opened.has(`${body.task}#${body.attempt}`)) {
          violated(
            "9 seals",
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
