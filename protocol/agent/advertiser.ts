/**
 * This agent's own capability vector: when it goes out, and what neighbours are told when they connect.
 *
 * Source: protocol.md 2 (refreshed at half-life, changes at most every 10 s), 3 (a node that joins fetches what it lacks).
 */

import { type Directory, VCV_LIFE_MS } from "../capability/directory.ts";
import { statementMessage } from "../core/crypto.ts";
import type { AgentId } from "../core/ids.ts";
import { limits, RULES_VERSION } from "../core/limits.ts";
import { type Vcv, vcvHash } from "../wire/capability.ts";
import { encodeVcv } from "../wire/message.ts";
import type { Verdict } from "../wire/verdict.ts";
import type { Context } from "./context.ts";

const CHANGE_MS = 10_000;
/** After a first connection gossip's mesh needs about a heartbeat to form, ms. */
const FIRST_PUBLISH_MS = 1_500;
/** So many neighbours are asked for what they know at once, then one in this time, ms. */
const FIRST_EXCHANGES = 3;
const EXCHANGE_MS = 10_000;
/** Bytes of capability vectors in one frame: far below the limit of frames. */
const VCVS_BYTES = 256 * 1024;

export class Advertiser {
  readonly #context: Context;
  readonly #directory: Directory;
  #addresses: readonly string[];
  #version = 0;
  #publishAtMs = Number.POSITIVE_INFINITY;
  #publishedMs = Number.NEGATIVE_INFINITY;
  #isConnected = false;
  /** Neighbours that are asked in their turn: who connects first must not be all that a newcomer hears of the mesh. */
  readonly #toAsk = new Set<AgentId>();
  /** Times that it asked a neighbour for what it lacks, and when last. */
  #exchanges = 0;
  #exchangedMs = Number.NEGATIVE_INFINITY;

  constructor(context: Context, directory: Directory) {
    this.#context = context;
    this.#directory = directory;
    this.#addresses = context.config.addresses;
  }

  start(): void {
    this.#renew();
  }

  /** A fresh vector, in the own directory at once and on its way to the others. */
  #renew(): Vcv {
    const { config, self, now, skills, embedder } = this.#context;
    this.#version++;
    const content = {
      agent: self,
      incarnation: config.incarnation,
      version: this.#version,
      name: config.name,
      embedder,
      skills,
      slots: config.slots,
      labels: config.labels,
      addresses: this.#addresses.slice(0, limits.addresses),
      hosts: config.hosts,
      rulesVersion: RULES_VERSION,
      expiresMs: Math.floor(now.wallMs) + VCV_LIFE_MS,
    };
    const message = statementMessage(config.meshId, "vcv", vcvHash(config.crypto.hash, content));
    const vcv = { ...content, signature: config.signer.sign(message) };
    this.#directory.take(now.wallMs, vcv);
    this.#publishAtMs = now.monoMs + VCV_LIFE_MS / 2;
    return vcv;
  }

  onAddresses(addresses: readonly string[]): void {
    if (addresses.join() === this.#addresses.join()) return;
    this.#addresses = addresses;
    this.#renew();
    if (this.#isConnected) this.#publishAtMs = Math.max(this.#context.now.monoMs, this.#publishedMs + CHANGE_MS);
  }

  onConnected(peer: AgentId): void {
    const { now } = this.#context;
    if (!this.#isConnected) this.#publishAtMs = Math.min(this.#publishAtMs, now.monoMs + FIRST_PUBLISH_MS);
    this.#isConnected = true;
    // Neighbours tell each other the same: of connections that open one after another, for a job, few are of use.
    if (this.#exchanges < FIRST_EXCHANGES || now.monoMs - this.#exchangedMs >= EXCHANGE_MS) this.#askFor(peer);
    else if (this.#toAsk.size < limits.members) this.#toAsk.add(peer);
  }

  /** What this one lacks of what `peer` knows. */
  #askFor(peer: AgentId): void {
    const { now } = this.#context;
    this.#toAsk.delete(peer);
    this.#exchanges++;
    this.#exchangedMs = now.monoMs;
    const known = this.#directory
      .list(now.wallMs)
      .map(({ agent, incarnation, version }) => ({ agent, incarnation, version }));
    this.#context.send(peer, { kind: "fetchVcvs", known: known.slice(0, limits.directoryAgents) });
  }

  onFetch(from: AgentId, known: Iterable<Pick<Vcv, "agent" | "incarnation" | "version">>): void {
    const lacking = this.#directory.newerThan(this.#context.now.wallMs, known);
    let batch: Vcv[] = [];
    let bytes = 0;
    for (const vcv of lacking) {
      const size = encodeVcv(vcv).length;
      if (bytes + size > VCVS_BYTES && batch.length > 0) {
        this.#context.send(from, { kind: "vcvs", vcvs: batch });
        batch = [];
        bytes = 0;
      }
      batch.push(vcv);
      bytes += size;
    }
    if (batch.length > 0) this.#context.send(from, { kind: "vcvs", vcvs: batch });
  }

  onVcv(vcv: Vcv): Verdict {
    if (vcv.agent === this.#context.self) return { verdict: "ignore", code: "own" };
    const verdict = this.#directory.take(this.#context.now.wallMs, vcv);
    if (verdict.verdict === "accept") {
      this.#context.emit({ kind: "address", agent: vcv.agent, addresses: vcv.addresses });
      this.#context.emit({ kind: "event", event: { kind: "directory", agents: this.#directory.size } });
    }
    return verdict;
  }

  tick(): void {
    const { now } = this.#context;
    const [next] = this.#toAsk;
    if (next !== undefined && now.monoMs >= this.#exchangedMs + EXCHANGE_MS) this.#askFor(next);
    if (now.monoMs < this.#publishAtMs) return;
    this.#directory.expire(now.wallMs);
    const isFirst = this.#publishedMs === Number.NEGATIVE_INFINITY;
    this.#publishedMs = now.monoMs;
    this.#context.emit({ kind: "publish", topic: "caps", bytes: encodeVcv(this.#renew()) });
    // Once more soon: whoever joined gossip's mesh a moment later has it then too.
    if (isFirst) this.#publishAtMs = now.monoMs + CHANGE_MS;
  }

  nextWakeMs(): number {
    return this.#toAsk.size === 0 ? this.#publishAtMs : Math.min(this.#publishAtMs, this.#exchangedMs + EXCHANGE_MS);
  }
}
