/** The command line: where runs leave their files, and what `meshwork skills` lists. */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { describeType } from "../../../node/cli/skills.ts";
import { RunFolder } from "../../../node/run/run-folder.ts";
import { builtInSkills } from "../../../node/skills/built-in.ts";
import { deadAddress, runInProcess, type Said } from "../../support/in-process-cli.ts";

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "meshwork-files-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const cli = (...argv: string[]): Promise<Said> => runInProcess(argv, { XDG_CONFIG_HOME: directory });

const JOB = "name: one\nbudget: 1\ntasks:\n  a: { skill: text.upper, input: x }\noutput: a\n";

describe("where a run leaves its files", () => {
  test("what cannot be a folder is said before anything starts", async () => {
    const file = join(directory, "no-folder");
    await writeFile(file, "mine");
    const job = join(directory, "one.yaml");
    await writeFile(job, JOB);
    const address = await deadAddress();
    for (const argv of [
      ["run", job, "--out", file],
      ["submit", job, "--to", address, "--wait", "--out", file],
      ["result", "a".repeat(64), "--to", address, "--out", file],
    ]) {
      const { code, err } = await cli(...argv);
      expect([argv[0], code]).toEqual([argv[0], 2]);
      expect(err).toBe(`meshwork: ${file} is a file, not a folder – choose another path\n`);
    }
    expect(await readFile(file, "utf8")).toBe("mine");
  });

  test("an earlier run's results are not lost without a word", async () => {
    const folder = await mkdtemp(join(directory, "results-"));
    await writeFile(join(folder, "result.json"), "1");
    await writeFile(join(folder, "notes.txt"), "mine");
    const job = join(directory, "two.yaml");
    await writeFile(job, JOB);
    const { code, err } = await cli("run", job, "--out", folder);
    expect(code).toBe(2);
    expect(err).toMatch(
      /holds the results of an earlier run \(result\.json\) – choose another folder, or .*--force\n$/,
    );
    expect(await readdir(folder)).toEqual(["notes.txt", "result.json"]);
    new RunFolder(folder, { force: true });
    expect(await readdir(folder)).toEqual(["notes.txt"]);
  });

  test("taking away an earlier run takes nothing else", async () => {
    const folder = await mkdtemp(join(directory, "agents-"));
    for (const name of ["ada", "mine"]) await mkdir(join(folder, "agents", name), { recursive: true });
    for (const name of ["trace.jsonl", "agents/owner.jsonl", "agents/ada/trace.jsonl", "agents/mine/x"])
      await writeFile(join(folder, name), "");
    new RunFolder(folder, { force: true });
    expect(await readdir(folder)).toEqual(["agents"]);
    expect(await readdir(join(folder, "agents"))).toEqual(["mine"]);
  });
});

describe("skills", () => {
  test("lists the built-in ones, with what they take", async () => {
    const { code, out, err } = await cli("skills");
    expect([code, err]).toEqual([0, ""]);
    for (const skill of builtInSkills) expect(out).toContain(`${skill.name}\n`);
    expect(out).toContain(
      "text.upper\n  Returns a text or a text file in upper case.\n  input: text or file; 0.0001 credits",
    );
    const { skills } = JSON.parse((await cli("skills", "--json")).out) as { skills: { name: string }[] };
    expect(skills.map(({ name }) => name)).toEqual(builtInSkills.map(({ name }) => name));
    expect(skills.find(({ name }) => name === "math.sum")).toMatchObject({
      price: 0.0001,
      input: { type: "array", items: { type: "number" } },
      output: { type: "number" },
    });
  });

  test("lists those of a file, commands too, and says what is wrong with one", async () => {
    const file = join(directory, "own.yaml");
    await writeFile(file, "skills:\n  - { name: count.bytes, description: Counts., command: [wc, -c] }\n");
    const { code, out } = await cli("skills", file);
    expect(code).toBe(0);
    expect(out).toBe("count.bytes\n  Counts.\n  input: anything; 0.001 credits, about 1.0 s\n");
    expect(await cli("skills", join(directory, "none.yaml"))).toMatchObject({ code: 2, out: "" });
  });

  test("schemas in words", () => {
    const words = (type: z.ZodType): string => describeType(z.toJSONSchema(type, { io: "input" }));
    expect(words(z.array(z.string()))).toBe("list of texts");
    expect(words(z.number().nullable())).toBe("number or nothing");
    expect(words(z.object({ a: z.int(), b: z.boolean() }))).toBe("{ a, b }");
    expect(words(z.enum(["x", "y"]))).toBe('"x" or "y"');
    expect(words(z.unknown())).toBe("anything");
  });
});
