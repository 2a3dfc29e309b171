/** The queue of frames that wait for one peer: order, bounds, and what happens at them. */

import { describe, expect, test } from "vitest";
import { createSendQueue, QUEUE_POLICIES, type SendQueue } from "../../../protocol/wire/queue.ts";

const frame = (byte: number, length = 1) => new Uint8Array(length).fill(byte);

/** The first byte of each frame, in the order in which they leave. */
function drain(queue: SendQueue): number[] {
  const left: number[] = [];
  for (let next = queue.shift(); next !== null; next = queue.shift()) left.push(next[0]!);
  return left;
}

describe("the order in which frames leave", () => {
  test("as they came", () => {
    const queue = createSendQueue();
    for (const byte of [1, 2, 3]) expect(queue.push("main", frame(byte))).toBe(true);
    expect(queue.length).toBe(3);
    expect(drain(queue)).toEqual([1, 2, 3]);
    expect(queue.length).toBe(0);
    expect(queue.shift()).toBeNull();
  });

  test("a pulse goes first, and the newest replaces the one that waits", () => {
    const queue = createSendQueue();
    queue.push("main", frame(1));
    expect(queue.push("pulse", frame(8))).toBe(true);
    expect(queue.push("pulse", frame(9))).toBe(true);
    expect(queue.length).toBe(2);
    expect(drain(queue)).toEqual([9, 1]);
  });

  test("also when frames come and go for long", () => {
    const queue = createSendQueue();
    const left: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      queue.push("main", frame(i & 0xff));
      if (i % 3 > 0) left.push(queue.shift()![0]!);
    }
    expect([...left, ...drain(queue)]).toEqual(Array.from({ length: 20_000 }, (_, i) => i & 0xff));
  });
});

describe("bounds", () => {
  const { frames, bytes } = QUEUE_POLICIES.main;

  test("one frame too many drops all that waits: the stream is to be closed", () => {
    const queue = createSendQueue();
    queue.push("pulse", frame(9));
    for (let i = 0; i < frames; i++) expect(queue.push("main", frame(1))).toBe(true);
    expect(queue.push("main", frame(2))).toBe(false);
    expect(queue.length).toBe(0);
    expect(queue.shift()).toBeNull();
  });

  test("one byte too many too", () => {
    const queue = createSendQueue();
    const quarter = frame(1, bytes / 4);
    for (let i = 0; i < 4; i++) expect(queue.push("main", quarter)).toBe(true);
    expect(queue.push("main", frame(2))).toBe(false);
    expect(queue.length).toBe(0);
  });

  test("what left makes room", () => {
    const queue = createSendQueue();
    const quarter = frame(1, bytes / 4);
    for (let i = 0; i < 4; i++) queue.push("main", quarter);
    queue.shift();
    expect(queue.push("main", quarter)).toBe(true);
    expect(queue.push("main", frame(2))).toBe(false);
  });

  test("after it was full it is as new", () => {
    const queue = createSendQueue();
    expect(queue.push("main", frame(1, bytes + 1))).toBe(false);
    expect(queue.push("main", frame(3, bytes))).toBe(true);
    expect(drain(queue)).toEqual([3]);
  });
});
