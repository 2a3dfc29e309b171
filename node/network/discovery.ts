/**
 * Finds peers: it dials the addresses that the operator gave, at growing intervals until they answer, and
 * agents that others named, until this node has enough connections. Agents that mDNS announces arrive the same way
 * (the address book).
 */

import type { Connection, Libp2p } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { Logger } from "pino";
import { originOf as originOfAddress } from "../../protocol/capability/addresses.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { type AddressBook, agentOfAddress } from "./address-book.ts";
import type { Dialer } from "./dialer.ts";
import { networkLimits } from "./network-limits.ts";
import type { NetworkNews } from "./news.ts";
import { type Candidate, drawByOrigin } from "./origin-draw.ts";
import { bare } from "./own-addresses.ts";

interface DiscoveryOptions {
  readonly node: Libp2p;
  readonly self: AgentId;
  readonly dialer: Dialer;
  readonly book: AddressBook;
  readonly bootstrap: readonly Multiaddr[];
  /** Addresses that are dialled only to learn which agent answers there: whoever answers is told here, and hung up on. */
  readonly probes: Map<string, (agent: AgentId) => void>;
  /** Whether this node itself listens there: operators give all nodes the same list. */
  readonly isOwn: (address: Multiaddr) => boolean;
  readonly tell: (news: NetworkNews) => void;
  /** Agents that are connected, and how many of them this node dialled. */
  readonly present: () => readonly AgentId[];
  readonly dialled: () => number;
  /** The network from which a connected agent is connected. */
  readonly originOf: (agent: AgentId) => string;
  readonly refuses: (agent: AgentId) => boolean;
  readonly log: Logger;
}

/** An address that is dialled until it answers, and again when it is lost. */
interface Target {
  readonly address: Multiaddr;
  /** "" until the address answered. */
  agent: AgentId | "";
  /** The agent that was seen there instead of the one that the address names, "" if none was. */
  instead: AgentId | "";
  waitMs: number;
  nextAtMs: number;
  dialling: boolean;
}

/** How often it looks; dials are spread by their own waits. */
const LOOK_MS = 250;
/** How often it dials one more agent while it has too few peers: with less than half of them, and with less than all. */
const WIDEN_SOON_MS = 500;
const WIDEN_MS = 5_000;

export const countDialled = (connections: readonly Connection[]): number =>
  connections.filter(({ direction, status }) => direction === "outbound" && status === "open").length;

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #targets: Target[];
  #timer: NodeJS.Timeout | null = null;
  #widenAtMs = 0;
  /** Agents that did not answer a dial: until when they are not dialled again, and how long that wait is, ms. */
  readonly #missed = new Map<AgentId, { readonly untilMs: number; readonly waitMs: number }>();
  readonly #stop = new AbortController();

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#targets = options.bootstrap.map((address) => ({
      address,
      agent: agentOfAddress(address),
      instead: "",
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
      if (target.agent === "" && this.#options.isOwn(target.address)) continue;
      void this.#dial(target);
    }
    if (nowMs < this.#widenAtMs) return;
    const peers = this.#options.present().length;
    this.#widenAtMs = nowMs + (peers < networkLimits.peersWanted / 2 ? WIDEN_SOON_MS : WIDEN_MS);
    if (peers < networkLimits.peersWanted || this.#options.dialled() < networkLimits.peersDialled) this.#widen();
  }

  async #dial(target: Target): Promise<void> {
    const { node, log, tell } = this.#options;
    target.dialling = true;
    try {
      const timeout = AbortSignal.timeout(networkLimits.openTimeoutMs);
      const connection = await node.dial(target.address, { signal: AbortSignal.any([this.#stop.signal, timeout]) });
      const answers = connection.remotePeer.toString() as AgentId;
      if (target.agent !== "" && target.agent !== answers)
        tell({ kind: "new-key", address: bare(target.address), before: target.agent, answers });
      target.agent = answers;
      target.instead = "";
      target.waitMs = 0;
      // Should the connection close at once (another mesh, a refusal), it is not dialled in a tight loop.
      target.nextAtMs = performance.now() + networkLimits.backoffMs;
    } catch (error) {
      target.waitMs = Math.min(networkLimits.backoffMsMax, Math.max(networkLimits.backoffMs, target.waitMs * 2));
      target.nextAtMs = performance.now() + target.waitMs * (0.75 + Math.random() / 2);
      if (!this.#stop.signal.aborted) {
        log.debug({ err: error, address: target.address.toString(), retryMs: target.waitMs }, "bootstrap not reached");
        // Something answered, and could not prove to be that agent.
        if (error instanceof Error && error.name === "EncryptionFailedError") await this.#lookWhoAnswers(target);
      }
    } finally {
      target.dialling = false;
    }
  }

  /** Finds out whether another agent answers at an address whose own agent did not. This node does not join that agent. */
  async #lookWhoAnswers(target: Target): Promise<void> {
    const { node, probes, tell, log } = this.#options;
    const expected = agentOfAddress(target.address);
    const address = bare(target.address);
    if (expected === "" || address.startsWith("/dnsaddr/") || probes.has(address)) return; // a dnsaddr names many
    const found: AgentId[] = [];
    probes.set(address, (agent) => found.push(agent));
    try {
      const timeout = AbortSignal.timeout(networkLimits.openTimeoutMs);
      await node.dial(multiaddr(address), { signal: AbortSignal.any([this.#stop.signal, timeout]), force: true });
    } catch (error) {
      log.trace({ err: error, address }, "probe ended");
    } finally {
      probes.delete(address);
    }
    const [answers] = found;
    if (answers === undefined || answers === expected || answers === target.instead) return;
    target.instead = answers;
    tell({ kind: "other-key", address, expected, answers, isConnected: this.#options.present().includes(answers) });
  }

  /**
   * An agent drawn at random among those known, since the mesh must not depend on its bootstrap agents; by who told of them
   * and by networks, those without a connection first, since a stranger with many agents has few of both.
   */
  #drawAgent(): AgentId | undefined {
    const { present, book, self, refuses, originOf } = this.#options;
    const there = new Set(present());
    const candidates: Candidate[] = [];
    const nowMs = performance.now();
    for (const agent of book.agents()) {
      const isLeftAlone = nowMs < (this.#missed.get(agent)?.untilMs ?? 0);
      if (agent === self || there.has(agent) || isLeftAlone || refuses(agent)) continue;
      const [address] = book.addressesOf(agent);
      const origin = address === undefined ? "" : originOfAddress(address.toString());
      candidates.push({ agent, origin, source: book.sourceOf(agent) });
    }
    const met = new Set([...there].map(originOf));
    return drawByOrigin(candidates, met, Math.random);
  }

  /** One more connection. */
  #widen(): void {
    const { dialer, log } = this.#options;
    const agent = this.#drawAgent();
    if (agent === undefined) return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(networkLimits.openTimeoutMs)]);
    dialer.connect(agent, signal).then(
      () => this.#missed.delete(agent),
      (error: unknown) => {
        log.trace({ err: error, peer: agent }, "agent not reached");
        this.#onMissed(agent);
      },
    );
  }

  #onMissed(agent: AgentId): void {
    const { missedMs, missedMsMax } = networkLimits;
    const waitMs = Math.min(missedMsMax, Math.max(missedMs, 2 * (this.#missed.get(agent)?.waitMs ?? 0)));
    this.#missed.delete(agent); // it goes to the end
    this.#missed.set(agent, { untilMs: performance.now() + waitMs * (0.75 + Math.random() / 2), waitMs });
    if (this.#missed.size > limits.directoryAgents) this.#missed.delete(this.#missed.keys().next().value!);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#stop.abort(new Error("the node stops"));
  }
}
