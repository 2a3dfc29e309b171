/**
 * A search over seeds on all cores. What comes out does not depend on how many there are: results are taken in the order
 * of their seeds, and a search that ends after a number of failures leaves out runs beyond the last of them.
 *
 * Leaves it to sim/search/ what a seed is, and to its callers what to show and to write.
 */

import { availableParallelism } from "node:os";
import type { ScenarioSource } from "../load/scenario-source.ts";
import type { Scenario } from "../model/scenario.ts";
import type { Shrunk } from "../search/shrink.ts";
import type { Failure, SeedOutcome } from "../search/subject.ts";
import { type Occurrences, Tameness } from "../search/tameness.ts";
import { availableMiB } from "./memory.ts";
import { type PoolProgress, runPool, runTasks, type SeedCrash, type Task } from "./seed-pool.ts";
import { startWorker } from "./worker-runner.ts";

/** What a worker of a search is started with: plain data. */
export interface SearchSetup {
  /** The module that exports `simHost`. */
  readonly hostUrl: string;
  /** Another module's `createAgent` instead of the host's: a protocol that was broken on purpose. */
  readonly machineUrl: string | null;
  /** Variations of this scenario; null: random ones. */
  readonly scenario: ScenarioSource | null;
  /** How many of the last events a failure shows. */
  readonly events: number;
  /** One word: not 0 when runs are to end. */
  readonly stop: SharedArrayBuffer;
}

export type SearchTask = Task &
  (
    | { readonly kind: "run" }
    /** Make the scenario of a seed that broke `property` small, with at most this many runs. */
    | { readonly kind: "shrink"; readonly property: string; readonly runs: number }
  );

/** A run's outcome is null if it was stopped. A failure that was made small brings its scenario, and its size in words. */
export type SearchNews =
  | { readonly kind: "run"; readonly outcome: SeedOutcome | null }
  | { readonly kind: "shrink"; readonly shrunk: Shrunk<Scenario>; readonly size: string };

export type Subjects = Pick<SearchSetup, "hostUrl" | "machineUrl" | "scenario">;

export interface SearchOptions {
  readonly subjects: Subjects;
  readonly occurrences: Occurrences;
  readonly from: number;
  /** Infinity: until something else ends it. */
  readonly seeds: number;
  /** Ends after this many failed seeds. */
  readonly failures: number;
  /** Real time that it may take, ms. */
  readonly forMs: number;
  readonly workers?: number | undefined;
  readonly events: number;
  readonly signal: AbortSignal;
  onFailure(seed: number, failure: Failure): void;
  onProgress(progress: PoolProgress): void;
}

export interface SearchOutcome {
  /** From the first seed on, without a gap, unless it was interrupted. */
  readonly seeds: number;
  readonly steps: number;
  readonly failed: readonly { readonly seed: number; readonly failure: Failure }[];
  readonly tameness: Tameness;
  readonly isInterrupted: boolean;
  readonly crash: SeedCrash<SearchTask> | null;
}

/** Runs a search's tasks until its signal, which also ends runs in progress. */
interface Hands {
  readonly workers: number;
  setup(events: number): SearchSetup;
  close(): void;
}

function handsOf(subjects: Subjects, wanted: number | undefined, signal: AbortSignal): Hands {
  const stop = new SharedArrayBuffer(4);
  const onAbort = (): void => void Atomics.store(new Int32Array(stop), 0, 1);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    workers: wanted ?? availableParallelism(),
    setup: (events) => ({ ...subjects, events, stop }),
    close: () => signal.removeEventListener("abort", onAbort),
  };
}

const startSearcher = (setup: SearchSetup, workers: number) =>
  startWorker<SearchTask, SearchNews>("search-worker", setup, Math.max(512, availableMiB() / workers));

/** Takes outcomes in the order of their seeds. */
class Tally {
  readonly tameness: Tameness;
  readonly failed: { readonly seed: number; readonly failure: Failure }[] = [];
  seeds = 0;
  steps = 0;
  readonly #options: SearchOptions;
  /** By their place; those before `#next` are counted. */
  readonly #waiting = new Map<number, SeedOutcome>();
  #next = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.tameness = new Tameness(options.occurrences);
  }

  get isFull(): boolean {
    return this.failed.length >= this.#options.failures;
  }

  add(index: number, outcome: SeedOutcome): void {
    this.#waiting.set(index, outcome);
    for (let next = this.#take(this.#next); next !== undefined; next = this.#take(this.#next)) {
      this.#next++;
      this.#count(next);
    }
  }

  /** What waits for a seed that will not come. */
  addRest(): void {
    for (const [, outcome] of [...this.#waiting].sort(([a], [b]) => a - b)) this.#count(outcome);
  }

  #take(index: number): SeedOutcome | undefined {
    const outcome = this.#waiting.get(index);
    this.#waiting.delete(index);
    return outcome;
  }

  #count({ seed, steps, coverage, failure }: SeedOutcome): void {
    if (this.isFull) return;
    this.seeds++;
    this.steps += steps;
    this.tameness.note(coverage);
    if (failure === null) return;
    this.failed.push({ seed, failure });
    this.#options.onFailure(seed, failure);
  }
}

export async function search(options: SearchOptions): Promise<SearchOutcome> {
  const { subjects, from, seeds, forMs, events, signal, onProgress } = options;
  const tally = new Tally(options);
  /** Enough was found: what runs beyond it does not count. */
  const full = new AbortController();
  const ended = AbortSignal.any([signal, full.signal]);
  const hands = handsOf(subjects, options.workers, ended);
  const workers = Math.min(hands.workers, seeds);
  const startedMs = performance.now();
  const passedMs = (): number => performance.now() - startedMs;
  try {
    const tasks = {
      length: seeds,
      at: (index: number): SearchTask | undefined =>
        index < seeds && passedMs() < forMs ? { kind: "run", seed: from + index } : undefined,
    };
    const setup = hands.setup(events);
    const crash = await runPool<SearchTask, SearchNews>(
      tasks,
      {
        createRunner: () => startSearcher(setup, workers),
        workers,
        signal: ended,
        onProgress: (progress) => onProgress(byTime(progress, passedMs(), forMs)),
      },
      (news, index) => {
        if (news.kind === "run" && news.outcome !== null) tally.add(index, news.outcome);
        if (tally.isFull) full.abort();
      },
    );
    tally.addRest();
    const isWhole = tally.isFull || tally.seeds === seeds || !signal.aborted;
    return {
      seeds: tally.seeds,
      steps: tally.steps,
      failed: tally.failed,
      tameness: tally.tameness,
      crash,
      isInterrupted: !isWhole,
    };
  } finally {
    hands.close();
  }
}

/** Progress of a search that ends by its time or by its seeds, whichever comes first. */
function byTime(progress: PoolProgress, passedMs: number, forMs: number): PoolProgress {
  if (forMs === Number.POSITIVE_INFINITY) return progress;
  const leftMs = Math.max(0, forMs - passedMs);
  const share = Math.max(progress.share, passedMs / forMs);
  return { ...progress, share, leftMs: Math.min(leftMs, progress.leftMs ?? leftMs) };
}

interface ShrinkSearch extends Pick<SearchOptions, "subjects" | "workers" | "signal"> {
  readonly failed: SearchOutcome["failed"];
  /** Runs that each may take. */
  readonly runs: number;
}

/** Makes failures small, several at a time. In their order; null where there was no time for it. */
export async function shrinkAll({ subjects, failed, runs, workers, signal }: ShrinkSearch) {
  const hands = handsOf(subjects, workers, signal);
  const atOnce = Math.min(hands.workers, failed.length);
  const setup = hands.setup(0);
  const tasks = failed.map(({ seed, failure: { property } }): SearchTask => ({ kind: "shrink", seed, property, runs }));
  try {
    const { results } = await runTasks<SearchTask, SearchNews>(tasks, {
      createRunner: () => startSearcher(setup, atOnce),
      workers: atOnce,
      signal,
    });
    return results.map((news) => (news?.kind === "shrink" ? news : null));
  } finally {
    hands.close();
  }
}
