/** Skills that run commands: arguments, limits, and that nothing stays behind. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMAND_DEFAULTS, type CommandOptions, commandSkill } from "../../../node/skills/command-skill.ts";
import { parseSkillsYaml } from "../../../node/skills/load-yaml.ts";
import { loadSkills } from "../../../node/skills/process/load-skills.ts";
import type { SkillContext } from "../../../node/skills/skill.ts";
import { WorkProblem } from "../../../node/skills/work-problem.ts";
import { waitFor } from "../../support/wait.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "meshwork-test-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const context = (signal: AbortSignal = new AbortController().signal): SkillContext => ({
  signal,
  job: "job",
  task: "task",
  attempt: 0,
  deadlineMs: 0,
  log: () => {},
});

type Parts = Partial<CommandOptions> & Pick<CommandOptions, "command">;

async function run(parts: Parts, input: unknown = null, signal?: AbortSignal): Promise<unknown> {
  const skill = commandSkill({ name: "test", description: "d", ...COMMAND_DEFAULTS, stdout: "text", ...parts });
  const reply = await skill.run(input, context(signal));
  return (reply as { output: unknown }).output;
}

/** True while a process lives (and is more than a zombie waiting for its parent). */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // ESRCH
  }
  if (process.platform !== "linux") return true;
  return !/^State:\s+Z/m.test(readFileOrEmpty(`/proc/${pid}/status`));
}

function readFileOrEmpty(file: string): string {
  return existsSync(file) ? (process.getBuiltinModule("node:fs").readFileSync(file, "utf8") as string) : "";
}

describe("input and output", () => {
  test("JSON in, JSON out", async () => {
    expect(await run({ command: ["cat"], stdout: "json" }, { a: [1, "ü"] })).toEqual({ a: [1, "ü"] });
  });

  test("text in, text out, without its last line end", async () => {
    expect(await run({ command: ["tr", "a-z", "A-Z"], stdin: "text" }, "shout\n\n")).toBe("SHOUT\n");
  });

  test("a file as it is, and files as base64", async () => {
    const file = { path: "x", data: new Uint8Array([0x68, 0x69]) };
    expect(await run({ command: ["cat"], stdin: "text" }, file)).toBe("hi");
    expect(await run({ command: ["cat"], stdout: "json" }, [file])).toEqual([{ path: "x", base64: "aGk=" }]);
    await expect(run({ command: ["cat"], stdin: "text" }, 5)).rejects.toThrow("reads a text or one file");
  });

  test("the input stays within its argument, and no shell sees it", async () => {
    const nasty = `$(touch ${directory}/pwned); \`id\` "'\n{input} $& --help`;
    const printed = await run({ command: ["printf", "--", "%s|%s", "<{input}>", "{input}"], stdin: "none" }, nasty);
    expect(printed).toBe(`<${nasty}>|${nasty}`);
    expect(existsSync(join(directory, "pwned"))).toBe(false);
    const printf = ["printf", "%s", "a{input}b{input}"] as const;
    expect(await run({ command: printf, stdin: "none" }, { x: 1 })).toBe('a{"x":1}b{"x":1}');
  });

  test("what it prints is taken as it is, or not at all", async () => {
    const print = (json: string): Promise<unknown> => run({ command: ["printf", "%s", json], stdout: "json" });
    expect(await print('{"a": [9007199254740991, "9007199254740993", 0.1, 1e300]}')).toEqual({
      a: [9_007_199_254_740_991, "9007199254740993", 0.1, 1e300],
    });
    await expect(print('{"a": [1, {"b": -9007199254740993}]}')).rejects.toThrow(
      'in its output a[1].b is -9007199254740993, which is beyond 2^53: it would become -9007199254740992 – quote it, so that it stays as it is: "-9007199254740993"',
    );
    await expect(print("12345678901234567890")).rejects.toThrow("quote it");
    await expect(print('{"a": 1, "\\u0061": 2}')).rejects.toThrow("the key a stands there twice");
  });

  test("a program that does not read its input", async () => {
    expect(await run({ command: ["true"] }, "x".repeat(1_000_000))).toBe("");
  });

  test("nothing of the node's environment, but what the skill names, and a folder of its own", async () => {
    const env = String(await run({ command: ["env"], stdin: "none" }));
    expect(env.split("\n").filter((line) => !line.startsWith("PATH="))).toEqual([]);
    process.env.MESHWORK_TEST_KEY = "secret";
    const passed = await run({ command: ["env"], stdin: "none", env: ["MESHWORK_TEST_KEY", "MESHWORK_TEST_UNSET"] });
    delete process.env.MESHWORK_TEST_KEY;
    expect(String(passed).split("\n").sort()).toEqual(
      [`PATH=${COMMAND_DEFAULTS.path}`, "MESHWORK_TEST_KEY=secret"].sort(),
    );
    const folder = String(await run({ command: ["pwd"], stdin: "none" }));
    expect(folder).toContain("meshwork-command-");
    expect(existsSync(folder)).toBe(false);
  });
});

describe("failures", () => {
  test.each<[string, Parts, unknown, string]>([
    ["an exit code", { command: ["sh", "-c", "echo sorry >&2; exit 3"] }, null, "sh exited with 3: sorry"],
    ["a signal", { command: ["sh", "-c", "kill -9 $$"] }, null, "sh was killed by SIGKILL"],
    ["no JSON", { command: ["echo", "{"], stdout: "json" }, null, "JSON"],
    ["no UTF-8", { command: ["printf", "\\377"] }, null, "not valid for encoding"],
    ["too much output", { command: ["yes"], outputBytesMax: 1_000 }, null, "more than 1000 bytes of output"],
    ["too much time", { command: ["sleep", "1000"], timeoutMs: 50 }, null, "no result within 50 ms"],
    ["a NUL in an argument", { command: ["echo", "--", "{input}"] }, "a\0b", "without null bytes"],
  ])("%s", async (_what, parts, input, message) => {
    await expect(run(parts, input)).rejects.toThrow(message);
  });

  test("a program that does not exist", async () => {
    await expect(run({ command: ["no-such-program-at-all"] })).rejects.toThrow(/no-such-program-at-all/);
  });

  test.runIf(existsSync("/usr/bin/prlimit"))("too much memory", async () => {
    const hungry = ["sh", "-c", 'x=a; while true; do x="$x$x"; done'] as const;
    await expect(run({ command: hungry, memoryBytesMax: 64 * 1024 ** 2 })).rejects.toThrow(/exited with|killed/);
  });
});

test("the default limit of memory lets Node and Python start", async () => {
  const node = [process.execPath, "-e", "process.stdout.write(String(1 + 1))"] as const;
  expect(await run({ command: node, stdin: "none" })).toBe("2");
  if (existsSync("/usr/bin/python3"))
    expect(await run({ command: ["python3", "-c", "print(1 + 1)"], stdin: "none" })).toBe("2");
});

describe("an input becomes neither an option nor a script", () => {
  const skillsOf = (command: readonly string[]) =>
    parseSkillsYaml("s.yaml", `skills:\n  - { name: x, description: d, command: ${JSON.stringify(command)} }\n`, {
      allowCommands: true,
    });

  test.each<[readonly string[], string]>([
    [["sort", "{input}"], 'an input that begins with "-" would be an option of sort'],
    [["grep", "-e", "{input}"], "would be an option of grep"],
    [["sort", "{input}", "--"], "would be an option of sort"],
    [["{input}"], "choose the program"],
    [["sh", "-c", "wc {input}"], "would say what sh runs"],
    [["/usr/bin/env", "bash", "-lc", "wc -- {input}"], "would say what /usr/bin/env runs"],
    [["python3", "-c", "print('{input}')"], "would say what python3 runs"],
    [["python3.11", "--", "{input}"], "would say what python3.11 runs"],
    [["node", "--eval={input}"], "would say what node runs"],
    [["env", "--", "{input}"], "would say what env runs"],
    [["sed", "--", "s/a/{input}/"], "would say what sed runs"],
    [["sed", "-n", "-f", "script", "-e", "{input}p"], "would say what sed runs"],
    [["sed", "--expression=s/{input}//", "file"], "would say what sed runs"],
    [["awk", "-F", ",", '$1 == "{input}"'], "would say what awk runs"],
    [["timeout", "9", "awk", "-F", ",", "--", "{input}"], "would say what timeout runs"],
    [["gawk", "-i", "{input}.awk", "1"], "would say what gawk runs"],
    [["jq", "--arg", "a", "b", ".[{input}]"], "would say what jq runs"],
    [["find", "--", "{input}"], "would say what find runs"],
    [["ssh", "host", "wc", "--", "{input}"], "would say what ssh runs"],
    [["script", "-c", "wc {input}"], "would say what script runs"],
    [["make", "NAME={input}"], "would say what make runs"],
    [["head", "-{input}"], "would choose an option of head"],
    [["tool", "--{input}=1"], "would choose an option of tool"],
  ])("refused at load: %j", (command, message) => {
    expect(() => skillsOf(command)).toThrow(`s.yaml:2: skill "x": `);
    expect(() => skillsOf(command)).toThrow(message);
    const direct = { name: "x", description: "d", ...COMMAND_DEFAULTS, command: command as [string] };
    expect(() => commandSkill(direct)).toThrow(message);
  });

  test.each<[readonly [string, ...string[]], string, "refused" | "taken"]>([
    [["sort", "--", "{input}"], "--output=pwned", "taken"],
    [["printf", "--", "%s", "{input}"], "-x", "taken"],
    [["printf", "%s", "<{input}"], "-x", "taken"],
    [["awk", "-F", ",", "BEGIN { print ARGV[2] }", "--", "{input}"], "-f pwned", "taken"],
    [["awk", "-v", "x={input}", "BEGIN { print x }"], "-f pwned", "taken"],
    [["printf", "%s", "awk", "ssh", "--", "{input}"], "-f pwned", "taken"],
    [["sort", "{input}.txt"], "--output=pwned", "refused"],
    [["sh", "-c", 'sort "$1"', "--", "{input}"], "--output=pwned", "refused"],
    [["sh", "-c", 'printf %s "$1"', "--", "{input}"], "pwned", "taken"],
    [["env", "sort", "--", "{input}"], "-o pwned", "refused"],
  ])("%j with %s is %s", async (command, input, outcome) => {
    expect(skillsOf(command)).toHaveLength(1);
    const failure: unknown = await run({ command, stdin: "none" }, input).catch((error: unknown) => error);
    expect(failure instanceof WorkProblem && failure.reason === "invalid-input").toBe(outcome === "refused");
    expect(existsSync(join(directory, "pwned"))).toBe(false);
  });

  test("variables that are to be passed on have to be there", () => {
    const skills = (env: string): unknown =>
      parseSkillsYaml("s.yaml", `skills:\n  - { name: x, description: d, command: [env], env: [${env}] }\n`, {
        allowCommands: true,
      });
    expect(skills("PATH")).toHaveLength(1);
    expect(() => skills("MESHWORK_TEST_UNSET")).toThrow(
      's.yaml:2: skill "x": the environment has no MESHWORK_TEST_UNSET',
    );
    expect(() => skills('"A=b"')).toThrow("use names of variables");
  });
});

describe("what is stopped", () => {
  /** Starts a shell with a child of its own that would live long; both write down who they are. */
  async function start(
    name: string,
    script: string,
  ): Promise<{ pids: number[]; done: Promise<unknown>; abort: () => void }> {
    const file = join(directory, name);
    await writeFile(file, "");
    const controller = new AbortController();
    const command = ["sh", "-c", script.replaceAll("FILE", file)] as const;
    const done = run({ command, stdin: "none" }, null, controller.signal);
    done.catch(() => {}); // looked at by the test later
    const read = async (): Promise<number[]> => (await readFile(file, "utf8")).split("\n").filter(Boolean).map(Number);
    await waitFor(async () => (await read()).length === 2);
    return { pids: await read(), done, abort: () => controller.abort(new Error("enough")) };
  }

  test("is stopped with all that it started", async () => {
    const { pids, done, abort } = await start("abort", "sleep 1000 & echo $! >> FILE; echo $$ >> FILE; wait");
    expect(pids.map(alive)).toEqual([true, true]);
    abort();
    await expect(done).rejects.toThrow("enough");
    await waitFor(() => pids.every((pid) => !alive(pid)));
  });

  test("leaves nothing in the background", async () => {
    const { pids, done } = await start("background", "sleep 1000 & echo $! >> FILE; echo $$ >> FILE");
    expect(await done).toBe("");
    await waitFor(() => pids.every((pid) => !alive(pid)));
  });

  test("is not started when it is too late", async () => {
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(run({ command: ["touch", join(directory, "late")] }, null, signal)).rejects.toThrow("too late");
    expect(readdirSync(directory)).not.toContain("late");
  });
});

test.runIf(existsSync("/usr/bin/setpriv"))("a program ends with a node that is killed", async () => {
  const pidFile = join(directory, "killed.pid");
  const skill = new URL("../../../node/skills/command-skill.ts", import.meta.url).href;
  const parent = `import { commandSkill, COMMAND_DEFAULTS } from ${JSON.stringify(skill)};
const command = ["sh", "-c", "echo $$ > ${pidFile}.part; mv ${pidFile}.part ${pidFile}; exec sleep 1000"];
await commandSkill({ name: "x", description: "d", ...COMMAND_DEFAULTS, command }).run(null, { signal: new AbortController().signal, log() {} });`;
  const file = join(directory, "parent.mjs");
  await writeFile(file, parent);
  const node = spawn(process.execPath, [file], { stdio: "ignore" });
  await waitFor(() => existsSync(pidFile), { timeoutMs: 30_000 });
  const pid = Number(await readFile(pidFile, "utf8"));
  expect(alive(pid)).toBe(true);
  node.kill("SIGKILL");
  await waitFor(() => !alive(pid));
});

test("a skills file with commands works only where they are allowed", async () => {
  const file = join(directory, "skills.yaml");
  const skills =
    "skills:\n  - { name: count, description: lines, command: [wc, -l], stdin: text, price: 0.5, memory: 128MiB }\n";
  await writeFile(file, skills);
  await expect(loadSkills(file)).rejects.toThrow("commands are off");
  const [skill] = parseSkillsYaml(file, skills, { allowCommands: true });
  expect(skill).toMatchObject({ name: "count", price: 0.5 });
  expect(await skill!.run("a\nb\n", context())).toEqual({ output: 2 });
  await writeFile(file, `allowCommands: true\n${skills}`);
  expect((await loadSkills(file)).skills).toHaveLength(1);
});
