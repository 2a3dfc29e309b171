/**
 * The network of a world: direct frames on connections, gossip, partitions. A model: connections keep order and end
 * when their peer dies or stays unreachable; gossip is one event a message and receiver, with no mesh in between.
 *
 * Responsible for who can reach whom, when a frame arrives, and the `connected` and `disconnected` inputs. Leaves
 * blobs to blob-transfers.ts, what a process does with an input to agent-process.ts.
 */

import { assert } from "../../protocol/core/assert.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { Input } from "../../protocol/input.ts";
import { QUEUE_POLICIES, type QueueClass } from "../../protocol/wire/queue.ts";
import type { GossipTopic } from "../../protocol/wire/topics.ts";
import type { Verdict } from "../../protocol/wire/verdict.ts";
import { BlobTransfers, type WantedBlob } from "./blob-transfers.ts";
import { createDistribution, type Distribution } from "./distribution.ts";
import { type Endpoint, Link, type Way } from "./endpoint.ts";
import { VirtualGossip } from "./gossip.ts";
import { NetworkStats } from "./network-stats.ts";
import { NETWORK_DEFAULTS, type NetworkConditions, type NetworkOptions } from "./options.ts";
import { overlayEdges } from "./overlay.ts";
import { CONNECT, FRAME, type Schedule } from "./world-event.ts";

/** What the node's links wait after a loss before they dial again. */
const BACKOFF_MS = 250;

/** Whether what `from` sends does not get to `to`. */
type Cut = (from: Endpoint, to: Endpoint) => boolean;

export class VirtualNetwork {
  readonly stats = new NetworkStats();
  readonly #schedule: Schedule;
  readonly #base: NetworkOptions;
  /** With all that is imposed on it. */
  #options: NetworkOptions;
  readonly #prng: Prng;
  readonly #latency: Distribution;
  readonly #processes: Endpoint[] = [];
  readonly #byId = new Map<AgentId, Endpoint>();
  readonly #links: Link[] = [];
  readonly #blobs: BlobTransfers;
  /** What faults do to the network now; of two that change the same thing, the later one counts. */
  readonly #imposed = new Set<NetworkConditions>();
  readonly #cuts = new Set<Cut>();
  readonly #gossip: VirtualGossip;

  constructor(schedule: Schedule, options: NetworkOptions, prng: Prng) {
    this.#schedule = schedule;
    this.#base = options;
    this.#options = options;
    this.#prng = prng;
    const latency = options.latencyMs ?? NETWORK_DEFAULTS.latencyMs;
    this.#latency = createDistribution(latency);
    this.#gossip = new VirtualGossip(schedule, this.#processes, prng, this.stats, {
      options: () => this.#options,
      isWhole: () => this.#isWhole,
      reaches: (from, to) => this.reaches(from, to),
    });
    this.#blobs = new BlobTransfers(schedule, options, {
      find: (agent) => this.#byId.get(agent),
      reaches: (from, to) => this.reaches(from, to),
      latencyMs: () => this.#latency(prng),
      stats: this.stats,
    });
  }

  add(process: Endpoint): void {
    this.#processes.push(process);
    this.#byId.set(process.id, process);
  }

  // --- connections ------------------------------------------------------------------------------------------

  /** Connects these as the overlay says. */
  layOut(processes: readonly Endpoint[]): void {
    const overlay = this.#options.overlay ?? { kind: "full", degree: 0 };
    for (const [a, b] of overlayEdges(overlay, processes.length, this.#prng)) this.link(processes[a]!, processes[b]!);
  }

  /** These two are connected whenever both are up. */
  link(a: Endpoint, b: Endpoint): void {
    const link = this.#linkOf(a, b);
    if (link !== null) link.isMesh = true;
  }

  #linkOf(a: Endpoint, b: Endpoint): Link | null {
    if (a === b) return null;
    const known = a.links.get(b.id);
    if (known !== undefined) return known;
    const link = new Link(a, b, this.#latencyBetween(a, b), this.#latencyBetween(b, a));
    a.links.set(b.id, link);
    b.links.set(a.id, link);
    this.#links.push(link);
    return link;
  }

  #latencyBetween(from: Endpoint, to: Endpoint): Distribution {
    const spec = this.#options.latencyOf?.(from.name, to.name) ?? null;
    return spec === null ? this.#latency : createDistribution(spec);
  }

  /** Connects the ends if they can reach each other; they learn it after a round trip. */
  #connect(link: Link): boolean {
    const { a, b } = link;
    if (link.up || !a.isUp || !b.isUp || !this.reaches(a, b) || !this.reaches(b, a)) return link.up;
    const prng = this.#prng;
    const upMs = this.#schedule.nowMs + link.forth.latency(prng) + link.back.latency(prng);
    link.up = true;
    link.epoch++;
    link.cutMs = Number.POSITIVE_INFINITY;
    for (const way of [link.forth, link.back]) {
      way.lastMs = upMs;
      way.freeMs = upMs;
    }
    this.#schedule.push(upMs, CONNECT, null, link.epoch, null, link);
    return true;
  }

  onConnect(link: Link, epoch: number): void {
    for (const end of [link.a, link.b]) {
      if (!link.up || link.epoch !== epoch) return; // what an end did when it was told
      this.#tellDown(link, end); // a loss that it has not noticed yet
      if (end === link.a) link.aTold = true;
      else link.bTold = true;
      const other = end === link.a ? link.b : link.a;
      end.deliver({ kind: "connected", agent: other.id, origin: this.#options.originOf?.(other.name) ?? "" });
    }
  }

  #tellDown(link: Link, end: Endpoint): void {
    const told = end === link.a ? link.aTold : link.bTold;
    if (!told) return;
    if (end === link.a) link.aTold = false;
    else link.bTold = false;
    end.deliver({ kind: "disconnected", agent: end === link.a ? link.b.id : link.a.id });
  }

  /** The connection is gone; `ends` notice at a time, unless there is another one by then. */
  #close(link: Link, atMs: number, ends: readonly Endpoint[]): void {
    if (!link.up) return;
    link.up = false;
    const epoch = ++link.epoch;
    link.retryMs = this.#schedule.nowMs + BACKOFF_MS;
    this.#schedule.at(atMs, () => {
      for (const end of ends) if (link.epoch === epoch) this.#tellDown(link, end);
    });
  }

  #reset(link: Link): void {
    this.#close(link, this.#schedule.nowMs, [link.a, link.b]);
  }

  #redial(link: Link, notBeforeMs = 0): void {
    const afterMs = notBeforeMs + this.#prng.unit() * (this.#options.redialMs ?? NETWORK_DEFAULTS.redialMs);
    this.#schedule.at(this.#schedule.nowMs + afterMs, () => this.#connect(link));
  }

  /** A process came up: at the start of the world at once, later within the time to dial again. */
  onStart(process: Endpoint, atOnce: boolean): void {
    for (const link of process.links.values()) {
      if (atOnce) this.#connect(link);
      else this.#redial(link);
    }
  }

  /**
   * A process died: what it sent before still arrives, then its peers notice. `silent`: its machine died with it, and
   * they notice when the connection is given up.
   */
  onCrash(process: Endpoint, silent: boolean): void {
    const { nowMs } = this.#schedule;
    for (const link of process.links.values()) {
      const [way, survivor] = link.a === process ? ([link.forth, link.b] as const) : ([link.back, link.a] as const);
      if (link.a === process) link.aTold = false;
      else link.bTold = false;
      if (!link.up) continue;
      link.drained = link.epoch;
      link.drainsTo = survivor;
      const noticeMs = silent ? nowMs + this.#detectMs : Math.max(nowMs + way.latency(this.#prng), way.lastMs);
      this.#close(link, noticeMs, [survivor]);
    }
  }

  /** The connection of the two, if there is one, is lost and made again. */
  drop(a: Endpoint, b: Endpoint): void {
    const link = a.links.get(b.id);
    if (link === undefined || !link.up) return;
    this.#reset(link);
    this.#redial(link);
  }

  /** Changes the network until the returned function is called. */
  impose(conditions: NetworkConditions): () => void {
    const own = { ...conditions };
    this.#imposed.add(own);
    this.#applyImposed();
    return () => {
      if (this.#imposed.delete(own)) this.#applyImposed();
    };
  }

  #applyImposed(): void {
    this.#options = Object.assign({}, this.#base, ...this.#imposed);
  }

  get #detectMs(): number {
    return this.#options.detectMs ?? NETWORK_DEFAULTS.detectMs;
  }

  // --- partitions -------------------------------------------------------------------------------------------

  /** Whether what `from` sends gets to `to`. */
  reaches(from: Endpoint, to: Endpoint): boolean {
    for (const separates of this.#cuts) if (separates(from, to)) return false;
    return true;
  }

  get #isWhole(): boolean {
    return this.#cuts.size === 0;
  }

  /** Cuts messages off until the returned function is called. */
  cut(separates: Cut): () => void {
    this.#cuts.add(separates);
    this.#noteCuts();
    return () => {
      if (!this.#cuts.delete(separates)) return;
      if (this.#isWhole) this.#reconnect();
      else this.#noteCuts();
    };
  }

  /** Ends all cuts, and whatever is imposed. */
  heal(): void {
    this.#imposed.clear();
    this.#applyImposed();
    this.#cuts.clear();
    this.#reconnect();
  }

  /** Nothing is cut any more. What was cut is lost: both ends learn that, and connect anew. */
  #reconnect(): void {
    for (const link of this.#links) {
      if (link.up && link.cutMs === Number.POSITIVE_INFINITY) continue;
      this.#reset(link);
      link.cutMs = Number.POSITIVE_INFINITY;
      this.#redial(link);
    }
  }

  #noteCuts(): void {
    const { nowMs } = this.#schedule;
    for (const link of this.#links) {
      const cut = !this.reaches(link.a, link.b) || !this.reaches(link.b, link.a);
      if (cut) link.cutMs = Math.min(link.cutMs, nowMs);
      else if (link.cutMs !== Number.POSITIVE_INFINITY) {
        this.#reset(link); // one of several cuts has ended: the two reach each other again
        link.cutMs = Number.POSITIVE_INFINITY;
        this.#redial(link);
      }
    }
    this.#schedule.at(nowMs + this.#detectMs, () => {
      for (const link of this.#links) if (link.up && link.cutMs <= nowMs) this.#reset(link);
    });
  }

  // --- direct frames ----------------------------------------------------------------------------------------

  send(from: Endpoint, to: AgentId, queue: QueueClass, bytes: Uint8Array): void {
    assert(
      bytes.length > 0 && bytes.length <= limits.frameBytes,
      `${from.name} sends a frame of ${bytes.length} bytes`,
    );
    const { stats } = this;
    stats.frames++;
    stats.frameBytes += bytes.length;
    let link = from.links.get(to);
    if (link === undefined || !link.up) {
      const peer = this.#byId.get(to);
      const made = peer === undefined ? null : this.#linkOf(from, peer);
      if (made === null || this.#schedule.nowMs < made.retryMs || !this.#connect(made)) {
        stats.unreachable++;
        return;
      }
      link = made;
    }
    const target = link.a === from ? link.b : link.a;
    const way = link.a === from ? link.forth : link.back;
    if (!this.#isWhole && !this.reaches(from, target)) stats.cut++;
    else this.#transmit(link, way, target, queue, { kind: "frame", from: from.id, bytes });
  }

  #transmit(link: Link, way: Way, target: Endpoint, queue: QueueClass, input: Input & { kind: "frame" }): void {
    const { loss = 0, duplication = 0 } = this.#options;
    const { nowMs } = this.#schedule;
    let leavesMs = nowMs;
    const { bandwidth = null, queueBytes = QUEUE_POLICIES.main.bytes } = this.#options;
    if (bandwidth !== null) {
      const startMs = Math.max(nowMs, way.freeMs);
      // A pulse is sent first: it waits for nothing.
      if (queue === "main") {
        if ((startMs - nowMs) * bandwidth > queueBytes) {
          this.stats.overflows++;
          this.#reset(link);
          this.#redial(link, BACKOFF_MS);
          return;
        }
        leavesMs = startMs + input.bytes.length / bandwidth;
        way.freeMs = leavesMs;
      }
    }
    if (loss > 0 && this.#prng.unit() < loss) {
      this.stats.lost++;
      this.#options.onFrame?.(nowMs, null, input.from, target.id, input.bytes);
      return;
    }
    this.#arrive(link, way, target, leavesMs, input);
    if (duplication > 0 && this.#prng.unit() < duplication) {
      this.stats.duplicated++;
      this.#arrive(link, way, target, leavesMs, input);
    }
  }

  #arrive(link: Link, way: Way, target: Endpoint, leavesMs: number, input: Input & { kind: "frame" }): void {
    let atMs = leavesMs + way.latency(this.#prng) * (this.#options.latencyFactor ?? 1);
    if (this.#options.reorder === true) {
      // Not before the connection is up, which `lastMs` then says.
      if (atMs < way.lastMs) atMs = way.lastMs;
    } else {
      if (atMs < way.lastMs) atMs = way.lastMs;
      way.lastMs = atMs;
    }
    this.#options.onFrame?.(this.#schedule.nowMs, atMs, input.from, target.id, input.bytes);
    this.#schedule.push(atMs, FRAME, target, link.epoch, input, link);
  }

  onFrame(target: Endpoint, link: Link, epoch: number, input: Input): void {
    const current = link.epoch === epoch || (link.drained === epoch && link.drainsTo === target);
    if (!current) this.stats.lost++;
    else if (!this.#isWhole && !this.reaches(link.a === target ? link.b : link.a, target)) this.stats.cut++;
    else target.deliver(input);
  }

  // --- gossip, blobs ------------------------------------------------------------------------------------------

  /** Returns the message's ticket. */
  publish(from: Endpoint, topic: GossipTopic, bytes: Uint8Array): number {
    assert(bytes.length <= limits.gossipBytes, `${from.name} publishes a message of ${bytes.length} bytes`);
    return this.#gossip.publish(from, topic, bytes);
  }

  fetchBlob(process: Endpoint, wanted: WantedBlob): void {
    this.#blobs.fetch(process, wanted);
  }

  onVerdict(process: Endpoint, ticket: number, verdict: Verdict): void {
    this.stats.countVerdict(verdict);
    this.#gossip.onVerdict(process, ticket, verdict);
  }

  onMisbehaved(code: string): void {
    this.stats.countMisbehaviour(code);
  }
}
