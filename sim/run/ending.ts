/** Decides when a run is over: when its jobs and faults have ended or, if the scenario heals, when every job has ended. */

import type { JobId } from "../../protocol/core/ids.ts";
import type { Healing, Scenario } from "../model/scenario.ts";
import type { World } from "../world/world.ts";
import type { Clients } from "./clients.ts";
import type { FaultSchedule } from "./fault-schedule.ts";
import type { JobMonitor } from "./job-monitor.ts";

/** How long a run continues after that, ms; longer if checkers then test whether everything is quiet. */
const REST_MS = 2_000;
const QUIET_MS = 5_000;

export class Ending {
  readonly #heal: Healing | null;
  readonly #world: World;
  readonly #clients: Clients;
  readonly #faults: FaultSchedule;
  readonly #monitors: ReadonlyMap<JobId, JobMonitor>;
  #isHealed = false;

  constructor(
    { heal }: Scenario,
    parts: {
      readonly world: World;
      readonly clients: Clients;
      readonly faults: FaultSchedule;
      readonly monitors: ReadonlyMap<JobId, JobMonitor>;
    },
  ) {
    this.#heal = heal;
    this.#world = parts.world;
    this.#clients = parts.clients;
    this.#faults = parts.faults;
    this.#monitors = parts.monitors;
  }

  /** When `healIfDue` must be called before the world runs on, ms. */
  get healMs(): number {
    return this.#isHealed || this.#heal === null ? Number.POSITIVE_INFINITY : this.#heal.atMs;
  }

  healIfDue(): void {
    if (this.#world.now < this.healMs) return;
    this.#isHealed = true;
    this.#faults.heal();
  }

  /** How long the world continues when it is over, ms. */
  get restMs(): number {
    return this.#heal === null ? REST_MS : QUIET_MS;
  }

  /** Throws if a job does not end in its time: it has stalled. */
  get isOver(): boolean {
    if (this.#heal === null) return this.#clients.isDone && this.#faults.isOver;
    const { atMs, withinMs } = this.#heal;
    const { now } = this.#world;
    if (now < atMs + REST_MS || !this.#clients.areSubmitted) return false;
    let isOver = true;
    for (const { isCurrent, hasEnded, liveness, log, submitted } of this.#monitors.values()) {
      if (!isCurrent || hasEnded) continue;
      if (now > Math.max(atMs, submitted.submittedMs) + REST_MS + withinMs) liveness.stalled(log, now, withinMs);
      isOver = false;
    }
    return isOver;
  }
}
