/** What skills say when they give no answer, and of what their work used: in this process, in one of their own, as commands. */

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { COMMAND_DEFAULTS, type CommandOptions, commandSkill } from "../../../node/skills/command-skill.ts";
import { parseSkillsYaml } from "../../../node/skills/load-yaml.ts";
import { performSkill } from "../../../node/skills/perform.ts";
import type { Skill, SkillContext, SkillOutcome } from "../../../node/skills/skill.ts";
import { SkillError } from "../../../node/skills/skill-error.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { load, moduleText } from "../../support/skill-modules.ts";

const context: SkillContext = {
  signal: new AbortController().signal,
  ...{ job: "job", task: "task", attempt: 1, deadlineMs: 0, log: () => {} },
};
const common = { description: "d", input: z.unknown(), output: z.unknown(), price: 1, expectedMs: 1 };
const perform = (run: Skill["run"]): Promise<SkillOutcome> =>
  performSkill({ name: "s", ...common, run }, null, context);
const throwing = (thrown: unknown): Promise<SkillOutcome> =>
  perform(() => {
    throw thrown;
  });

describe("what a skill throws", () => {
  const withCode = (parts: object): Error => Object.assign(new Error("why"), parts);

  test.each<[string, unknown, object]>([
    ["busy", new SkillError("busy", "why", { retryMs: 2_000 }), { reason: "busy", retryMs: 2_000 }],
    ["busy without a time", new SkillError("busy", "why"), { reason: "busy", retryMs: 0 }],
    [
      "busy for ever",
      new SkillError("busy", "why", { retryMs: Infinity }),
      { reason: "busy", retryMs: limits.durationMs },
    ],
    ["busy for a part of a millisecond", withCode({ code: "busy", retryMs: 0.2 }), { reason: "busy", retryMs: 1 }],
    ["busy with a word for a time", withCode({ code: "busy", retryMs: "2s" }), { reason: "busy", retryMs: 0 }],
    ["unavailable", new SkillError("unavailable", "why", { retryMs: 9 }), { reason: "unavailable", retryMs: 0 }],
    ["invalid input", new SkillError("invalid-input", "why"), { reason: "invalid-input", retryMs: 0 }],
    ["any error with such a code", withCode({ code: "unavailable" }), { reason: "unavailable", retryMs: 0 }],
    ["another code", withCode({ code: "ECONNREFUSED" }), { reason: "error", retryMs: 0 }],
    ["a reason that is not for skills to say", withCode({ code: "crashed" }), { reason: "error", retryMs: 0 }],
    ["no code", new Error("why"), { reason: "error", retryMs: 0 }],
  ])("%s", async (_what, thrown, said) => {
    expect(await throwing(thrown)).toEqual({ ok: false, message: "s: why", ...said });
  });

  test("input that does not fit the schema is invalid", async () => {
    const skill: Skill = { name: "s", ...common, input: z.string(), run: () => 1 };
    expect(await performSkill(skill, 7, context)).toMatchObject({ ok: false, reason: "invalid-input" });
  });
});

describe("usage", () => {
  test("in the units of the wire, with counters in their order", async () => {
    const usage = { inputTokens: 1_200, outputTokens: 34, usd: 0.0123456, counters: { searches: 2, calls: 1 } };
    expect(await perform(() => ({ output: 1, usage }))).toMatchObject({
      ok: true,
      usage: {
        ...{ inputTokens: 1_200, outputTokens: 34, microUsd: 12_346 },
        counters: [
          { name: "calls", count: 1 },
          { name: "searches", count: 2 },
        ],
      },
    });
    expect(await perform(() => ({ output: 1 }))).toMatchObject({ ok: true, usage: null });
  });

  const many = Object.fromEntries(Array.from({ length: limits.usageCounters + 1 }, (_, i) => [`c${i}`, 1]));
  test.each<[string, object, string]>([
    ["a part of a token", { inputTokens: 1.5 }, "usage.inputTokens 1.5 is no count"],
    ["fewer than none", { outputTokens: -1 }, "usage.outputTokens -1 is no count"],
    ["no number", { usd: Number.NaN }, "usage.usd NaN is no amount of dollars"],
    ["a name that there is not", { tokens: 5 }, 'usage has no "tokens"'],
    ["too many counters", { counters: many }, "usage has 17 counters, at most 16 are allowed"],
    ["a long name", { counters: { ["x".repeat(33)]: 1 } }, "must have 1 to 32 bytes"],
    ["a counter that is no count", { counters: { calls: "3" } }, "usage.counters.calls 3 is no count"],
    ["counters that are no object", { counters: 5 }, "usage.counters"],
  ])("%s is an error", async (_what, usage, message) => {
    const outcome = await perform(() => ({ output: 1, usage }) as never);
    expect(outcome).toMatchObject({ ok: false, reason: "error", message: expect.stringContaining(message) });
  });
});

test("a skill in a process of its own says the same", async () => {
  const text = moduleText({
    busy: "() => { throw Object.assign(new Error('later'), { code: 'busy', retryMs: 1500 }) }",
    down: "() => { throw Object.assign(new Error('gone'), { code: 'unavailable' }) }",
    wrong: "() => { throw Object.assign(new Error('no words'), { code: 'invalid-input' }) }",
    used: "() => ({ output: 1, usage: { inputTokens: 7, usd: 0.5, counters: { b: 1, a: 2 } } })",
    odd: "() => ({ output: 1, usage: { counters: { ['a'.repeat(40)]: 1 } } })",
  })
    .replace("({ z, defineSkill }) => {", "({ z, defineSkill, SkillError }) => { const Given = SkillError;")
    .replace("return [", "return [skill('given', () => { throw new Given('busy', 'mine', { retryMs: 3 }) }),");
  const module = await load(text);
  try {
    const said = { ok: false, retryMs: 0 };
    expect(await module.run("busy")).toEqual({ ...said, reason: "busy", retryMs: 1_500, message: "busy: later" });
    expect(await module.run("given")).toEqual({ ...said, reason: "busy", retryMs: 3, message: "given: mine" });
    expect(await module.run("down")).toEqual({ ...said, reason: "unavailable", message: "down: gone" });
    expect(await module.run("wrong")).toEqual({ ...said, reason: "invalid-input", message: "wrong: no words" });
    const counters = [
      { name: "a", count: 2 },
      { name: "b", count: 1 },
    ];
    const usage = { inputTokens: 7, outputTokens: 0, microUsd: 500_000, counters };
    expect(await module.run("used")).toMatchObject({ ok: true, usage });
    expect(await module.run("odd")).toMatchObject({ ok: false, reason: "error" });
  } finally {
    await module.close();
  }
});

describe("commands", () => {
  const run = (command: readonly string[], parts: Partial<CommandOptions> = {}): Promise<SkillOutcome> => {
    const options = { ...COMMAND_DEFAULTS, name: "s", description: "d", command: command as [string], ...parts };
    return performSkill(commandSkill(options), null, context);
  };
  const sh = (script: string): string[] => ["sh", "-c", script];

  test.each<[string, Partial<CommandOptions>, object]>([
    ["exit 65", {}, { reason: "invalid-input", retryMs: 0 }],
    ["exit 69", {}, { reason: "unavailable", retryMs: 0 }],
    ["exit 75", {}, { reason: "busy", retryMs: 0 }],
    [`echo '{"retryMs": 2500}'; exit 75`, {}, { reason: "busy", retryMs: 2_500 }],
    [`echo '{"retryMs": 2500}'; exit 69`, {}, { reason: "unavailable", retryMs: 0 }],
    ["echo null; exit 75", {}, { reason: "busy", retryMs: 0 }],
    ["exit 1", {}, { reason: "error", retryMs: 0 }],
    ["exit 7", { exits: { 7: "unavailable" } }, { reason: "unavailable", retryMs: 0 }],
    ["exit 75", { exits: { 7: "unavailable" } }, { reason: "error", retryMs: 0 }],
    ["kill -9 $$", {}, { reason: "error", retryMs: 0 }],
  ])("%s, %j", async (script, parts, said) => {
    const outcome = await run(sh(`echo why >&2; ${script}`), parts);
    expect(outcome).toMatchObject({ ok: false, ...said, message: expect.stringContaining("why") });
  });

  test("a reply with what it used", async () => {
    const reply = `{"output": "x", "confidence": 0.5, "usage": {"inputTokens": 3}}`;
    expect(await run(sh(`echo '${reply}'`), { stdout: "reply" })).toMatchObject({
      ok: true,
      confidencePpm: 500_000,
      usage: { inputTokens: 3, outputTokens: 0, microUsd: 0, counters: [] },
    });
    expect(await run(["echo", "5"], { stdout: "reply" })).toMatchObject({
      ok: false,
      message: expect.stringContaining("its output is no reply"),
    });
  });

  test("a skills file says what exits mean, and which there are", () => {
    const file = (exits: string): string =>
      `allowCommands: true\nskills:\n  - { name: s, description: d, command: [curl], exits: ${exits} }\n`;
    expect(() => parseSkillsYaml("s.yaml", file("{ 7: unavailable, 28: unavailable }"))).not.toThrow();
    expect(() => parseSkillsYaml("s.yaml", file("{ 256: busy }"))).toThrow(/exit code is a number from 1 to 255/);
    expect(() => parseSkillsYaml("s.yaml", file("{ 7: crashed }"))).toThrow(/s.yaml:3/);
  });
});
