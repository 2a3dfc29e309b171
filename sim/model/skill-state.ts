/**
 * How an agent's skill changes during a run: faults bring changes and take them back, and load makes an agent slower
 * and more often wrong. The profile itself stays as it is; this class stands beside it.
 *
 * Both the simulated work (profile-skill.ts) and whoever knows the truth (sim/run/true-chances.ts) ask here, so that
 * what is drawn and what is known cannot differ.
 *
 * Source of the load's form: Symphony-Coord, the simulation of its experiments 2 and 3.
 */

/** Where a task stands: which kind, and the how manieth of the workload, from 0. */
export interface TaskPlace {
  readonly kind: string;
  readonly place: number;
}

/** A change in force. Factors multiply with those of other changes. */
interface SkillChange {
  /** Factor on the chance of a right answer to this kind of task; the product is at most 1. */
  accuracy(kind: string): number;
  /** Factor on the time that work takes. */
  readonly latency: number;
  /** Added to the load while it lasts, 0..1. */
  readonly load: number;
  /** How much of the change holds, 0..1: of one that comes slowly, the more the later. */
  strength(place: number, nowMs: number): number;
}

/** How load comes and goes. Shares of a full load. */
export interface LoadModel {
  /** Each call adds so much, up to 1. */
  readonly perCall: number;
  /** What is left of it from one task of the workload to the next, whoever has that. */
  readonly keep: number;
  /** Work takes `1 + slowdown * load` times as long. */
  readonly slowdown: number;
  /** The chance of a right answer is `1 - errors * load` times what it was. */
  readonly errors: number;
  /** From here on it takes no more work. */
  readonly busyAt: number;
}

/** Load below this counts as none; otherwise it would never reach 0. */
const LOAD_MIN = 1e-6;

const between = (factor: number, strength: number): number => 1 + (factor - 1) * strength;

export class SkillState {
  readonly load: LoadModel | null;
  readonly #changes = new Set<SkillChange>();
  /** After the newest call, and the place of that. */
  #level = 0;
  #levelAt = 0;

  constructor(load: LoadModel | null = null) {
    this.load = load;
  }

  /** Nothing about it changes now, nor with the next task. */
  get isFixed(): boolean {
    return this.load === null && this.#changes.size === 0;
  }

  /** What it returns takes the change back. */
  change(change: SkillChange): () => void {
    this.#changes.add(change);
    return () => this.#changes.delete(change);
  }

  /** Its load when a task at this place comes, 0..1. O(places since its newest call). */
  loadAt(place: number, nowMs: number): number {
    let level = this.#leftAt(place);
    for (const change of this.#changes) level += change.load * change.strength(place, nowMs);
    return Math.min(1, level);
  }

  /** Factor on the chance of a right answer that the profile states. */
  accuracyFactor({ kind, place }: TaskPlace, nowMs: number): number {
    let factor = 1 - (this.load?.errors ?? 0) * this.loadAt(place, nowMs);
    for (const change of this.#changes) factor *= between(change.accuracy(kind), change.strength(place, nowMs));
    return factor;
  }

  /** Factor on the latency that the profile states. */
  latencyFactor(place: number, nowMs: number): number {
    let factor = 1 + (this.load?.slowdown ?? 0) * this.loadAt(place, nowMs);
    for (const change of this.#changes) factor *= between(change.latency, change.strength(place, nowMs));
    return factor;
  }

  /** It is given a task at this place. */
  onCall(place: number): void {
    if (this.load === null) return;
    this.#level = Math.min(1, this.#leftAt(place) + this.load.perCall);
    this.#levelAt = Math.max(this.#levelAt, place);
  }

  /** What is left of its calls' load. A task at an earlier place than the newest call's finds all of it. */
  #leftAt(place: number): number {
    const keep = this.load?.keep ?? 1;
    let level = this.#level;
    for (let at = this.#levelAt; at < place && level > 0; at++) level = level > LOAD_MIN ? level * keep : 0;
    return level;
  }
}
