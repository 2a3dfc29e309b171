/**
 * A chain of tasks, each of which goes on from the answer before, and what a mesh made of it. Experiments run one in virtual time
 * or over real nodes, and judge both alike.
 */

import type { Hash } from "../../protocol/core/ids.ts";
import type { Value } from "../../protocol/wire/value.ts";

export interface ChainWork {
  readonly name: string;
  readonly seed: number;
  readonly steps: number;
  /** What the first task is given. */
  readonly start: Value;
  readonly workers: number;
  /** What the owner knows of each of them: answers. */
  readonly record: { readonly accepted: number; readonly rejected: number };
  /** The lead that an answer must have, the most results of a step, and the form that no output may lack. */
  readonly policy: { readonly k: number; readonly redundancyMax: number; readonly schema: Value };
  /** What a worker answers. Workers are simulated; `worker` is its place, from 0. */
  says(worker: number, input: Value): Value;
}

/** A step that was decided. */
export interface ChainStep {
  readonly answer: Hash;
  /** The place of a worker that gave the answer. */
  readonly supporter: number;
  /** Workers that gave a result, by their places: in the order in which they came. */
  readonly results: readonly number[];
  /** Micro-credits. */
  readonly paid: number;
}

export interface ChainRun {
  readonly steps: readonly ChainStep[];
  /** From the first block to the last, ms of the mesh's clock. */
  readonly tookMs: number;
  /** Why the job ended without a result; null: it is certified. */
  readonly failure: string | null;
}
