/**
 * The way out to one peer: a send queue (protocol/wire/queue.ts) and one long-lived stream behind it, opened
 * when the first frame waits.
 *
 * Responsible for back-pressure, batching and backing off, and for peers that do not read: what waits for them takes memory. peers.ts decides what a lost stream
 * means for the agent, and how a stream is opened (dialling).
 */

import type { Stream } from "@libp2p/interface";
import { limits } from "../../protocol/core/limits.ts";
import { createSendQueue, type QueueClass } from "../../protocol/wire/queue.ts";
import { encodeFrames } from "./frame-codec.ts";
import type { MemoryBudget, MemoryHolder } from "./memory-budget.ts";
import { networkLimits } from "./network-limits.ts";
import { drained } from "./streams.ts";

interface LinkHost {
  /** Opens a stream, dialling first where there is no connection. */
  open(signal: AbortSignal): Promise<Stream>;
  onUp(): void;
  /** The stream is gone, or the queue overflowed: frames were lost. */
  onDown(reason: string): void;
  /** No stream could be opened; what waited is dropped. */
  onUnreachable(reason: string): void;
  /** Whether to open the stream again by itself after it was lost. */
  wantsStream(): boolean;
  /** Whether the peer shares no job with this node. */
  isGuest(): boolean;
  /** The peer does not read: closes its connection, because what was handed to that takes memory as long as it stands. */
  hangUp(reason: string): void;
}

interface LinkBounds {
  readonly memory: MemoryBudget;
  /** Bytes that may wait for a guest. */
  readonly guestBytesMax: number;
  /** How long a peer may read nothing of what waits for it, ms. */
  readonly writeIdleMs: number;
}

export interface LinkStats {
  frames: number;
  bytes: number;
  dropped: number;
}

export class OutboundLink implements MemoryHolder {
  readonly #host: LinkHost;
  readonly #stats: LinkStats;
  readonly #bounds: LinkBounds;
  #queue = createSendQueue();
  #stream: Stream | null = null;
  #openedAtMs = 0;
  #opening: AbortController | null = null;
  /** Settles, and never rejects, when the newest attempt to open a stream has ended. */
  #attempt: Promise<void> = Promise.resolve();
  #pumping = false;
  /** Bytes that were handed to the stream; how many of them it had passed on when that was looked at; and when they last grew. */
  #handed = 0;
  #passedOn = 0;
  #readMs = 0;
  #backoffMs = 0;
  #retryAtMs = 0;
  #retryTimer: NodeJS.Timeout | null = null;
  #closed = false;

  /** `stats` is counted up by all links of a node. */
  constructor(host: LinkHost, stats: LinkStats, bounds: LinkBounds) {
    this.#host = host;
    this.#stats = stats;
    this.#bounds = bounds;
  }

  isGuest(): boolean {
    return this.#host.isGuest();
  }

  /** Bytes that wait for the peer, here and in the stream. */
  get #waitingBytes(): number {
    return this.#queue.bytes + (this.#stream?.writeBufferLength ?? 0);
  }

  /** Drops what waits, and the connection with what it holds. */
  giveUp(reason: string): void {
    this.#dropWaiting();
    this.#host.hangUp(reason);
    if (this.#stream !== null) this.#stream.abort(new Error(reason));
    else this.#host.onDown(reason);
  }

  #count(hasMoved: boolean): void {
    this.#bounds.memory.set(this, this.#waitingBytes, hasMoved);
  }

  /** To be called every second or so. */
  look(nowMs: number): void {
    const passedOn = this.#handed - (this.#stream?.writeBufferLength ?? 0);
    const hasMoved = this.#stream === null || this.#waitingBytes === 0 || passedOn > this.#passedOn;
    if (hasMoved) this.#readMs = nowMs;
    this.#passedOn = passedOn;
    this.#count(hasMoved);
    if (nowMs - this.#readMs > this.#bounds.writeIdleMs)
      this.giveUp(`the peer read nothing for ${this.#bounds.writeIdleMs} ms`);
  }

  send(queue: QueueClass, frame: Uint8Array): void {
    // Not an assertion: how long a frame is depends on what others said that it repeats.
    if (frame.length === 0 || frame.length > limits.frameBytes) {
      this.#stats.dropped++;
      return;
    }
    if (this.#closed || (this.#stream === null && performance.now() < this.#retryAtMs)) {
      this.#stats.dropped++;
      return;
    }
    const waiting = this.#queue.length;
    const isTooMuch = this.isGuest() && this.#waitingBytes + frame.length > this.#bounds.guestBytesMax;
    if (isTooMuch || !this.#queue.push(queue, frame)) {
      this.#stats.dropped += waiting + 1;
      this.#overflow();
      return;
    }
    this.#count(false);
    if (this.#queue.length === 0) return; // it had to give up its own memory
    if (this.#stream !== null) this.#pumpSoon();
    else this.#open();
  }

  /** The peer is there (it dialled us, or identified itself): no reason to wait any longer. */
  reachable(): void {
    this.#retryAtMs = 0;
  }

  /** Nothing to keep: no stream, nothing under way, no wait to remember. */
  get idle(): boolean {
    return this.#stream === null && this.#opening === null && performance.now() >= this.#retryAtMs + this.#backoffMs;
  }

  #open(): void {
    if (this.#opening !== null || this.#stream !== null || this.#closed) return;
    const controller = new AbortController();
    this.#opening = controller;
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(networkLimits.openTimeoutMs)]);
    this.#attempt = this.#host.open(signal).then(
      (stream) => this.#opened(stream),
      (error: unknown) => this.#failed(error),
    );
  }

  #opened(stream: Stream): void {
    this.#opening = null;
    if (this.#closed || stream.status !== "open") {
      stream.abort(new Error("no longer wanted"));
      if (!this.#closed) this.#failed(new Error("the stream was closed at once"));
      return;
    }
    this.#stream = stream;
    this.#openedAtMs = performance.now();
    this.#readMs = this.#openedAtMs;
    this.#handed = 0;
    this.#passedOn = 0;
    stream.addEventListener("drain", () => this.#pumpSoon());
    stream.addEventListener("close", (event) => this.#lost(stream, event.error?.message ?? "the peer closed it"));
    this.#host.onUp();
    this.#pumpSoon();
  }

  #failed(error: unknown): void {
    this.#opening = null;
    if (this.#closed) return;
    this.#dropWaiting();
    this.#backOff();
    this.#host.onUnreachable(error instanceof Error ? error.message : String(error));
  }

  #lost(stream: Stream, reason: string): void {
    if (this.#stream !== stream) return;
    this.#stream = null;
    if (performance.now() - this.#openedAtMs > networkLimits.streamProvenMs) this.#backoffMs = 0;
    this.#dropWaiting();
    this.#backOff();
    if (!this.#closed) this.#host.onDown(reason);
  }

  /** What is gone cannot be told from what is not, so the stream goes too. */
  #overflow(): void {
    this.#queue = createSendQueue();
    this.#count(true);
    const stream = this.#stream;
    if (stream !== null) stream.abort(new Error("the send queue is full"));
    else this.#host.onDown("the send queue is full");
  }

  #dropWaiting(): void {
    this.#stats.dropped += this.#queue.length;
    this.#queue = createSendQueue();
    this.#bounds.memory.set(this, 0, true);
  }

  #backOff(): void {
    this.#backoffMs = Math.min(networkLimits.backoffMsMax, Math.max(networkLimits.backoffMs, this.#backoffMs * 2));
    // Spread, so that many peers of one that came back do not dial it in the same moment.
    const waitMs = this.#backoffMs * (0.75 + Math.random() / 2);
    this.#retryAtMs = performance.now() + waitMs;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      if (this.#host.wantsStream()) this.#open();
    }, waitMs).unref();
  }

  /** Later in this turn: what one batch of steps sends leaves as few chunks. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    const stream = this.#stream;
    if (stream === null) return;
    try {
      while (this.#queue.length > 0 && stream.writeStatus === "writable" && !stream.writableNeedsDrain) {
        const frames: Uint8Array[] = [];
        let bytes = 0;
        while (bytes < networkLimits.batchBytes) {
          const frame = this.#queue.shift();
          if (frame === null) break;
          frames.push(frame);
          bytes += frame.length;
        }
        this.#stats.frames += frames.length;
        this.#stats.bytes += bytes;
        const chunk = encodeFrames(frames);
        this.#handed += chunk.length;
        stream.send(chunk);
        this.#count(true);
      }
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Lets what waits leave, for a moment, and closes the stream. `isPresent`: the one that is opening will come up. */
  async close(isPresent: boolean): Promise<void> {
    if (this.#closed) return;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    const deadline = performance.now() + networkLimits.flushMs;
    if (isPresent && this.#opening !== null)
      await Promise.race([this.#attempt, new Promise((resolve) => setTimeout(resolve, networkLimits.flushMs).unref())]);
    this.#pump();
    const stream = this.#stream;
    try {
      while (stream !== null && this.#stream === stream && this.#queue.length > 0 && performance.now() < deadline) {
        await drained(stream, networkLimits.flushMs);
        this.#pump();
      }
      this.#closed = true;
      if (stream?.status === "open") await stream.close({ signal: AbortSignal.timeout(networkLimits.flushMs) });
    } catch (error) {
      stream?.abort(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#closed = true;
      this.#bounds.memory.set(this, 0, true);
      this.#opening?.abort(new Error("the node stops"));
    }
  }
}
