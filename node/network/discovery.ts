/**
 * Finds peers: the addresses that the operator gave, again and again with growing waits until they answer, and
 * agents that others spoke of, until this node has enough connections. Whom mDNS announces is learned the same
 * way (the address book).
 */

import type { Libp2p } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { Logger } from "pino";
import type { AgentId } from "../../protocol/core/ids.ts";
import { type AddressBook, agentOfAddress } from "./address-book.ts";
import type { Dialer } from "./dialer.ts";
import { networkLimits } from "./network-limits.ts";

export interface DiscoveryOptions {
  readonly node: Libp2p;
  readonly self: AgentId;
  readonly dialer: Dialer;
  readonly book: AddressBook;
  readonly bootstrap: readonly Multiaddr[];
  /** Agents that are there. */
  readonly present: () => readonly AgentId[];
  readonly refuses: (agent: AgentId) => boolean;
  readonly log: Logger;
}

/** An address that is dialled until it answers, and again when it is lost. */
interface Target {
  readonly address: Multiaddr;
  /** "" until the address answered. */
  agent: AgentId | "";
  waitMs: number;
  nextAtMs: number;
  dialling: boolean;
}

/** How often it looks; dials are spread by their own waits. */
const LOOK_MS = 250;
/** How often it dials one more agent while it has too few peers: with less than half of them, and with less than all. */
const WIDEN_SOON_MS = 500;
const WIDEN_MS = 5_000;

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #targets: Target[];
  #timer: NodeJS.Timeout | null = null;
  #widenAtMs = 0;
  readonly #stop = new AbortController();

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#targets = options.bootstrap.map((address) => ({
      address,
      agent: agentOfAddress(address),
      waitMs: 0,
      nextAtMs: 0,
      dialling: false,
    }));
  }

  start(): void {
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    const nowMs = performance.now();
    for (const target of this.#targets) {
      if (target.dialling || nowMs < target.nextAtMs || target.agent === this.#options.self) continue;
      if (target.agent !== "" && this.#options.dialer.isConnected(target.agent)) continue;
      if (target.agent !== "" && this.#options.refuses(target.agent)) continue;
      if (target.agent === "" && this.#isOwn(target.address)) continue;
      void this.#dial(target);
    }
    if (nowMs < this.#widenAtMs) return;
    const peers = this.#options.present().length;
    this.#widenAtMs = nowMs + (peers < networkLimits.peersWanted / 2 ? WIDEN_SOON_MS : WIDEN_MS);
    if (peers < networkLimits.peersWanted) this.#widen();
  }

  /** Operators give all nodes the same list, so it may hold this one, without its peer id. */
  #isOwn(address: Multiaddr): boolean {
    const text = address.toString();
    return this.#options.node.getMultiaddrs().some((own) => own.toString().replace(/\/p2p\/[^/]*$/, "") === text);
  }

  async #dial(target: Target): Promise<void> {
    const { node, log } = this.#options;
    target.dialling = true;
    try {
      const timeout = AbortSignal.timeout(networkLimits.openTimeoutMs);
      const connection = await node.dial(target.address, { signal: AbortSignal.any([this.#stop.signal, timeout]) });
      target.agent = connection.remotePeer.toString() as AgentId;
      target.waitMs = 0;
      // Should the connection close at once (another mesh, a refusal), it is not dialled in a tight loop.
      target.nextAtMs = performance.now() + networkLimits.backoffMs;
    } catch (error) {
      target.waitMs = Math.min(networkLimits.backoffMsMax, Math.max(networkLimits.backoffMs, target.waitMs * 2));
      target.nextAtMs = performance.now() + target.waitMs * (0.75 + Math.random() / 2);
      if (!this.#stop.signal.aborted) {
        log.debug({ err: error, address: target.address.toString(), retryMs: target.waitMs }, "bootstrap not reached");
      }
    } finally {
      target.dialling = false;
    }
  }

  /** One more connection, to an agent drawn at random among those known: the mesh must not hang on its bootstrap. */
  #widen(): void {
    const { present, book, self, refuses, dialer, log } = this.#options;
    const there = new Set(present());
    const candidates: AgentId[] = [];
    for (const agent of book.agents()) {
      if (agent !== self && !there.has(agent) && !refuses(agent)) candidates.push(agent);
    }
    const agent = candidates[Math.floor(Math.random() * candidates.length)];
    if (agent === undefined) return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(networkLimits.openTimeoutMs)]);
    dialer
      .connect(agent, signal)
      .catch((error: unknown) => log.trace({ err: error, peer: agent }, "agent not reached"));
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#stop.abort(new Error("the node stops"));
  }
}
