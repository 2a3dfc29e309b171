/**
 * The faults of the demo: one agent is killed while it holds a lease, another one lies on every task (it was started
 * so). Which one is killed follows from the seed and from who holds work.
 *
 * To be sure that the victim holds a lease when it dies, it is paused first: a paused agent finishes nothing, and what
 * the log still shows in its hands a moment later is really there.
 */

import type { Prng } from "../../protocol/core/prng.ts";
import type { MeshworkNode } from "../node.ts";
import { jobsOf } from "../node-status.ts";
import type { JobHandle } from "../submitted-job.ts";
import type { JobProgress } from "./job-progress.ts";
import type { LocalAgent } from "./local-agent.ts";
import type { LocalMesh } from "./local-mesh.ts";

/** What was on its way from the victim when it was paused is in the log by then, ms. */
const SETTLE_MS = 300;
/** Part of the batches after which somebody is killed: the job is under way, and has a way to go. */
const KILL_AFTER = 0.2;

interface DemoFaultsOptions {
  readonly mesh: LocalMesh;
  readonly owner: MeshworkNode;
  readonly handle: JobHandle;
  readonly prng: Prng;
  /** Tasks of the first node of the job's graph. */
  readonly batches: number;
}

export class DemoFaults {
  readonly #options: DemoFaultsOptions;
  readonly #killAfter: number;
  #progress: JobProgress | null = null;
  #timer: NodeJS.Timeout | null = null;
  #killed = false;

  constructor(options: DemoFaultsOptions) {
    this.#options = options;
    this.#killAfter = Math.floor(options.batches * KILL_AFTER);
  }

  get #mesh(): LocalMesh {
    return this.#options.mesh;
  }

  start(progress: JobProgress): void {
    this.#progress = progress;
    for (const agent of this.#mesh.agents) if (agent.lies) progress.setState(agent.id, "lying");
  }

  onBlock(): void {
    const progress = this.#progress!;
    for (const agent of this.#mesh.agents) {
      const isNews =
        agent.lies && progress.rejected(agent.id) > 0 && !progress.faults.some((fault) => fault.agent === agent.id);
      if (isNews) progress.fault(agent.id, "lying", "lying");
    }
    if (!this.#killed && this.#timer === null && progress.accepted >= this.#killAfter) this.#choose(progress);
  }

  #choose(progress: JobProgress): void {
    const holders = this.#mesh.agents.filter((agent) => !agent.lies && agent.isAlone && progress.holding(agent.id) > 0);
    if (holders.length === 0) return;
    const victim = this.#options.prng.pick(holders);
    this.#mesh.pause(victim.name);
    this.#timer = setTimeout(() => void this.#strike(progress, victim), SETTLE_MS);
  }

  async #strike(progress: JobProgress, victim: LocalAgent): Promise<void> {
    const live = await this.#leases(victim);
    this.#timer = null;
    if (live === 0 && progress.isPending) {
      this.#mesh.resume(victim.name); // it had finished all that it had: another one, at the next block
      return;
    }
    this.#killed = true;
    await this.#mesh.kill(victim.name);
    progress.fault(victim.id, "killed", "killed");
  }

  /** Leases that the agent still works on, by this process's own copy of the log; what it sealed is not counted. */
  async #leases(agent: LocalAgent): Promise<number> {
    const { owner, handle } = this.#options;
    const job = jobsOf(await owner.status()).find((known) => known.job === handle.id);
    return job?.agents.find((known) => known.agent === agent.id)?.live ?? 0;
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
