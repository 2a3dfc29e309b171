/**
 * Tallies the results of a task: what each worker gave and how much its word is worth go to the acceptance rule
 * (answer/rules.ts). Also says in words how results disagree, for tasks that fail because of it.
 *
 * Source: protocol.md 7.
 */

import { calibratedPpm } from "../answer/calibration.ts";
import { type Output, outputValue } from "../answer/grouping.ts";
import { type Given, groupUnflagged, tally } from "../answer/rules.ts";
import { unreachable } from "../core/assert.ts";
import { clip } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";
import type { Data, Rule } from "../wire/genesis.ts";
import type { Counted, TallyDecision } from "./counted.ts";
import type { EventOf } from "./event.ts";
import { skillKey } from "./keys.ts";
import type { Task } from "./state.ts";
import type { Transaction } from "./transaction.ts";
import { answersOf, isNewcomer, type LedgerView, policyOf, specOf, statedOf } from "./view.ts";

export function tallyResults(view: LedgerView, task: Task): Counted {
  const { skill } = specOf(view, task);
  const results = task.results.filter(({ output }) => output !== null).sort((a, b) => a.serial - b.serial);
  const given = results.map(({ worker, serial, output, data, confidence, late }): Given => {
    const key = skillKey(worker, skill);
    return {
      output: { hash: output!, data: data! },
      isNewcomer: isNewcomer(view, worker, skill),
      isLate: late,
      isRefuted: task.refuted.includes(serial),
      statedPpm: confidence,
      calibratedPpm: calibratedPpm(answersOf(view, key), statedOf(view, key), confidence),
    };
  });
  const silent = task.results.length - given.length;
  const policy = policyOf(view, task);
  const outputs = given.map(({ output }) => output);
  // Seating asks for the tally of each waiting task in each block; its results stay the same list until another comes.
  const grouping = view.groupings.get(task.results) ?? groupUnflagged(policy, outputs);
  view.groupings.set(task.results, grouping);
  return {
    outcome: tally(policy, given, silent, grouping),
    given,
    outputs,
    workers: results.map(({ worker }) => worker),
    serials: results.map(({ serial }) => serial),
  };
}

/** Whether the task has enough results by number, and asks for another only because newcomers made the difference. */
export const isAnswered = (view: LedgerView, task: Task): boolean =>
  task.results.length > 0 && tallyResults(view, task).outcome.kind === "accepted";

/** For explanations. */
export function noteTally(tx: Transaction, task: Task, counted: Counted, decision: TallyDecision): void {
  const { id, attempt } = task;
  const facts = { policy: policyOf(tx, task), silent: silentOf(task), isRedacted: tx.genesis.redact };
  tx.onTally({ task: id, attempt, decision, counted, ...facts });
}

/**
 * The data of the chosen output. Prefers a worker that gave the same bytes inline to one that gave only their hash, because
 * the ledger may have to read them for later tasks.
 */
export function readableAnswer(outputs: readonly Output[], chosen: number): Data {
  const { hash, data } = outputs[chosen]!;
  return outputs.find((output) => output.hash === hash && output.data.kind === "inline")?.data ?? data;
}

// --- in words -----------------------------------------------------------------------------------------

/** Why its input counts as invalid, for people. */
export function describeInvalid(view: LedgerView, task: Task): string {
  const { by, why } = task.invalid;
  const who = by.length === 1 ? "one worker says" : `${by.length} workers say`;
  return `${who} that the input is wrong for ${specOf(view, task).skill}${why === "" ? "" : `: ${why}`}`;
}

// --- disagreement -------------------------------------------------------------------------------------

/** Answers that a message names, and the bytes of each that it shows. */
const ANSWERS_SHOWN = 4;
const ANSWER_BYTES = 48;

/** Whether workers gave different answers: more results of the same kind could decide. */
export const isDisagreement = ({ outcome: { groups, unreadable } }: Counted): boolean =>
  groups.length + unreadable.length > 1;

/** Workers that sealed a result and did not show it in time. */
const silentOf = ({ results }: Pick<Task, "results">): AgentId[] =>
  results.filter(({ output }) => output === null).map(({ worker }) => worker);

/** Who gave which answer, for the log. */
export function disagreementOf(task: Task, { outcome, outputs, workers }: Counted): EventOf<"disagreed"> {
  const workersAt = (positions: readonly number[]): AgentId[] => positions.map((position) => workers[position]!);
  return {
    kind: "disagreed",
    task: task.id,
    groups: outcome.groups.map(({ representative, members }) => ({
      answer: outputs[representative]!.hash,
      supporters: workersAt(members),
    })),
    unreadable: workersAt(outcome.unreadable),
    silent: silentOf(task),
  };
}

/** A rule in words, after "reaches" or "by". */
export function ruleText(rule: Rule): string {
  switch (rule.kind) {
    case "first":
    case "majority":
    case "median":
    case "cp-wbft":
      return rule.kind;
    case "quorum":
      return `a quorum of ${rule.q}`;
    case "ahead-by":
      return `a lead of ${rule.k}`;
    case "verified":
      return `${rule.quorum} of ${rule.verifiers} verifiers`;
    case "confidence-weighted":
      return `a probability of ${rule.leastPpm / 1_000_000}`;
    default:
      return unreachable(rule);
  }
}

/** An output as JSON, of at most so many bytes; null if the log has only its hash. */
export function answerText(output: Output, bytes: number): string | null {
  const value = outputValue(output);
  if (value === undefined) return null;
  const text = JSON.stringify(value);
  const short = clip(text, bytes);
  return short === text ? text : `${short}…`;
}

const shown = ({ genesis }: LedgerView, output: Output): string =>
  (genesis.redact ? null : answerText(output, ANSWER_BYTES)) ?? `output ${output.hash.slice(0, 8)}`;

/** `3 results say "Paris", 2 say "Lyon", 1 cannot be read: none reaches majority`. */
export function disagreementText(view: LedgerView, task: Task, { outcome, outputs, workers }: Counted): string {
  const { groups, unreadable } = outcome;
  const say = (results: number, what: string, verb: string): string =>
    `${results} ${results === 1 ? `${verb}s` : verb} ${what}`;
  const parts = groups
    .slice(0, ANSWERS_SHOWN)
    .map(({ members, representative }) => say(members.length, shown(view, outputs[representative]!), "say"));
  const left = groups.slice(ANSWERS_SHOWN).reduce((sum, { members }) => sum + members.length, 0);
  if (left > 0) parts.push(say(left, "something else", "say"));
  if (unreadable.length > 0) parts.push(`${unreadable.length} cannot be compared`);
  const silent = task.results.length - workers.length;
  if (silent > 0) parts.push(`${silent} never came`);
  return `of ${task.results.length} results ${parts.join(", ")}: no answer reaches ${ruleText(policyOf(view, task).accept)}`;
}
