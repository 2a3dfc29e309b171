/**
 * Gossip in a world, in one of three ways (`NetworkOptions.gossip`): straight to everybody; along the connections, with
 * one event a receiver at its first arrival (gossip-mesh.ts); or hop by hop, forwarded when a machine accepts.
 */

import type { Prng } from "../../protocol/core/prng.ts";
import type { Input } from "../../protocol/input.ts";
import type { GossipTopic } from "../../protocol/wire/topics.ts";
import type { Verdict } from "../../protocol/wire/verdict.ts";
import { createDistribution, type Distribution, type DistributionSpec } from "./distribution.ts";
import type { Endpoint, Link } from "./endpoint.ts";
import { GossipMesh, type Hops } from "./gossip-mesh.ts";
import type { NetworkStats } from "./network-stats.ts";
import type { NetworkOptions } from "./options.ts";
import { INPUT, type Schedule } from "./world-event.ts";

type GossipInput = Extract<Input, { readonly kind: "gossip" }>;

/** With fewer neighbours in the overlay than this, gossip takes other connections too (gossipsub's `Dlo`). */
const MESH_LOW = 4;
/** What a hop costs beside the way: a message is checked before it is passed on. */
const HOP_MS = 1;
/** Messages of which is known who has them. */
const SEEN_KEPT = 4_096;
const DEFAULT_LATENCY: DistributionSpec = { p50: 20, p95: 60 };

const timesThree = (spec: DistributionSpec): DistributionSpec => {
  if (typeof spec === "number") return 3 * spec;
  return "p50" in spec ? { p50: 3 * spec.p50, p95: 3 * spec.p95 } : { min: 3 * spec.min, max: 3 * spec.max };
};

/** What gossip asks of the network around it. */
interface Reach {
  options(): NetworkOptions;
  /** Nothing is cut: everybody reaches everybody. */
  isWhole(): boolean;
  reaches(from: Endpoint, to: Endpoint): boolean;
}

const otherEnd = (link: Link, from: Endpoint): Endpoint => (link.a === from ? link.b : link.a);

export class VirtualGossip {
  readonly #schedule: Schedule;
  readonly #processes: readonly Endpoint[];
  readonly #prng: Prng;
  readonly #stats: NetworkStats;
  readonly #reach: Reach;
  readonly #straight: Distribution;
  readonly #mesh = new GossipMesh();
  /** Full simulation only: who has which message, and from whom. */
  readonly #seen = new Map<number, { readonly input: GossipInput; readonly by: Map<number, Endpoint> }>();
  #ticket = 0;

  constructor(schedule: Schedule, processes: readonly Endpoint[], prng: Prng, stats: NetworkStats, reach: Reach) {
    this.#schedule = schedule;
    this.#processes = processes;
    this.#prng = prng;
    this.#stats = stats;
    this.#reach = reach;
    const { gossipLatencyMs, latencyMs = DEFAULT_LATENCY } = reach.options();
    this.#straight = createDistribution(gossipLatencyMs ?? timesThree(latencyMs));
  }

  /** Returns the message's ticket. */
  publish(from: Endpoint, topic: GossipTopic, bytes: Uint8Array): number {
    // One input for all: the ticket is the message's.
    const input: GossipInput = { kind: "gossip", from: from.id, topic, bytes, ticket: ++this.#ticket };
    this.#stats.published++;
    switch (this.#reach.options().gossip ?? "flat") {
      case "full":
        this.#seen.set(input.ticket, { input, by: new Map([[from.index, from]]) });
        this.#forward(from, from, input);
        break;
      case "mesh":
        this.#spread(from, input);
        break;
      case "flat":
        for (const to of this.#processes) {
          if (to === from || !to.isUp || !to.topics.has(topic) || !this.#reach.reaches(from, to)) continue;
          this.#deliver(to, this.#straight(this.#prng) * this.#factor, input);
        }
        break;
    }
    return this.#ticket;
  }

  get #factor(): number {
    return this.#reach.options().latencyFactor ?? 1;
  }

  #spread(from: Endpoint, input: GossipInput): void {
    const hops: Hops = {
      count: this.#processes.length,
      each: (index, found) =>
        this.#eachHop(this.#processes[index]!, input.topic, (to, hopMs) => found(to.index, hopMs)),
    };
    const copies = this.#mesh.spread(from.index, hops, (index, afterMs) =>
      this.#deliver(this.#processes[index]!, afterMs, input),
    );
    this.#stats.countCopies(input, copies);
  }

  #deliver(to: Endpoint, afterMs: number, input: GossipInput): void {
    const loss = this.#reach.options().gossipLoss ?? 0;
    if (loss > 0 && this.#prng.unit() < loss) {
      this.#stats.gossipLost++;
      return;
    }
    this.#stats.countDelivery(input);
    this.#schedule.push(this.#schedule.nowMs + afterMs, INPUT, to, to.run, input, null);
  }

  /**
   * Those that a process passes gossip on to, of those that hear the topic: its neighbours in the overlay, and others
   * where few of those are left.
   */
  #eachHop(from: Endpoint, topic: GossipTopic, found: (to: Endpoint, hopMs: number) => void): void {
    let inMesh = 0;
    for (const link of from.links.values())
      if (link.up && link.isMesh && otherEnd(link, from).topics.has(topic)) inMesh++;
    const factor = this.#factor;
    const isWhole = this.#reach.isWhole();
    for (const link of from.links.values()) {
      if (!link.up || (!link.isMesh && inMesh >= MESH_LOW)) continue;
      const to = otherEnd(link, from);
      if (!to.topics.has(topic)) continue;
      if (!isWhole && !this.#reach.reaches(from, to)) continue;
      found(to, (link.a === from ? link.forth : link.back).latency(this.#prng) * factor + HOP_MS);
    }
  }

  /** One copy to each neighbour but the one that it came from; each is an event. */
  #forward(process: Endpoint, source: Endpoint, input: GossipInput): void {
    this.#eachHop(process, input.topic, (to, hopMs) => {
      if (to === source) return;
      const { run } = to;
      this.#schedule.at(this.#schedule.nowMs + hopMs, () => {
        const seen = this.#seen.get(input.ticket);
        if (seen === undefined || to.run !== run || !to.isUp) return;
        if (seen.by.has(to.index)) {
          this.#stats.countCopies(input, 1);
          return;
        }
        seen.by.set(to.index, process);
        this.#deliver(to, 0, input);
      });
    });
  }

  /** A machine has judged a message: what it accepts goes on. */
  onVerdict(process: Endpoint, ticket: number, verdict: Verdict): void {
    const seen = this.#seen.get(ticket);
    if (seen === undefined) return;
    if (verdict.verdict === "accept") this.#forward(process, seen.by.get(process.index) ?? process, seen.input);
    // Copies are under way for a few hops at most.
    if (this.#seen.size > SEEN_KEPT) this.#seen.delete(this.#seen.keys().next().value!);
  }
}
