/**
 * The right answers of simulated tasks. Every worker computes the right answer first, so the run knows it for each task that was
 * awarded: the right answer for the input that the task received, whatever went wrong before.
 */

import type { Hash, JobId } from "../../../protocol/core/ids.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { type InputOf, inputValue } from "./work.ts";

/** What a task of a simulated workload is given: its number, its kind, and how hard it is. */
export interface SimulatedTask {
  readonly n: number;
  readonly kind: string;
  /** In [0, 1]. */
  readonly difficulty: number;
}

function isSimulatedTask(value: Value): value is Value & SimulatedTask {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    typeof (value as { n?: unknown }).n === "number" &&
    typeof (value as { kind?: unknown }).kind === "string"
  );
}

const numberOf = (value: Value): number => {
  if (typeof value === "number") return value;
  if (isSimulatedTask(value)) return value.n;
  return typeof value === "string" || Array.isArray(value) ? value.length : 0;
};

/** Twice the sum of the input, plus one: errors show, and chains and reductions have an answer to compare. */
export function rightAnswer(call: InputOf): number | undefined {
  const value = inputValue(call);
  if (value === undefined) return undefined;
  const items = call.input.kind === "list" ? (value as readonly Value[]) : [value];
  return items.reduce<number>((sum, item) => (sum + 2 * numberOf(item)) % 1_000_000_007, 1);
}

/** The kind and difficulty of the task behind an input; of reductions and chains the usual ones. */
export function factsOf(value: Value | undefined): Pick<SimulatedTask, "kind" | "difficulty"> {
  if (value !== undefined && isSimulatedTask(value)) return { kind: value.kind, difficulty: value.difficulty };
  return { kind: "", difficulty: 0.5 };
}

/** A wrong answer that nobody can take for the right one. */
export const wrongAnswer = (right: number, variant: number): number => -right - 2 - variant;

/** An answer of this many bytes: the number with padding behind it; 0: the number alone. */
export const padded = (answer: number, bytes: number): Value =>
  bytes === 0 ? answer : `${answer} `.padEnd(bytes, "x");

/** Right answers by task, in every wording that an agent found for them. */
export class Truth {
  readonly #answers = new Map<string, Set<Hash>>();

  note(job: JobId, task: string, answer: Hash): void {
    const key = `${job} ${task}`;
    const known = this.#answers.get(key);
    if (known === undefined) this.#answers.set(key, new Set([answer]));
    else known.add(answer);
  }

  /** Undefined: nobody was asked, or the task is of another kind of work. */
  isRight(job: JobId, task: string, answer: Hash): boolean | undefined {
    return this.#answers.get(`${job} ${task}`)?.has(answer);
  }

  /** Lets a job's answers go. */
  forget(job: JobId): void {
    for (const key of this.#answers.keys()) if (key.startsWith(`${job} `)) this.#answers.delete(key);
  }
}
