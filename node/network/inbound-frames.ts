/**
 * One inbound stream of frames: cut, counted against the peer's rates, and delivered one by one. Above a rate, or
 * while the node's inbox is full, the stream is not read and the sender's window runs out: nothing is dropped.
 */

import type { Stream } from "@libp2p/interface";
import { FrameDecoder, type FrameProblem } from "./frame-codec.ts";
import type { PeerRates } from "./peer.ts";
import { pauseReading, resumeReading } from "./streams.ts";

interface InboundHost {
  readonly rates: PeerRates;
  /** False while the inbox is full; `resume` is called when it has room again. */
  reading(): boolean;
  onFrame(frame: Uint8Array): void;
  onProblem(problem: FrameProblem): void;
  onClosed(): void;
}

export class InboundFrames {
  readonly #stream: Stream;
  readonly #host: InboundHost;
  readonly #decoder = new FrameDecoder();
  #timer: NodeJS.Timeout | null = null;
  #failed = false;
  #draining = false;

  constructor(stream: Stream, host: InboundHost) {
    this.#stream = stream;
    this.#host = host;
    stream.addEventListener("message", (event) => {
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

  /** Delivers what is there, as far as the rates and the inbox allow. */
  resume(): void {
    if (this.#failed || this.#draining || this.#timer !== null) return;
    this.#draining = true; // a delivered frame may fill the inbox, or empty it: either calls back here
    const ended = this.#drain();
    this.#draining = false;
    if (!ended) {
      if (!this.#failed) pauseReading(this.#stream);
      return;
    }
    resumeReading(this.#stream);
    if (this.#stream.status !== "open" && this.#stream.readBufferLength === 0) this.#end();
  }

  #end(): void {
    this.stop();
    this.#host.onClosed();
  }

  /** True when all whole frames are delivered. */
  #drain(): boolean {
    const { rates } = this.#host;
    for (;;) {
      if (!this.#host.reading()) return false;
      const nowMs = performance.now();
      const waitMs = Math.max(rates.frames.waitMs(nowMs), rates.bytes.waitMs(nowMs));
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
        this.#failed = true;
        this.#abort(new Error(frame));
        this.#host.onProblem(frame);
        return false;
      }
      rates.frames.take(1, nowMs);
      rates.bytes.take(frame.length, nowMs);
      this.#host.onFrame(frame);
    }
  }

  /** Nothing is delivered any more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#failed = true;
  }
}
