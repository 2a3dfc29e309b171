/**
 * One agent's process in virtual time: its machine, its disk, its blobs, its clock. A crash loses the memory, a
 * restart makes a new machine from the disk with a greater incarnation; a paused process hears nothing until it goes
 * on, and then everything at once.
 *
 * Leaves to world.ts what effects do outside of the process.
 */

import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { Input } from "../../../protocol/input.ts";
import type { AgentConfig, CreateMachine, Machine } from "../../../protocol/machine.ts";
import { EPOCH_MS, VirtualClock } from "./clock.ts";
import { VirtualDisk } from "./disk.ts";
import type { SimulatedSkill } from "./work.ts";

export interface ProcessSettings {
  readonly config: Omit<AgentConfig, "incarnation">;
  readonly createMachine: CreateMachine;
  readonly skill: SimulatedSkill;
}

/** Carries one effect out; false: the process crashed meanwhile, the rest of the step is lost. */
export type CarryOut = (process: VirtualProcess, effect: Effect) => void;

export class VirtualProcess {
  readonly id: AgentId;
  readonly name: string;
  readonly clock = new VirtualClock();
  readonly disk = new VirtualDisk();
  readonly blobs = new Map<Hash, Uint8Array>();
  readonly settings: ProcessSettings;
  /** Greater after each crash: what was under way for an earlier life is lost. */
  life = 0;
  isPaused = false;
  withholdsBlobs = false;
  /** Monotonic time of the wake that the machine asked for last. */
  wakeMonoMs = Number.POSITIVE_INFINITY;
  /** Crash when the next durable write is on disk, before anything after it leaves. */
  #diesAtPersist = false;
  readonly #carryOut: CarryOut;
  readonly #onStep: (process: VirtualProcess, input: Input) => void;
  #machine: Machine | null = null;
  #inbox: Input[] = [];

  constructor(settings: ProcessSettings, carryOut: CarryOut, onStep: (process: VirtualProcess, input: Input) => void) {
    this.settings = settings;
    this.id = settings.config.signer.agent;
    this.name = settings.config.name;
    this.#carryOut = carryOut;
    this.#onStep = onStep;
  }

  get isUp(): boolean {
    return this.#machine !== null;
  }

  start(virtualMs: number): void {
    // Greater at each start and the same for the same seed: restarts are at least a millisecond apart.
    const incarnation = Math.floor(EPOCH_MS + virtualMs) + this.life;
    this.#machine = this.settings.createMachine({ ...this.settings.config, incarnation }, this.disk.records());
    this.wakeMonoMs = Number.POSITIVE_INFINITY;
    this.deliver(virtualMs, { kind: "start" });
  }

  /** `lots` decides which unflushed writes are lost; null: none. */
  crash(lots: Prng | null): void {
    this.#machine = null;
    this.#inbox = [];
    this.life++;
    this.isPaused = false;
    this.#diesAtPersist = false;
    this.wakeMonoMs = Number.POSITIVE_INFINITY;
    this.disk.crash(lots);
  }

  /** Crashes as soon as the next durable write is done, before what depends on it is sent. */
  crashAtNextPersist(): void {
    this.#diesAtPersist = true;
  }

  /** Takes a planned crash back. */
  disarm(): void {
    this.#diesAtPersist = false;
  }

  pause(): void {
    if (this.isUp) this.isPaused = true;
  }

  resume(virtualMs: number): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const input of waiting) this.deliver(virtualMs, input);
  }

  deliver(virtualMs: number, input: Input): void {
    if (this.#machine === null) return;
    if (this.isPaused) {
      this.#inbox.push(input);
      return;
    }
    this.#onStep(this, input);
    this.#perform(this.#machine.step(this.clock.read(virtualMs), input));
  }

  #perform(effects: readonly Effect[]): void {
    this.disk.write(effects.filter((effect) => effect.kind === "persist" || effect.kind === "forget"));
    const { life } = this;
    const isDurable = effects.some((effect) => effect.kind === "persist" && effect.durable);
    for (const effect of effects) {
      // Traces are written before anything is sent, so what was signed and never left is in them too.
      const isLocal = effect.kind === "trace" || effect.kind === "persist";
      if (this.#diesAtPersist && isDurable && !isLocal) continue;
      this.#carryOut(this, effect);
      if (this.life !== life) return;
    }
    if (this.#diesAtPersist && isDurable) this.crash(null);
  }
}
