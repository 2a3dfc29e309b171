/**
 * How a node submits a job: it draws a committee, asks it, and draws again without agents that refused or are gone, until
 * a committee decides the first block.
 *
 * Leaves to the protocol (agent/invitations.ts) how one draw is asked, to make-genesis.ts how it is made.
 */

import type { Signer } from "../protocol/core/crypto.ts";
import { statementMessage } from "../protocol/core/crypto.ts";
import { MeshworkError } from "../protocol/core/errors.ts";
import type { AgentId, JobId, MeshId } from "../protocol/core/ids.ts";
import type { LocalEvent } from "../protocol/effect.ts";
import type { Input } from "../protocol/input.ts";
import type { KnownWorld } from "../protocol/selection/knowledge.ts";
import { encodeGenesis, type SignedGenesis } from "../protocol/wire/genesis.ts";
import type { Value } from "../protocol/wire/value.ts";
import { genesisOrWhy, leftOutOf } from "./committee-report.ts";
import { hasher } from "./crypto.ts";
import type { ParsedJob } from "./job-file/parse-job.ts";
import { type ClockState, clockProblem } from "./network/clock-findings.ts";
import type { BlobStore } from "./store/blob-store.ts";
import { type JobHandle, type JobSource, SubmittedJob } from "./submitted-job.ts";

/** How long a submission waits for the first agent that keeps jobs, ms, and how often it looks. */
const HOSTS_MS = 10_000;
const LOOK_MS = 50;
/** After this long, a wrong clock is reason enough to give up, ms: nobody will be heard. */
const CLOCK_MS = 2_000;
/** How many committees are drawn before a submission is given up. */
const DRAWS_MAX = 12;

export interface SubmitOptions {
  /** A committee did not take the job, for this reason; another one is drawn. */
  readonly onRedraw?: (reason: string) => void;
}

export interface SubmissionParts {
  readonly meshId: MeshId;
  readonly signer: Signer;
  readonly source: JobSource;
  readonly blobs: BlobStore;
  input(input: Extract<Input, { kind: "submit" }>): void;
  /** Agents that keep jobs, as far as this node knows. */
  hosts(): Promise<AgentId[]>;
  status(): Promise<Value>;
  clock(): ClockState;
  /** What the owner's jobs taught. */
  world(): KnownWorld;
}

type Submitted = Extract<LocalEvent, { kind: "submitted" }>;

export class Submissions {
  readonly #parts: SubmissionParts;
  readonly #waiting = new Map<JobId, (event: Submitted) => void>();

  constructor(parts: SubmissionParts) {
    this.#parts = parts;
  }

  onSubmitted(event: Submitted): void {
    this.#waiting.get(event.job)?.(event);
  }

  /** Rejects with `refused` where no committee takes the job. */
  async submit(job: ParsedJob, { onRedraw }: SubmitOptions = {}): Promise<JobHandle> {
    const { signer, meshId, source, blobs, status, world } = this.#parts;
    for (const bytes of job.blobs.values()) await blobs.put(bytes);
    await this.#knowHosts();
    const declined = new Map<AgentId, string>();
    const counter = Date.now();
    for (let draw = 1; ; draw++) {
      const hosts = (await this.#parts.hosts()).filter((agent) => !declined.has(agent));
      const owner = { meshId, owner: signer.agent, counter, knowledge: world(), hosts };
      const genesis = await genesisOrWhy(job, owner, declined, status);
      const bytes = encodeGenesis(genesis);
      const id = hasher(bytes) as JobId;
      const signature = signer.sign(statementMessage(meshId, "genesis", id));
      const handle = new SubmittedJob(source, id, genesis);
      const { ok, reason, declined: now } = await this.#propose({ bytes, signature }, id);
      if (ok) {
        handle.leftOut = leftOutOf(job, genesis, await status(), declined);
        return handle;
      }
      handle.discard();
      // Another draw without those that refused or are gone, unless the owner named the members.
      const isFinal = job.committee !== null || now.size === 0 || draw === DRAWS_MAX;
      if (isFinal) throw new MeshworkError("refused", `the job was not taken: ${reason}`);
      for (const [agent, said] of now) declined.set(agent, said);
      onRedraw?.(reason);
    }
  }

  /** Waits until this node knows an agent that keeps jobs: one that has just connected learns of them within seconds. */
  async #knowHosts(): Promise<void> {
    const startedMs = performance.now();
    while ((await this.#parts.hosts()).length === 0) {
      const waitedMs = performance.now() - startedMs;
      const problem = waitedMs > CLOCK_MS ? clockProblem(this.#parts.clock()) : null;
      if (problem !== null) throw problem;
      if (waitedMs > HOSTS_MS) {
        const remedy = "join a mesh with agents that do (--join, without --no-host)";
        throw new MeshworkError("refused", "this node knows no agent that keeps jobs", remedy);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #propose(genesis: SignedGenesis, id: JobId): Promise<Submitted> {
    const stopped = this.#parts.source.whenStopped();
    try {
      const told = new Promise<Submitted>((resolve) => this.#waiting.set(id, resolve));
      this.#parts.input({ kind: "submit", genesis });
      return await Promise.race([told, stopped.promise]);
    } finally {
      stopped.forget();
      this.#waiting.delete(id);
    }
  }
}
