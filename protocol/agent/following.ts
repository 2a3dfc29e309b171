/**
 * Follows a job that this agent does not host but its operator submitted. It asks every member for pulses and one of them
 * for the blocks, asks silent members again (they may have restarted and forgotten it), and takes the blocks from another
 * member when the one that sends them falls silent.
 *
 * Leaves to hosted-job.ts what the blocks hold, to standing.ts what silence means.
 */

import { backOffMs } from "../core/back-off.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { Context } from "./context.ts";

/** A silent member is asked again after this, and then at growing intervals, ms. */
const AGAIN_MS = 2_000;
const AGAIN_MS_MAX = 15_000;
/** A member is silent when nothing came from it for this long, ms: it pulses every second. */
const SILENT_MS = 4_000;

/** What a follower needs to know of the job. */
interface FollowedJob {
  readonly job: JobId;
  readonly members: readonly AgentId[];
  readonly isEnded: boolean;
  /** The height of the block that it wants next. */
  readonly nextHeight: number;
}

interface Member {
  /** When it was heard last; -infinity: never. */
  heardMs: number;
  askAtMs: number;
  /** How often it was asked since it was heard. */
  asked: number;
}

export class Following {
  readonly #context: Context;
  readonly #job: FollowedJob;
  readonly #members = new Map<AgentId, Member>();
  /** The member that is asked for the blocks. */
  #feed: AgentId | null = null;

  constructor(context: Context, job: FollowedJob) {
    this.#context = context;
    this.#job = job;
  }

  /** The members that should send it pulses. */
  get members(): AgentId[] {
    return this.#job.members.filter((agent) => agent !== this.#context.self);
  }

  /** The committee may have changed. */
  #refresh(): void {
    const { members } = this.#job;
    for (const agent of this.#members.keys()) if (!members.includes(agent)) this.#members.delete(agent);
    for (const agent of members)
      if (!this.#members.has(agent))
        this.#members.set(agent, {
          heardMs: Number.NEGATIVE_INFINITY,
          askAtMs: Number.NEGATIVE_INFINITY,
          asked: 0,
        });
    if (this.#feed !== null && this.#members.has(this.#feed)) return;
    // Chosen by the job's hash, so that the followers of many jobs spread over the members.
    this.#feed = members[Number.parseInt(this.#job.job.slice(0, 8), 16) % members.length] ?? null;
  }

  onHeard(agent: AgentId): void {
    const member = this.#members.get(agent);
    if (member === undefined) return;
    member.heardMs = this.#context.now.monoMs;
    member.asked = 0;
  }

  /** A member that reconnected may have forgotten that it was asked. */
  onConnected(agent: AgentId): void {
    this.#refresh();
    if (this.#members.has(agent) && !this.#job.isEnded) this.#say(agent);
  }

  tick(): void {
    if (this.#job.isEnded) return;
    const { monoMs } = this.#context.now;
    this.#refresh();
    this.#moveFeed();
    for (const [agent, member] of this.#members) {
      if (monoMs >= member.askAtMs && this.#isSilent(member)) this.#say(agent);
    }
  }

  #isSilent({ heardMs }: Member): boolean {
    return this.#context.now.monoMs - heardMs > SILENT_MS;
  }

  /** If the feed fell silent, moves it to the member that was heard last. */
  #moveFeed(): void {
    const feed = this.#feed === null ? undefined : this.#members.get(this.#feed);
    if (feed === undefined || !this.#isSilent(feed)) return;
    let best: [AgentId, Member] | null = null;
    for (const entry of this.#members) if (entry[1].heardMs > (best?.[1].heardMs ?? feed.heardMs)) best = entry;
    if (best === null || this.#isSilent(best[1])) return;
    const [agent] = best;
    const before = this.#feed!;
    this.#feed = agent;
    this.#say(agent);
    this.#say(before); // if it comes back, it is to send only pulses
  }

  #say(agent: AgentId): void {
    if (agent === this.#context.self) return;
    const { now, self } = this.#context;
    const member = this.#members.get(agent)!;
    member.askAtMs = now.monoMs + backOffMs(AGAIN_MS, member.asked++, AGAIN_MS_MAX, self);
    const from = { height: this.#job.nextHeight, blocks: agent === this.#feed };
    this.#context.send(agent, { kind: "follow", job: this.#job.job, from });
  }
}
