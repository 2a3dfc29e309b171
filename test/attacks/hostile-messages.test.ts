/** A worker's reason for a failure reaches the operator's terminal as plain text. */

import { expect, test } from "vitest";
import { errorLine } from "../../node/platform/terminal/context.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { firstPolicy, single } from "../../sim/parts/workloads/job-builder.ts";
import { Book } from "../support/book.ts";

test("the reason of a failed job reaches the terminal as plain text", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ retries: 0 }) })]);
  book.block([]);
  book.block([book.offer("w", 1)]);
  const { serial } = book.task("a")!.awards[0]!;
  const message = "\x1b[2J\x1b[1;1Hjob certified \u202e";
  book.block([
    book.command("w", {
      kind: "failure",
      task: "a",
      attempt: 1,
      serial,
      reason: "error",
      retryMs: 0,
      message,
    } as never),
  ]);
  // As node/cli/result.ts says it (status.ts prints `job.reason` without plainText too).
  const line = errorLine(new MeshworkError("refused", `the job is failed: ${book.state.outcome.get()!.reason}`));
  expect(line).toContain("job certified");
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
