/**
 * Serves the blobs that this node has to any agent of the mesh, within bounds (blob-messages.ts).
 *
 * What a peer sends and nobody reads takes memory, and so does what it does not read, even after its stream is gone. So nothing
 * is read after the request, and a peer that does not read is hung up on.
 */

import type { Connection, Stream } from "@libp2p/interface";
import { pipe } from "it-pipe";
import type { Logger } from "pino";
import type { AgentId } from "../../protocol/core/ids.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { decodeRequest, encodeReplyHead, REQUEST_BYTES } from "./blob-messages.ts";
import { networkLimits } from "./network-limits.ts";
import { NothingRead, readToEnd, sendAll } from "./streams.ts";
import type { TokenBucket } from "./token-bucket.ts";
import { type Partner, TransferPlaces } from "./transfer-places.ts";

interface BlobServerOptions {
  readonly blobs: BlobStore;
  readonly offend: (agent: AgentId, code: string) => void;
  readonly rateOf: (agent: AgentId) => TokenBucket;
  readonly partnerOf: (agent: AgentId) => Partner;
  /** How long a peer may read nothing of what it asked for, ms; and what ends its connection. */
  readonly writeIdleMs: number;
  readonly hangUp: (agent: AgentId) => void;
  readonly log: Logger;
}

interface BlobServerStats {
  served: number;
  bytes: number;
}

export class BlobServer {
  readonly stats: BlobServerStats = { served: 0, bytes: 0 };
  readonly #options: BlobServerOptions;
  readonly #places = new TransferPlaces(
    networkLimits.blobTransfers,
    networkLimits.blobTransfersPerPeer,
    networkLimits.blobServesWaiting,
  );

  constructor(options: BlobServerOptions) {
    this.#options = options;
  }

  /** For `libp2p.handle`. Never rejects: what goes wrong ends this stream and nothing else. */
  readonly onStream = async (stream: Stream, connection: Connection): Promise<void> => {
    const agent = connection.remotePeer.toString() as AgentId;
    try {
      await this.#serve(stream, agent);
      await stream.close({ signal: AbortSignal.timeout(networkLimits.blobIdleMs) });
    } catch (error) {
      this.#options.log.debug({ err: error, peer: agent }, "blob not served");
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    }
  };

  async #serve(stream: Stream, agent: AgentId): Promise<void> {
    const request = decodeRequest(await this.#readRequest(stream));
    await stream.closeRead();
    const rate = this.#options.rateOf(agent);
    const waitMs = rate.waitMs(performance.now());
    rate.take(1, performance.now());
    if (waitMs > networkLimits.blobIdleMs) throw new Error("too many requests");
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (request === null) {
      this.#options.offend(agent, "blob-request");
      throw new Error("no request");
    }
    const size = await this.#options.blobs.size(request.hash);
    if (size === null || request.offset > size) {
      stream.send(encodeReplyHead("missing", 0));
      return;
    }
    const giveUp = (): void => stream.abort(new Error("others need its place"));
    const leave = await this.#places.enter(this.#options.partnerOf(agent), giveUp).catch(() => null);
    if (leave === null) {
      stream.send(encodeReplyHead("busy", size));
      return;
    }
    // One that lets a transfer trickle takes a place from others, as a holder would that does.
    const limitMs =
      networkLimits.openTimeoutMs + ((size - request.offset) / networkLimits.blobBytesPerSecondMin) * 1000;
    const tooSlow = setTimeout(() => stream.abort(new Error("the requester is too slow")), limitMs);
    try {
      stream.send(encodeReplyHead("have", size));
      await pipe(
        this.#options.blobs.read(request.hash, request.offset),
        (chunks) => this.#counted(chunks),
        (chunks) => sendAll(stream, chunks, this.#options.writeIdleMs),
      );
      this.stats.served++;
    } catch (error) {
      if (error instanceof NothingRead) this.#options.hangUp(agent);
      throw error;
    } finally {
      clearTimeout(tooSlow);
      leave();
    }
  }

  async *#counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.stats.bytes += chunk.length;
      yield chunk;
    }
  }

  /** All that the requester says; more than a request is none. */
  async #readRequest(stream: Stream): Promise<Uint8Array> {
    const tooLate = setTimeout(() => stream.abort(new Error("the request did not come")), networkLimits.blobIdleMs);
    try {
      return await readToEnd(stream, REQUEST_BYTES, networkLimits.blobIdleMs);
    } finally {
      clearTimeout(tooLate);
    }
  }

  stop(): void {
    this.#places.clear();
  }
}
