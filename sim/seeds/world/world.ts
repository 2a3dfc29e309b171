/**
 * The virtual world: any number of agents in one process, in virtual time, with every fault that a real network, disk
 * or clock has. It drives the same machines as node/ does, through the same contract (protocol/machine.ts).
 *
 * A run is a function of its seed: the same seed gives the same digest. The world has no clock, no randomness and no
 * I/O of its own; the hash function is given from outside.
 */

import { assert } from "../../../protocol/core/assert.ts";
import type { Crypto, Hasher } from "../../../protocol/core/crypto.ts";
import type { AgentId, Hash, MeshId } from "../../../protocol/core/ids.ts";
import { createPrng, type Prng } from "../../../protocol/core/prng.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { Input } from "../../../protocol/input.ts";
import type { AgentConfig, CreateMachine } from "../../../protocol/machine.ts";
import type { SignedGenesis } from "../../../protocol/wire/genesis.ts";
import { type Carrier, createCarrier } from "./carrier.ts";
import type { ClockFault } from "./clock.ts";
import { EventQueue } from "./event-queue.ts";
import { CALM_NETWORK, type NetworkSettings, VirtualNetwork } from "./network.ts";
import { VirtualProcess } from "./process.ts";
import { SignatureTable } from "./signatures.ts";
import { WorldTrace } from "./trace.ts";
import { type SimulatedSkill, sumPlusOne } from "./work.ts";

export interface VirtualAgent {
  readonly name: string;
  /** Replaces parts of the default configuration: no skills, 4 slots, hosts jobs. */
  readonly config?: Partial<Omit<AgentConfig, "signer" | "crypto" | "meshId" | "name" | "incarnation">>;
  readonly skill?: SimulatedSkill;
  /** This agent's own machine, if it is not the world's: an adversary. */
  readonly createMachine?: CreateMachine;
}

export interface WorldOptions {
  readonly seed: number | string;
  readonly hasher: Hasher;
  readonly createMachine: CreateMachine;
  readonly agents: readonly VirtualAgent[];
  readonly network?: Partial<NetworkSettings>;
  readonly meshId?: string;
}

export interface WorldStats {
  steps: number;
  frames: number;
  frameBytes: number;
  gossip: number;
  lost: number;
  crashes: number;
  misbehaved: number;
}

/** Why `run` returned. */
export type Stopped = "until" | "time" | "nothing-left";

export class World {
  readonly meshId: MeshId;
  readonly signatures: SignatureTable;
  readonly network: VirtualNetwork;
  readonly trace = new WorldTrace();
  readonly stats: WorldStats = { steps: 0, frames: 0, frameBytes: 0, gossip: 0, lost: 0, crashes: 0, misbehaved: 0 };
  readonly processes: readonly VirtualProcess[];
  readonly #byId = new Map<AgentId, VirtualProcess>();
  readonly #queue = new EventQueue();
  readonly #lots: Prng;
  readonly #carrier: Carrier;
  /** Pairs with a connection, by the ids in order. */
  readonly #links = new Set<string>();
  #nowMs = 0;

  constructor(options: WorldOptions) {
    const lots = createPrng(options.seed);
    this.#lots = lots.fork("world");
    this.meshId = (options.meshId ?? "virtual") as MeshId;
    this.signatures = new SignatureTable(options.hasher);
    this.network = new VirtualNetwork({ ...CALM_NETWORK, ...options.network }, lots.fork("network"));
    this.#carrier = createCarrier(this, lots.fork("carrier"));
    this.processes = options.agents.map((agent) => this.#createProcess(options.createMachine, agent));
    for (const process of this.processes) this.#byId.set(process.id, process);
    for (const process of this.processes) this.#boot(process);
  }

  #createProcess(createMachine: CreateMachine, agent: VirtualAgent): VirtualProcess {
    const id = agent.name as AgentId;
    const config = {
      meshId: this.meshId,
      signer: this.signatures.signer(id),
      crypto: this.crypto,
      name: agent.name,
      skills: [],
      slots: 4,
      labels: [],
      hosts: true,
      addresses: [],
      traceState: true,
      ...agent.config,
    };
    const skill: SimulatedSkill =
      agent.skill ?? (({ input, blob }) => ({ afterMs: 10, output: sumPlusOne(input, blob) }));
    return new VirtualProcess(
      { config, createMachine: agent.createMachine ?? createMachine, skill },
      (process, effect) => this.#onEffect(process, effect),
      (process, input) => this.#onStep(process, input),
    );
  }

  get crypto(): Crypto {
    return this.signatures.crypto;
  }

  /** Virtual time, ms from the start. */
  get now(): number {
    return this.#nowMs;
  }

  get digest(): string {
    return this.trace.digest;
  }

  /** Throws if there is no such agent: a mistake of the scenario. */
  agent(name: string): VirtualProcess {
    const process = this.#byId.get(name as AgentId);
    assert(process !== undefined, `no agent is called ${name}`);
    return process;
  }

  /** Also for agents that machines name and that may not exist. */
  find(agent: AgentId): VirtualProcess | undefined {
    return this.#byId.get(agent);
  }

  // --- time -------------------------------------------------------------------------------------------

  /** Runs until `until` holds (looked at after each event), or virtual time is `untilMs`. */
  run({ untilMs, until }: { readonly untilMs: number; readonly until?: () => boolean }): Stopped {
    while (this.#queue.nextMs <= untilMs) {
      const event = this.#queue.take()!;
      this.#nowMs = Math.max(this.#nowMs, event.atMs);
      event.run();
      if (until?.() === true) return "until";
    }
    if (this.#queue.size === 0) return "nothing-left";
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    return "time";
  }

  /** Plans something at a virtual time: a fault, a check. */
  at(atMs: number, run: () => void): void {
    this.#queue.add(Math.max(atMs, this.#nowMs), run);
  }

  /** An input at a later time, lost if the process crashed meanwhile. */
  deliverAt(atMs: number, process: VirtualProcess, input: Input): void {
    const { life } = process;
    this.at(atMs, () => {
      if (process.life === life) process.deliver(this.#nowMs, input);
      else this.stats.lost++;
    });
  }

  #onStep(process: VirtualProcess, input: Input): void {
    this.stats.steps++;
    this.trace.fold(`${this.#nowMs} ${process.id} ${input.kind}`);
  }

  #onEffect(process: VirtualProcess, effect: Effect): void {
    this.trace.effect(process.id, effect, this.#nowMs, this.stats.steps);
    if (effect.kind === "trace") {
      this.trace.add({ atMs: this.#nowMs, step: this.stats.steps, agent: process.id, event: effect.event });
    } else this.#carrier.carryOut(process, effect);
  }

  // --- processes --------------------------------------------------------------------------------------

  #boot(process: VirtualProcess): void {
    this.at(this.#nowMs, () => {
      if (process.isUp) return;
      process.start(this.#nowMs);
      for (const other of this.processes) if (other !== process) this.#connect(process, other);
    });
  }

  crash(name: string, { keepUnflushed = false }: { readonly keepUnflushed?: boolean } = {}): void {
    const process = this.agent(name);
    if (!process.isUp) return;
    this.stats.crashes++;
    process.crash(keepUnflushed ? null : this.#lots);
    this.afterCrash(process);
  }

  /** Crashes when its next durable write is done, before anything that depends on it has left. */
  crashAtNextPersist(name: string): void {
    this.agent(name).crashAtNextPersist();
  }

  /** Tells the others; the carrier calls it too, for crashes within a step. */
  afterCrash(process: VirtualProcess): void {
    for (const other of this.processes) if (other !== process) this.#disconnect(process, other);
  }

  restart(name: string): void {
    const process = this.agent(name);
    if (!process.isUp) this.afterCrash(process);
    this.#boot(process);
  }

  pause(name: string): void {
    this.agent(name).pause();
  }

  resume(name: string): void {
    this.agent(name).resume(this.#nowMs);
  }

  setClock(name: string, fault: ClockFault): void {
    const process = this.agent(name);
    process.clock.set(this.#nowMs, fault);
    this.#carrier.planWake(process);
  }

  jumpClock(name: string, ms: number): void {
    this.agent(name).clock.jump(ms);
  }

  withholdBlobs(name: string, on = true): void {
    this.agent(name).withholdsBlobs = on;
  }

  // --- the network ------------------------------------------------------------------------------------

  /** Only agents of one group reach each other; those not named form one more. `oneWay`: the first group is heard and hears nobody. */
  partition(groups: readonly (readonly string[])[], { oneWay = false }: { readonly oneWay?: boolean } = {}): void {
    const groupOf = (process: VirtualProcess): number => groups.findIndex((group) => group.includes(process.name));
    for (const a of this.processes) {
      for (const b of this.processes) {
        if (a === b || groupOf(a) === groupOf(b)) continue;
        if (!oneWay || groupOf(b) === 0) this.network.cut(a.id, b.id);
        if (!oneWay && a.id < b.id) this.#disconnect(a, b);
      }
    }
  }

  heal(): void {
    this.network.healAll();
    for (const a of this.processes) for (const b of this.processes) if (a.id < b.id) this.#connect(a, b);
  }

  #linkKey(a: VirtualProcess, b: VirtualProcess): string {
    return a.id < b.id ? `${a.id}\n${b.id}` : `${b.id}\n${a.id}`;
  }

  #connect(a: VirtualProcess, b: VirtualProcess): void {
    const key = this.#linkKey(a, b);
    const lives = [a.life, b.life];
    this.at(this.#nowMs + this.network.delayMs(a.id, b.id), () => {
      if (!a.isUp || !b.isUp || a.life !== lives[0] || b.life !== lives[1] || this.#links.has(key)) return;
      if (this.network.isCut(a.id, b.id) || this.network.isCut(b.id, a.id)) return;
      this.#links.add(key);
      a.deliver(this.#nowMs, { kind: "connected", agent: b.id });
      b.deliver(this.#nowMs, { kind: "connected", agent: a.id });
    });
  }

  #disconnect(a: VirtualProcess, b: VirtualProcess): void {
    if (!this.#links.delete(this.#linkKey(a, b))) return;
    const atMs = this.#nowMs + this.network.settings.detectMs;
    this.deliverAt(atMs, a, { kind: "disconnected", agent: b.id });
    this.deliverAt(atMs, b, { kind: "disconnected", agent: a.id });
  }

  // --- operators --------------------------------------------------------------------------------------

  input(name: string, input: Input): void {
    const process = this.agent(name);
    this.at(this.#nowMs, () => process.deliver(this.#nowMs, input));
  }

  submit(name: string, genesis: SignedGenesis): void {
    this.input(name, { kind: "submit", genesis });
  }

  /** Puts a blob into an agent's store, as a submitter does. Returns its hash. */
  putBlob(name: string, bytes: Uint8Array): Hash {
    const hash = this.crypto.hash(bytes);
    this.agent(name).blobs.set(hash, bytes);
    return hash;
  }
}

export const createWorld = (options: WorldOptions): World => new World(options);
