/** Files of skills: modules and YAML, and one line for each problem with them. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadSkills, type SkillsFile } from "../../../node/skills/process/load-skills.ts";
import type { AnySkill } from "../../../node/skills/skill.ts";
import { createSkillRunner } from "../../../node/skills/skill-runner.ts";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import type { Hash, TaskId } from "../../../protocol/core/ids.ts";
import { decodeValue, encodeValue, type Value } from "../../../protocol/wire/value.ts";

/** What a skill of a file returns when a runner runs it. */
function outputOf(skills: readonly AnySkill[], input: Value = null, name = skills[0]!.name): Promise<Value> {
  const blobs = { get: () => Promise.reject(new Error("there are no blobs")) };
  const award = { job: "0".repeat(64) as Hash, task: "a" as TaskId, attempt: 0 };
  const value = { kind: "value", data: { kind: "inline", bytes: encodeValue(input) }, path: "" } as const;
  return new Promise((resolve, reject) =>
    createSkillRunner({ skills, blobs, log: () => {} }).start(award, name, value, 60_000, (outcome) => {
      const decoded = outcome.ok ? decodeValue(outcome.output) : { ok: false as const, code: outcome.message };
      if (decoded.ok) resolve(decoded.value);
      else reject(new Error(decoded.code));
    }),
  );
}

describe("files of skills", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "meshwork-skills-"));
  });
  const loaded: SkillsFile[] = [];
  afterAll(async () => {
    for (const file of loaded) await file.close();
    await rm(directory, { recursive: true, force: true });
  });

  let counter = 0;
  /** Writes a skills file under a new name (modules are loaded once) and loads it. */
  async function load(ending: string, text: string): Promise<readonly AnySkill[]> {
    const file = join(directory, `skills-${counter++}${ending}`);
    await writeFile(file, text);
    const skills = await loadSkills(file);
    loaded.push(skills);
    return skills.skills;
  }

  async function problem(ending: string, text: string): Promise<string> {
    const error: unknown = await load(ending, text).then(
      () => "accepted",
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof MeshworkError)) throw new Error(`no MeshworkError but ${String(error)}`);
    expect(error.code).toBe("invalid-file");
    expect(error.remedy).not.toBe("");
    return `${error.message} – ${error.remedy}`.replace(/^.*\/skills-\d+/, "skills");
  }

  const entry = (parts: string): string =>
    `export default ({ z }) => [{ name: "twice", description: "d", input: z.number(), output: z.number(), price: 1, expectedMs: 1,\n${parts} }];`;

  test.each([".mjs", ".ts"])("a module %s that gets its tools", async (ending) => {
    const typed = ending === ".ts" ? "(n: number): number" : "(n)";
    const skills = await load(ending, entry(`run: ${typed} => n * 2`));
    expect(await outputOf(skills, 4)).toBe(8);
  });

  test("a module that exports a list, with methods that use this", async () => {
    const zod = import.meta.resolve("zod");
    const text = `import { z } from ${JSON.stringify(zod)};
export default [{ name: "named", description: "d", input: z.null(), output: z.string(), price: 0, expectedMs: 1, run() { return this.name; } }];`;
    expect(await outputOf(await load(".mjs", text))).toBe("named");
  });

  test.each<[string, string, string]>([
    ["no default export", "export const skills = [];", "skills.mjs: it has no list of skills as its default export"],
    ["an empty list", "export default [];", "skills.mjs:1: there are no skills in it"],
    ["not JavaScript", "export default [\n{ name: 'x' oops }\n];", "skills.mjs"],
    ["a thrown error", "\nthrow new Error('at loading');", "it cannot be loaded: at loading"],
    [
      "a function that throws",
      "export default () => {\n  throw new Error('when called');\n};",
      "its function threw: when called",
    ],
    ["a missing package", "import 'no-such-package-at-all';", "install it beside the file, or export a function"],
    [
      "an unknown key",
      entry("run: (n) => n,\nexpectedMS: 3"),
      'skills.mjs:3: skill 1 "twice" has an unknown key "expectedMS" – did you mean "expectedMs"?',
    ],
    ["a missing key", "export default [{ name: 'x' }];", 'skills.mjs: skill 1 "x" has no "description"'],
    [
      "a schema that is none",
      entry("run: (n) => n").replace("z.number()", "'number'"),
      'skill 1 "twice": input – must be a zod 4 schema',
    ],
    [
      "a wrong price",
      entry("run: (n) => n").replace("price: 1", "price: -1"),
      'skill 1 "twice": price – must be an amount of credits',
    ],
    ["a wrong name", entry("run: (n) => n").replace('"twice"', '"a b"'), 'skill 1 "a b": name – use letters'],
    ["no skill", "export default [null];", "skills.mjs: skill 1 – "],
  ])("%s", async (_what, text, line) => expect(await problem(".mjs", text)).toContain(line));

  test("two skills of one name", async () => {
    const one = `{ name: "same", description: "d", input: z.null(), output: z.null(), price: 0, expectedMs: 1, run: () => null }`;
    expect(await problem(".mjs", `export default ({ z }) => [${one},\n${one}];`)).toContain(
      'two skills are called "same"',
    );
  });

  test("YAML names built-in skills, with other names and prices", async () => {
    const skills = await load(
      ".yaml",
      "skills:\n  - use: text.upper\n  - { use: text.upper, name: shout, price: 0.25, expected: 2s }\n",
    );
    expect(skills.map((loaded) => [loaded.name, loaded.price, loaded.expectedMs])).toEqual([
      ["text.upper", 0.0001, 1],
      ["shout", 0.25, 2_000],
    ]);
    expect(await outputOf(skills, "hey", "shout")).toBe("HEY");
  });

  test.each<[string, string, string]>([
    [
      "an unknown skill",
      "skills:\n  - use: text.uper\n",
      'skills.yaml:2: there is no built-in skill "text.uper" – did you mean "text.upper"?',
    ],
    [
      "an unknown key",
      "skills:\n  - use: echo\n    prize: 1\n",
      'skills.yaml:3: unknown key "prize" in skills[0] – did you mean "price"?',
    ],
    [
      "a mistyped command",
      "skills:\n  - name: x\n    description: d\n    comand: [ls]\n",
      'skills.yaml:4: unknown key "comand" in skills[0] – did you mean "command"?',
    ],
    [
      "a command",
      "skills:\n  - name: x\n    description: d\n    command: [ls]\n",
      'skills.yaml:4: skill "x" runs a command, and commands are off',
    ],
    ["twice the same", "skills:\n  - use: echo\n  - use: echo\n", 'skills.yaml:3: two skills are called "echo"'],
  ])("YAML with %s", async (_what, text, line) => expect(await problem(".yaml", text)).toContain(line));

  test("a file that is not there, or of another kind", async () => {
    await expect(loadSkills(join(directory, "none.mjs"))).rejects.toThrow("none.mjs: there is no such file");
    await expect(loadSkills(join(directory, "none.yaml"))).rejects.toThrow("none.yaml: there is no such file");
    await expect(loadSkills("skills.txt")).rejects.toThrow('a skills file cannot end in ".txt"');
  });
});
