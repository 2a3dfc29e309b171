/**
 * What a worker's commands need until they are settled: they go to the members, it asks members how they stand, and sends them
 * again to members that lack them.
 *
 * Source: protocol.md 8 (unsettled commands).
 */

import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Envelope } from "../wire/command.ts";
import type { UnsettledItem } from "../wire/message.ts";
import { ignore, type Verdict } from "../wire/verdict.ts";
import type { Context } from "./context.ts";
import type { KnownJob, KnownJobs } from "./known-jobs.ts";
import { sendEnvelopes } from "./send-envelopes.ts";

export interface UnsettledEvents {
  /** Publishes commands through this agent's own copy of the job's log, if it has one. */
  publish(job: JobId, envelope: Envelope): boolean;
  /** Asks this agent's own copy of the log, as a member, how commands stand. `lost` returns commands that its pool lost. */
  askOwn(job: JobId, items: readonly UnsettledItem[], lost: (lacking: readonly Hash[]) => readonly Envelope[]): boolean;
  /** Whether this agent has the log of the job. */
  isHosted(job: JobId): boolean;
  /** Does something in one job: if that goes wrong, it ends the job here (containment.ts), by way of `drop`. */
  within(job: JobId, act: () => void): void;
}

export class UnsettledWork {
  readonly #context: Context;
  readonly #jobs: KnownJobs;
  readonly #events: UnsettledEvents;

  constructor(context: Context, jobs: KnownJobs, events: UnsettledEvents) {
    this.#context = context;
    this.#jobs = jobs;
    this.#events = events;
  }

  /** Says what is due of one job. */
  tick(known: KnownJob): void {
    if (known.outbox.nextWakeMs() > this.#context.now.monoMs) return;
    for (const envelope of known.outbox.takeDue()) this.#publish(known, envelope);
    this.#askHowItStands(known);
  }

  #publish(known: KnownJob, envelope: Envelope): void {
    if (this.#events.publish(known.job, envelope)) return;
    const members = known.committee.members.map((member) => member.agent);
    this.#context.sendAll(members, { kind: "envelopes", job: known.job, envelopes: [envelope] });
  }

  /** Asks about commands not settled in time. A member asks itself: it forwards what it holds (command-relay.ts). */
  #askHowItStands(known: KnownJob): void {
    const { job, outbox } = known;
    const { self } = this.#context;
    const isMember = known.committee.power(self) > 0 && this.#events.isHosted(job);
    const members = isMember ? [self] : known.committee.members.map(({ agent }) => agent);
    for (const [member, items] of outbox.takeQuestions(members)) {
      const isOwn = member === self && this.#events.askOwn(job, items, (lacking) => outbox.envelopesOf(lacking));
      if (isOwn) continue;
      for (let from = 0; from < items.length; from += limits.blockCommands)
        this.#context.send(member, { kind: "unsettled", job, items: items.slice(from, from + limits.blockCommands) });
    }
  }

  #ofMember(from: AgentId, job: JobId): KnownJob | null {
    const known = this.#jobs.get(job);
    return known === undefined || known.committee.power(from) === 0 ? null : known;
  }

  /** A member holds commands of this worker. */
  onHeld(from: AgentId, job: JobId, hashes: readonly Hash[]): Verdict {
    const known = this.#ofMember(from, job);
    if (known === null) return ignore("not-a-member");
    known.outbox.onHeld(from, hashes);
    return ignore("noted");
  }

  /** A member lacks commands of this worker. */
  onFetch(from: AgentId, job: JobId, hashes: readonly Hash[]): Verdict {
    const known = this.#ofMember(from, job);
    if (known === null) return ignore("not-a-member");
    this.#events.within(job, () => sendEnvelopes(this.#context, job, from, known.outbox.envelopesOf(hashes)));
    return ignore("served");
  }

  /** It may have forgotten what it held. */
  onConnected(agent: AgentId): void {
    for (const known of this.#jobs.values()) if (known.committee.power(agent) > 0) known.outbox.onConnected(agent);
  }
}
