/**
 * Answers that a real model gave, recorded before: `answers.jsonl`, one object a line with `right` (whether it was),
 * and, where they were recorded, `kind`, `confidence` in [0, 1], `latencyMs` and `wrong` (which of the wrong answers).
 */

import { z } from "zod";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { factsOf, wrongAnswer } from "./truth.ts";

const answerSchema = z.strictObject({
  right: z.boolean(),
  kind: z.string().default(""),
  confidence: z.number().min(0).max(1).default(1),
  latencyMs: z.number().min(0).default(0),
  wrong: z.number().int().min(0).default(0),
});
type RecordedAnswer = z.output<typeof answerSchema>;

export class RecordedAnswers {
  readonly #byKind = new Map<string, RecordedAnswer[]>();
  readonly #all: readonly RecordedAnswer[];

  constructor(answers: readonly RecordedAnswer[]) {
    this.#all = answers;
    for (const answer of answers) {
      const known = this.#byKind.get(answer.kind);
      if (known === undefined) this.#byKind.set(answer.kind, [answer]);
      else known.push(answer);
    }
  }

  /** One of those of the task's kind, drawn; of all where that kind was not recorded. */
  answer(
    input: Value | undefined,
    right: number,
    prng: Prng,
  ): { readonly afterMs: number; readonly answer: number; readonly confidencePpm: number } {
    const drawn = prng.pick(this.#byKind.get(factsOf(input).kind) ?? this.#all);
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
  return answers.length === 0 ? "it holds no answers" : new RecordedAnswers(answers);
}
