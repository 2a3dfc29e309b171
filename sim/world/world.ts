/**
 * A virtual world: agents, their disks and clocks, a network, and one queue of events, in virtual time and in one thread. The
 * same options give the same run on every machine; `digest()` proves it.
 *
 * Responsible for the order of things and for the faults that a scenario asks for. What lies outside a machine's
 * `step` is a model; each part says which: network.ts, disk.ts, clock.ts, agent-process.ts, skill.ts.
 */

import { assert, unreachable } from "../../protocol/core/assert.ts";
import type { Crypto, Signer } from "../../protocol/core/crypto.ts";
import type { AgentId, MeshId } from "../../protocol/core/ids.ts";
import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { Input } from "../../protocol/input.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import { AgentProcess, type ProcessHost } from "./agent-process.ts";
import { AgentClock, type ClockSetting } from "./clock.ts";
import type { CrashLoss } from "./disk.ts";
import { EventScheduler } from "./event-scheduler.ts";
import { VirtualNetwork } from "./network.ts";
import type { NetworkStats } from "./network-stats.ts";
import { type AgentSpec, costsOf, MESH, type NetworkConditions, type WorldOptions } from "./options.ts";
import { checkOnce, type Readings, readingsFor, readOnce } from "./read-once.ts";
import { createSignatures } from "./signatures.ts";
import { WorldTrace } from "./trace.ts";
import { CALL, CONNECT, FRAME, INPUT, SERVED, WAKE, type WorldEvent } from "./world-event.ts";

/** What right wall clocks show at virtual time 0, unless told: 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000;
/** How long `run` waits for a condition, unless told. */
const WITHIN_MS = 3_600_000;

interface RunEnd {
  /** The time was reached, the condition held, or nothing is left to happen. */
  readonly reason: "time" | "condition" | "idle";
  /** Events that were carried out. */
  readonly events: number;
}

interface CrashOptions {
  /** The whole machine is gone: its peers are not told by closed connections. */
  readonly silent?: boolean;
  /** What it takes of unforced writes. Default: as the agent says. */
  readonly loss?: CrashLoss;
}

export interface WorldStats {
  /** Events, and steps of machines. */
  events: number;
  steps: number;
  crashes: number;
  /** Processes that ended because a write failed. */
  diskFailures: number;
  /** Inputs that waited for their agent's core. */
  servedLate: number;
  readonly network: NetworkStats;
}

/** Something threw: whoever ran the world learns where. Its `cause` is the error. */
export class WorldError extends Error {
  override readonly name = "WorldError";
}

export class World {
  readonly meshId: MeshId;
  readonly crypto: Crypto;
  readonly trace: WorldTrace;
  /** Random numbers for scenarios. Drawing from it does not shift anyone else's draws. */
  readonly prng: Prng;
  readonly #options: WorldOptions;
  readonly #scheduler = new EventScheduler();
  readonly #network: VirtualNetwork;
  readonly #processes = new Map<string, AgentProcess>();
  readonly #host: ProcessHost;
  readonly #signerOf: (agent: AgentId) => Signer;
  readonly #readings: Readings;
  readonly #seedPrng: Prng;
  #events = 0;
  #crashes = 0;
  #diskFailures = 0;

  constructor(options: WorldOptions) {
    const { seed, hasher } = options;
    this.#options = options;
    this.meshId = (options.meshId ?? MESH) as MeshId;
    this.#seedPrng = createPrng(seed);
    this.prng = this.#seedPrng.fork("scenario");
    const signatures = options.signatures ?? createSignatures(seed, hasher);
    this.crypto = { hash: hasher, verify: signatures.verify, remember: checkOnce() };
    this.#readings = readOnce(hasher, options.sharesExecutions ?? false);
    this.#signerOf = (agent) => signatures.signerOf(agent);
    this.trace = new WorldTrace(seed, options.trace ?? {});
    this.#host = this.#createHost();
    this.#network = this.#host.network;
    for (const spec of options.agents) this.#create(spec);
    this.#network.layOut(this.agents);
    for (const spec of options.agents) this.#startLater(spec, true);
  }

  #createHost(): ProcessHost {
    const { hasher, keepEvent, onEvent, network, seed } = this.#options;
    const scheduler = this.#scheduler;
    return {
      get nowMs(): number {
        return scheduler.nowMs;
      },
      push: (atMs, kind, process, token, input, link) => scheduler.push(atMs, kind, process, token, input, link),
      at: (atMs, call) => scheduler.at(atMs, call),
      network: new VirtualNetwork(scheduler, network ?? {}, createPrng(seed).fork("network")),
      trace: this.trace,
      hash: hasher,
      keepsEvent: (process, event) => {
        onEvent?.(process.name, event, this.#scheduler.nowMs);
        return keepEvent?.(process.name, event) ?? true;
      },
      onDiskFailure: (process) => {
        this.#diskFailures++;
        this.#crash(process, false, "all");
      },
      onForcedWrite: (process) => this.#crash(process, false, "none"),
    };
  }

  #create(spec: AgentSpec): AgentProcess {
    const { name } = spec;
    assert(!this.#processes.has(name), `there are two agents called ${name}`);
    const { options, prng } = { options: this.#options, prng: this.#seedPrng.fork(`agent ${name}`) };
    const create = spec.create ?? options.create;
    if (create === undefined) throw new WorldError(`nobody says how ${name} is made`);
    const signer = this.signer(name);
    const process = new AgentProcess(this.#host, {
      index: this.#processes.size,
      name,
      create: this.#wrap(create, spec, prng.fork("adversary")),
      config: {
        meshId: this.meshId,
        signer,
        crypto: this.crypto,
        name,
        incarnation: 0,
        skills: [],
        slots: 4,
        labels: [],
        hosts: true,
        addresses: [`/sim/${name}`],
        ...readingsFor(spec, this.#readings),
        ...spec.config,
      },
      clock: new AgentClock(options.epochMs ?? EPOCH_MS, spec.clock),
      costs: costsOf(options),
      skill: spec.skill ?? null,
      withholds: spec.withholds ?? (() => false),
      crashLoss: spec.crashLoss ?? "random",
      prng,
    });
    this.#processes.set(name, process);
    this.#network.add(process);
    return process;
  }

  #wrap(create: CreateMachine, { name, wrap, coalition = [] }: AgentSpec, prng: Prng): CreateMachine {
    if (wrap === undefined) return create;
    const signers = new Map([name, ...coalition].map((owned) => [owned, this.signer(owned)]));
    return wrap(create, { signers, prng });
  }

  #startLater({ name, startMs = 0 }: AgentSpec, atOnce: boolean): void {
    if (startMs === null) return;
    this.at(startMs, () => {
      const process = this.agent(name);
      if (process.isUp) return; // somebody was faster
      process.start();
      this.#network.onStart(process, atOnce);
    });
  }

  // --- looking ----------------------------------------------------------------------------------------------

  /** Virtual time since the world began, ms. */
  get now(): number {
    return this.#scheduler.nowMs;
  }

  get agents(): readonly AgentProcess[] {
    return [...this.#processes.values()];
  }

  has(name: string): boolean {
    return this.#processes.has(name);
  }

  agent(name: string): AgentProcess {
    const process = this.#processes.get(name);
    if (process === undefined) throw new WorldError(`there is no agent called ${name}`);
    return process;
  }

  /** What an agent told its operator. */
  events(name: string): AgentProcess["events"] {
    return this.agent(name).events;
  }

  get stats(): WorldStats {
    let servedLate = 0;
    for (const process of this.#processes.values()) servedLate += process.servedLate;
    return {
      events: this.#events,
      steps: this.trace.steps,
      crashes: this.#crashes,
      diskFailures: this.#diskFailures,
      servedLate,
      network: this.#network.stats,
    };
  }

  /** Digest of all inputs and trace events so far. */
  digest(): string {
    return this.trace.digest();
  }

  /** The signer of an agent, or of somebody outside (a job's owner). */
  signer(name: string): Signer {
    return this.#signerOf(name as AgentId);
  }

  // --- running ----------------------------------------------------------------------------------------------

  /** Calls back at a virtual time, after everything that was scheduled earlier for that time. */
  at(atMs: number, call: () => void): void {
    this.#scheduler.at(atMs, call);
  }

  /** Until a virtual time, or until a condition holds (asked after each event), at most `withinMs` from now. */
  run(until: number | (() => boolean), { withinMs = WITHIN_MS }: { readonly withinMs?: number } = {}): RunEnd {
    const condition = typeof until === "number" ? null : until;
    const endMs = typeof until === "number" ? until : this.#scheduler.nowMs + withinMs;
    const before = this.#events;
    if (condition?.() === true) return { reason: "condition", events: 0 };
    const scheduler = this.#scheduler;
    while (scheduler.nextMs <= endMs) {
      this.#carryOut(scheduler.take());
      this.#events++;
      if (condition?.() === true) return { reason: "condition", events: this.#events - before };
    }
    scheduler.nowMs = Math.max(scheduler.nowMs, endMs);
    return { reason: scheduler.isEmpty ? "idle" : "time", events: this.#events - before };
  }

  #carryOut(event: WorldEvent): void {
    try {
      this.#dispatch(event);
      this.#scheduler.give(event);
    } catch (error) {
      const what = event.input === null ? "" : `, ${event.input.kind}`;
      const who = event.process === null ? "" : ` at ${event.process.name}`;
      const why = error instanceof Error ? error.message : String(error);
      const where = `seed ${this.#options.seed}, ${this.#scheduler.nowMs} ms${who}${what}`;
      throw new WorldError(`${where}: ${why}`, { cause: error });
    }
  }

  #dispatch(event: WorldEvent): void {
    const { kind, process, token, input, link } = event;
    switch (kind) {
      case INPUT:
        if (process!.run === token) process!.deliver(input!);
        break;
      case FRAME:
        this.#network.onFrame(process!, link!, token, input!);
        break;
      case WAKE:
        process!.onWake(token);
        break;
      case CALL:
        event.call!();
        break;
      case CONNECT:
        this.#network.onConnect(link!, token);
        break;
      case SERVED:
        if (process!.run === token) process!.onServed();
        break;
      default:
        unreachable(kind);
    }
  }

  // --- what a scenario does -----------------------------------------------------------------------------------

  /** Another agent, from now on (or from its `startMs`), connected to `peers` (default: to whom it sends). */
  add(spec: AgentSpec, peers: readonly string[] = []): void {
    const process = this.#create(spec);
    for (const name of peers) this.#network.link(process, this.agent(name));
    this.#startLater(spec, false);
  }

  start(name: string): void {
    const process = this.agent(name);
    process.start();
    this.#network.onStart(process, false);
    this.#options.onLife?.(name, true);
  }

  /** The same identity again, on what its disk has, as a new incarnation. */
  restart(name: string): void {
    if (this.agent(name).isUp) this.crash(name);
    this.start(name);
  }

  crash(name: string, { silent = false, loss }: CrashOptions = {}): void {
    this.#crash(this.agent(name), silent, loss);
  }

  /** An orderly end: nothing unforced is lost. */
  stop(name: string): void {
    this.#crash(this.agent(name), false, "none");
  }

  #crash(process: AgentProcess, silent: boolean, loss: CrashLoss | undefined): void {
    this.#crashes++;
    process.crash(loss);
    this.#network.onCrash(process, silent);
    this.#options.onLife?.(process.name, false);
  }

  /** It crashes once its next forced write is made, before anything of that step leaves; or not after all. */
  crashAtForcedWrite(name: string, on = true): void {
    this.agent(name).crashesAtForcedWrite = on;
  }

  pause(name: string): void {
    this.agent(name).pause();
  }

  resume(name: string): void {
    this.agent(name).resume();
  }

  /**
   * Agents reach those of their own group only; who is in no group is in one with all others in none. Returns what ends
   * this partition, and no other.
   */
  partition(groups: readonly (readonly string[])[]): () => void {
    const groupOf = new Map(groups.flatMap((group, i) => group.map((name) => [this.agent(name).index, i] as const)));
    return this.#network.cut((from, to) => groupOf.get(from.index) !== groupOf.get(to.index));
  }

  /** One way: what `from` send does not get to `to`. Returns what ends it. */
  block(from: readonly string[], to: readonly string[]): () => void {
    const indices = (names: readonly string[]): Set<number> => new Set(names.map((name) => this.agent(name).index));
    const [senders, receivers] = [indices(from), indices(to)];
    return this.#network.cut((a, b) => a !== b && senders.has(a.index) && receivers.has(b.index));
  }

  /** Ends all partitions and blocks, and whatever else is imposed on the network. */
  heal(): void {
    this.#network.heal();
  }

  /** The two connect anew; frames in flight are lost, and both ends learn that. */
  dropConnection(name: string, other: string): void {
    this.#network.drop(this.agent(name), this.agent(other));
  }

  /** Changes what the network does to frames and gossip, what is not said stays; returns what ends this change. */
  imposeOnNetwork(conditions: NetworkConditions): () => void {
    return this.#network.impose(conditions);
  }

  /** How long an agent takes for an input from now on; null: no time. `own`: as the world began. */
  setService(name: string, serviceMs: ((input: Input) => number) | "own" | null): void {
    this.agent(name).serviceMs = serviceMs === "own" ? costsOf(this.#options).serviceMs : serviceMs;
  }

  /** Whether an agent's writes fail. */
  setDisk(name: string, failing: boolean): void {
    this.agent(name).disk.failing = failing;
  }

  setClock(name: string, setting: ClockSetting): void {
    this.agent(name).setClock(setting);
  }

  jumpClock(name: string, byMs: number): void {
    this.agent(name).clock.jump(byMs, this.#scheduler.nowMs);
  }

  /** Gives an agent an input now, ahead of what waits. */
  inject(name: string, input: Input): void {
    this.agent(name).deliver(input);
  }

  /** Puts a blob into an agent's store, as a submitter does. */
  putBlob(name: string, bytes: Uint8Array): void {
    this.agent(name).blobs.set(this.#options.hasher(bytes), bytes);
  }
}

export const createWorld = (options: WorldOptions): World => new World(options);
