/**
 * The jobs that this agent's owner submits, from the draft to the first block: it waits until it knows agents that host
 * jobs, draws a committee among them, has it invited, and draws again without those that refused or are gone.
 *
 * Leaves to job/draft.ts how a genesis is made, to invitations.ts the invitations of one draw, to own-jobs.ts what comes after
 * the first block. Source: protocol.md 4 (who is asked).
 */

import { statementMessage } from "../core/crypto.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { SubmissionProblem } from "../effect.ts";
import type { Input } from "../input.ts";
import { type JobDraft, makeGenesis } from "../job/draft.ts";
import type { KnownWorld } from "../selection/knowledge.ts";
import { encodeGenesis, type Genesis } from "../wire/genesis.ts";
import { candidatesOf, describeShortage } from "./candidates.ts";
import { type CheckedGenesis, checkGenesis } from "./checked-genesis.ts";
import type { Context } from "./context.ts";

/** How long a submission waits for the first agent that hosts jobs, ms, and how often it looks. */
const HOSTS_MS = 10_000;
const LOOK_MS = 50;
/** After this long, a clock that others take no notice of is reason enough to give up, ms. */
const CLOCK_MS = 2_000;
/** How many committees are drawn before a submission is given up. */
const DRAWS_MAX = 12;

interface Submission {
  readonly ticket: number;
  readonly draft: JobDraft;
  readonly known: KnownWorld;
  readonly counter: number;
  readonly sinceMs: number;
  /** The agents that refused, each with its reason, and those that did not answer (""). */
  readonly declined: Map<AgentId, string>;
  draws: number;
}

interface SubmissionEvents {
  /** Agents that may host a job of this owner, as far as this agent knows. */
  hosts(): readonly AgentId[];
  /** The network from which this agent saw another one last. */
  originOf(this: void, agent: AgentId): string;
  /** Asks a committee; `onTaken` or `onNotTaken` follows. */
  invite(checked: CheckedGenesis): void;
  /** Whether this machine's clock is so far off that others take no notice of it. */
  isUnheard(): boolean;
}

export class Submissions {
  readonly #context: Context;
  readonly #events: SubmissionEvents;
  /** Those that wait for an agent that hosts jobs. */
  readonly #waiting = new Set<Submission>();
  /** Those whose committee is asked, by the draw's job. */
  readonly #asking = new Map<JobId, Submission>();
  #lookAtMs = Number.POSITIVE_INFINITY;

  constructor(context: Context, events: SubmissionEvents) {
    this.#context = context;
    this.#events = events;
  }

  submit({ ticket, draft, known, counter }: Extract<Input, { kind: "submit" }>): void {
    const submission = {
      ...{ ticket, draft, known, counter: counter ?? this.#context.nextCounter() },
      sinceMs: this.#context.now.monoMs,
      declined: new Map<AgentId, string>(),
      draws: 0,
    };
    // It follows its own job, and recomputes every choice as the members do.
    if (!this.#context.selectors.has(draft.selector))
      this.#fail(submission, "not-taken", `this node has no selector ${draft.selector}`);
    else this.#drawOrWait(submission);
  }

  #drawOrWait(submission: Submission): void {
    if (submission.draft.committee.kind === "named" || this.#events.hosts().length > 0)
      return this.#draw(submission, "");
    this.#waiting.add(submission);
    this.#lookAtMs = this.#context.now.monoMs + LOOK_MS;
  }

  /** `after`: why the draw before came to nothing. */
  #draw(submission: Submission, after: string): void {
    const { draft, known, counter, declined } = submission;
    const { config, owner } = this.#context;
    const { hash } = config.crypto;
    const agents = this.#events.hosts().filter((agent) => !declined.has(agent));
    const hosts = candidatesOf(agents, known, this.#events.originOf);
    const genesis = makeGenesis(hash, draft, { meshId: config.meshId, owner: owner.agent, counter, known, hosts });
    if (typeof genesis === "string")
      return this.#fail(submission, genesis, describeShortage(genesis, draft, known, hosts, declined));
    const checked = this.#signed(genesis);
    if (typeof checked === "string") return this.#fail(submission, "not-taken", checked);
    submission.draws++;
    this.#asking.set(checked.job, submission);
    const { ticket } = submission;
    this.#context.emit({ kind: "event", event: { kind: "drawn", ticket, job: checked.job, genesis, after } });
    this.#events.invite(checked);
  }

  #signed(genesis: Genesis): CheckedGenesis | string {
    const { config, owner } = this.#context;
    const bytes = encodeGenesis(genesis);
    const job = config.crypto.hash(bytes) as JobId;
    return checkGenesis(this.#context, {
      bytes,
      signature: owner.sign(statementMessage(config.meshId, "genesis", job)),
    });
  }

  onTaken(job: JobId): void {
    const submission = this.#asking.get(job);
    if (submission === undefined) return;
    this.#asking.delete(job);
    const { ticket, declined } = submission;
    this.#context.emit({ kind: "event", event: { kind: "submitted", ticket, problem: null, reason: "", declined } });
  }

  /** Another draw without those that refused or are gone, unless the owner named the members. */
  onNotTaken(job: JobId, reason: string, declined: ReadonlyMap<AgentId, string>): void {
    const submission = this.#asking.get(job);
    if (submission === undefined) return;
    this.#asking.delete(job);
    for (const [agent, said] of declined) submission.declined.set(agent, said);
    const isFinal = submission.draft.committee.kind === "named" || declined.size === 0;
    if (isFinal || submission.draws === DRAWS_MAX) this.#fail(submission, "not-taken", reason);
    else this.#draw(submission, reason);
  }

  #fail({ ticket, declined }: Submission, problem: SubmissionProblem, reason: string): void {
    this.#context.emit({ kind: "event", event: { kind: "submitted", ticket, problem, reason, declined } });
  }

  tick(): void {
    const { monoMs } = this.#context.now;
    if (monoMs < this.#lookAtMs) return;
    const isAnyHost = this.#events.hosts().length > 0;
    for (const submission of [...this.#waiting]) {
      const waitedMs = monoMs - submission.sinceMs;
      const isUnheard = waitedMs > CLOCK_MS && this.#events.isUnheard();
      if (!isAnyHost && !isUnheard && waitedMs <= HOSTS_MS) continue;
      this.#waiting.delete(submission);
      if (isAnyHost) this.#draw(submission, "");
      else if (isUnheard) this.#fail(submission, "unheard", "this machine's clock is too far off");
      else this.#fail(submission, "no-hosts", "this node knows no agent that hosts jobs");
    }
    this.#lookAtMs = this.#waiting.size === 0 ? Number.POSITIVE_INFINITY : monoMs + LOOK_MS;
  }

  nextWakeMs(): number {
    return this.#lookAtMs;
  }
}
