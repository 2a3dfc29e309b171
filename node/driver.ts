/**
 * Drives one agent: an inbox, one step at a time, its effects in order (protocol/machine.ts).
 *
 * Group commit: the driver steps the inputs that wait one after the other, writes their records in one
 * transaction, and only then lets everything else leave. So a `persist` is durable before any later `send` of its
 * step, at the price of one forced write for many steps. While the effects of a batch leave, it steps nothing.
 *
 * Leaves to effects.ts what each effect does, to network/ and store/ how. An exception of the agent or of the
 * store ends the node: an agent must not keep signing when nobody knows what it has on disk.
 */

import type { Logger } from "pino";
import { assert } from "../protocol/core/assert.ts";
import type { Now } from "../protocol/core/now.ts";
import type { Effect } from "../protocol/effect.ts";
import type { Input } from "../protocol/input.ts";
import type { AgentConfig, CreateMachine, Machine } from "../protocol/machine.ts";
import { type EffectHost, EffectRunner, type EffectTargets, isStoreEffect } from "./effects.ts";
import type { NetworkStats, Reading } from "./network/network.ts";
import type { StoreEffect } from "./store/record-store.ts";

interface DriverOptions extends EffectTargets {
  readonly createMachine: CreateMachine;
  readonly config: AgentConfig;
  /** The agent or its store failed; the driver has stopped stepping. `stop` is still the caller's to call. */
  readonly onFatal: (error: Error) => void;
  readonly log: Logger;
  /** For tests. */
  readonly clock?: () => Now;
}

export interface DriverStats {
  /** Inputs that wait. */
  readonly inbox: number;
  readonly steps: number;
  /** Batches of steps: each is at most one write to disk. */
  readonly batches: number;
  /** Times that the inbox was full and peers were not read. */
  readonly stalls: number;
  readonly network: NetworkStats;
}

export interface Driver {
  /** Restores the agent from the store and puts it on the network. Rejects where that cannot be. Once. */
  start(): Promise<void>;
  /** Takes an input from this node's operator. Ignored after `stop` and after a fatal error. */
  input(input: Input): void;
  stats(): DriverStats;
  /**
   * Takes no more inputs, lets what is under way leave, stops the network and writes what waits. The store, the
   * trace and the blobs stay the caller's to close. A second call does nothing.
   */
  stop(): Promise<void>;
}

/** Inputs of one batch: bounds how long effects wait for the steps after their own. */
const BATCH_MAX = 256;
/**
 * Inputs and bytes that may wait: about a second of work. Beyond it peers are not read, until half of it is done. Guests have
 * half of it, so that a flood of theirs leaves room for those that share a job with this node.
 */
const INBOX_MAX = 50_000;
const INBOX_BYTES_MAX = 128 * 1024 * 1024;

/** What an input holds in memory; only what peers send can be large. */
const bytesOf = (input: Input): number => (input.kind === "frame" || input.kind === "gossip" ? input.bytes.length : 0);

const systemClock = (): Now => ({ monoMs: performance.now(), wallMs: Date.now() });

type State = "new" | "starting" | "running" | "failed" | "stopped";

class MachineDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #clock: () => Now;
  readonly #effects: EffectRunner;
  #machine: Machine | null = null;
  #state: State = "new";
  /** Those before `#head` have been stepped: undefined, so that their bytes can go. */
  #inbox: (Input | undefined)[] = [];
  #head = 0;
  #inboxBytes = 0;
  #scheduled = false;
  #busy = false;
  #reading: Reading = "all";
  #steps = 0;
  #batches = 0;
  #stalls = 0;
  #stopping: Promise<void> | null = null;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const host: EffectHost = {
      now: this.#clock,
      input: (input) => this.input(input),
      fail: (error) => this.#fail(error),
    };
    this.#effects = new EffectRunner(options, host);
  }

  async start(): Promise<void> {
    assert(this.#state === "new", "a driver starts once");
    const { createMachine, config, store, network } = this.#options;
    this.#state = "starting";
    this.#machine = createMachine(config, store.stored);
    this.#effects.traceStored(store.stored);
    this.#inbox.unshift({ kind: "start" });
    await network.start((input) => this.input(input));
    if (this.#state !== "starting") return; // stopped in the meantime
    this.#state = "running";
    this.#schedule();
  }

  /** How much of the inbox is taken: 1 is all. */
  get #fill(): number {
    return Math.max(this.#waiting / INBOX_MAX, this.#inboxBytes / INBOX_BYTES_MAX);
  }

  #read(whom: Reading): void {
    if (whom === "nobody") this.#stalls++;
    this.#reading = whom;
    this.#options.network.setReading(whom);
  }

  get #waiting(): number {
    return this.#inbox.length - this.#head;
  }

  input(input: Input): void {
    if (this.#state === "failed" || this.#state === "stopped") return;
    this.#inbox.push(input);
    this.#inboxBytes += bytesOf(input);
    const fill = this.#fill;
    if (fill >= 1 && this.#reading !== "nobody") this.#read("nobody");
    else if (fill >= 1 / 2 && this.#reading === "all") this.#read("sharing");
    this.#schedule();
  }

  /** After the I/O that is due: what arrives together is one batch. */
  #schedule(): void {
    if (this.#scheduled || this.#state !== "running") return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    if (this.#state !== "running" || this.#waiting === 0) return;
    assert(!this.#busy, "no step while effects leave");
    this.#busy = true;
    try {
      this.#batch(this.#machine!);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#busy = false;
    }
    const fill = this.#fill;
    if (fill <= 1 / 4 && this.#reading !== "all") this.#read("all");
    else if (fill <= 1 / 2 && this.#reading === "nobody") this.#read("sharing");
    if (this.#waiting > 0) this.#schedule();
  }

  #batch(machine: Machine): void {
    const records: StoreEffect[] = [];
    const others: Exclude<Effect, StoreEffect>[] = [];
    const count = Math.min(BATCH_MAX, this.#waiting);
    for (let i = 0; i < count; i++) {
      for (const effect of machine.step(this.#clock(), this.#shift())) {
        if (isStoreEffect(effect)) records.push(effect);
        else others.push(effect);
      }
      this.#steps++;
    }
    this.#batches++;
    if (records.length > 0) {
      this.#options.store.write(records);
      this.#effects.traceRecords(records);
      this.#effects.onWritten(records);
    }
    for (const effect of others) this.#effects.perform(effect);
  }

  #shift(): Input {
    const input = this.#inbox[this.#head]!;
    this.#inbox[this.#head++] = undefined;
    this.#inboxBytes -= bytesOf(input);
    if (this.#head === this.#inbox.length) {
      this.#inbox = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 > this.#inbox.length) {
      this.#inbox = this.#inbox.slice(this.#head);
      this.#head = 0;
    }
    return input;
  }

  #fail(cause: unknown): void {
    if (this.#state === "failed" || this.#state === "stopped") return;
    this.#state = "failed";
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#options.log.fatal({ err: error }, "the node ends");
    this.#options.onFatal(error);
  }

  stats(): DriverStats {
    return {
      inbox: this.#waiting,
      steps: this.#steps,
      batches: this.#batches,
      stalls: this.#stalls,
      network: this.#options.network.stats(),
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const failed = this.#state === "failed";
    const wasRunning = this.#state === "running";
    this.#state = "stopped";
    this.#inbox = [];
    this.#head = 0;
    if (wasRunning) await this.#sayGoodbye();
    // The network first: its fetches are among what the effects wait for.
    await Promise.all([this.#options.network.stop(), this.#effects.stop()]);
    if (!failed) this.#options.store.flush();
  }

  /** The agent's last step. An effect of the current step may be what caused the stop, so that step's effects leave first. */
  async #sayGoodbye(): Promise<void> {
    await Promise.resolve();
    try {
      for (const effect of this.#machine!.step(this.#clock(), { kind: "stop" })) {
        assert(!isStoreEffect(effect), "an agent that stops has nothing more to keep");
        this.#effects.perform(effect);
      }
    } catch (error) {
      this.#options.log.error({ err: error }, "the agent stopped without a good-bye");
    }
  }
}

export function createDriver(options: DriverOptions): Driver {
  return new MachineDriver(options);
}
