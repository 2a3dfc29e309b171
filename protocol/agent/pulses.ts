/**
 * Pulses: what an agent tells the agents that it shares jobs with, once a second, and which of them it suspects because
 * they are silent.
 *
 * Source: protocol.md 8.
 */

import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { Liveness, PULSE_MS } from "../membership/liveness.ts";
import type { Position } from "../wire/message.ts";
import type { Context } from "./context.ts";
import type { HostedJobs } from "./hosted-jobs.ts";
import type { Owner } from "./owner.ts";
import type { Worker } from "./worker.ts";

/** A pulse that comes this late means that this process was paused: others' silence was its own deafness. */
const PAUSE_MS = 3 * PULSE_MS;

export class Pulses {
  readonly #context: Context;
  readonly #hostedJobs: HostedJobs;
  readonly #worker: Worker;
  readonly #owner: Owner;
  readonly #liveness = new Liveness();
  readonly #suspected = new Set<AgentId>();
  #pulseAtMs = Number.POSITIVE_INFINITY;
  #pulsedMs = 0;

  constructor(context: Context, hostedJobs: HostedJobs, worker: Worker, owner: Owner) {
    this.#context = context;
    this.#hostedJobs = hostedJobs;
    this.#worker = worker;
    this.#owner = owner;
  }

  start(): void {
    this.#pulsedMs = this.#context.now.monoMs;
    this.#pulseAtMs = this.#pulsedMs + PULSE_MS;
  }

  nextWakeMs(): number {
    return this.#pulseAtMs;
  }

  onConnection(agent: AgentId, isUp: boolean): void {
    this.#liveness.onConnection(agent, isUp);
  }

  onPulse(from: AgentId): void {
    this.#liveness.onPulse(from, this.#context.now.monoMs);
  }

  tick(): void {
    const { monoMs } = this.#context.now;
    if (monoMs - this.#pulsedMs > PAUSE_MS) this.#liveness.forgive(monoMs);
    this.#pulsedMs = monoMs;
    this.#pulseAtMs = monoMs + PULSE_MS;
    const watched = new Set<AgentId>();
    const peers = this.#hostedJobs.ask((hosted) => (hosted.isEnded || !hosted.hearsPulses ? [] : [...hosted.peers()]));
    for (const agent of [...peers.flat(), ...this.#owner.watched()]) {
      watched.add(agent);
      this.#liveness.watch(agent, monoMs);
    }
    this.#liveness.forget((agent) => watched.has(agent));
    const positions = this.#positions();
    this.#context.emit({ kind: "sharing", agents: new Set([...watched, ...positions.keys(), ...this.#owner.asked()]) });
    for (const [to, told] of positions)
      this.#context.send(to, { kind: "pulse", load: this.#worker.load.ppm, positions: told });
    this.#judgeLiveness(watched);
    this.#owner.pulse(this.#liveness);
  }

  /** What each peer is told: where this agent stands in the jobs that they share. */
  #positions(): Map<AgentId, Position[]> {
    const told = new Map<AgentId, Position[]>();
    const tell = (agents: Iterable<AgentId>, position: Position): void => {
      for (const agent of agents) {
        if (agent === this.#context.self) continue;
        const positions = told.get(agent);
        if (positions === undefined) told.set(agent, [position]);
        else if (positions.length < limits.knownJobs) positions.push(position);
      }
    };
    const awards = new Map<JobId, number>();
    for (const engagement of this.#worker.engagements()) {
      awards.set(engagement.job, engagement.awards);
      if (this.#hostedJobs.has(engagement.job)) continue;
      const { job, members } = engagement;
      tell(members, { job, height: 0, round: 0, step: 0, awards: engagement.awards });
    }
    const logs = this.#hostedJobs.ask((hosted) =>
      hosted.isEnded ? null : ([hosted.readers(), hosted.position] as const),
    );
    for (const [readers, position] of logs.filter((said) => said !== null))
      tell(readers, { ...position, awards: awards.get(position.job) ?? 0 });
    return told;
  }

  #judgeLiveness(watched: ReadonlySet<AgentId>): void {
    const { monoMs } = this.#context.now;
    for (const agent of watched) {
      const suspected = this.#liveness.isSuspect(agent, monoMs);
      if (suspected === this.#suspected.has(agent)) continue;
      if (suspected) this.#suspected.add(agent);
      else this.#suspected.delete(agent);
      this.#context.emit({ kind: "trace", event: { kind: "suspected", suspect: agent, suspected } });
    }
    for (const agent of this.#suspected) if (!watched.has(agent)) this.#suspected.delete(agent);
    this.#hostedJobs.each((hosted) => hosted.onSuspicions((agent) => this.#suspected.has(agent)));
  }
}
