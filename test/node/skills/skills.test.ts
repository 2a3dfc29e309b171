/** Skills: loading them, what `run` gets, and that each start has exactly one outcome. */

import assert from "node:assert";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { skillAd } from "../../../node/skills/advertise.ts";
import { builtInSkills } from "../../../node/skills/built-in.ts";
import { cutText, unwrapReply } from "../../../node/skills/perform.ts";
import { defineSkill, type Skill, type SkillOutcome, skillShape } from "../../../node/skills/skill.ts";
import { createSkillRunner } from "../../../node/skills/skill-runner.ts";
import type { AwardRef, Hash, TaskId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { Data, TaskInput } from "../../../protocol/wire/genesis.ts";
import { encodePack } from "../../../protocol/wire/pack.ts";
import { decodeValue, encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { waitFor } from "../../support/wait.ts";

const award = (attempt = 0): AwardRef => ({ job: "0".repeat(64) as Hash, task: "a" as TaskId, attempt });
const inline = (value: Value): Data => ({ kind: "inline", bytes: encodeValue(value) });
const valueInput = (value: Value, path = ""): TaskInput => ({ kind: "value", data: inline(value), path });

/** A skill that does what it is told, with schemas that let everything through. */
const skill = (run: Skill["run"], parts: Partial<Skill> = {}): Skill => ({
  name: "test",
  description: "a test",
  input: z.unknown(),
  output: z.unknown(),
  price: 0.5,
  expectedMs: 1,
  run,
  ...parts,
});

interface Run {
  readonly skills: readonly Skill[];
  readonly name?: string;
  readonly input?: TaskInput;
  readonly blobs?: ReadonlyMap<string, Uint8Array>;
  readonly budgetMs?: number;
}

function runnerOf({ skills, blobs = new Map() }: Run) {
  return createSkillRunner({
    skills,
    blobs: {
      async get(hash) {
        const bytes = blobs.get(hash);
        if (bytes === undefined) throw new Error("not in the store");
        return bytes;
      },
    },
    log: () => {},
  });
}

function run(options: Run): Promise<SkillOutcome> {
  const { skills, name = skills[0]!.name, input = { kind: "none" }, budgetMs = 60_000 } = options;
  return new Promise((resolve) => runnerOf(options).start(award(), name, input, budgetMs, resolve));
}

/** The output of a run that succeeds. */
async function outputOf(options: Run): Promise<Value> {
  const outcome = await run(options);
  if (!outcome.ok) throw new Error(`${outcome.reason}: ${outcome.message}`);
  const decoded = decodeValue(outcome.output);
  if (!decoded.ok) throw new Error(decoded.code);
  return decoded.value;
}

const NO_VECTOR = new Uint8Array(0);

describe("what run gets", () => {
  const echo = skill((input) => ({ output: seen(input) }));
  /** Files as text, so that they fit an output. */
  function seen(input: unknown): Value {
    if (Array.isArray(input)) return input.map(seen);
    if (typeof input === "object" && input !== null && "data" in input) {
      return `${(input as unknown as { path: string }).path}=${new TextDecoder().decode(input.data as Uint8Array)}`;
    }
    return input as Value;
  }
  const pack = (...paths: string[]): Uint8Array =>
    encodePack(paths.map((path) => ({ path, data: new TextEncoder().encode(path.toUpperCase()) })));
  const hash = (letter: string): Hash => letter.repeat(64) as Hash;
  const blobs = new Map<string, Uint8Array>([
    [hash("a"), pack("x", "y")],
    [hash("b"), pack("z")],
    [hash("c"), encodeValue({ items: [1, 2, { name: "deep" }] })],
    [hash("d"), new Uint8Array([0xc1])],
  ]);
  const packOf = (letter: string): { hash: Hash; bytes: number } => ({ hash: hash(letter), bytes: 1 });
  const blob = (letter: string): Data => ({ kind: "blob", hash: hash(letter), bytes: 1 });

  test.each<[string, TaskInput, Value]>([
    ["nothing", { kind: "none" }, null],
    ["a value", valueInput({ a: 1 }), { a: 1 }],
    ["a part of a value", valueInput({ items: [1, 2, { name: "deep" }] }, "items[2].name"), "deep"],
    ["a part of a blob", { kind: "value", data: blob("c"), path: "items[1]" }, 2],
    ["files", { kind: "files", pack: packOf("a"), single: false }, ["x=X", "y=Y"]],
    ["one file", { kind: "files", pack: packOf("b"), single: true }, "z=Z"],
    ["a list of one file", { kind: "files", pack: packOf("b"), single: false }, ["z=Z"]],
    ["a list of values", { kind: "list", items: [inline(1), blob("c")] }, [1, { items: [1, 2, { name: "deep" }] }]],
    ["packs", { kind: "packs", packs: [packOf("a"), packOf("b")] }, [["x=X", "y=Y"], ["z=Z"]]],
  ])("%s", async (_what, input, output) => {
    expect(await outputOf({ skills: [echo], input, blobs })).toEqual(output);
  });

  test.each<[string, TaskInput, string]>([
    ["a blob that is gone", { kind: "value", data: blob("e"), path: "" }, "lost-input"],
    ["a pack that is gone", { kind: "packs", packs: [packOf("a"), packOf("e")] }, "lost-input"],
    ["a part that is not there", valueInput({ a: 1 }, "b"), "invalid-input"],
    ["a part of the prototype", valueInput({ a: 1 }, "constructor"), "invalid-input"],
    ["bytes that are no value", { kind: "value", data: blob("d"), path: "" }, "invalid-input"],
    ["bytes that are no pack", { kind: "files", pack: packOf("d"), single: false }, "invalid-input"],
    ["two files for one", { kind: "files", pack: packOf("a"), single: true }, "invalid-input"],
  ])("%s", async (_what, input, reason) => {
    expect(await run({ skills: [echo], input, blobs })).toMatchObject({ ok: false, reason });
  });

  test("a skill that is not there", async () => {
    expect(await run({ skills: [echo], name: "other" })).toEqual({
      ok: false,
      reason: "refused",
      retryMs: 0,
      message: "other: this agent has no such skill",
    });
  });

  test("the input as its schema makes it", async () => {
    const input = z.object({ times: z.number().default(2) });
    const double = skill((value) => (value as { times: number }).times * 2, { input });
    expect(await outputOf({ skills: [double], input: valueInput({}) })).toBe(4);
    expect(await run({ skills: [double], input: valueInput({ times: "x" }) })).toMatchObject({
      ok: false,
      reason: "invalid-input",
      message: expect.stringContaining("times: "),
    });
  });
});

describe("what run returns", () => {
  test.each<[string, unknown, object]>([
    ["an output", "x", { output: "x" }],
    ["a reply", { output: 1, confidence: 0.5, cost: 2 }, { output: 1, confidence: 0.5, cost: 2 }],
    ["a reply without more", { output: 1 }, { output: 1 }],
    ["an output that only looks so", { output: 1, files: [] }, { output: { output: 1, files: [] } }],
    [
      "an output with a word for confidence",
      { output: 1, confidence: "high" },
      { output: { output: 1, confidence: "high" } },
    ],
    ["nothing", null, { output: null }],
  ])("%s", (_what, returned, reply) => expect(unwrapReply(returned)).toEqual(reply));

  test("confidence and cost in the units of the wire", async () => {
    const sure = skill(() => ({ output: 1, confidence: 0.25, cost: 0.000002 }));
    expect(await run({ skills: [sure] })).toEqual({
      ok: true,
      output: encodeValue(1),
      confidencePpm: 250_000,
      cost: 2,
      usage: null,
    });
    const plain = skill(async () => 1);
    expect(await run({ skills: [plain] })).toMatchObject({ confidencePpm: 1_000_000, cost: 500_000 });
  });

  test("equal outputs have equal bytes", async () => {
    const [one, other] = await Promise.all(
      [
        { a: 1, b: -0 },
        { b: 0, a: 1 },
      ].map((value) => run({ skills: [skill(() => value)] })),
    );
    expect(one).toEqual(other);
  });

  test.each<[string, Skill["run"], string]>([
    ["undefined", () => undefined, "the output is undefined"],
    ["NaN", () => [Number.NaN], "the output[0] is NaN"],
    ["a Date", () => ({ when: new Date(0) }), "the output.when is not a plain object"],
    [
      "a cycle",
      () => {
        const a: unknown[] = [];
        a.push(a);
        return a;
      },
      "nested more than 32 levels deep",
    ],
    ["confidence beyond 1", () => ({ output: 1, confidence: 1.1 }), "confidence 1.1 is not in 0..1"],
    ["a cost below 0", () => ({ output: 1, cost: -1 }), "cost -1 is no amount of credits"],
    [
      "a thrown error",
      () => {
        throw new Error("no luck");
      },
      "test: no luck",
    ],
    ["a thrown text", () => Promise.reject("just text"), "test: just text"],
  ])("%s is a failure", async (_what, returns, message) => {
    expect(await run({ skills: [skill(returns)] })).toEqual({
      ok: false,
      reason: "error",
      retryMs: 0,
      message: expect.stringContaining(message),
    });
  });

  const hostile = new Proxy(
    {},
    {
      get: () => assert.fail("touched"),
      has: () => assert.fail("touched"),
      ownKeys: () => assert.fail("touched"),
      getPrototypeOf: () => assert.fail("touched"),
    },
  );
  test.each<[string, unknown]>([
    ["an object without prototype", Object.assign(Object.create(null), { code: 1 })],
    ["null", null],
    ["nothing", undefined],
    ["a symbol", Symbol("odd")],
    ["a proxy that lets nobody touch it", hostile],
    ["an error whose message throws", Object.defineProperty(new Error(), "message", { get: () => assert.fail() })],
    ["an error whose message is none", Object.assign(new Error(), { message: Object.create(null) })],
    ["an object that cannot become text", { [Symbol.toPrimitive]: () => assert.fail(), toString: null }],
  ])(
    "%s, thrown or returned or rejected with, is a failure of a function in the node's process",
    async (_what, odd) => {
      const throws = skill(() => {
        throw odd;
      });
      const rejects = skill(() => Promise.reject(odd));
      for (const careless of [throws, rejects]) {
        const outcome = await run({ skills: [careless] });
        expect(outcome).toMatchObject({
          ok: false,
          reason: "error",
          retryMs: 0,
          message: expect.stringMatching(/^test: ./),
        });
      }
      const returned = await run({ skills: [skill(() => odd)] });
      if (!returned.ok) expect(returned.reason).toBe("error");
    },
  );

  test("an output that its schema refuses is a failure", async () => {
    const wrong = skill(() => ({ count: "many" }), { output: z.object({ count: z.number() }) });
    expect(await run({ skills: [wrong] })).toMatchObject({
      reason: "error",
      message: expect.stringContaining("count: "),
    });
  });

  test("messages fit the wire and keep whole characters", async () => {
    const outcome = await run({ skills: [skill(() => Promise.reject(new Error(`a${"\u{1f600}".repeat(1_000)}`)))] });
    if (outcome.ok) throw new Error("it succeeded");
    const bytes = Buffer.byteLength(outcome.message);
    expect(bytes).toBeLessThanOrEqual(limits.textBytes);
    expect(bytes).toBeGreaterThan(limits.textBytes - 4);
    expect(outcome.message).not.toContain("\ufffd");
    expect(cutText("\ud800", 10)).toBe("\ufffd");
  });
});

describe("one outcome for each start", () => {
  /** A skill whose runs stay open until the test ends them; `obeys` makes them end when aborted. */
  function open(obeys: boolean) {
    const runs: { end: (output: Value) => void; signal: AbortSignal }[] = [];
    const opened = skill(
      (_input, { signal }) =>
        new Promise((resolve, reject) => {
          runs.push({ end: resolve, signal });
          if (obeys) signal.addEventListener("abort", () => reject(signal.reason));
        }),
    );
    return { opened, runs };
  }

  test.each([true, false])("a budget that ends (obeys its signal: %s)", async (obeys) => {
    const { opened, runs } = open(obeys);
    const outcomes: SkillOutcome[] = [];
    runnerOf({ skills: [opened] }).start(award(), "test", { kind: "none" }, 30, (outcome) => outcomes.push(outcome));
    await waitFor(() => outcomes.length > 0);
    expect(outcomes).toEqual([{ ok: false, reason: "error", retryMs: 0, message: "test: no result within 30 ms" }]);
    expect(runs[0]!.signal.aborted).toBe(true);
    runs[0]!.end(1);
    // A run that starts later and is done shows that the late outcome had its turn, and was dropped.
    await outputOf({ skills: [skill(() => 1)] });
    expect(outcomes).toHaveLength(1);
  });

  test("a stop: nothing is owed", async () => {
    const { opened, runs } = open(false);
    const runner = runnerOf({ skills: [opened, skill(() => 2, { name: "other" })] });
    const outcomes: SkillOutcome[] = [];
    runner.start(award(0), "test", { kind: "none" }, 60_000, (outcome) => outcomes.push(outcome));
    await waitFor(() => runs.length === 1);
    runner.stop(award(0));
    runner.stop(award(7));
    expect(runs[0]!.signal.aborted).toBe(true);
    runs[0]!.end(1);
    await new Promise<void>((resolve) => runner.start(award(1), "other", { kind: "none" }, 60_000, () => resolve()));
    expect(outcomes).toEqual([]);
  });

  test("awards run beside each other", async () => {
    const { opened, runs } = open(false);
    const runner = runnerOf({ skills: [opened] });
    const outcomes = new Map<number, SkillOutcome>();
    for (const attempt of [0, 1]) {
      runner.start(award(attempt), "test", { kind: "none" }, 60_000, (outcome) => outcomes.set(attempt, outcome));
    }
    await waitFor(() => runs.length === 2);
    runs[1]!.end("second");
    await waitFor(() => outcomes.has(1));
    expect(outcomes.has(0)).toBe(false);
    runs[0]!.end("first");
    await waitFor(() => outcomes.has(0));
    expect(outcomes.get(0)).toMatchObject({ ok: true, output: encodeValue("first") });
  });

  test("done is never called before start returns", () => {
    let returned = false;
    return new Promise<void>((resolve) => {
      runnerOf({ skills: [skill(() => 1)] }).start(award(), "none", { kind: "none" }, 0, () => {
        expect(returned).toBe(true);
        resolve();
      });
      returned = true;
    });
  });
});

describe("built-in skills", () => {
  const by = (name: string): Run => ({ skills: builtInSkills, name });

  test.each<[string, Value, Value]>([
    ["echo", { output: 1 }, { output: 1 }],
    ["text.upper", "straße", "STRASSE"],
    ["text.words", "two words, 3 not", 3],
    ["text.lines", "a\r\nb\n\n", ["a", "b", ""]],
    ["text.reverse", "a\u{1f600}b", "b\u{1f600}a"],
    ["text.join", ["a", "b"], "a\nb"],
    ["math.sum", [1, 2, 3.5], 6.5],
    ["math.increment", 4, 5],
    ["math.increment", null, 1],
    ["hash.sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["wait", 1, 1],
  ])("%s", async (name, input, output) => {
    expect(await outputOf({ ...by(name), input: valueInput(input) })).toEqual(output);
  });

  test("text skills take a file", async () => {
    const pack = encodePack([{ path: "x", data: new TextEncoder().encode("one two") }]);
    const input: TaskInput = {
      kind: "files",
      pack: { hash: "a".repeat(64) as Hash, bytes: pack.length },
      single: true,
    };
    const blobs = new Map([["a".repeat(64), pack]]);
    expect(await outputOf({ ...by("text.words"), input, blobs })).toBe(2);
    const latin1 = new Map([["a".repeat(64), encodePack([{ path: "x", data: new Uint8Array([0xe4]) }])]]);
    expect(await run({ ...by("text.words"), input, blobs: latin1 })).toMatchObject({ reason: "invalid-input" });
  });

  test("waiting ends when it is stopped", async () => {
    const outcome = await run({ ...by("wait"), input: valueInput(3_600_000), budgetMs: 20 });
    expect(outcome).toMatchObject({ ok: false, message: "wait: no result within 20 ms" });
  });

  test("are well described, once each, and can be advertised", () => {
    expect(new Set(builtInSkills.map((entry) => entry.name)).size).toBe(builtInSkills.length);
    for (const entry of builtInSkills) {
      expect(skillShape.safeParse(entry).error).toBeUndefined();
      const ad = skillAd(entry, NO_VECTOR);
      expect(ad.schemas).toMatch(/^[0-9a-f]{64}$/);
      expect(ad.price).toBe(Math.round(entry.price * 1_000_000));
    }
  });

  test("an advertisement tells schemas apart", () => {
    const parts = { description: "x", price: 1, expectedMs: 1, run: () => "" } as const;
    const text = defineSkill({ name: "x", input: z.string(), output: z.string(), ...parts });
    const number = defineSkill({ name: "x", input: z.number(), output: z.string(), ...parts });
    expect(skillAd(text, NO_VECTOR).schemas).not.toBe(skillAd(number, NO_VECTOR).schemas);
    expect(skillAd(text, NO_VECTOR)).toEqual(skillAd({ ...text }, NO_VECTOR));
  });
});
