/**
 * One inbound stream of frames: cut, counted against the peer's rates, and delivered one by one. Above a rate, or
 * while the node's inbox is full, the stream is not read and the sender's window runs out: nothing is dropped.
 *
 * A frame that does not come to its end costs the peer this stream: what waits for the rest takes memory.
 */

import type { Stream } from "@libp2p/interface";
import { FrameDecoder, type FrameProblem } from "./frame-codec.ts";
import type { MemoryBudget, MemoryHolder } from "./memory-budget.ts";
import type { PeerRates } from "./peer-rates.ts";
import { pauseReading, resumeReading } from "./streams.ts";
import type { TokenBucket } from "./token-bucket.ts";

interface InboundHost {
  readonly rates: PeerRates;
  /** Bytes that all guests of its source may send. */
  readonly guestBytes: TokenBucket;
  readonly memory: MemoryBudget;
  /** How long nothing may come of a frame that has begun, and how long it may take, ms. */
  readonly frameIdleMs: number;
  readonly frameMs: number;
  /** Whether the peer shares no job with this node. */
  isGuest(): boolean;
  /** False while the inbox is full; `resume` is called when it has room again. */
  reading(): boolean;
  onFrame(frame: Uint8Array): void;
  onProblem(problem: FrameProblem): void;
  onClosed(): void;
}

/** A look that comes this long after the one before came late: this node was busy, and did not read either, ms. */
const LATE_MS = 3_000;

export class InboundFrames implements MemoryHolder {
  readonly #stream: Stream;
  readonly #host: InboundHost;
  readonly #decoder = new FrameDecoder();
  #timer: NodeJS.Timeout | null = null;
  #failed = false;
  #draining = false;
  /** When the frame that is not whole yet began, and when something came last. */
  #beganMs = 0;
  #cameMs = 0;
  #lookedMs = 0;

  constructor(stream: Stream, host: InboundHost) {
    this.#stream = stream;
    this.#host = host;
    stream.addEventListener("message", (event) => {
      this.#cameMs = performance.now();
      if (this.#decoder.unread === 0) this.#beganMs = this.#cameMs;
      this.#decoder.push(event.data.subarray());
      this.resume();
    });
    stream.addEventListener("close", (event) => {
      // Closed in good order: what came before that is still delivered, at the pace that is allowed.
      if (event.error === undefined && !this.#failed) this.resume();
      else this.#end();
    });
    // Frames go one way: with our end closed, the stream is gone when the sender closes its own.
    stream.close().catch((error: unknown) => this.#abort(error));
  }

  #abort(error: unknown): void {
    this.#stream.abort(error instanceof Error ? error : new Error(String(error)));
  }

  isGuest(): boolean {
    return this.#host.isGuest();
  }

  /** Ends the stream, with what came of a frame. */
  giveUp(reason: string): void {
    this.#abort(new Error(reason));
    this.#end();
  }

  /** To be called every second or so. */
  look(nowMs: number): void {
    if (this.#failed) return;
    this.#count(false);
    const isLate = nowMs - this.#lookedMs > LATE_MS;
    this.#lookedMs = nowMs;
    if (this.#decoder.unread === 0) return;
    if (isLate || this.#timer !== null || !this.#host.reading()) {
      // It is this node that does not read: the peer's time begins anew.
      this.#beganMs += nowMs - this.#cameMs;
      this.#cameMs = nowMs;
      return;
    }
    const { frameIdleMs, frameMs } = this.#host;
    if (nowMs - this.#cameMs > frameIdleMs) this.giveUp(`the rest of a frame did not come for ${frameIdleMs} ms`);
    else if (nowMs - this.#beganMs > frameMs) this.giveUp(`a frame was not whole after ${frameMs} ms`);
  }

  /** Delivers what is there, as far as the rates and the inbox allow. */
  resume(): void {
    if (this.#failed || this.#draining || this.#timer !== null) return;
    this.#draining = true; // a delivered frame may fill the inbox, or empty it: either calls back here
    const before = this.#decoder.unread;
    const ended = this.#drain();
    this.#draining = false;
    if (!this.#failed) this.#count(this.#decoder.unread < before);
    if (!ended) {
      if (!this.#failed) pauseReading(this.#stream);
      return;
    }
    resumeReading(this.#stream);
    if (this.#stream.status !== "open" && this.#stream.readBufferLength === 0) this.#end();
  }

  #count(hasMoved: boolean): void {
    this.#host.memory.set(this, this.#decoder.heldBytes + this.#stream.readBufferLength, hasMoved);
  }

  #end(): void {
    this.stop();
    this.#host.onClosed();
  }

  /** True when all whole frames are delivered. */
  #drain(): boolean {
    const { rates, guestBytes } = this.#host;
    for (;;) {
      if (!this.#host.reading()) return false;
      const nowMs = performance.now();
      const isGuest = this.#host.isGuest();
      const waitMs = Math.max(
        rates.frames.waitMs(nowMs),
        rates.bytes.waitMs(nowMs),
        isGuest ? guestBytes.waitMs(nowMs) : 0,
      );
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.resume();
        }, waitMs);
        return false;
      }
      const frame = this.#decoder.next();
      if (frame === null) return true;
      if (typeof frame === "string") {
        this.#abort(new Error(frame));
        this.stop();
        this.#host.onProblem(frame);
        return false;
      }
      this.#beganMs = nowMs; // of the next one
      rates.frames.take(1, nowMs);
      rates.bytes.take(frame.length, nowMs);
      if (isGuest) guestBytes.take(frame.length, nowMs);
      this.#host.onFrame(frame);
    }
  }

  /** Nothing is delivered any more, and nothing held. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#failed = true;
    this.#host.memory.set(this, 0, true);
  }

  /** A newer stream of the same peer takes its place. */
  replace(): void {
    this.stop();
    this.#abort(new Error("replaced by a newer stream"));
  }
}
