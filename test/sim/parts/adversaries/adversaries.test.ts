/** Adversaries: what they may do to an agent, and the strategies of Byzantine members one by one. */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../../node/platform/crypto.ts";
import { isSignedVote, signVote } from "../../../../protocol/consensus/ballots.ts";
import type { AgentId, Hash, MeshId } from "../../../../protocol/core/ids.ts";
import type { Effect } from "../../../../protocol/effect.ts";
import type { Input } from "../../../../protocol/input.ts";
import type { Vote } from "../../../../protocol/wire/consensus.ts";
import { decodeMessage, encodeMessage, type Message } from "../../../../protocol/wire/message.ts";
import { type Delayed, withAdversary } from "../../../../sim/parts/adversaries/adversary.ts";
import { createStrategy, type StrategyName } from "../../../../sim/parts/adversaries/catalog.ts";
import { withStrategy } from "../../../../sim/parts/adversaries/strategy.ts";
import { workerAdversary } from "../../../../sim/parts/adversaries/workers.ts";
import { createSignatures } from "../../../../sim/world/signatures.ts";
import { award, id, JOB, scripted, send, worldOf } from "../../../support/scripted-world.ts";

describe("adversary", () => {
  test("drops, changes, adds and delays, and still wakes the machine in between", () => {
    const honest = scripted((input, now) => {
      if (input.kind === "start") return [{ kind: "wake", atMonoMs: 100 }];
      return input.kind === "tick" && now.monoMs >= 100 && now.monoMs < 150
        ? [send("b", 1), send("b", 2), send("b", 3)]
        : [];
    });
    const world = worldOf("b", honest.create);
    world.add(
      {
        name: "a",
        wrap: withAdversary(() => ({
          onEffects: (_, effects) =>
            effects.flatMap((effect): (Effect | Delayed)[] => {
              if (effect.kind !== "send") return [];
              const [byte] = effect.bytes;
              if (byte === 1) return [];
              return byte === 2 ? [send("b", 20), send("b", 21)] : [{ afterMs: 500, effect }];
            }),
        })),
      },
      ["b"],
    );
    world.run(5_000);
    const frames = honest.seen
      .get("b")!
      .flatMap(({ input, now }) => (input.kind === "frame" ? [[now.monoMs, input.bytes[0]]] : []));
    expect(frames.map(([, byte]) => byte)).toEqual([20, 21, 3]);
    expect(frames[2]![0]! - frames[1]![0]!).toBe(500);
  });

  test("keeps inputs from the machine, and owns the signers of its coalition only", () => {
    const honest = scripted();
    let owned: string[] = [];
    const wrap = withAdversary(({ signers }) => {
      owned = [...signers.keys()];
      return { onInput: (_, input) => (input.kind === "connected" ? [] : [input]) };
    });
    const world = worldOf("ab", honest.create, {}, { wrap });
    world.run(1_000);
    expect([owned, honest.kinds("a")]).toEqual([["b"], ["start"]]);

    worldOf("ab", honest.create, {}, { coalition: ["x"], wrap }).run(1);
    expect(owned).toEqual(["b", "x"]);
  });
});

describe("strategies", () => {
  const signatures = createSignatures(1, hasher);
  const content = { kind: "prevote", job: JOB, height: 1, round: 0, block: "ab".repeat(32) as Hash } as const;
  const vote = (voter: string): Vote =>
    signVote("sim" as MeshId, signatures.crypto, signatures.signerOf(id(voter)), { ...content, voter: id(voter) });

  /** What b gets of 20 frames that a, who follows `names`, sends with `message`; and the deeds that were noted. */
  function sent(names: readonly StrategyName[], message: Message, periodMs = 0) {
    const machine = scripted((input, now, config) => {
      if (config.name !== "a" || (input.kind !== "start" && input.kind !== "tick")) return [];
      const wake: Effect = { kind: "wake", atMonoMs: now.monoMs + 100 };
      if (input.kind === "start" || now.monoMs > 2_000) return [wake];
      return [{ kind: "send", to: id("b"), queue: "main", bytes: encodeMessage(message) }, wake];
    });
    const deeds: StrategyName[] = [];
    const options = { salt: 1, members: ["a", "b", "c"] };
    const wrap = withStrategy(() => createStrategy(names, periodMs, options, (name) => deeds.push(name)));
    const world = worldOf("bc", machine.create);
    world.add({ name: "a", wrap }, ["b", "c"]);
    world.run(5_000);
    const isFrame = (input: Input) => input.kind === "frame";
    const frames = machine.seen.get("b")!.flatMap(({ input }) => (isFrame(input) ? [decodeMessage(input.bytes)] : []));
    return { frames, deeds, crypto: world.crypto };
  }
  const votes: Message = { kind: "votes", job: JOB, votes: [vote("a"), vote("c")] };
  const blocks = (frames: ReturnType<typeof sent>["frames"], voter: string) =>
    frames.flatMap((frame) =>
      frame.ok && frame.value.kind === "votes"
        ? frame.value.votes.filter((one) => one.voter === voter).map((one) => one.block)
        : [],
    );

  test("a silent one says nothing, and each time is noted", () => {
    expect(sent(["silent"], votes)).toMatchObject({ frames: [], deeds: Array(20).fill("silent") });
    expect(sent(["silent"], { kind: "start", job: JOB })).toMatchObject({ deeds: [] });
  });

  test("it changes its own votes only", () => {
    const { frames } = sent(["nil"], votes);
    expect(new Set(blocks(frames, "a"))).toEqual(new Set([null]));
    expect(new Set(blocks(frames, "c"))).toEqual(new Set([content.block]));
  });

  test("one that is honest now and then is so every other period", () => {
    const { frames, deeds } = sent(["silent"], votes, 500);
    expect(frames).toHaveLength(10);
    expect(deeds).toHaveLength(10);
  });

  test("several at once: what one lets through goes to the next", () => {
    const { deeds } = sent(["nil", "silent"], votes);
    expect(deeds.filter((name) => name === "nil")).toHaveLength(20);
    expect(deeds.filter((name) => name === "silent")).toHaveLength(20);
  });

  test("nothing that is said in another's name has that one's signature", () => {
    const { frames, deeds, crypto } = sent(["forge"], votes);
    const all = frames.flatMap((frame) => (frame.ok && frame.value.kind === "votes" ? frame.value.votes : []));
    const isSigned = (one: Vote): boolean => isSignedVote("sim" as MeshId, crypto, one);
    expect(deeds.length).toBeGreaterThan(0);
    expect(all.filter((one) => one.voter === "a").every(isSigned)).toBe(true);
    const forged = all.filter((one) => one.voter === "b");
    expect(forged).toHaveLength(2 * deeds.length);
    expect(forged.some(isSigned)).toBe(false);
  });

  test("frames with a changed bit come beside the true ones", () => {
    const { frames, deeds } = sent(["garble"], votes);
    expect(frames.length).toBe(20 + deeds.length);
    expect(deeds.length).toBeGreaterThan(0);
  });
});

describe("workers that lie", () => {
  const run = (lie: "take-and-never-deliver" | "overrun"): string[] => {
    const needs = { job: award().job, owner: "ada" as AgentId };
    const input = { kind: "none" as const };
    const work: Effect = { kind: "work", award: award(), skill: "s", input, budgetMs: 1_000, needs };
    const machine = scripted((input) => (input.kind === "start" ? [work] : []));
    const skill = () => ({ afterMs: 2_000, output: 1 });
    const world = worldOf("a", machine.create, {}, { skill, wrap: workerAdversary(lie, 1, () => undefined) });
    world.run(10_000);
    return machine.kinds("a");
  };

  test("one takes an award and never delivers, another delivers when the lease is long over", () => {
    expect(run("take-and-never-deliver")).toEqual(["start"]);
    expect(run("overrun")).toEqual(["start", "workDone"]);
  });
});
