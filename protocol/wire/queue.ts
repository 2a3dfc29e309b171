/**
 * Queue and drop policies of the direct streams (protocol.md 2). They are part of the protocol: the simulator
 * runs the same ones.
 */

export type QueueClass = "pulse" | "main";

interface QueuePolicy {
  /** Frames that may wait. */
  readonly frames: number;
  /** Bytes that may wait. */
  readonly bytes: number;
  /** What happens to a frame that does not fit: the newest replaces what waits, or the stream is closed. */
  readonly whenFull: "replace" | "close";
}

/** Higher first: pulses must not wait behind blocks, or load looks like death. */
export const QUEUE_POLICIES: { readonly [C in QueueClass]: QueuePolicy } = {
  pulse: { frames: 1, bytes: 64 * 1024, whenFull: "replace" },
  main: { frames: 8_192, bytes: 32 * 1024 * 1024, whenFull: "close" },
};

/** Frames that wait for one peer, in the order in which they leave. */
export interface SendQueue {
  /** False: the queue is full and the stream must be closed; what waited is dropped. */
  push(queue: QueueClass, frame: Uint8Array): boolean;
  /** The next frame, or null. */
  shift(): Uint8Array | null;
  readonly length: number;
  /** Bytes of the frames that wait. */
  readonly bytes: number;
}

export function createSendQueue(): SendQueue {
  let pulse: Uint8Array | null = null;
  /** Those before `head` have left: null, so that their bytes can go. */
  let frames: (Uint8Array | null)[] = [];
  let head = 0;
  let waitingBytes = 0;

  return {
    push(queue, frame) {
      if (queue === "pulse") {
        pulse = frame;
        return true;
      }
      const policy = QUEUE_POLICIES.main;
      if (frames.length - head >= policy.frames || waitingBytes + frame.length > policy.bytes) {
        pulse = null;
        frames = [];
        head = 0;
        waitingBytes = 0;
        return false;
      }
      frames.push(frame);
      waitingBytes += frame.length;
      return true;
    },
    shift() {
      if (pulse !== null) {
        const frame = pulse;
        pulse = null;
        return frame;
      }
      if (head >= frames.length) return null;
      const frame = frames[head]!;
      frames[head++] = null;
      waitingBytes -= frame.length;
      if (head > 1_024 && head * 2 > frames.length) {
        frames = frames.slice(head);
        head = 0;
      }
      return frame;
    },
    get length() {
      return frames.length - head + (pulse === null ? 0 : 1);
    },
    get bytes() {
      return waitingBytes + (pulse?.length ?? 0);
    },
  };
}
