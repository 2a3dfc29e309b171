/** The virtual world with tiny machines: crashes, disks, pauses, blobs, work, and that a seed is a run. */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import type { JobId } from "../../../protocol/core/ids.ts";
import type { Effect } from "../../../protocol/effect.ts";
import { recordsFrom } from "../../../protocol/machine.ts";
import { createWorld, WorldError } from "../../../sim/world/world.ts";
import { award, counting, id, JOB, persist, scripted, send, worldOf } from "../../support/scripted-world.ts";

const NEEDS = { job: "j" as JobId, owner: id("a") };

describe("processes", () => {
  test("a crash takes what was not forced, a restart brings back the rest as a new incarnation", () => {
    const restored: string[] = [];
    const { create, configs } = scripted((input, _, __, records) => {
      if (input.kind !== "start") return [];
      restored.push(records.map(({ slot, bytes }) => `${slot}${bytes[0]}`).join(" "));
      return [];
    });
    const writes = scripted((input) => {
      if (input.kind !== "tick") return [{ kind: "wake", atMonoMs: 10 }];
      return [persist("x", 1, true), persist("y", 1, false), persist("x", 2, false)];
    });
    for (const loss of ["all", "none"] as const) {
      const world = worldOf("a", writes.create, {}, { startMs: null });
      world.start("a");
      world.run(20); // one forced write of the whole step
      world.agent("a").disk.write([persist("x", 3, false) as never]);
      world.agent("a").disk.write([persist("y", null, false) as never, persist("z", 3, false) as never]);
      world.crash("a", { loss });
      const records = world.agent("a").disk.records();
      create(configs[0] ?? ({} as never), recordsFrom(records)).step({ monoMs: 0, wallMs: 0 }, { kind: "start" });
    }
    expect(restored).toEqual(["x2 y1", "x3 z3"]);

    const again = scripted();
    const world = worldOf("ab", again.create);
    world.run(100);
    world.restart("a");
    world.run(5_000);
    expect(again.configs.filter(({ name }) => name === "a").map(({ incarnation }) => incarnation)).toEqual([1, 2]);
    expect(again.kinds("b")).toEqual(["start", "connected", "disconnected", "connected"]);
    expect(again.kinds("a")).toEqual(["start", "connected", "start", "connected"]);
  });

  test("what was announced is on the disk: records are written before frames leave", () => {
    for (let seed = 0; seed < 50; seed++) {
      // The frame stands before the record: the driver writes first nevertheless.
      const machine = counting(100, (n) => [send("b", n), persist("n", n, true), persist("m", n, false)]);
      const world = worldOf("ab", machine.create, { seed, network: { latencyMs: { min: 0, max: 3 } } });
      const crashMs = 100 + world.prng.below(110);
      world.at(crashMs, () => world.crash("a"));
      world.run(2_000);
      const heard = machine.frames("b").at(-1) ?? -1;
      const stored = world.agent("a").disk.read(JOB, ["n"])[0]?.[0] ?? -1;
      expect(stored).toBeGreaterThanOrEqual(heard);
    }
  });

  test("a crash drops timers, work and frames in flight", () => {
    const machine = scripted((input) => {
      if (input.kind !== "start") return [];
      const work: Effect = {
        kind: "work",
        award: award(),
        skill: "s",
        input: { kind: "none" },
        budgetMs: 1_000,
        needs: NEEDS,
      };
      return [{ kind: "wake", atMonoMs: 100 }, work];
    });
    const world = worldOf("ab", machine.create, {}, { skill: () => ({ afterMs: 100, output: 1 }) });
    world.run(50);
    world.crash("a");
    world.inject("b", { kind: "start" });
    world.run(60);
    world.start("a");
    world.run(155);
    expect(machine.kinds("a").filter((kind) => kind === "tick" || kind === "workDone")).toEqual([]);
    world.run(400);
    expect(machine.kinds("a").filter((kind) => kind === "tick" || kind === "workDone")).toEqual(["tick", "workDone"]);
  });

  test("a timer of an earlier run does not fire in the next", () => {
    const machine = scripted((input, _, config) =>
      input.kind === "start" && config.incarnation === 1 ? [{ kind: "wake", atMonoMs: 100 }] : [],
    );
    const world = worldOf("a", machine.create);
    world.at(50, () => world.restart("a"));
    world.run(1_000);
    expect(machine.kinds("a")).toEqual(["start", "start"]);
  });

  test("what was on its way to an earlier run does not reach the next", () => {
    const machine = scripted((input) => {
      if (input.kind !== "connected" || input.agent !== "b") return [];
      return [{ kind: "publish", topic: "caps", bytes: new Uint8Array(1) }, send("b", 1)];
    });
    const world = worldOf("ab", machine.create, { network: { latencyMs: 10, redialMs: 0 } });
    world.at(25, () => world.restart("b")); // both left a at 20
    world.run(52); // by now the frame and the message would be there
    expect(machine.kinds("b")).toEqual(["start", "connected", "start", "connected"]);
    world.run(1_000);
    expect(machine.kinds("b")).toEqual(["start", "connected", "start", "connected", "frame", "gossip"]);
  });

  test("a paused process misses nothing and nobody is told", () => {
    const machine = counting(50);
    const world = worldOf("ab", machine.create);
    world.run(110);
    world.pause("b");
    world.run(1_000);
    const before = machine.frames("b").length;
    expect(before).toBeLessThan(5);
    world.resume("b");
    expect(machine.frames("b")).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(machine.kinds("a")).not.toContain("disconnected");
  });

  test("a full disk ends the process before anything of the step leaves", () => {
    const machine = counting(10, (n) => [persist("n", n, true), send("b", n)]);
    const world = worldOf("ab", machine.create);
    world.at(104.5, () => {
      world.agent("a").disk.failing = true;
    });
    world.run(1_000);
    expect(machine.frames("b")).toEqual([0, 1, 2, 3, 4]);
    expect([world.agent("a").state, world.stats.diskFailures]).toEqual(["down", 1]);
  });

  test("a crash at a forced write: the record is there, the trace is told, nothing of the step has left", () => {
    const hosting = { kind: "hosting", job: JOB, role: "member" } as const;
    const machine = counting(10, (n) => [
      { kind: "trace", event: hosting },
      persist("n", n, n % 4 === 3),
      send("b", n),
    ]);
    const written: number[] = [];
    const world = worldOf("ab", machine.create, { trace: { onPersist: (_, { bytes }) => written.push(bytes![0]!) } });
    world.at(104.5, () => world.crashAtForcedWrite("a"));
    world.run(1_000);
    expect(machine.frames("b")).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(world.agent("a").state).toBe("down");
    expect(world.agent("a").disk.read(JOB, ["n"])[0]![0]).toBe(7);
    expect(written).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(world.trace.entries).toHaveLength(8);
  });

  test("a planned crash at a forced write can be taken back", () => {
    const machine = counting(3, (n) => [persist("n", n, true), send("b", n)]);
    const world = worldOf("ab", machine.create);
    world.crashAtForcedWrite("a");
    world.crashAtForcedWrite("a", false);
    world.run(1_000);
    expect(machine.frames("b")).toEqual([0, 1, 2]);
  });

  test("a write that failed is told to nobody", () => {
    const machine = counting(3, (n) => [persist("n", n, true)]);
    const written: unknown[] = [];
    const world = worldOf("ab", machine.create, { trace: { onPersist: (_, record) => written.push(record) } });
    world.setDisk("a", true);
    world.run(1_000);
    expect([written, world.stats.diskFailures]).toEqual([[], 1]);
  });

  test("an agent that becomes slow and fast again serves in order", () => {
    const machine = counting(6);
    const world = worldOf("ab", machine.create);
    world.at(110.5, () => world.setService("b", () => 50));
    world.at(112.5, () => world.setService("b", null));
    world.run(1_000);
    const frames = machine.seen.get("b")!.flatMap(({ input, now }) => (input.kind === "frame" ? [now.monoMs] : []));
    expect(machine.frames("b")).toEqual([0, 1, 2, 3, 4, 5]);
    expect(frames).toEqual([110, 161, 161, 161, 161, 161]); // the one that was being served took its time
    expect(world.stats.servedLate).toBe(5);
  });

  test("a bad crystal makes timers late, and a new one is heeded by those that wait", () => {
    const machine = scripted((input) => (input.kind === "start" ? [{ kind: "wake", atMonoMs: 1_000 }] : []));
    const ticks = (driftPpm: number, betterAtMs: number): number => {
      const world = worldOf("a", machine.create, {}, { clock: { driftPpm } });
      let tickedMs = 0;
      world.at(betterAtMs, () => world.setClock("a", { driftPpm: 0 }));
      machine.seen.clear();
      world.run(() => {
        tickedMs = world.now;
        return machine.kinds("a").includes("tick");
      });
      expect(machine.seen.get("a")!.at(-1)!.now.monoMs).toBeGreaterThanOrEqual(1_000);
      return tickedMs;
    };
    expect(ticks(0, 5_000)).toBe(1_000);
    expect(ticks(250_000, 5_000)).toBe(800);
    expect(ticks(-200_000, 5_000)).toBeCloseTo(1_250, 6);
    expect(ticks(-200_000, 500)).toBeCloseTo(1_100, 6); // 400 in the first half, 600 after it
  });

  test("inputs are served one after the other where they cost time", () => {
    const machine = counting(5);
    worldOf("ab", machine.create, { serviceMs: (input) => (input.kind === "frame" ? 100 : 0) }).run(2_000);
    const served = machine.seen.get("b")!.filter(({ input }) => input.kind === "frame");
    expect(served.map(({ now }) => now.monoMs)).toEqual([210, 310, 410, 510, 610]);
  });

  test("an error of a machine says where, and keeps its cause", () => {
    const { create } = scripted((input) => {
      if (input.kind === "connected") throw new RangeError("broken");
      return [];
    });
    const world = worldOf("ab", create, { seed: 77 });
    expect(() => world.run(1_000)).toThrow(WorldError);
    expect(() => worldOf("ab", create, { seed: 77 }).run(1_000)).toThrow(/seed 77, 20 ms.*broken/);
  });
});

describe("blobs and work", () => {
  const blob = new Uint8Array(1_000).fill(5);
  const blobHash = hasher(blob);

  test("a blob comes from the first holder that gives it", () => {
    const machine = scripted((input, _, config) => {
      if (input.kind === "start" && config.name === "c") return [{ kind: "storeBlob", bytes: blob, needs: NEEDS }];
      if (input.kind !== "connected" || config.name !== "d" || input.agent !== "a") return [];
      return [{ kind: "fetchBlob", hash: blobHash, bytes: blob.length, from: ["a", "b", "c"].map(id), needs: NEEDS }];
    });
    const agents = [
      { name: "a" }, // has none: says so after a round trip
      { name: "b", withholds: () => true },
      { name: "c" },
      { name: "d" },
    ];
    const blobs = { idleMs: 5_000, bandwidth: 10 };
    const world = createWorld({ seed: 1, hasher, create: machine.create, agents, network: { latencyMs: 10, blobs } });
    world.run(10_000);
    const stored = machine.seen.get("d")!.find(({ input }) => input.kind === "blobStored")!;
    expect(stored.now.monoMs).toBe(20 + 20 + 5_000 + 20 + 100);
    expect(world.agent("d").blobs.get(blobHash)).toEqual(blob);
    expect(world.stats.network.blobs).toBe(1);
  });

  test("a blob that nobody gives is told to have failed", () => {
    const machine = scripted((input, _, config) =>
      input.kind === "connected" && config.name === "a"
        ? [{ kind: "fetchBlob", hash: blobHash, bytes: blob.length, from: ["b", "nobody"].map(id), needs: NEEDS }]
        : [],
    );
    const world = worldOf("ab", machine.create);
    world.run(1_000);
    expect(machine.kinds("a")).toEqual(["start", "connected", "blobFailed"]);
  });

  test("a blob of another length is not taken", () => {
    const machine = scripted((input, _, config) =>
      input.kind === "connected" && config.name === "a"
        ? [{ kind: "fetchBlob", hash: blobHash, bytes: 999, from: [id("b")], needs: NEEDS }]
        : [],
    );
    const world = worldOf("ab", machine.create);
    world.putBlob("b", blob);
    world.run(1_000);
    expect(machine.kinds("a")).toEqual(["start", "connected", "blobFailed"]);
  });

  const worker = (effects: (n: number) => readonly Effect[]) =>
    scripted((input) => (input.kind === "start" ? effects(0) : []));
  const work = (attempt: number, budgetMs = 1_000): Effect => ({
    kind: "work",
    award: award(attempt),
    skill: "s",
    input: { kind: "none" },
    budgetMs,
    needs: NEEDS,
  });

  test("work ends with its outcome, with a failure, or at the end of the lease", () => {
    const machine = worker(() => [work(0), work(1), work(2, 500), work(3)]);
    const world = worldOf(
      "a",
      machine.create,
      {},
      {
        skill: ({ award: { attempt } }) =>
          attempt === 0
            ? { afterMs: 40, output: { n: 1 }, confidencePpm: 900_000 }
            : attempt === 1
              ? { afterMs: 30, failure: "busy" }
              : { afterMs: Number.POSITIVE_INFINITY, output: 0 },
      },
    );
    world.run(50);
    world.inject("a", { kind: "addresses", addresses: [] });
    world.run(5_000);
    const ends = machine.seen
      .get("a")!
      .flatMap(({ input, now }) =>
        input.kind === "workDone"
          ? [[now.monoMs, input.award.attempt, input.confidencePpm, input.nonce.length]]
          : input.kind === "workFailed"
            ? [[now.monoMs, input.award.attempt, input.reason, input.message]]
            : [],
      );
    expect(ends).toEqual([
      [30, 1, "busy", ""],
      [40, 0, 900_000, 32],
      [500, 2, "error", "no result within 500 ms"],
      [1_000, 3, "error", "no result within 1000 ms"],
    ]);
  });

  test("work that is stopped owes nothing", () => {
    const machine = worker(() => [work(0), { kind: "stopWork", award: award(0) }]);
    worldOf("a", machine.create, {}, { skill: () => ({ afterMs: 1, output: 0 }) }).run(5_000);
    expect(machine.kinds("a")).toEqual(["start"]);
  });

  test("a large output is a blob before the agent hears of it", () => {
    const machine = worker(() => [work(0)]);
    const world = worldOf("a", machine.create, {}, { skill: () => ({ afterMs: 1, output: "x".repeat(20_000) }) });
    world.run(5_000);
    expect(machine.kinds("a")).toEqual(["start", "blobStored", "workDone"]);
    expect(world.agent("a").blobs.size).toBe(1);
  });
});

describe("a seed is a run", () => {
  /** Random walks of tokens with everything that draws random numbers switched on. */
  function run(seed: number) {
    const machine = scripted((input, now, config) => {
      if (input.kind === "start") return [{ kind: "wake", atMonoMs: 50 }];
      const to = "abcdef"[(now.wallMs + config.name.charCodeAt(0)) % 6]!;
      if (input.kind === "tick")
        return [send(to, 1), persist("t", now.wallMs & 255, false), { kind: "wake", atMonoMs: now.monoMs + 37 }];
      if (input.kind === "frame" && input.bytes[0]! < 20) return [send(to, input.bytes[0]! + 1)];
      return [];
    });
    const world = worldOf("abcdef", machine.create, {
      seed,
      network: {
        latencyMs: { p50: 20, p95: 60 },
        loss: 0.01,
        duplication: 0.01,
        overlay: { kind: "random", degree: 3 },
      },
    });
    world.setClock("b", { skewMs: -500, driftPpm: 300 });
    world.at(1_000, () => world.partition([["a", "b"]]));
    world.at(2_000, () => world.crash("c"));
    world.at(3_000, () => world.heal());
    world.at(3_500, () => world.restart("c"));
    world.run(6_000);
    return { digest: world.digest(), steps: world.stats.steps };
  }

  test("the same seed gives the same digest, another seed another", () => {
    const first = run(1);
    expect(run(1)).toEqual(first);
    expect(first.steps).toBeGreaterThan(1_000);
    expect(run(2).digest).not.toBe(first.digest);
  });

  test("the newest entries stay, the digest is of all", () => {
    const hosting = { kind: "hosting", job: JOB, role: "member" } as const;
    const machine = counting(100, () => [{ kind: "trace", event: hosting }]);
    const worlds = [{}, { keepNewest: 10 }].map((trace) => worldOf("ab", machine.create, { trace }));
    for (const world of worlds) world.run(1_000);
    const [all, newest] = worlds.map((world) => world.trace.entries);
    expect(newest!.length).toBeGreaterThanOrEqual(10);
    expect(newest!.length).toBeLessThan(20);
    expect(newest).toEqual(all!.slice(-newest!.length));
    expect(worlds[0]!.digest()).toBe(worlds[1]!.digest());
  });

  test("every byte and every time count", () => {
    const digest = (byte: number, latencyMs: number): string => {
      const machine = scripted((input) => (input.kind === "connected" ? [send(input.agent, byte)] : []));
      const world = worldOf("ab", machine.create, { network: { latencyMs } });
      world.run(1_000);
      return world.digest();
    };
    expect(new Set([digest(1, 10), digest(2, 10), digest(1, 11)]).size).toBe(3);
  });

  test("the same on every machine", () => {
    expect(run(3).digest).toMatchInlineSnapshot(`"825423cc54c582d5ea1f0e7af0187f50"`);
  });
});
