/**
 * One simulated process: a machine with its disk, blobs and clock. It carries effects out as the driver's contract
 * says (protocol/effect.ts): a step's records are written before anything of that step leaves.
 *
 * A crash loses the machine, its inbox, its timers, its work, and all writes that were not forced to the disk. A pause loses
 * nothing: inputs wait. Leaves to network.ts where frames go, to world.ts when things happen.
 */

import { assert, unreachable } from "../../protocol/core/assert.ts";
import type { AgentId, AwardRef, Hash } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Now } from "../../protocol/core/now.ts";
import type { Effect, LocalEvent } from "../../protocol/effect.ts";
import type { Input } from "../../protocol/input.ts";
import { type Machine, recordsFrom } from "../../protocol/machine.ts";
import { NONCE_BYTES } from "../../protocol/wire/command.ts";
import { FIRST_TOPICS, type GossipTopic } from "../../protocol/wire/topics.ts";
import { encodeValue } from "../../protocol/wire/value.ts";
import type { AgentClock, ClockSetting } from "./clock.ts";
import { type CrashLoss, Disk, type StoreEffect } from "./disk.ts";
import type { Endpoint, Link } from "./endpoint.ts";
import type { VirtualNetwork } from "./network.ts";
import type { ProcessOptions, ReportedEvent } from "./process-options.ts";
import { type SkillOutcome, tooLate } from "./skill.ts";
import type { WorldTrace } from "./trace.ts";
import { INPUT, type Schedule, SERVED, WAKE } from "./world-event.ts";

/** What a process needs from its world. */
export interface ProcessHost extends Schedule {
  readonly network: VirtualNetwork;
  readonly trace: WorldTrace;
  readonly hash: (bytes: Uint8Array) => Hash;
  keepsEvent(process: AgentProcess, event: LocalEvent): boolean;
  /** A write has failed, so the node ends. */
  onDiskFailure(process: AgentProcess): void;
  /** The process was meant to crash after its next forced write, and has made one. */
  onForcedWrite(process: AgentProcess): void;
}

/** The most inputs that one write covers, as in node/driver.ts. */
const BATCH_MAX = 256;

const TICK: Input = { kind: "tick" };
/** The shortest time that a timer waits. */
const TIMER_MS_MIN = 1;

const awardKey = (award: AwardRef): string => `${award.job} ${award.task} ${award.attempt}`;

export class AgentProcess implements Endpoint {
  readonly index: number;
  readonly name: string;
  readonly id: AgentId;
  readonly disk = new Disk();
  readonly blobs = new Map<Hash, Uint8Array>();
  readonly clock: AgentClock;
  readonly events: ReportedEvent[] = [];
  readonly links = new Map<AgentId, Link>();
  /** Gossip topics that it is subscribed to. */
  topics: ReadonlySet<GossipTopic> = new Set(FIRST_TOPICS);
  /** Which blobs it does not hand out. */
  withholds: (hash: Hash) => boolean;
  /** How long an input takes before its effects leave, ms; null if steps are instant. */
  serviceMs: ((input: Input) => number) | null;
  /** Crashes once its next forced write is made, before anything of that step leaves. */
  crashesAtForcedWrite = false;
  run = 0;
  state: "down" | "up" | "paused" = "down";
  incarnation = 0;
  steps = 0;
  /** Inputs that waited for the core, or for the end of a pause. */
  servedLate = 0;
  /** The most inputs that ever waited. */
  inboxMax = 0;

  readonly #host: ProcessHost;
  readonly #options: ProcessOptions;
  readonly #working = new Map<string, number>();
  #machine: Machine | null = null;
  /** Its clock's monotonic reading when it started, and what its machine was given last. */
  #startedMonoMs = 0;
  #monoMs = 0;
  #wakeToken = 0;
  #wakeMonoMs = Number.POSITIVE_INFINITY;
  #inbox: Input[] = [];
  #serving = false;
  /** Effects that wait for a forced write, and how many inputs they result from. */
  #held: Effect[] = [];
  #heldInputs = 0;
  #workToken = 0;
  #lostVotesBeforeMs: number | undefined;

  constructor(host: ProcessHost, options: ProcessOptions) {
    this.#host = host;
    this.#options = options;
    this.index = options.index;
    this.name = options.name;
    this.id = options.config.signer.agent;
    this.clock = options.clock;
    this.withholds = options.withholds;
    this.serviceMs = options.costs.serviceMs;
  }

  get isUp(): boolean {
    return this.state !== "down";
  }

  // --- life -------------------------------------------------------------------------------------------------

  start(): void {
    assert(this.state === "down", `${this.name} is up already`);
    this.state = "up";
    this.run++;
    this.incarnation++;
    this.#startedMonoMs = this.clock.monoMs(this.#host.nowMs);
    this.#monoMs = 0;
    const lostVotesBeforeMs = this.#lostVotesBeforeMs;
    const config = { ...this.#options.config, incarnation: this.incarnation, lostVotesBeforeMs };
    this.topics = new Set(FIRST_TOPICS);
    this.#machine = this.#options.create(config, recordsFrom(this.disk.records()));
    this.deliver({ kind: "start" });
  }

  /** `loss`: which unforced writes are lost; an orderly stop loses none. */
  crash(loss: CrashLoss = this.#options.crashLoss): void {
    assert(this.isUp, `${this.name} is down already`);
    this.state = "down";
    this.run++;
    this.#machine = null;
    this.#inbox = [];
    this.#serving = false;
    this.#held = [];
    this.#heldInputs = 0;
    this.crashesAtForcedWrite = false;
    this.#working.clear();
    this.#wakeToken++;
    this.#wakeMonoMs = Number.POSITIVE_INFINITY;
    this.disk.crash(loss, this.#options.prng);
  }

  /** Its store is gone; its driver will notice, since it knows that the key was used. */
  loseStore(): void {
    assert(this.state === "down", `${this.name} is ${this.state}`);
    const { nowMs, trace } = this.#host;
    for (const job of this.disk.lose()) trace.add(nowMs, this.id, this.index, { kind: "forgot", job });
    this.#lostVotesBeforeMs = this.clock.wallMs(nowMs);
  }

  pause(): void {
    assert(this.state === "up", `${this.name} is ${this.state}`);
    this.state = "paused";
  }

  resume(): void {
    assert(this.state === "paused", `${this.name} is ${this.state}`);
    this.state = "up";
    if (this.#serving) return;
    if (this.#heldInputs > 0) return this.#release();
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const input of waiting) this.deliver(input);
  }

  // --- inputs -----------------------------------------------------------------------------------------------

  deliver(input: Input): void {
    if (this.state === "down") return;
    // An input that could be served at once must not overtake those that wait.
    if (this.state === "up" && this.serviceMs === null && !this.#serving) {
      this.#step(input);
      return;
    }
    this.#inbox.push(input);
    this.servedLate++;
    if (this.#inbox.length > this.inboxMax) this.inboxMax = this.#inbox.length;
    if (this.state === "up" && !this.#serving) this.#serveNext();
  }

  #serveNext(): void {
    const [next] = this.#inbox;
    this.#serving = next !== undefined;
    if (next === undefined) return;
    const { nowMs } = this.#host;
    const lengthMs = this.serviceMs?.(next) ?? 0;
    // An agent that a fault slows down does not take shared cores from the others.
    const { cores, serviceMs } = this.#options.costs;
    const endMs = this.serviceMs === serviceMs ? cores?.take(nowMs, lengthMs) : undefined;
    this.#host.push(endMs ?? nowMs + lengthMs, SERVED, this, this.run, null, null);
  }

  /** The first of the inbox has had its time. A paused process finishes when it is resumed. */
  onServed(): void {
    this.#serving = false;
    if (this.state === "paused") return;
    const input = this.#inbox.shift();
    if (input !== undefined) this.#step(input);
    if (this.state !== "up") return;
    // Inputs that wait are stepped, and then written together.
    if (this.#heldInputs > 0 && (this.#inbox.length === 0 || this.#heldInputs >= BATCH_MAX)) this.#force();
    else this.#serveNext();
  }

  /** Makes the write that the held effects wait for. */
  #force(): void {
    const { run } = this;
    this.#serving = true;
    this.#host.at(this.#host.nowMs + this.#options.costs.forcedWriteMs, () => {
      if (this.run !== run) return;
      this.#serving = false;
      if (this.state === "up") this.#release();
    });
  }

  #release(): void {
    const effects = this.#held;
    this.#held = [];
    this.#heldInputs = 0;
    this.#serving = true; // inputs that these effects cause at once have to wait
    for (const effect of effects) this.#perform(effect);
    this.#serving = false;
    if (this.state === "up") this.#serveNext();
  }

  onWake(token: number): void {
    if (token !== this.#wakeToken) return;
    // Adding and subtracting may round a time down, but a timer must never fire early.
    this.#monoMs = Math.max(this.#monoMs, this.#wakeMonoMs);
    this.#wakeMonoMs = Number.POSITIVE_INFINITY;
    this.deliver(TICK);
  }

  /** Delivers an input at a later time, if the process has not restarted by then. */
  later(atMs: number, input: Input): void {
    this.#host.push(atMs, INPUT, this, this.run, input, null);
  }

  #now(): Now {
    const { nowMs } = this.#host;
    this.#monoMs = Math.max(this.#monoMs, this.clock.monoMs(nowMs) - this.#startedMonoMs);
    return { monoMs: this.#monoMs, wallMs: this.clock.wallMs(nowMs) };
  }

  #step(input: Input): void {
    const host = this.#host;
    host.trace.onInput(host.nowMs, this.index, input);
    this.steps++;
    const effects = this.#machine!.step(this.#now(), input);
    if (effects.length === 0) return;
    const { forced } = this.disk;
    if (!this.#write(effects)) {
      host.onDiskFailure(this);
      return;
    }
    if (this.crashesAtForcedWrite && this.disk.forced > forced) {
      // Checkers still get its trace events: it may have signed what it never sent.
      for (const effect of effects) if (effect.kind === "trace") this.#perform(effect);
      host.onForcedWrite(this);
      return;
    }
    const { forcedWriteMs } = this.#options.costs;
    if (forcedWriteMs > 0 && this.serviceMs !== null && (this.#heldInputs > 0 || this.disk.forced > forced)) {
      this.#held.push(...effects);
      this.#heldInputs++;
      return;
    }
    for (const effect of effects) this.#perform(effect);
  }

  // --- effects ----------------------------------------------------------------------------------------------

  /** All records of the step as one write; false if it failed. */
  #write(effects: readonly Effect[]): boolean {
    let records: StoreEffect[] | null = null;
    for (const effect of effects) {
      if (effect.kind === "persist" || effect.kind === "forget") (records ??= []).push(effect);
    }
    if (records === null) return true;
    if (!this.disk.write(records)) return false;
    const { trace, nowMs } = this.#host;
    for (const record of records) if (record.kind === "persist") trace.onPersist(nowMs, this.id, record);
    return true;
  }

  #perform(effect: Effect): void {
    const host = this.#host;
    switch (effect.kind) {
      case "persist":
      case "forget":
      case "releaseBlobs":
        break; // written; and its disk has room for all blobs
      case "send":
        host.network.send(this, effect.to, effect.queue, effect.bytes);
        break;
      case "publish":
        host.trace.onPublish(this.index, host.network.publish(this, effect.topic, effect.bytes), effect.bytes);
        break;
      case "subscribe":
        this.topics = new Set(effect.topics);
        break;
      case "verdict":
        host.network.onVerdict(this, effect.ticket, effect.verdict);
        break;
      case "misbehaved":
        host.network.onMisbehaved(effect.code);
        break;
      case "address":
      case "sharing":
        break; // agents are found by their ids, and there is room for all
      case "readRecords": {
        const { job, ticket, slots } = effect;
        this.later(host.nowMs, { kind: "recordsRead", job, ticket, records: this.disk.read(job, slots) });
        break;
      }
      case "storeBlob":
        this.blobs.set(host.hash(effect.bytes), effect.bytes);
        break;
      case "fetchBlob":
        host.network.fetchBlob(this, effect);
        break;
      case "work":
        this.#work(effect);
        break;
      case "stopWork":
        this.#working.delete(awardKey(effect.award));
        break;
      case "wake":
        this.#wake(effect.atMonoMs);
        break;
      case "event":
        if (host.keepsEvent(this, effect.event)) this.events.push({ atMs: host.nowMs, event: effect.event });
        break;
      case "trace":
        host.trace.add(host.nowMs, this.id, this.index, effect.event);
        break;
      default:
        unreachable(effect);
    }
  }

  #wake(atMonoMs: number): void {
    this.#wakeToken++;
    this.#wakeMonoMs = atMonoMs;
    if (atMonoMs === Number.POSITIVE_INFINITY) return;
    const { nowMs } = this.#host;
    const dueMs = this.clock.dueMs(this.#startedMonoMs + atMonoMs);
    const atMs = dueMs > nowMs ? dueMs : nowMs + TIMER_MS_MIN;
    this.#host.push(atMs, WAKE, this, this.#wakeToken, null, null);
  }

  setClock(setting: ClockSetting): void {
    this.clock.set(setting, this.#host.nowMs);
    if (this.#wakeMonoMs !== Number.POSITIVE_INFINITY) this.#wake(this.#wakeMonoMs); // by the new drift
  }

  #work({ award, skill, input, budgetMs }: Extract<Effect, { readonly kind: "work" }>): void {
    const host = this.#host;
    const key = awardKey(award);
    const token = ++this.#workToken;
    this.#working.set(key, token);
    const given = this.#options.skill?.({
      agent: this.id,
      award,
      skill,
      input,
      budgetMs,
      nowMs: host.nowMs,
      prng: this.#options.prng,
      blob: (hash) => this.blobs.get(hash),
    }) ?? { afterMs: 0, failure: "refused" as const, message: "this agent has no such skill" };
    const outcome: SkillOutcome = given.afterMs <= budgetMs ? given : tooLate(budgetMs);
    host.at(host.nowMs + outcome.afterMs, () => {
      if (this.#working.get(key) !== token) return; // stopped, started anew, or crashed
      this.#working.delete(key);
      if ("failure" in outcome) {
        const { failure: reason, retryMs = 0, message = "" } = outcome;
        this.deliver({ kind: "workFailed", award, reason, retryMs, message });
      } else this.#finish(award, outcome);
    });
  }

  #finish(award: AwardRef, outcome: Exclude<SkillOutcome, { readonly failure: unknown }>): void {
    const { confidencePpm = 1_000_000, cost = 0, usage = null } = outcome;
    const output = encodeValue(outcome.output);
    if (output.length > limits.inlineBytes) {
      const hash = this.#host.hash(output);
      this.blobs.set(hash, output);
      this.deliver({ kind: "blobStored", job: award.job, hash });
    }
    const nonce = new Uint8Array(NONCE_BYTES);
    for (let i = 0; i < NONCE_BYTES; i++) nonce[i] = this.#options.prng.uint32() & 0xff;
    this.deliver({ kind: "workDone", award, output, confidencePpm, cost, usage, nonce });
  }
}
