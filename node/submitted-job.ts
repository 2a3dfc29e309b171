/**
 * A job that a node submitted, as its operator sees it: its blocks one by one, its end, its result.
 */

import type { JobId, TaskId } from "../protocol/core/ids.ts";
import { GOING, type Standing } from "../protocol/effect.ts";
import type { LostAward } from "../protocol/job/counted.ts";
import type { LedgerEvent } from "../protocol/job/event.ts";
import type { TallyReport } from "../protocol/job/tally-report.ts";
import type { Certificate } from "../protocol/wire/certificate.ts";
import type { Genesis } from "../protocol/wire/genesis.ts";
import type { Value } from "../protocol/wire/value.ts";
import type { LeftOut } from "./committee-report.ts";

/** A block's decisions, as they reach this node. */
export interface JobEvent {
  readonly job: JobId;
  readonly height: number;
  readonly timeMs: number;
  readonly events: readonly LedgerEvent[];
  /** How tasks came to their answers, or to none, by task. */
  readonly tallies: readonly (readonly [TaskId, TallyReport])[];
  readonly lost: readonly LostAward[];
}

export type JobOutcome =
  | { readonly status: "certified"; readonly result: Value; readonly certificate: Certificate }
  | { readonly status: "failed" | "cancelled"; readonly reason: string; readonly certificate: Certificate | null };

/** A submitted job. Waiting for it survives restarts of its members, as long as any of them answers. */
export interface JobHandle {
  readonly id: JobId;
  readonly genesis: Genesis;
  /** Why nothing is decided, if so: members that cannot be reached or are silent, an overdue deadline. */
  readonly standing: Standing;
  /** Agents that are not in the committee although with them it could be larger, and why. */
  readonly leftOut: readonly LeftOut[];
  /** Blocks from the first on; ends with the job. May be iterated once. */
  events(): AsyncIterable<JobEvent>;
  /** Waits for the job's end. Rejects if this node stops before. */
  result(): Promise<JobOutcome>;
  cancel(): void;
}

/** What a submitted job needs of its node. */
export interface JobSource {
  onJobEvent(listener: (event: JobEvent) => void): () => void;
  onStanding(listener: (job: JobId, standing: Standing) => void): () => void;
  certified(job: JobId): Promise<{ readonly result: Value; readonly certificate: Certificate }>;
  cancel(job: JobId): void;
  /** Rejects when the node stops, until it is forgotten. */
  whenStopped(): { promise: Promise<never>; forget(): void };
}

/** Collects a job's blocks from before it starts, so that none is missed. */
export class SubmittedJob implements JobHandle {
  readonly id: JobId;
  readonly genesis: Genesis;
  leftOut: readonly LeftOut[] = [];
  readonly #node: JobSource;
  /** Events that nobody has read yet. */
  readonly #seen: JobEvent[] = [];
  #wake: () => void = () => undefined;
  #last: Extract<LedgerEvent, { kind: "completed" }> | null = null;
  readonly #forget: () => void;
  standing: Standing = GOING;

  constructor(node: JobSource, id: JobId, genesis: Genesis) {
    this.id = id;
    this.genesis = genesis;
    this.#node = node;
    const forgetStanding = node.onStanding((job, standing) => {
      if (job === id) this.standing = standing;
    });
    const forgetBlocks = node.onJobEvent((event) => {
      if (event.job !== id) return;
      this.#seen.push(event);
      const last = event.events.at(-1);
      if (last?.kind === "completed") this.#last = last;
      if (this.#last !== null) {
        this.standing = GOING;
        this.#forget();
      }
      this.#wake();
    });
    this.#forget = () => {
      forgetBlocks();
      forgetStanding();
    };
  }

  async *events(): AsyncGenerator<JobEvent> {
    const stopped = this.#node.whenStopped();
    try {
      for (;;) {
        const event = this.#seen.shift();
        if (event !== undefined) {
          yield event;
          if (event.events.at(-1)?.kind === "completed") return;
          continue;
        }
        const news = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([news, stopped.promise]);
      }
    } finally {
      stopped.forget();
    }
  }

  async result(): Promise<JobOutcome> {
    const last = await this.#end();
    if (last.status !== "certified") return { status: last.status, reason: last.reason, certificate: null };
    return { status: "certified", ...(await this.#node.certified(this.id)) };
  }

  async #end(): Promise<Extract<LedgerEvent, { kind: "completed" }>> {
    const stopped = this.#node.whenStopped();
    try {
      await this.#ended(stopped.promise);
    } finally {
      stopped.forget();
    }
    return this.#last!;
  }

  async #ended(stopped: Promise<never>): Promise<void> {
    if (this.#last !== null) return;
    await Promise.race([
      stopped,
      new Promise<void>((resolve) => {
        const forget = this.#node.onJobEvent(({ job, events }) => {
          if (job !== this.id || events.at(-1)?.kind !== "completed") return;
          forget();
          resolve();
        });
      }),
    ]);
  }

  cancel(): void {
    this.#node.cancel(this.id);
  }

  /** The job never began, and never will. */
  discard(): void {
    this.#forget();
  }
}
