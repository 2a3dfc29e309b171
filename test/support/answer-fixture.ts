/** Tasks and how they came to their answers, for tests of pages: counted by the real rules. */

import { hasher } from "../../node/platform/crypto.ts";
import { tally } from "../../protocol/answer/rules.ts";
import type { AgentId, Hash, TaskId } from "../../protocol/core/ids.ts";
import type { AnsweredTask } from "../../protocol/job/answer-log.ts";
import type { TallyDecision } from "../../protocol/job/counted.ts";
import { DEFAULT_POLICY } from "../../protocol/job/policy.ts";
import { reportTally } from "../../protocol/job/tally-report.ts";
import { NO_FLAGS, type Policy } from "../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../protocol/wire/value.ts";

const MAJORITY: Policy = {
  ...DEFAULT_POLICY,
  accept: { kind: "majority" },
  compare: { kind: "text", case: true, space: true, punctuation: true },
  flags: { ...NO_FLAGS, maxBytes: 400 },
};

/** What each agent says of a task; undefined: it is silent. */
export function answeredTask(
  task: string,
  said: readonly (readonly [worker: string, answer: Value | undefined, statedPpm?: number])[],
  rest: { readonly decision?: TallyDecision; readonly redact?: boolean } & Partial<AnsweredTask> = {},
): AnsweredTask {
  const { decision = "accepted", redact: isRedacted = false, ...parts } = rest;
  const spoken = said.filter(([, answer]) => answer !== undefined);
  const given = spoken.map(([, answer, statedPpm = 900_000]) => {
    const bytes = encodeValue(answer!);
    const output = { hash: hasher(bytes) as Hash, data: { kind: "inline" as const, bytes } };
    const trust = { isNewcomer: false, isLate: false, isRefuted: false };
    return { output, statedPpm, calibratedPpm: Math.round(0.8 * statedPpm), ...trust };
  });
  const workers = spoken.map(([worker]) => worker as AgentId);
  const silent = said.filter(([, answer]) => answer === undefined).map(([worker]) => worker as AgentId);
  const outcome = tally(MAJORITY, given, silent.length);
  const counted = {
    outcome,
    given,
    workers,
    outputs: given.map(({ output }) => output),
    serials: given.map((_, i) => i),
  };
  const report = reportTally({
    ...{ task: task as TaskId, attempt: 1, decision, policy: MAJORITY, counted, silent, isRedacted },
  });
  return { task, tally: report, lost: [], failed: null, ...parts };
}

/** Agreement, a different answer, a flagged one, a silent worker, an error, and a task that fails. */
export const answeredTasks = (names: readonly [string, string, string]): readonly AnsweredTask[] => {
  const [a, b, c] = names;
  return [
    answeredTask("capital/0", [
      [a, "Paris"],
      [b, "paris."],
      [c, "Lyon", 990_000],
    ]),
    answeredTask("capital/1", [
      [a, "Rome"],
      [b, "Rome"],
      [c, "x".repeat(500)],
    ]),
    answeredTask("capital/2", [
      [a, "Oslo"],
      [b, "Oslo"],
      [c, undefined],
    ]),
    answeredTask(
      "capital/3",
      [
        [a, "Bern"],
        [b, "Bern"],
      ],
      {
        lost: [{ worker: c as AgentId, reason: "error", message: "the model <gpt> is overloaded" }],
      },
    ),
    answeredTask(
      "capital/4",
      [
        [a, "Canberra"],
        [b, "Sydney"],
        [c, "Melbourne"],
      ],
      {
        decision: "failed",
        failed: {
          reason: "disagreement",
          message: 'of 3 results 1 says "Canberra", 1 says "Sydney", 1 says "Melbourne"',
        },
      },
    ),
    answeredTask("capital/5", [[a, "Madrid"]]),
  ];
};
