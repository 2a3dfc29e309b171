/**
 * Carries out what machines of a virtual world ask for: frames and gossip to others, blobs, work, wakes, records.
 * Every outcome comes back as an input, failures included, as protocol/effect.ts promises.
 */

import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { AwardRef, Input } from "../../../protocol/input.ts";
import { NONCE_BYTES } from "../../../protocol/wire/command.ts";
import type { VirtualProcess } from "./process.ts";
import { valueBytes } from "./work.ts";
import type { World } from "./world.ts";

/** How long a fetch waits for a holder that does not answer, ms. */
const FETCH_TIMEOUT_MS = 500;
/** Bytes of a blob that pass in a millisecond. */
const BLOB_BYTES_PER_MS = 10_000;

export interface Carrier {
  carryOut(process: VirtualProcess, effect: Effect): void;
  /** Plans the tick that the machine waits for anew: its clock runs differently now. */
  planWake(process: VirtualProcess): void;
}

const awardKey = (process: VirtualProcess, { job, task, attempt }: AwardRef): string =>
  `${process.id} ${job} ${task} ${attempt}`;

class WorldCarrier implements Carrier {
  readonly #world: World;
  readonly #lots: Prng;
  readonly #works = new Map<string, { readonly isStopped: () => boolean; stop(): void }>();
  #ticket = 0;

  constructor(world: World, lots: Prng) {
    this.#world = world;
    this.#lots = lots;
  }

  carryOut(process: VirtualProcess, effect: Effect): void {
    switch (effect.kind) {
      case "send":
        return this.#send(process, effect.to, effect.bytes);
      case "publish":
        return this.#publish(process, effect);
      case "wake":
        process.wakeMonoMs = effect.atMonoMs;
        return this.planWake(process);
      case "readRecords": {
        const records = process.disk.read(effect.job, effect.slots);
        return this.#soon(process, { kind: "recordsRead", job: effect.job, ticket: effect.ticket, records });
      }
      case "storeBlob":
        process.blobs.set(this.#world.crypto.hash(effect.bytes), effect.bytes);
        return;
      case "fetchBlob":
        return this.#fetch(process, effect.hash, effect.bytes, effect.from);
      case "work":
        return this.#work(process, effect);
      case "stopWork":
        return this.#works.get(awardKey(process, effect.award))?.stop();
      case "misbehaved":
        this.#world.stats.misbehaved++;
        return;
      default:
        return; // persist and forget are on the disk already; the others are news
    }
  }

  #soon(process: VirtualProcess, input: Input): void {
    this.#world.deliverAt(this.#world.now, process, input);
  }

  // --- messages ---------------------------------------------------------------------------------------

  #send(process: VirtualProcess, to: AgentId, bytes: Uint8Array): void {
    const world = this.#world;
    world.stats.frames++;
    world.stats.frameBytes += bytes.length;
    world.trace.fold(`${to} ${bytes.length}`);
    const receiver = world.find(to);
    const arrivals = receiver?.isUp === true ? world.network.arrivals(world.now, process.id, to) : [];
    if (arrivals.length === 0) world.stats.lost++;
    for (const atMs of arrivals) world.deliverAt(atMs, receiver!, { kind: "frame", from: process.id, bytes });
  }

  #publish(process: VirtualProcess, { topic, bytes }: Extract<Effect, { kind: "publish" }>): void {
    const world = this.#world;
    for (const receiver of world.processes) {
      if (receiver === process || !receiver.isUp) continue;
      world.stats.gossip++;
      const atMs = world.network.gossipArrival(world.now, process.id, receiver.id);
      const ticket = ++this.#ticket;
      if (atMs === null) world.stats.lost++;
      else world.deliverAt(atMs, receiver, { kind: "gossip", from: process.id, topic, bytes, ticket });
    }
  }

  planWake(process: VirtualProcess): void {
    const world = this.#world;
    const wakeMs = process.wakeMonoMs;
    if (wakeMs === Number.POSITIVE_INFINITY) return;
    const { life } = process;
    // A hair late rather than early: a machine that is woken too soon need not ask again.
    const atMs = Math.max(world.now, Math.ceil(process.clock.virtualOf(wakeMs) * 8) / 8);
    world.at(atMs, () => {
      if (process.life !== life || process.wakeMonoMs !== wakeMs) return;
      if (process.clock.mono(world.now) < wakeMs) {
        world.at(world.now + 1 / 8, () => this.planWake(process));
        return;
      }
      process.wakeMonoMs = Number.POSITIVE_INFINITY;
      process.deliver(world.now, { kind: "tick" });
    });
  }

  // --- blobs ------------------------------------------------------------------------------------------

  #fetch(process: VirtualProcess, hash: Hash, bytes: number, from: readonly AgentId[]): void {
    const world = this.#world;
    if (process.blobs.has(hash)) return this.#soon(process, { kind: "blobStored", hash });
    const { network } = world;
    const isHolder = (agent: AgentId): boolean => {
      const other = world.find(agent);
      if (other === undefined || network.isCut(process.id, agent) || network.isCut(agent, process.id)) return false;
      return other.isUp && !other.isPaused && !other.withholdsBlobs && other.blobs.has(hash);
    };
    const holder = from.find(isHolder);
    if (holder === undefined || this.#lots.chance(network.settings.loss)) {
      world.deliverAt(world.now + FETCH_TIMEOUT_MS, process, { kind: "blobFailed", hash });
      return;
    }
    const blob = world.find(holder)!.blobs.get(hash)!;
    const { life } = process;
    const tookMs =
      network.delayMs(process.id, holder) + network.delayMs(holder, process.id) + Math.floor(bytes / BLOB_BYTES_PER_MS);
    world.at(world.now + tookMs, () => {
      if (process.life !== life) return;
      process.blobs.set(hash, blob);
      process.deliver(world.now, { kind: "blobStored", hash });
    });
  }

  // --- work -------------------------------------------------------------------------------------------

  #work(process: VirtualProcess, { award, skill, input }: Extract<Effect, { kind: "work" }>): void {
    const world = this.#world;
    const outcome = process.settings.skill({ skill, award, input, blob: (hash) => process.blobs.get(hash as Hash) });
    if (outcome === null) return;
    const { life } = process;
    const key = awardKey(process, award);
    let isStopped = false;
    const work = { isStopped: () => isStopped, stop: () => void (isStopped = true) };
    this.#works.set(key, work);
    const nonce = new Uint8Array(NONCE_BYTES).map(() => this.#lots.below(256));
    world.at(world.now + outcome.afterMs, () => {
      if (this.#works.get(key) === work) this.#works.delete(key);
      if (work.isStopped() || process.life !== life) return;
      if ("failure" in outcome) {
        process.deliver(world.now, { kind: "workFailed", award, reason: outcome.failure, message: "simulated" });
        return;
      }
      const output = valueBytes(outcome.output);
      if (output.length > limits.inlineBytes) process.blobs.set(world.crypto.hash(output), output);
      const { confidencePpm = 900_000, cost = 1 } = outcome;
      process.deliver(world.now, { kind: "workDone", award, output, confidencePpm, cost, nonce });
    });
  }
}

export const createCarrier = (world: World, lots: Prng): Carrier => new WorldCarrier(world, lots);
