/** The parts of the virtual world, each against a plain oracle or its own description. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import type { JobId } from "../../../protocol/core/ids.ts";
import { createPrng } from "../../../protocol/core/prng.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { TaskInput } from "../../../protocol/wire/genesis.ts";
import { encodePack } from "../../../protocol/wire/pack.ts";
import { encodeValue } from "../../../protocol/wire/value.ts";
import { inputValue } from "../../../sim/parts/workloads/work.ts";
import { AgentClock } from "../../../sim/world/clock.ts";
import { Disk, type StoreEffect } from "../../../sim/world/disk.ts";
import { createDistribution, normalQuantile } from "../../../sim/world/distribution.ts";
import { EventQueue } from "../../../sim/world/event-queue.ts";
import { Mixer } from "../../../sim/world/mix.ts";
import { createSignatures } from "../../../sim/world/signatures.ts";
import { id, persist, scripted, worldOf } from "../../support/scripted-world.ts";

describe("event queue", () => {
  test("gives what a stable sort by time gives, however pushes and shifts mix", () => {
    const step = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant("shift" as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const queue = new EventQueue<number>();
        const oracle: { atMs: number; item: number }[] = [];
        for (const [item, what] of steps.entries()) {
          if (what === "shift") {
            oracle.sort((a, b) => a.atMs - b.atMs);
            expect(queue.nextMs).toBe(oracle[0]?.atMs ?? Number.POSITIVE_INFINITY);
            expect(queue.shift()).toBe(oracle.shift()?.item ?? null);
          } else {
            queue.push(what, item);
            oracle.push({ atMs: what, item });
          }
          expect(queue.size).toBe(oracle.length);
        }
      }),
    );
  });

  test("grows", () => {
    const queue = new EventQueue<number>();
    for (let i = 0; i < 10_000; i++) queue.push((i * 7_919) % 10_000, i);
    const times: number[] = [];
    while (queue.size > 0) {
      times.push(queue.nextMs);
      queue.shift();
    }
    expect(times).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
  });
});

describe("distributions", () => {
  const draws = (spec: Parameters<typeof createDistribution>[0], count = 50_000): number[] => {
    const [draw, prng] = [createDistribution(spec), createPrng(1)];
    return Array.from({ length: count }, () => draw(prng)).sort((a, b) => a - b);
  };

  test("a constant is one", () => {
    expect(new Set(draws(7, 10))).toEqual(new Set([7]));
    expect(new Set(draws({ p50: 7, p95: 7 }, 10))).toEqual(new Set([7]));
  });

  test("has the median and the percentile that it was asked for", () => {
    const sorted = draws({ p50: 20, p95: 60 });
    expect(sorted[25_000]! / 20).toBeCloseTo(1, 1);
    expect(sorted[47_500]! / 60).toBeCloseTo(1, 1);
    expect(sorted[0]).toBeGreaterThan(0);
  });

  test("is even between two bounds", () => {
    const sorted = draws({ min: 10, max: 20 });
    expect([sorted[0]! >= 10, sorted.at(-1)! < 20]).toEqual([true, true]);
    expect(sorted[12_500]).toBeCloseTo(12.5, 0);
  });

  test("the normal quantiles are those of the tables", () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.95, 1.6448536],
      [0.975, 1.959964],
      [0.001, -3.0902323],
      [0.9999, 3.7190165],
    ] as const) {
      expect(normalQuantile(p)).toBeCloseTo(z, 6);
    }
  });

  test("the same bits everywhere", () => {
    const [draw, prng] = [createDistribution({ p50: 20, p95: 60 }), createPrng(7)];
    expect([draw(prng), draw(prng), draw(prng)]).toMatchInlineSnapshot(`
      [
        32.630612428937326,
        20.92456795978585,
        27.884521569464926,
      ]
    `);
  });
});

describe("disk", () => {
  const write = (...effects: Effect[]) => effects as StoreEffect[];
  const state = (disk: Disk) =>
    disk
      .records()
      .map(({ slot, bytes }) => `${slot}${bytes[0]}`)
      .sort();

  test("a crash takes back a drawn number of the newest writes, each whole", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const disk = new Disk();
      disk.write(write(persist("a", 1, true), persist("b", 1, false)));
      disk.write(write(persist("a", 2, false), persist("c", 2, false)));
      disk.write(write(persist("b", null, false)));
      disk.crash("random", createPrng(seed));
      seen.add(state(disk).join(" "));
    }
    expect(seen).toEqual(new Set(["a1 b1", "a2 b1 c2", "a2 c2"]));
  });

  test("the oldest value comes back, of many writes and of many in one", () => {
    const disk = new Disk();
    disk.write(write(persist("a", 1, true)));
    disk.write(write(persist("a", 2, false), persist("a", 3, false)));
    disk.write(write(persist("a", 4, false)));
    disk.crash("all", createPrng(1));
    expect(state(disk)).toEqual(["a1"]);
  });

  test("a later durable write keeps all before it", () => {
    const disk = new Disk();
    disk.write(write(persist("a", 1, false)));
    disk.write(write(persist("b", 1, true)));
    disk.write(write(persist("c", 1, false)));
    disk.crash("all", createPrng(1));
    expect(state(disk)).toEqual(["a1", "b1"]);
  });

  test("forgetting a job takes all its records, and can be taken back", () => {
    const other = "cd".repeat(32) as JobId;
    const disk = new Disk();
    const { job } = persist("a", 1, true) as { job: JobId };
    disk.write(write(persist("a", 1, true), persist("b", 1, true), { ...persist("c", 1, true), job: other } as Effect));
    disk.write(write({ kind: "forget", job }));
    expect(state(disk)).toEqual(["c1"]);
    disk.crash("all", createPrng(1));
    expect(state(disk)).toEqual(["a1", "b1", "c1"]);
    expect(disk.read(job, ["b", "none", "a"])).toHaveLength(2);
  });

  test("a write that fails writes nothing", () => {
    const disk = new Disk();
    disk.failing = true;
    expect(disk.write(write(persist("a", 1, true)))).toBe(false);
    expect(state(disk)).toEqual([]);
  });
});

describe("clock", () => {
  test("skew, drift and jumps add up, and what is not said stays", () => {
    const clock = new AgentClock(1_000_000);
    expect(clock.wallMs(500)).toBe(1_000_500);
    clock.set({ skewMs: -200, driftPpm: 1_000 }, 1_000);
    expect([clock.wallMs(1_000), clock.wallMs(101_000)]).toEqual([1_000_800, 1_100_900]);
    clock.set({ driftPpm: 0 }, 101_000);
    expect(clock.wallMs(201_000)).toBe(1_200_900);
    clock.jump(-50, 201_000);
    expect(clock.wallMs(201_000)).toBe(1_200_850);
  });

  test("a machine sees it, and its monotonic clock starts with its process", () => {
    const machine = scripted(() => []);
    const world = worldOf("a", machine.create, { epochMs: 1_000_000 }, { clock: { skewMs: 5_000 } });
    world.run(100);
    world.crash("a");
    world.run(300);
    world.start("a");
    expect(machine.seen.get("a")!.map(({ now }) => now)).toEqual([
      { monoMs: 0, wallMs: 1_005_000 },
      { monoMs: 0, wallMs: 1_005_300 },
    ]);
  });
});

describe("signatures", () => {
  const signatures = createSignatures(1, hasher);
  const { verify } = signatures.crypto;
  const message = new Uint8Array(90).fill(7);
  const signer = signatures.signerOf(id("a"));
  signatures.signerOf(id("b"));

  test("hold for their agent and message only, and signing twice is the same", () => {
    const signature = signer.sign(message);
    expect(signature).toHaveLength(64);
    expect(signer.sign(message)).toEqual(signature);
    expect(verify(id("a"), message, signature)).toBe(true);
    expect(verify(id("b"), message, signature)).toBe(false);
    expect(verify(id("nobody"), message, signature)).toBe(false);
    expect(verify(id("a"), message, signature.subarray(0, 63))).toBe(false);
    expect(createSignatures(2, hasher).crypto.verify(id("a"), message, signature)).toBe(false);
  });

  test("do not hold with any bit changed", () => {
    const signature = signer.sign(message);
    for (let bit = 0; bit < 512; bit++) {
      const flipped = signature.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(verify(id("a"), message, flipped)).toBe(false);
    }
    for (let bit = 0; bit < 720; bit++) {
      const flipped = message.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(verify(id("a"), flipped, signature)).toBe(false);
    }
    expect(verify(id("a"), message.subarray(0, 89), signature)).toBe(false);
  });
});

describe("mixer", () => {
  const digestOf = (value: unknown): string => {
    const mixer = new Mixer("test");
    mixer.plain(value);
    return mixer.digest();
  };

  test("different data, different digests", () => {
    const values = [
      null,
      true,
      false,
      0,
      1,
      -1,
      0.5,
      "",
      "1",
      "a",
      "ab",
      "ba",
      [],
      [1],
      [[1]],
      [1, 2],
      [2, 1],
      {},
      { a: 1 },
      { b: 1 },
      { a: 1, b: 2 },
      new Uint8Array(0),
      new Uint8Array([1]),
      new Uint8Array([1, 0]),
      new Uint8Array(16),
      new Uint8Array(17),
    ];
    expect(new Set(values.map(digestOf)).size).toBe(values.length);
  });

  test("every bit of a frame counts", () => {
    const frame = new Uint8Array(100).fill(3);
    const digests = new Set([digestOf(frame)]);
    for (let bit = 0; bit < 800; bit++) {
      const flipped = frame.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      digests.add(digestOf(flipped));
    }
    expect(digests.size).toBe(801);
  });
});

describe("a skill's input", () => {
  const inline = (value: unknown) => ({ kind: "inline" as const, bytes: encodeValue(value as never) });
  const packed = encodePack([{ path: "a.txt", data: new Uint8Array(3) }]);
  const pack = { hash: hasher(packed), bytes: packed.length };
  const read = (input: TaskInput) => inputValue({ input, blob: (hash) => (hash === pack.hash ? packed : undefined) });

  test("is what the node's skills get", () => {
    expect(read({ kind: "none" })).toBe(null);
    expect(read({ kind: "value", data: inline({ a: [1, 2] }), path: "a[1]" })).toBe(2);
    expect(read({ kind: "list", items: [inline(1), inline("b")] })).toEqual([1, "b"]);
    expect(read({ kind: "files", pack, single: true })).toEqual({ path: "a.txt", bytes: 3 });
    expect(read({ kind: "packs", packs: [pack, pack] })).toEqual([
      [{ path: "a.txt", bytes: 3 }],
      [{ path: "a.txt", bytes: 3 }],
    ]);
    const lost = { ...pack, hash: "0".repeat(64) as typeof pack.hash };
    expect(read({ kind: "packs", packs: [pack, lost] })).toBeUndefined();
    expect(read({ kind: "value", data: { kind: "blob", ...lost }, path: "" })).toBeUndefined();
  });
});
