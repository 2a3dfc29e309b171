/**
 * The owner's part of an agent: what its operator does with jobs, from the draft to the end. It submits, draws, invites,
 * follows, and cancels.
 *
 * It is the same in a node and in a simulated client. Leaves to submissions.ts whom to draw and when to draw again, to
 * invitations.ts the invitations of one draw, to own-jobs.ts a job from its first block on, to drawable.ts who may be drawn.
 */

import type { Directory } from "../capability/directory.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { Input } from "../input.ts";
import type { Acquaintances } from "../membership/acquaintances.ts";
import type { Liveness } from "../membership/liveness.ts";
import type { Message } from "../wire/message.ts";
import type { Verdict } from "../wire/verdict.ts";
import type { CheckedGenesis } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import { drawable } from "./drawable.ts";
import type { HostedJob } from "./hosted-job.ts";
import type { HostedJobs } from "./hosted-jobs.ts";
import type { Hosting } from "./hosting.ts";
import { Invitations } from "./invitations.ts";
import { OwnJobs } from "./own-jobs.ts";
import { Submissions } from "./submissions.ts";

interface OwnerSources {
  readonly hostedJobs: HostedJobs;
  readonly directory: Directory;
  readonly acquaintances: Acquaintances;
  readonly hosting: Hosting;
}

interface OwnerEvents {
  /** Why this agent would not host the job, by its own rules; null if it would. */
  refusal(checked: CheckedGenesis): string | null;
  /** All said yes: keep it, as a member, or to follow it. */
  begin(checked: CheckedGenesis): void;
}

export class Owner {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #acquaintances: Acquaintances;
  readonly #submissions: Submissions;
  readonly #invitations: Invitations;
  readonly #jobs: OwnJobs;

  constructor(context: Context, { hostedJobs, directory, acquaintances, hosting }: OwnerSources, events: OwnerEvents) {
    this.#context = context;
    this.#directory = directory;
    this.#acquaintances = acquaintances;
    this.#jobs = new OwnJobs(context, hostedJobs);
    this.#submissions = new Submissions(context, {
      hosts: () => this.drawable(),
      lackOfRoom: () => hosting.lackOfRoom(context.owner.agent, context.self),
      originOf: (agent) => acquaintances.of(agent).origin,
      isMet: (agent) => acquaintances.of(agent).metMs !== null,
      metForMs: (agent) => context.now.monoMs - (acquaintances.of(agent).metMs ?? context.now.monoMs),
      isAway: (agent) => acquaintances.isUnreachable(agent),
      invite: (checked) => this.#invitations.invite(checked),
      isUnheard: () => acquaintances.clock.isUnheard,
    });
    this.#invitations = new Invitations(context, directory, acquaintances, {
      refusal: events.refusal,
      begin: events.begin,
      withdraw: (checked, signature) => {
        this.cancel(checked.job, null); // wherever it began nevertheless
        hosting.withdraw(checked, signature); // it came to no first block, and never will
      },
      onTaken: (job) => this.#submissions.onTaken(job),
      onNotTaken: (job, reason, declined) => this.#submissions.onNotTaken(job, reason, declined),
    });
  }

  /** Agents that may be drawn into a committee, in the order of their ids. */
  drawable(): AgentId[] {
    const { self, now } = this.#context;
    return drawable(this.#directory.list(now.wallMs), {
      isHere: (agent) => agent === self || this.#acquaintances.of(agent).isConnected,
      isAway: (agent) => this.#invitations.isAbsent(agent) || this.#acquaintances.isUnreachable(agent),
    });
  }

  submit(input: Extract<Input, { kind: "submit" }>): void {
    this.#submissions.submit(input);
  }

  cancel(job: JobId, via: AgentId | null): void {
    this.#jobs.cancel(job, via);
  }

  onReply(from: AgentId, message: Extract<Message, { kind: "probed" | "inviteSeen" | "inviteReply" }>): Verdict {
    if (message.kind === "probed") return this.#submissions.onProbed(from, message);
    return message.kind === "inviteSeen"
      ? this.#invitations.onSeen(from, message.job)
      : this.#invitations.onReply(from, message);
  }

  /** This agent keeps or follows a job from now on. */
  onBegun(hosted: HostedJob): void {
    this.#jobs.add(hosted);
  }

  onBlock(hosted: HostedJob): void {
    this.#jobs.onBlock(hosted);
    this.#invitations.onBlock(hosted.job);
  }

  onRetired(job: JobId): void {
    this.#jobs.delete(job);
  }

  onDiverged(job: JobId): void {
    this.#jobs.delete(job);
    this.#invitations.drop(job);
  }

  onConnected(agent: AgentId): void {
    this.#jobs.onConnected(agent);
  }

  onHeard(agent: AgentId): void {
    this.#invitations.onHeard(agent);
    this.#jobs.onHeard(agent);
  }

  /** Members that should pulse this agent because it follows their job. */
  watched(): AgentId[] {
    return this.#jobs.watched();
  }

  /** Agents that are invited to host its jobs, and have not answered. */
  asked(): AgentId[] {
    return this.#invitations.asked();
  }

  /** Once a second. */
  pulse(liveness: Liveness): void {
    this.#jobs.pulse(liveness);
  }

  tick(): void {
    this.#submissions.tick();
    this.#invitations.tick();
  }

  nextWakeMs(): number {
    return Math.min(this.#submissions.nextWakeMs(), this.#invitations.nextWakeMs());
  }
}
