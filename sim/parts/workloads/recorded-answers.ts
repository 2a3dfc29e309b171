/**
 * Answers that a real model gave, recorded before (`meshwork record`): `answers.jsonl`, one object a line with `right` (whether it
 * was), and, where they were recorded, `agent`, `task` (its place among the recorded tasks), `kind`, `confidence` in [0, 1],
 * `latencyMs` and `wrong` (which of the wrong answers).
 */

import { z } from "zod";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { factsOf, wrongAnswer } from "./truth.ts";

const answerSchema = z.strictObject({
  right: z.boolean(),
  agent: z.string().default(""),
  task: z.number().int().min(0).nullable().default(null),
  kind: z.string().default(""),
  confidence: z.number().min(0).max(1).default(1),
  latencyMs: z.number().min(0).default(0),
  wrong: z.number().int().min(0).default(0),
});
type RecordedAnswer = z.output<typeof answerSchema>;

function groupedBy<K>(
  answers: readonly RecordedAnswer[],
  keyOf: (answer: RecordedAnswer) => K,
): Map<K, RecordedAnswer[]> {
  const groups = new Map<K, RecordedAnswer[]>();
  for (const answer of answers) {
    const group = groups.get(keyOf(answer));
    if (group === undefined) groups.set(keyOf(answer), [answer]);
    else group.push(answer);
  }
  return groups;
}

export class RecordedAnswers {
  readonly #byKind: ReadonlyMap<string, readonly RecordedAnswer[]>;
  readonly #byTask: ReadonlyMap<number | null, readonly RecordedAnswer[]>;
  readonly #all: readonly RecordedAnswer[];
  /** How many tasks were recorded; 0: the answers do not say to which they belong. */
  readonly #tasks: number;

  /** `tasks`: of the whole file, so that agents of one file meet the same task at the same place. */
  private constructor(answers: readonly RecordedAnswer[], tasks: number) {
    this.#all = answers;
    this.#tasks = tasks;
    this.#byKind = groupedBy(answers, ({ kind }) => kind);
    this.#byTask = groupedBy(answers, ({ task }) => task);
  }

  static of(answers: readonly RecordedAnswer[]): RecordedAnswers {
    return new RecordedAnswers(answers, 1 + Math.max(-1, ...answers.map(({ task }) => task ?? -1)));
  }

  /** Those who gave them. */
  get agents(): readonly string[] {
    return [...new Set(this.#all.map(({ agent }) => agent))].filter((agent) => agent !== "");
  }

  /** The answers of one of them. */
  by(agent: string): RecordedAnswers {
    return new RecordedAnswers(
      this.#all.filter((answer) => answer.agent === agent),
      this.#tasks,
    );
  }

  /**
   * The answer that was recorded for the task at this place of the workload, which begins again after the last recorded task. If
   * nothing was recorded there, it draws an answer of the task's kind, or any answer if that kind was not recorded.
   */
  answer(
    input: Value | undefined,
    right: number,
    place: number,
    prng: Prng,
  ): { readonly afterMs: number; readonly answer: number; readonly confidencePpm: number } {
    const given = this.#tasks === 0 ? undefined : this.#byTask.get(place % this.#tasks);
    const drawn = prng.pick(given ?? this.#byKind.get(factsOf(input).kind) ?? this.#all);
    return {
      afterMs: drawn.latencyMs,
      answer: drawn.right ? right : wrongAnswer(right, drawn.wrong),
      confidencePpm: Math.round(drawn.confidence * 1_000_000),
    };
  }
}

/** Reads a file of recorded answers. A text says what is wrong with it, with the line. */
export function parseRecordedAnswers(text: string): RecordedAnswers | string {
  const answers: RecordedAnswer[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return `line ${index + 1} is not JSON`;
    }
    const parsed = answerSchema.safeParse(value);
    if (!parsed.success) return `line ${index + 1}: ${parsed.error.issues[0]?.message ?? "not an answer"}`;
    answers.push(parsed.data);
  }
  return answers.length === 0 ? "it holds no answers" : RecordedAnswers.of(answers);
}
