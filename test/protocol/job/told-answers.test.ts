/** What a job tells of its answers: who said what, what each counted for, why one won or none did; and what it keeps to itself. */

import { expect, test } from "vitest";
import { Explanations } from "../../../protocol/agent/explanations.ts";
import type { TaskId } from "../../../protocol/core/ids.ts";
import { type AnsweredTask, AnswerLog } from "../../../protocol/job/answer-log.ts";
import type { IdentifiedCommand } from "../../../protocol/job/commands.ts";
import { reportTally } from "../../../protocol/job/tally-report.ts";
import { describeAnswer, describeDecision, describeObjection } from "../../../protocol/job/tally-words.ts";
import { NO_FLAGS, type Policy } from "../../../protocol/wire/genesis.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { inline, type JobOptions, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const WORKERS = ["w0", "w1", "w2", "w3", "w4", "w5"];
const text = { kind: "text", case: true, space: true, punctuation: true } as const;

/** A job of one task, which writes down what each block tells. */
class Told extends Book {
  readonly log = new AnswerLog(4);
  readonly explanations = new Explanations(4);
  #height = 0;

  constructor(policy: Partial<Policy>, changes: Partial<JobOptions> = {}) {
    super([single("a", 1, { policy: sealedPolicy(policy) })], 1_000_000, null, changes);
    this.tell(WORKERS.map((worker) => this.offer(worker)));
  }

  tell(commands: readonly IdentifiedCommand[], laterMs = 10): void {
    this.timeMs += laterMs;
    const { execution } = this.ledger.select(this.timeMs, commands);
    this.ledger.keep(execution);
    const { outcome } = execution;
    this.explanations.note({ height: this.#height++, timeMs: this.timeMs }, outcome);
    for (const tally of outcome.tallies) this.log.noteTally(tally.task, () => reportTally(tally));
    for (const award of outcome.lost) this.log.noteLost(award);
    for (const event of outcome.events) this.log.noteEvent(event);
  }

  get live(): readonly string[] {
    const live = this.task("a")!.awards.filter(({ status }) => status === "live");
    return live.map(({ worker }) => String(worker)).sort();
  }

  /** Those that hold seats answer in the order of their names; null: sealed and never shown. */
  answers(outputs: readonly (Value | null)[]): readonly string[] {
    const workers = this.live;
    const { attempt } = this.task("a")!;
    const said = workers.map((worker, i) => ({ worker, output: outputs[i]! }));
    this.tell(said.map(({ worker, output }) => this.seal(worker, "a", attempt, inline(output))));
    const shown = said.filter(({ output }) => output !== null);
    this.tell(shown.map(({ worker, output }) => this.result(worker, "a", attempt, inline(output), NONCE)));
    return workers;
  }

  get told(): AnsweredTask {
    return this.log.tasks[0]!;
  }
}

test("an answer: who gave it, in which words, what each said of itself and counted for, and what was flagged", () => {
  const told = new Told({ compare: text, flags: { ...NO_FLAGS, maxBytes: 20 } });
  const [first, second, third] = told.answers(["Paris", "paris.", "Paris, as everybody knows"]);
  const tally = told.told.tally!;
  expect(tally).toMatchObject({ decision: "accepted", rule: "majority", comparator: "text", margin: 1 / 3 });
  expect(tally.groups).toMatchObject([{ results: 2, isChosen: true, isRefuted: false }]);
  expect(tally.results.map(({ worker, answer, discarded }) => [worker, answer, discarded]).sort()).toEqual([
    [first, '"Paris"', null],
    [second, '"paris."', null],
    [third, '"Paris, as everybody knows"', "too-large"],
  ]);
  for (const { stated, calibrated } of tally.results) {
    expect(stated).toBe(0.9);
    expect(calibrated).toBeCloseTo(2 / 3, 5); // a newcomer's word, whatever it says
  }
  expect(tally.groups[0]!.weight).toBeCloseTo(2 * Math.log(2), 2);
  expect(tally.posterior).toBeCloseTo(0.8, 2);
  expect(describeDecision(tally)).toBe(
    "accepted by majority, compared by text: 2 of 3 results, probability 0.800, margin 0.33",
  );
  expect(describeObjection(tally.results.find(({ worker }) => worker === third)!, tally)).toBe("flagged (too-large)");
});

test("a worker that sealed and showed nothing is named as silent", () => {
  const told = new Told({ redundancy: 3 });
  const workers = told.answers(["x", "x", null]);
  told.tell([], 600_000);
  const { tally } = told.told;
  expect(tally!.results.at(-1)).toMatchObject({ worker: workers[2], hash: null, answer: null });
  expect(describeObjection(tally!.results.at(-1)!, tally!)).toContain("silent");
  expect(told.told.lost).toEqual([{ worker: workers[2], reason: "unrevealed", message: "" }]);
});

test("no answer: the groups stand there, with the failure in words", () => {
  const told = new Told({ redundancyMax: 3 });
  told.answers(["x", "y", "z"]);
  const { tally, failed } = told.told;
  expect(tally).toMatchObject({ decision: "failed", margin: null });
  expect(tally!.groups.map(({ answer, isChosen }) => [answer, isChosen])).toHaveLength(3);
  expect(tally!.groups.some(({ isChosen }) => isChosen)).toBe(false);
  expect(failed).toMatchObject({ reason: "disagreement", message: expect.stringContaining('1 says "x"') });
});

test("an award that brings nothing stands there with the words of its worker", () => {
  const told = new Told({ redundancy: 3 });
  const [worker] = told.live;
  told.tell([told.failure(worker!, "a", 1, "error", { message: "the model is overloaded" })]);
  expect(told.told.lost).toEqual([{ worker, reason: "error", message: "the model is overloaded" }]);
  expect(told.explanations.of("a" as TaskId)).toMatchObject([{ lost: [{ worker, reason: "error" }] }, {}]);
});

test("whoever asks is told the newest tally with the choice that it follows; a list has none", () => {
  const told = new Told({ redundancy: 3 });
  told.answers(["x", "y", "z"]);
  told.answers(["x", "x"]);
  const choices = told.explanations.of("a" as TaskId) as readonly { readonly tally: unknown }[];
  expect(choices.map(({ tally }) => tally)).toMatchObject([{ decision: "undecided" }, { decision: "accepted" }]);
  expect(told.explanations.list()).toMatchObject([{ tally: null, lost: [] }]);
});

test("a redacted job shows hashes instead of outputs, and no words of its workers, in the log itself too", () => {
  const told = new Told({ redundancyMax: 3, retries: 1 }, { redact: true });
  const [worker] = told.live;
  told.tell([told.failure(worker!, "a", 1, "error", { message: "secret" })]);
  told.answers(["secret", "secret too", "most secret"]);
  const { tally, lost, failed } = told.told;
  expect(lost).toEqual([{ worker, reason: "error", message: "" }]);
  for (const result of tally!.results) {
    expect(result).toMatchObject({ answer: null, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(describeAnswer(result)).toBe(`output ${result.hash!.slice(0, 8)}`);
  }
  expect(failed!.message).toMatch(/1 says output [0-9a-f]{8}/);
  expect(JSON.stringify([told.told, told.end, told.explanations.of("a" as TaskId)])).not.toContain("secret");
});

test("a log of answers is bounded in tasks, and says how many it left out", () => {
  const log = new AnswerLog(2);
  for (const task of ["b/10", "b/2", "c"])
    log.noteEvent({ kind: "taskFailed", task: task as TaskId, reason: "retries", message: "" });
  expect(log.tasks.map(({ task }) => task)).toEqual(["b/2", "b/10"]);
  expect(log.leftOut).toBe(1);
});
