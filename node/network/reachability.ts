/**
 * Where others can dial this node: what it listens on, what other agents found when they dialled it back, and what it
 * therefore advertises.
 *
 * It advertises the addresses that work; before anybody tried, those that another machine might be able to dial; never a
 * loopback address, unless the whole mesh of this node is on this machine. What the operator announces replaces these.
 *
 * Leaves to dial-back.ts how agents ask, to reachability-findings.ts what follows from the answers.
 */

import type { Connection, Libp2p } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { Logger } from "pino";
import type { AgentId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { OwnReachability } from "../../protocol/membership/acquaintances.ts";
import { parseAddress, parsePeerId } from "./address-book.ts";
import { askDialBack, type DialBackReply } from "./dial-back.ts";
import { networkLimits } from "./network-limits.ts";
import type { NetworkNews } from "./news.ts";
import { bare, isOutside, tcpAddress, textOf } from "./own-addresses.ts";
import { dialable, type Finding, judge } from "./reachability-findings.ts";

interface ReachabilityOptions {
  readonly node: Libp2p;
  readonly protocol: string;
  /** What it listens on, wildcards resolved to the addresses that the interfaces have now. */
  readonly listening: () => readonly Multiaddr[];
  /** Addresses that the operator announces; empty: the node finds out which work. */
  readonly announce: readonly string[];
  /** Whether the operator named this very address to listen on, rather than a wildcard. */
  readonly isNamed: (address: string) => boolean;
  /** Whether it listens on loopback only and joins nobody on another machine. */
  readonly isLocal: boolean;
  /** The advertised addresses changed, or the state of reach did. */
  readonly onChange: () => void;
  readonly tell: (news: NetworkNews) => void;
  readonly log: Logger;
}

export class Reachability {
  readonly #options: ReachabilityOptions;
  /** What connected agents found. */
  readonly #findings = new Map<AgentId, Finding>();
  /** Connected agents, the one asked longest ago first. */
  readonly #met = new Set<AgentId>();
  /** Connected agents still to ask. */
  readonly #toAsk = new Set<AgentId>();
  #asks = 0;
  #askAtMs = 0;
  #againAtMs = 0;
  #listening = "";
  #told = "";
  readonly #stop = new AbortController();

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  // --- what others are told ---------------------------------------------------------------------------

  /** The addresses that go to other agents, without this agent's id. */
  advertised(): string[] {
    const { announce, isLocal, isNamed } = this.#options;
    if (announce.length > 0) return announce.slice(0, limits.addresses);
    const own = this.#own();
    return (isLocal ? own : dialable(own, this.#findings, isNamed)).slice(0, limits.addresses);
  }

  state(): OwnReachability {
    const { announce, isLocal, isNamed } = this.#options;
    if (announce.length > 0) return { state: "unknown", detail: `announces ${announce.join(", ")}` };
    if (isLocal) return { state: "unknown", detail: "listens on its own machine only" };
    return judge(this.#own(), this.#findings, isNamed);
  }

  #own(): string[] {
    return this.#options.listening().map(bare);
  }

  // --- asking -----------------------------------------------------------------------------------------

  onMet(agent: AgentId): void {
    this.#met.add(agent);
    this.#toAsk.add(agent);
    this.look();
  }

  onLost(agent: AgentId): void {
    this.#met.delete(agent);
    this.#toAsk.delete(agent);
    this.#findings.delete(agent);
  }

  /** To be called every few seconds: interfaces come and go, and agents that were busy are asked again. */
  look(): void {
    const listening = this.#own().join(" ");
    if (listening !== this.#listening) {
      this.#listening = listening;
      this.#findings.clear();
      this.#asks = 0;
      for (const agent of this.#met) this.#toAsk.add(agent);
    }
    this.#tell();
    const { announce, isLocal } = this.#options;
    if (isLocal || announce.length > 0) return;
    const nowMs = performance.now();
    for (const agent of this.#toAsk) {
      if (this.#isKnown() || (this.#asks >= networkLimits.dialBackAsks && nowMs < this.#askAtMs)) break;
      this.#dialMeBack(agent, nowMs);
    }
    const [longest] = this.#met;
    if (longest !== undefined && nowMs >= this.#againAtMs) this.#dialMeBack(longest, nowMs);
  }

  #dialMeBack(agent: AgentId, nowMs: number): void {
    this.#toAsk.delete(agent);
    this.#met.delete(agent); // it goes to the end
    this.#met.add(agent);
    const connection = this.#connectionTo(agent);
    const ports = connection === null ? [] : this.#portsFor(connection);
    if (connection === null || ports.length === 0) return;
    this.#asks++;
    this.#askAtMs = nowMs + networkLimits.dialBackAskMs;
    // Firewalls are opened, and closed, while a node runs.
    this.#againAtMs =
      nowMs + (this.state().state === "works" ? networkLimits.dialBackRecheckMs : networkLimits.dialBackAskMs);
    void this.#ask(agent, connection, ports);
  }

  /** Whether enough agents confirmed each address of this machine. */
  #isKnown(): boolean {
    const confirmed = new Map<string, number>();
    for (const { works, addresses } of this.#findings.values())
      if (works) confirmed.set(addresses[0]!, (confirmed.get(addresses[0]!) ?? 0) + 1);
    const outside = this.#own().filter(isOutside);
    return outside.every((address) => (confirmed.get(address) ?? 0) >= networkLimits.dialBackEnough);
  }

  /** A connection that does not run over loopback. */
  #connectionTo(agent: AgentId): Connection | null {
    const peerId = parsePeerId(agent);
    if (peerId === null) return null;
    const open = this.#options.node.getConnections(peerId).filter(({ status }) => status === "open");
    return open.find(({ remoteAddr }) => isOutside(remoteAddr.toString())) ?? null;
  }

  #portsFor({ remoteAddr }: Connection): number[] {
    const family = tcpAddress(remoteAddr)?.family;
    const ports = this.#options.listening().flatMap((address) => {
      const tcp = tcpAddress(address);
      if (tcp === null || !isOutside(textOf(tcp))) return [];
      return family === undefined || tcp.family === family ? [tcp.port] : [];
    });
    return [...new Set(ports)];
  }

  async #ask(agent: AgentId, connection: Connection, ports: readonly number[]): Promise<void> {
    const { protocol, log } = this.#options;
    const timeout = AbortSignal.timeout(networkLimits.openTimeoutMs);
    const listening = this.#listening;
    try {
      const reply = await askDialBack(connection, protocol, ports, AbortSignal.any([this.#stop.signal, timeout]));
      // The answer is outdated: the addresses changed, or the agent left.
      if (listening !== this.#listening || !this.#met.has(agent)) return;
      if (reply.outcome === "busy") this.#toAsk.add(agent);
      else this.#onFinding(agent, connection, ports, reply);
    } catch (error) {
      log.debug({ err: error, peer: agent }, "no answer to: dial me back");
    }
  }

  #onFinding(agent: AgentId, { remoteAddr }: Connection, ports: readonly number[], reply: DialBackReply): void {
    const addresses = reply.addresses.filter((text) => isPossible(text, ports));
    if (addresses.length === 0) return;
    const from = tcpAddress(remoteAddr)?.host ?? remoteAddr.toString();
    this.#findings.set(agent, { works: reply.outcome === "dialled", addresses, from });
    this.#tell();
  }

  #tell(): void {
    const { onChange, tell } = this.#options;
    const { state, detail } = this.state();
    const told = [state, ...this.advertised()].join(" ");
    if (told === this.#told) return;
    const before = this.#told.split(" ", 1)[0];
    this.#told = told;
    this.#options.log.debug({ state, detail, advertised: this.advertised() }, "where this node can be dialled");
    onChange();
    if (state === before) return;
    for (const [by, { works, addresses }] of this.#findings) {
      if (state === "works" && works) return tell({ kind: "reachable", address: addresses[0]!, by });
      if (state === "fails" && !works) return tell({ kind: "unreachable", addresses, by });
    }
  }

  stop(): void {
    this.#stop.abort(new Error("the node stops"));
  }
}

/** Whether another agent can truthfully say that it dialled this: a plain address, not of loopback, with an asked port. */
function isPossible(text: string, ports: readonly number[]): boolean {
  const parsed = parseAddress(text);
  const tcp = parsed === null ? null : tcpAddress(parsed);
  return tcp !== null && ports.includes(tcp.port) && isOutside(textOf(tcp)) && bare(multiaddr(text)) === textOf(tcp);
}
