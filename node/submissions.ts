/**
 * The jobs that a node's operator submits: puts their inputs into the store, hands the draft to the agent, and gives the
 * operator a handle on the job.
 *
 * Leaves to the agent (protocol/agent/submissions.ts) which committee is drawn and when to draw again.
 */

import { MeshworkError } from "../protocol/core/errors.ts";
import type { AgentId } from "../protocol/core/ids.ts";
import type { LocalEvent } from "../protocol/effect.ts";
import type { Input } from "../protocol/input.ts";
import type { KnownWorld } from "../protocol/selection/knowledge.ts";
import type { Value } from "../protocol/wire/value.ts";
import type { BlobQuota } from "./blob-quota.ts";
import { describeLeftOut, leftOut, leftOutOf } from "./committee-report.ts";
import type { ParsedJob } from "./job-file/parse-job.ts";
import { type ClockState, clockProblem } from "./network/clock-findings.ts";
import { agentsOf } from "./node-status.ts";
import { type JobHandle, type JobSource, SubmittedJob } from "./submitted-job.ts";

export interface SubmitOptions {
  /** A committee did not take the job, for this reason; another one is drawn. */
  readonly onRedraw?: (reason: string) => void;
}

interface SubmissionParts {
  readonly source: JobSource;
  readonly quota: Pick<BlobQuota, "hold" | "put">;
  input(input: Extract<Input, { kind: "submit" }>): void;
  /** Agents that its agent may draw. */
  hosts(): Promise<AgentId[]>;
  status(): Promise<Value>;
  clock(): ClockState;
  /** What the owner's jobs taught. */
  world(): KnownWorld;
}

const FEW_KNOWN =
  "submit it again when they have room, name no size of the committee, or let agents in that your jobs do not know (--strangers)";

type Drawn = Extract<LocalEvent, { kind: "drawn" }>;
type Submitted = Extract<LocalEvent, { kind: "submitted" }>;

interface Waiting {
  onDrawn(event: Drawn): void;
  onSubmitted(event: Submitted): void;
}

export class Submissions {
  readonly #parts: SubmissionParts;
  readonly #waiting = new Map<number, Waiting>();
  #tickets = 0;

  constructor(parts: SubmissionParts) {
    this.#parts = parts;
  }

  onEvent(event: Drawn | Submitted): void {
    const waiting = this.#waiting.get(event.ticket);
    if (event.kind === "drawn") waiting?.onDrawn(event);
    else waiting?.onSubmitted(event);
  }

  /** Rejects with `refused` where no committee takes the job. */
  async submit(job: ParsedJob, options: SubmitOptions = {}): Promise<JobHandle> {
    // Another job with the same inputs may end before this one is drawn and needs them itself.
    const letGo = this.#parts.quota.hold(job.blobs.keys());
    try {
      for (const bytes of job.blobs.values()) await this.#parts.quota.put(bytes);
      return await this.#submit(job, options);
    } finally {
      letGo();
    }
  }

  async #submit(job: ParsedJob, { onRedraw }: SubmitOptions): Promise<JobHandle> {
    const { source, status } = this.#parts;
    // Made as soon as a committee is drawn, so that it misses no block.
    let handle: SubmittedJob | null = null;
    const ended = await this.#propose(job, ({ job: id, genesis, after }) => {
      if (handle !== null) onRedraw?.(after);
      handle?.discard();
      handle = new SubmittedJob(source, id, genesis);
    });
    const last = handle as SubmittedJob | null;
    if (ended.problem === null && last !== null) {
      last.leftOut = leftOutOf(job, last.genesis, await status(), ended.declined);
      return last;
    }
    last?.discard();
    throw await this.#errorOf(ended);
  }

  async #propose(draft: ParsedJob, onDrawn: (event: Drawn) => void): Promise<Submitted> {
    const stopped = this.#parts.source.whenStopped();
    const ticket = ++this.#tickets;
    try {
      const told = new Promise<Submitted>((onSubmitted) => this.#waiting.set(ticket, { onDrawn, onSubmitted }));
      this.#parts.input({ kind: "submit", ticket, draft, known: this.#parts.world(), counter: null });
      return await Promise.race([told, stopped.promise]);
    } finally {
      stopped.forget();
      this.#waiting.delete(ticket);
    }
  }

  async #errorOf({ problem, reason, declined }: Submitted): Promise<Error> {
    const { status, clock, hosts } = this.#parts;
    if (problem === "no-hosts")
      return new MeshworkError("refused", reason, "join a mesh with agents that do (--join, without --no-host)");
    if (problem === "few-hosts") {
      const remaining = (await hosts()).filter((agent) => !declined.has(agent));
      const all = leftOut({ agents: agentsOf(await status()), hosts: remaining, size: 0, declined });
      return new MeshworkError("refused", [reason, ...describeLeftOut(all)].join("; "));
    }
    if (problem === "few-known") return new MeshworkError("refused", reason, FEW_KNOWN);
    const own = problem === "unheard" ? clockProblem(clock()) : null;
    return own ?? new MeshworkError("refused", `the job was not taken: ${reason}`);
  }
}
