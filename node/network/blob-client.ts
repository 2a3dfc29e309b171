/**
 * Fetches blobs by hash from whoever has them. It asks the holders in turn, continues where a transfer was cut, and checks
 * the hash before anybody sees the blob (blob-messages.ts).
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Stream } from "@libp2p/interface";
import type { Logger } from "pino";
import { concat } from "uint8arrays";
import type { AgentId, Hash, JobId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { BlobStore, PartialBlob } from "../store/blob-store.ts";
import { decodeReplyHead, encodeRequest, REPLY_HEAD_BYTES } from "./blob-messages.ts";
import type { Dialer } from "./dialer.ts";
import { networkLimits } from "./network-limits.ts";
import { chunksOf } from "./streams.ts";
import { type Partner, TransferPlaces } from "./transfer-places.ts";

interface BlobClientOptions {
  readonly blobs: BlobStore;
  readonly protocol: string;
  readonly dialer: Dialer;
  readonly offend: (agent: AgentId, code: string) => void;
  readonly partnerOf: (agent: AgentId) => Partner;
  readonly log: Logger;
}

/**
 * `stored`: the blob is in the store. `missing`: this holder does not have it. `again`: it was busy, or cut the
 * transfer; another time may do. `displaced`: this node needed the place for another transfer. `wrong`: what it sent is
 * something else.
 */
type Outcome = "stored" | "missing" | "again" | "displaced" | "wrong";

/** A blob that a job wants; "" is no job. */
interface WantedBlob {
  readonly hash: Hash;
  readonly bytes: number;
  readonly job: JobId | "";
}

interface BlobClientStats {
  fetched: number;
  failed: number;
  bytes: number;
}

export class BlobClient {
  readonly stats: BlobClientStats = { fetched: 0, failed: 0, bytes: 0 };
  readonly #options: BlobClientOptions;
  readonly #places = new TransferPlaces(
    networkLimits.blobTransfers,
    networkLimits.blobTransfersPerPeer,
    networkLimits.blobFetchesWaiting,
  );
  /**
   * By job and blob: what one job says of a blob, and its holders, must not keep another job from having it, so each fetches by
   * itself. It is rare that two want the same.
   */
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #stop = new AbortController();

  constructor(options: BlobClientOptions) {
    this.#options = options;
  }

  /** True when the blob is in the store. Two fetches of one blob for one job are one. Rejects with `storage`. */
  fetch(wanted: WantedBlob, from: readonly AgentId[]): Promise<boolean> {
    const key = `${wanted.job} ${wanted.hash}`;
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const fetched = this.#fetch(wanted, from)
      .then((stored) => {
        if (stored) this.stats.fetched++;
        else this.stats.failed++;
        return stored;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, fetched);
    return fetched;
  }

  async #fetch(wanted: WantedBlob, from: readonly AgentId[]): Promise<boolean> {
    if (await this.#options.blobs.has(wanted.hash)) return true;
    if (wanted.bytes > limits.blobBytes) return false;
    let holders = [...new Set(from)];
    let displaced = 0;
    for (let round = 0; round < networkLimits.blobRounds && holders.length > 0; round++) {
      if (round > 0)
        await sleep(networkLimits.blobRoundWaitMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      const left: AgentId[] = [];
      // Those with the fewest transfers under way first, so that many blobs of one set of holders spread.
      holders.sort((a, b) => this.#places.takenBy(a) - this.#places.takenBy(b));
      for (const holder of holders) {
        if (this.#stop.signal.aborted) return false;
        if (await this.#options.blobs.has(wanted.hash)) return true; // for another job, too
        const outcome = await this.#try(holder, wanted);
        if (outcome === "stored") return true;
        if (outcome === "again" || outcome === "displaced") left.push(holder);
        // It is not the holder's fault.
        if (outcome === "displaced" && displaced++ < networkLimits.blobDisplaced) round = 0;
      }
      holders = left;
    }
    return false;
  }

  async #try(holder: AgentId, wanted: WantedBlob): Promise<Outcome> {
    const displaced = new AbortController();
    let leave: () => void;
    try {
      leave = await this.#places.enter(this.#options.partnerOf(holder), () => displaced.abort());
    } catch {
      return "again"; // too many wait, or the node stops: the caller's rounds are bounded
    }
    try {
      const { outcome, resumed } = await this.#attempt(holder, wanted, displaced.signal);
      if (outcome === "again" && displaced.signal.aborted) return "displaced";
      if (outcome !== "wrong") return outcome;
      // What this one continued may be another's fault, so it gives all of it: a holder that spoils the
      // beginning and goes away cannot keep the blob from us.
      const second = resumed ? (await this.#attempt(holder, wanted, displaced.signal)).outcome : "wrong";
      if (second === "wrong") this.#options.offend(holder, "blob-wrong");
      return second;
    } finally {
      leave();
    }
  }

  async #attempt(
    holder: AgentId,
    wanted: WantedBlob,
    displaced: AbortSignal,
  ): Promise<{ readonly outcome: Outcome; readonly resumed: boolean }> {
    const partial = await this.#options.blobs.openPartial(wanted.hash, wanted.job);
    const resumed = partial.bytes > 0;
    try {
      const outcome = await this.#transfer(holder, wanted, partial, displaced);
      if (outcome === "wrong") await partial.drop();
      return { outcome, resumed };
    } finally {
      await partial.close();
    }
  }

  async #transfer(
    holder: AgentId,
    { hash, bytes }: WantedBlob,
    partial: PartialBlob,
    displaced: AbortSignal,
  ): Promise<Outcome> {
    const offset = partial.bytes;
    const ends = AbortSignal.any([this.#stop.signal, displaced]);
    if (offset >= bytes) return (await partial.finish()) ? "stored" : "wrong";
    let stream: Stream;
    try {
      const timeout = AbortSignal.timeout(networkLimits.openTimeoutMs);
      const signal = AbortSignal.any([ends, timeout]);
      stream = await this.#options.dialer.openStream(holder, this.#options.protocol, signal);
    } catch (error) {
      this.#options.log.debug({ err: error, peer: holder, blob: hash }, "holder not reached");
      return "again";
    }
    // A holder that lets a transfer trickle is left for another one; what came is kept.
    const limitMs = networkLimits.openTimeoutMs + ((bytes - offset) / networkLimits.blobBytesPerSecondMin) * 1000;
    const tooSlow = setTimeout(() => stream.abort(new Error("the holder is too slow")), limitMs);
    const onEnd = (): void => stream.abort(new Error("the place is needed, or the node stops"));
    ends.addEventListener("abort", onEnd);
    try {
      return await this.#receive(stream, hash, bytes, partial);
    } finally {
      clearTimeout(tooSlow);
      ends.removeEventListener("abort", onEnd);
      if (stream.status === "open") stream.abort(new Error("the transfer is over"));
    }
  }

  async #receive(stream: Stream, hash: Hash, bytes: number, partial: PartialBlob): Promise<Outcome> {
    const chunks = chunksOf(stream, networkLimits.blobIdleMs);
    try {
      stream.send(encodeRequest({ hash, offset: partial.bytes }));
      await stream.close({ signal: AbortSignal.timeout(networkLimits.openTimeoutMs) });
    } catch {
      return "again"; // the holder closed the stream before it was asked
    }
    let head: Uint8Array = new Uint8Array(0);
    let known = false;
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await chunks.next();
      } catch (error) {
        this.#options.log.debug({ err: error, blob: hash, bytes: partial.bytes }, "transfer cut");
        return "again";
      }
      if (next.done === true) break;
      let data = next.value;
      if (!known) {
        head = concat([head, data]);
        if (head.length < REPLY_HEAD_BYTES) continue;
        const reply = decodeReplyHead(head.subarray(0, REPLY_HEAD_BYTES));
        if (reply === null) return "wrong";
        if (reply.status === "busy") return "again";
        if (reply.status === "missing" || reply.size !== bytes) return "missing";
        known = true;
        data = head.subarray(REPLY_HEAD_BYTES);
      }
      if (partial.bytes + data.length > bytes) return "wrong";
      this.stats.bytes += data.length;
      await partial.write(data);
    }
    if (partial.bytes < bytes) return "again";
    return (await partial.finish()) ? "stored" : "wrong";
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("the node stops"));
    this.#places.clear();
    await Promise.allSettled([...this.#running.values()]);
  }
}
