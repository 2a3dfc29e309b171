/**
 * Reading and writing a libp2p 3 stream with back-pressure in both directions.
 *
 * The stream's own async iterator reads without bounds, and its `onDrain` resolves at once after the first time
 * (the promise is never renewed in @libp2p/utils 7): neither is used in this project.
 */

import type { Stream } from "@libp2p/interface";
import { concat } from "uint8arrays";

/** The other side read nothing for too long. */
export class NothingRead extends Error {}

/** Resolves when the stream takes data again; rejects when it is closed, or after `timeoutMs`. */
export function drained(stream: Stream, timeoutMs: number): Promise<void> {
  if (stream.status !== "open") return Promise.reject(new Error("the stream is closed"));
  if (!stream.writableNeedsDrain) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const end = (error: Error | null): void => {
      clearTimeout(timer);
      stream.removeEventListener("drain", onDrain);
      stream.removeEventListener("close", onClose);
      if (error === null) resolve();
      else reject(error);
    };
    const onDrain = (): void => end(null);
    const onClose = (): void => end(new Error("the stream was closed"));
    const timer = setTimeout(() => end(new NothingRead(`nothing was read for ${timeoutMs} ms`)), timeoutMs);
    stream.addEventListener("drain", onDrain);
    stream.addEventListener("close", onClose);
  });
}

/** Sends everything that `chunks` yields, as fast as the other side reads; rejects as `drained` does. */
export async function sendAll(stream: Stream, chunks: AsyncIterable<Uint8Array>, idleMs: number): Promise<void> {
  for await (const chunk of chunks) {
    if (!stream.send(chunk)) await drained(stream, idleMs);
  }
}

/** What a stream throws ends that stream: in a listener of its events it would end the process. */
function orAbort(stream: Stream, act: () => void): void {
  try {
    act();
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)));
  }
}

const isPaused = (stream: Stream): boolean => stream.readStatus === "paused";

/**
 * Lets data flow again after `pause`; a stream whose readable end is gone stays as it is.
 *
 * libp2p dispatches what has come, and only then tells the sender that it may go on. A listener that pauses again in between
 * (@libp2p/utils 7) has paused the stream, but the sender goes on until the buffer overflows and the stream is aborted. So
 * it is paused once more.
 */
export function resumeReading(stream: Stream): void {
  if (!isPaused(stream)) return;
  orAbort(stream, () => {
    stream.resume();
    if (!isPaused(stream)) return;
    stream.resume(); // with nothing to dispatch
    pauseReading(stream);
  });
}

/** Stops the flow, if there is any. */
export function pauseReading(stream: Stream): void {
  if (stream.readStatus === "readable") orAbort(stream, () => stream.pause());
}

/**
 * The chunks that the other side sends, until it closes its end. Nothing is read ahead: while the consumer is
 * busy, the sender waits. Throws when the stream is reset, or when nothing comes for `idleMs`.
 */
export async function* chunksOf(stream: Stream, idleMs: number): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let ended = stream.readableEnded;
  let failure: Error | null = null;
  let wake = (): void => {};
  const onMessage = (event: { readonly data: Uint8Array | { subarray(): Uint8Array } }): void => {
    waiting.push(event.data.subarray());
    pauseReading(stream);
    wake();
  };
  const onEnd = (): void => {
    ended = true;
    wake();
  };
  const onClose = (event: { readonly error?: Error | undefined }): void => {
    failure = event.error ?? null;
    ended = true;
    wake();
  };
  stream.addEventListener("message", onMessage);
  stream.addEventListener("end", onEnd);
  stream.addEventListener("close", onClose);
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        yield chunk;
        continue;
      }
      if (failure !== null) throw failure;
      const woken = new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), idleMs);
        wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      resumeReading(stream);
      if (waiting.length > 0) wake();
      else if (ended && stream.readBufferLength === 0) {
        wake();
        return;
      }
      if (!(await woken)) throw new Error(`nothing came for ${idleMs} ms`);
    }
  } finally {
    wake();
    stream.removeEventListener("message", onMessage);
    stream.removeEventListener("end", onEnd);
    stream.removeEventListener("close", onClose);
  }
}

/**
 * All bytes of a short message. Stops reading once more than `bytesMax` came, and returns what it read by then: a longer
 * result is the caller's to refuse. Rejects as `chunksOf` does.
 */
export async function readToEnd(stream: Stream, bytesMax: number, idleMs: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(stream, idleMs)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) break;
  }
  return concat(chunks);
}
