/**
 * A fault in one job stays in that job. Each step of a job runs in `within`; an exception ends that job at this agent: the
 * agent marks it on disk, keeps the evidence, and never votes in it again. The agent and its other jobs continue.
 *
 * Nothing of the failed step leaves the agent: its effects are taken back, votes together with their records, as if the
 * process had stopped just before the step. All records of a step are one write (effect.ts), so the mark is durable before
 * anything else of that step is sent.
 *
 * Leaves to agent.ts freeing what the job occupies, to job-records.ts how the mark is written.
 */

import { type DecidedEvidence, Divergence } from "../consensus/divergence.ts";
import { assert } from "../core/assert.ts";
import { clip } from "../core/bytes.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Input } from "../input.ts";
import type { Envelope } from "../wire/command.ts";
import { ignore, type Verdict } from "../wire/verdict.ts";
import type { StepContext } from "./context.ts";
import { type Evidence, encodeMark, type Mark, NO_EVIDENCE, SLOT } from "./job-records.ts";

/** What is known of a job before it goes wrong. */
export interface JobFacts {
  readonly name: string;
  readonly owner: AgentId | "";
}

interface ContainmentEvents {
  /** The job's name and owner, for the mark; null if unknown. */
  factsOf(job: JobId): JobFacts | null;
  /** The commands of a block, as far as this agent has them. May throw. */
  envelopesOf(job: JobId, commands: readonly Hash[]): readonly Envelope[];
  /** Frees everything that the job occupies. Must not throw, so it must not enter the job. */
  onDiverged(job: JobId): void;
}

/** A job that went wrong here. `isMarked`: on disk, too; otherwise the agent tries the job again at its next start. */
export interface DivergedJob extends Mark {
  readonly job: JobId;
  readonly isMarked: boolean;
}

/** The longest reason, bytes: the status, logs and refusals contain it. */
const REASON_BYTES = 300;

function reasonOf(error: unknown): string {
  if (error instanceof Divergence) return error.message;
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `an error of this program: ${said}`;
}

export class Containment {
  readonly #context: StepContext;
  readonly #events: ContainmentEvents;
  readonly #diverged = new Map<JobId, DivergedJob>();
  /** The job whose step is running. */
  #inside: JobId | null = null;

  constructor(context: StepContext, events: ContainmentEvents) {
    this.#context = context;
    this.#events = events;
  }

  has(job: JobId): boolean {
    return this.#diverged.has(job);
  }

  list(): Iterable<DivergedJob> {
    return this.#diverged.values();
  }

  /** Runs a step of `job`. Returns `otherwise` if the step throws, or if the job went wrong earlier. */
  within<T>(job: JobId, otherwise: T, act: () => T): T {
    if (this.#diverged.has(job)) return otherwise;
    if (this.#inside === job) return act(); // the worker's part within the member's, or the reverse: both belong to one step
    assert(this.#inside === null, "a step of a job is no part of another job's");
    this.#inside = job;
    const mark = this.#context.mark();
    try {
      return act();
    } catch (error) {
      this.#context.takeBack(mark);
      this.#diverge(job, error);
      return otherwise;
    } finally {
      this.#inside = null;
    }
  }

  /**
   * Handles what a peer sent. If this throws outside of any job, the message is dropped and the agent continues. Effects from
   * before the exception stay, and each is complete: a failed step of a job has already been taken back.
   */
  reading(act: () => Verdict): Verdict {
    try {
      return act();
    } catch (error) {
      const reason = clip(reasonOf(error), REASON_BYTES);
      const detail = error instanceof Error ? (error.stack ?? "") : "";
      this.#context.emit({ kind: "trace", event: { kind: "fault", reason } });
      this.#context.emit({ kind: "event", event: { kind: "fault", reason, detail } });
      return ignore("fault");
    }
  }

  #diverge(job: JobId, error: unknown): void {
    const decided = error instanceof Divergence ? error.decided : null;
    const evidence = decided === null ? evidenceOf(this.#context.input) : this.#decidedEvidence(job, decided);
    const detail = error instanceof Error && !(error instanceof Divergence) ? (error.stack ?? "") : "";
    this.set(job, reasonOf(error), { isMarked: true, evidence, detail });
  }

  #decidedEvidence(job: JobId, { block, commit }: DecidedEvidence): Evidence {
    let envelopes: readonly Envelope[] = [];
    try {
      envelopes = this.#events.envelopesOf(job, block.commands);
    } catch {
      // The header and the votes show it without them.
    }
    return { kind: "block", committed: { block, envelopes, commit } };
  }

  /** Ends a job at this agent; for good if `isMarked`. */
  set(
    job: JobId,
    why: string,
    { isMarked, evidence = NO_EVIDENCE, detail = "" }: { isMarked: boolean; evidence?: Evidence; detail?: string },
  ): void {
    const { wallMs } = this.#context.now;
    const { name, owner } = this.#events.factsOf(job) ?? { name: "", owner: "" };
    const reason = clip(why, REASON_BYTES);
    const mark = { reason, atMs: Math.max(0, Math.floor(wallMs)), name, owner, evidence: NO_EVIDENCE };
    this.#diverged.set(job, { ...mark, job, isMarked });
    if (isMarked) {
      const bytes = encodeMark({ ...mark, evidence });
      this.#context.emit({ kind: "persist", job, slot: SLOT.mark, bytes, durable: true });
    }
    this.#context.emit({ kind: "trace", event: { kind: "diverged", job, reason } });
    this.#context.emit({ kind: "event", event: { kind: "diverged", job, name, reason, detail, isMarked } });
    this.#events.onDiverged(job);
  }

  /** Tells the operator why a sound stored job does not continue here. */
  mention(job: JobId, reason: string): void {
    const { name } = this.#events.factsOf(job) ?? { name: "" };
    this.#context.emit({ kind: "event", event: { kind: "diverged", job, name, reason, detail: "", isMarked: false } });
  }

  /** A mark that an earlier run left. */
  restore(job: JobId, mark: Mark): void {
    this.#diverged.set(job, { ...mark, evidence: NO_EVIDENCE, job, isMarked: true });
  }
}

/** The frame that the step was handling, if it was one. */
function evidenceOf(input: Input): Evidence {
  if (input.kind !== "frame" || input.bytes.length > limits.frameBytes) return NO_EVIDENCE;
  return { kind: "frame", from: input.from, bytes: input.bytes };
}
