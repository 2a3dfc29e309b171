/**
 * The jobs that this agent's owner submits, from the draft to the first block: it waits until it knows agents that host
 * jobs, asks them whether they would, draws a committee among those, has it invited, and draws again without those that
 * refused or are gone.
 *
 * Leaves to job/draft.ts how a genesis is made, to probes.ts whom to ask before, to invitations.ts the
 * invitations of one draw, to own-jobs.ts what comes after
 * the first block. Source: protocol.md 4 (who is asked).
 */

import { statementMessage } from "../core/crypto.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { SubmissionProblem } from "../effect.ts";
import type { Input } from "../input.ts";
import { type Candidate, standbysFor } from "../job/committee-draw.ts";
import { committeeSize, type Draw, type JobDraft, makeGenesis, rankCandidates } from "../job/draft.ts";
import type { KnownWorld } from "../selection/knowledge.ts";
import { encodeGenesis, type Genesis } from "../wire/genesis.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
import { candidatesOf, describeShortage } from "./candidates.ts";
import { type CheckedGenesis, checkGenesis } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import { Probing } from "./probes.ts";

/** How long a submission waits for the first agent that hosts jobs, ms, and how often it looks. */
const HOSTS_MS = 10_000;
const LOOK_MS = 50;
/** After this long, a clock that others take no notice of is reason enough to give up, ms. */
const CLOCK_MS = 2_000;
/** A host that was met this long ago is settled, ms; newer ones are left out where so many are settled. */
const SETTLED_MS = 30_000;
const SETTLED_HOSTS = 4;
/** How many committees are drawn before a submission is given up. */
const DRAWS_MAX = 12;

interface Submission {
  readonly ticket: number;
  readonly draft: JobDraft;
  readonly known: KnownWorld;
  readonly counter: number;
  readonly sinceMs: number;
  /** The agents that refused an invitation, each with its reason, and those that did not answer (""). */
  readonly declined: Map<AgentId, string>;
  readonly probing: Probing;
  /** Why the draw before came to nothing. */
  after: string;
  draws: number;
}

/** Who declined, at an invitation or before: by the last word of each. */
const declinedOf = ({ probing, declined }: Submission): Map<AgentId, string> =>
  new Map([...probing.declined, ...declined]);

interface SubmissionEvents {
  /** Agents that may host a job of this owner, as far as this agent knows. */
  hosts(): readonly AgentId[];
  /** The network from which this agent saw another one last. */
  originOf(this: void, agent: AgentId): string;
  /** Whether this agent, or a neighbour, met it, and for how long that has been so, ms. */
  isMet(this: void, agent: AgentId): boolean;
  metForMs(this: void, agent: AgentId): number;
  /** Whether it could not be dialled. */
  isAway(this: void, agent: AgentId): boolean;
  /** Why this agent would host no job of its owner now; null if it would. */
  lackOfRoom(this: void): string | null;
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
  /** Those that ask agents whether they would host the job. */
  readonly #probing = new Set<Submission>();
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
      probing: new Probing(this.#context, this.#events, ticket),
      after: "",
      draws: 0,
    };
    // It follows its own job, and recomputes every choice as the members do.
    if (!this.#context.selectors.has(draft.selector))
      this.#fail(submission, "not-taken", `this node has no selector ${draft.selector}`);
    else this.#drawOrWait(submission);
  }

  #drawOrWait(submission: Submission): void {
    if (submission.draft.committee.kind === "named") return this.#draw(submission);
    if (this.#events.hosts().length > 0) return this.#probe(submission);
    this.#waiting.add(submission);
    this.#lookAtMs = this.#context.now.monoMs + LOOK_MS;
  }

  /** Agents that this owner may draw, but for those that declined an invitation to this job. */
  #candidates({ known, declined }: Submission): Candidate[] {
    const agents = this.#events.hosts().filter((agent) => !declined.has(agent));
    return candidatesOf(agents, known, this.#events.originOf);
  }

  #probe(submission: Submission): void {
    const { self } = this.#context;
    if (this.#events.hosts().includes(self)) submission.probing.onOwn(this.#events.lackOfRoom());
    this.#probing.add(submission);
    this.#lookAtMs = Math.min(this.#lookAtMs, this.#context.now.monoMs + LOOK_MS);
    this.#drawIfReady(submission);
  }

  #drawIfReady(submission: Submission): void {
    const { draft, probing } = submission;
    const candidates = this.#candidates(submission);
    const members = committeeSize(draft.committee, candidates.length);
    const standbys = standbysFor(members);
    const ranked = (): Candidate[] =>
      rankCandidates(this.#context.config.crypto.hash, draft, this.#drawOf(submission, candidates));
    if (!probing.isReady(ranked, { members, standbys })) return;
    this.#probing.delete(submission);
    this.#draw(submission);
  }

  onProbed(from: AgentId, { id, reason }: Extract<Message, { kind: "probed" }>): Verdict {
    const asking = [...this.#probing].find(({ probing }) => probing.onProbed(from, id, reason));
    if (asking === undefined) return ignore("not-asked");
    this.#drawIfReady(asking);
    return ACCEPT;
  }

  #drawOf({ counter, known, probing }: Submission, hosts: readonly Candidate[]): Draw {
    const { config, owner } = this.#context;
    return { meshId: config.meshId, owner: owner.agent, counter, known, hosts, answered: probing.answered };
  }

  #draw(submission: Submission): void {
    const { draft, known, probing, after, ticket } = submission;
    const willing = this.#candidates(submission).filter(({ agent }) => probing.isWilling(agent));
    const hosts = this.#settled(willing, draft.committee);
    const genesis = makeGenesis(this.#context.config.crypto.hash, draft, this.#drawOf(submission, hosts));
    if (typeof genesis === "string") {
      const reason = describeShortage(genesis, draft, known, hosts, declinedOf(submission));
      return this.#fail(submission, genesis, reason);
    }
    const checked = this.#signed(genesis);
    if (typeof checked === "string") return this.#fail(submission, "not-taken", checked);
    submission.draws++;
    this.#asking.set(checked.job, submission);
    this.#context.emit({ kind: "event", event: { kind: "drawn", ticket, job: checked.job, genesis, after } });
    this.#events.invite(checked);
  }

  /**
   * Whoever came a moment ago may be gone in a moment, or made up: without such agents, where enough others are willing. In a mesh
   * that was just started nobody is settled.
   */
  #settled(willing: readonly Candidate[], wish: JobDraft["committee"]): readonly Candidate[] {
    const { self } = this.#context;
    const isSettled = ({ agent }: Candidate): boolean => agent === self || this.#events.metForMs(agent) >= SETTLED_MS;
    const enough = Math.max(SETTLED_HOSTS, wish.kind === "drawn" ? (wish.size ?? 0) : 0);
    if (willing.filter(isSettled).length < enough) return willing;
    return willing.filter((candidate) => candidate.isKnown || isSettled(candidate));
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
    const { ticket } = submission;
    const declined = declinedOf(submission);
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
    else {
      submission.after = reason;
      submission.probing.onDeclined(declined);
      this.#probe(submission);
    }
  }

  #fail(submission: Submission, problem: SubmissionProblem, reason: string): void {
    const { ticket } = submission;
    const declined = declinedOf(submission);
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
      if (isAnyHost) this.#probe(submission);
      else if (isUnheard) this.#fail(submission, "unheard", "this machine's clock is too far off");
      else this.#fail(submission, "no-hosts", "this node knows no agent that hosts jobs");
    }
    for (const submission of [...this.#probing]) this.#drawIfReady(submission);
    const isIdle = this.#waiting.size + this.#probing.size === 0;
    this.#lookAtMs = isIdle ? Number.POSITIVE_INFINITY : monoMs + LOOK_MS;
  }

  nextWakeMs(): number {
    return this.#lookAtMs;
  }
}
