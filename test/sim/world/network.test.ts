/** The network of the virtual world with tiny machines: delivery, loss, order, gossip, partitions. */

import { describe, expect, test } from "vitest";
import type { Effect } from "../../../protocol/effect.ts";
import { counting, id, scripted, send, worldOf } from "../../support/scripted-world.ts";

describe("delivery", () => {
  test("start comes first, then connected at both ends after a round trip", () => {
    const { create, seen } = scripted();
    worldOf("abc", create).run(1_000);
    for (const name of "abc") {
      expect(seen.get(name)!.map(({ input, now }) => [input.kind, now.monoMs])).toEqual([
        ["start", 0],
        ["connected", 20],
        ["connected", 20],
      ]);
    }
  });

  test("ping and pong take the latency of the pair", () => {
    const { create, seen } = scripted((input, _, config) => {
      if (input.kind === "connected" && config.name === "a") return [send("b", 0)];
      if (input.kind === "frame" && input.bytes[0]! < 3) return [send(input.from, input.bytes[0]! + 1)];
      return [];
    });
    const latencyOf = (from: string) => (from === "a" ? 5 : 30);
    worldOf("ab", create, { network: { latencyOf } }).run(1_000);
    const times = (name: string) =>
      seen.get(name)!.flatMap(({ input, now }) => (input.kind === "frame" ? [now.monoMs] : []));
    expect([times("b"), times("a")]).toEqual([
      [40, 75],
      [70, 105],
    ]);
  });

  test("a pair that is not connected is, by sending", () => {
    const machine = scripted((input, _, config) =>
      input.kind === "start" && config.name === "a" ? [send("c", 7), send("nobody", 8), send("a", 9)] : [],
    );
    const world = worldOf("abc", machine.create, { network: { overlay: { kind: "ring", degree: 0 } } });
    world.at(0, () => {}); // the others start in the same instant, after a: what it sends finds nobody
    world.run(100);
    expect(machine.frames("c")).toEqual([]);
    expect(world.stats.network.unreachable).toBe(3);
    world.inject("a", { kind: "start" });
    world.run(200);
    expect(machine.frames("c")).toEqual([7]);
    expect(machine.kinds("c")).toEqual(["start", "connected", "frame"]);
    expect(machine.kinds("b")).toEqual(["start"]);
  });

  test("loss loses some, duplication doubles, and both are counted", () => {
    const whole = counting(200);
    worldOf("ab", whole.create).run(1_000);
    expect(whole.frames("b")).toEqual(Array.from({ length: 200 }, (_, n) => n));

    const lossy = counting(200);
    const world = worldOf("ab", lossy.create, { network: { loss: 0.25 } });
    world.run(1_000);
    expect(lossy.frames("b").length).toBe(200 - world.stats.network.lost);
    expect(world.stats.network.lost).toBeGreaterThan(20);
    expect(world.stats.network.lost).toBeLessThan(90);

    const doubled = counting(200);
    const twice = worldOf("ab", doubled.create, { network: { duplication: 1 } });
    twice.run(1_000);
    expect(doubled.frames("b").length).toBe(400);
  });

  test("frames keep their order, unless they may overtake", () => {
    const network = { latencyMs: { min: 1, max: 50 } };
    const ordered = counting(100);
    worldOf("ab", ordered.create, { network }).run(1_000);
    const sorted = Array.from({ length: 100 }, (_, n) => n);
    expect(ordered.frames("b")).toEqual(sorted);

    const loose = counting(100);
    worldOf("ab", loose.create, { network: { ...network, reorder: true } }).run(1_000);
    expect(loose.frames("b")).not.toEqual(sorted);
    expect(loose.frames("b").toSorted((x, y) => x - y)).toEqual(sorted);
  });

  test("bandwidth delays, and a queue that overflows closes the connection", () => {
    const megabyte = new Uint8Array(1024 * 1024);
    const flood = (frames: number) =>
      scripted((input, _, config) => {
        if (input.kind !== "connected" || config.name !== "a") return [];
        return Array.from(
          { length: frames },
          (): Effect => ({ kind: "send", to: id("b"), queue: "main", bytes: megabyte }),
        );
      });
    const slow = flood(4);
    worldOf("ab", slow.create, { network: { bandwidth: 1024 } }).run(20_000);
    expect(
      slow.seen
        .get("b")!
        .filter(({ input }) => input.kind === "frame")
        .map(({ now }) => now.monoMs),
    ).toEqual([1054, 2078, 3102, 4126]);

    const full = flood(50);
    const world = worldOf("ab", full.create, { network: { bandwidth: 1024 } });
    world.run(100);
    expect(world.stats.network.overflows).toBe(1);
    expect(full.kinds("a").slice(0, 3)).toEqual(["start", "connected", "disconnected"]);
  });

  test("a pulse does not wait behind what is large", () => {
    const machine = scripted((input, _, config) => {
      if (input.kind !== "connected" || config.name !== "a") return [];
      const bytes = new Uint8Array(1_000);
      return [
        { kind: "send", to: id("b"), queue: "main", bytes },
        { kind: "send", to: id("b"), queue: "pulse", bytes: bytes.subarray(0, 1) },
        { kind: "send", to: id("b"), queue: "main", bytes },
      ];
    });
    worldOf("ab", machine.create, { network: { bandwidth: 10, reorder: true } }).run(1_000);
    const frames = machine.seen.get("b")!.filter(({ input }) => input.kind === "frame");
    expect(frames.map(({ now }) => now.monoMs)).toEqual([30, 130, 230]);
  });

  test("a wake replaces the one before, and never comes early", () => {
    for (let i = 1; i <= 200; i++) {
      const [startMs, wakeMs] = [i / 7, 70 + i / 9]; // the sum and the difference of many of these are rounded
      const { create, seen } = scripted((input) => {
        if (input.kind !== "start") return [];
        return [50, 1 / 3, wakeMs].map((atMonoMs): Effect => ({ kind: "wake", atMonoMs }));
      });
      worldOf("a", create, {}, { startMs }).run(1_000);
      expect(seen.get("a")!.map(({ input }) => input.kind)).toEqual(["start", "tick"]);
      const { monoMs } = seen.get("a")![1]!.now;
      expect(monoMs >= wakeMs && monoMs < wakeMs + 0.001).toBe(true);
    }
  });

  test("a wake in the past comes after the shortest timer, so time continues", () => {
    const machine = scripted(() => [{ kind: "wake", atMonoMs: 0 }]);
    worldOf("a", machine.create).run(10);
    expect(machine.kinds("a").length).toBe(11);
  });

  test("gossip reaches everybody else once, and verdicts are counted", () => {
    const machine = scripted((input, _, config) => {
      if (input.kind === "connected" && config.name === "a" && input.agent === "b") {
        return [{ kind: "publish", topic: "caps", bytes: new Uint8Array([1]) }];
      }
      if (input.kind !== "gossip") return [];
      const verdict =
        config.name === "b" ? ({ verdict: "reject", code: "bad" } as const) : ({ verdict: "accept" } as const);
      return [{ kind: "verdict", ticket: input.ticket, verdict }];
    });
    const world = worldOf("abcd", machine.create);
    world.run(1_000);
    for (const name of "bcd") expect(machine.kinds(name).filter((kind) => kind === "gossip")).toHaveLength(1);
    expect(machine.kinds("a")).not.toContain("gossip");
    expect(world.stats.network.verdicts).toEqual(
      new Map([
        ["reject bad", 1],
        ["accept", 2],
      ]),
    );
  });
});

describe("partitions", () => {
  /** Everybody sends its first letter's number to everybody once a second. */
  const chatty = () =>
    scripted((input, now, config) => {
      if (input.kind !== "start" && input.kind !== "tick") return [];
      const others = "abcd".split("").filter((name) => name !== config.name);
      const byte = config.name.charCodeAt(0) - 97;
      return [...others.map((name) => send(name, byte)), { kind: "wake", atMonoMs: now.monoMs + 1_000 }];
    });
  const heardBetween = ({ seen }: ReturnType<typeof chatty>, name: string, from: number, to: number) =>
    [
      ...new Set(
        seen
          .get(name)!
          .flatMap(({ input, now }) =>
            input.kind === "frame" && now.monoMs >= from && now.monoMs < to ? [input.bytes[0]!] : [],
          ),
      ),
    ].sort((x, y) => x - y);

  test("groups hear only themselves, are told when the silence lasts, and connect again", () => {
    const machine = chatty();
    const world = worldOf("abcd", machine.create, { network: { detectMs: 5_000, redialMs: 100 } });
    world.run(2_500);
    world.partition([["a", "b"]]);
    world.run(12_500);
    expect(heardBetween(machine, "a", 0, 2_500)).toEqual([1, 2, 3]);
    expect(heardBetween(machine, "a", 2_600, 12_500)).toEqual([1]);
    expect(heardBetween(machine, "c", 2_600, 12_500)).toEqual([3]);
    const downs = machine.seen.get("a")!.filter(({ input }) => input.kind === "disconnected");
    expect(downs.map(({ now }) => now.monoMs)).toEqual([7_500, 7_500]);
    world.heal();
    world.run(20_000);
    expect(heardBetween(machine, "a", 12_600, 20_000)).toEqual([1, 2, 3]);
    expect(machine.kinds("a").filter((kind) => kind === "connected")).toHaveLength(5);
  });

  test("one way: the blocked direction is silent, the other is not", () => {
    const machine = chatty();
    const world = worldOf("abcd", machine.create, { network: { detectMs: 60_000 } });
    world.run(2_500);
    world.block(["a"], ["b", "c", "d"]);
    world.run(10_000);
    expect(heardBetween(machine, "b", 2_600, 10_000)).toEqual([2, 3]);
    expect(heardBetween(machine, "a", 2_600, 10_000)).toEqual([1, 2, 3]);
    expect(world.stats.network.cut).toBeGreaterThan(0);
  });

  test("two partitions at a time: each separates until it ends, in whatever order they end", () => {
    const machine = chatty();
    const world = worldOf("abc", machine.create, { network: { detectMs: 60_000, redialMs: 0 } });
    world.run(2_500);
    const endFirst = world.partition([["a"], ["b", "c"]]);
    const endSecond = world.partition([["c"], ["a", "b"]]);
    world.run(4_500);
    endFirst();
    world.run(8_500);
    expect(heardBetween(machine, "a", 2_600, 4_500)).toEqual([]);
    expect(heardBetween(machine, "a", 4_600, 8_500)).toEqual([1]);
    endSecond();
    endFirst();
    world.run(12_500);
    expect(heardBetween(machine, "a", 8_600, 12_500)).toEqual([1, 2]);
  });

  test("what is imposed on the network ends with its own end, or with all at the healing", () => {
    const machine = counting(40);
    const world = worldOf("ab", machine.create, { network: { loss: 0 } });
    const ends: (() => void)[] = [];
    world.at(104.5, () => ends.push(world.imposeOnNetwork({ loss: 1 })));
    world.at(109.5, () => ends.push(world.imposeOnNetwork({ loss: 1 })));
    world.at(114.5, () => ends[0]!());
    world.at(119.5, () => ends[1]!());
    world.at(124.5, () => world.imposeOnNetwork({ loss: 1 }));
    world.at(129.5, () => world.heal());
    world.run(2_000);
    const heard = machine.frames("b");
    expect(heard.filter((byte) => byte < 25)).toEqual([0, 1, 2, 3, 4, 20, 21, 22, 23, 24]);
    expect(heard.filter((byte) => byte >= 25)).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
  });

  test("what is on its way when a partition begins is lost", () => {
    const machine = counting(20);
    const world = worldOf("ab", machine.create);
    world.run(109.5);
    world.partition([["a"], ["b"]]);
    world.run(2_000);
    expect(machine.frames("b")).toEqual([]);
  });

  test("what is on its way when a connection ends is lost", () => {
    const machine = counting(20);
    const world = worldOf("ab", machine.create, { network: { redialMs: 0 } });
    world.run(109.5); // 0 … 9 are on their way
    world.partition([["a"], ["b"]]);
    world.heal();
    world.run(2_000);
    expect(machine.frames("b").some((byte) => byte < 10)).toBe(false);
  });

  test("a host that is back before its loss was noticed: the loss is told first", () => {
    const machine = scripted();
    const world = worldOf("ab", machine.create, { network: { detectMs: 10_000, redialMs: 100 } });
    world.run(1_000);
    world.crash("b", { silent: true });
    world.run(2_000);
    world.start("b");
    world.run(20_000);
    expect(machine.kinds("a")).toEqual(["start", "connected", "disconnected", "connected"]);
    expect(machine.kinds("b")).toEqual(["start", "connected", "start", "connected"]);
  });

  test("a short partition that heals tells both ends that something was lost", () => {
    const machine = chatty();
    const world = worldOf("ab", machine.create, { network: { detectMs: 60_000, redialMs: 0 } });
    world.run(2_500);
    world.partition([["a"], ["b"]]);
    world.run(4_500);
    world.heal();
    world.run(4_900);
    expect(machine.kinds("a").filter((kind) => kind.endsWith("connected"))).toEqual([
      "connected",
      "disconnected",
      "connected",
    ]);
  });

  test("a connection that drops takes what is on its way, and is made again", () => {
    const machine = counting(20);
    const world = worldOf("abc", machine.create, { network: { redialMs: 0 } });
    world.run(109.5); // 0 … 9 are on their way
    world.dropConnection("a", "b");
    world.run(2_000);
    const kinds = machine.kinds("a").filter((kind) => kind.endsWith("connected"));
    expect(kinds).toEqual(["connected", "connected", "disconnected", "connected"]);
    expect(machine.frames("b").some((byte) => byte < 10)).toBe(false);
    expect(machine.frames("b").length).toBeGreaterThan(0);
    expect(machine.kinds("c")).not.toContain("disconnected");
  });

  test("what the network does to frames can change", () => {
    const machine = counting(20);
    const world = worldOf("ab", machine.create, { network: { loss: 1, bandwidth: 0.001 } });
    world.at(109.5, () => world.imposeOnNetwork({ loss: 0, bandwidth: null }));
    world.at(114.5, () => world.imposeOnNetwork({ duplication: 1 }));
    world.run(2_000);
    expect(machine.frames("b")).toEqual([10, 11, 12, 13, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19, 19]);
  });

  test("a dead host is noticed late, a dead process at once", () => {
    for (const [silent, atMs] of [
      [true, 3_500],
      [false, 2_510],
    ] as const) {
      const machine = chatty();
      const world = worldOf("ab", machine.create, { network: { detectMs: 1_000 } });
      world.run(2_500);
      world.crash("b", { silent });
      world.run(5_000);
      const [down] = machine.seen.get("a")!.filter(({ input }) => input.kind === "disconnected");
      expect(down!.now.monoMs).toBe(atMs);
    }
  });
});
