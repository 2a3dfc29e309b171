/** The command line: exit codes, one-line errors, `--json`, and the files of `init`. */

import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultKeyFile } from "../../../node/cli/context.ts";
import { checkClock, checkRuntime } from "../../../node/cli/doctor.ts";
import { tcpTarget } from "../../../node/cli/probe.ts";
import { readJobFile } from "../../../node/job-file/parse-job.ts";
import { createNode } from "../../../node/node.ts";
import { usualFolder } from "../../../node/platform/runs.ts";
import { COMMAND } from "../../../node/platform/terminal/command-line.ts";
import { asMeshworkError, errorLine, exitCodeOf } from "../../../node/platform/terminal/context.ts";
import { AgentTraceWriter } from "../../../node/platform/traces/trace-file.ts";
import { TRACE_KINDS, traceLineSchema } from "../../../node/platform/traces/trace-schema.ts";
import { builtInSkills } from "../../../node/skills/built-in.ts";
import { loadSkills } from "../../../node/skills/process/load-skills.ts";
import { type HostedSkill, priceOf } from "../../../node/skills/skill.ts";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import type { TraceLine } from "../../../protocol/core/trace.ts";
import { encodeValue } from "../../../protocol/wire/value.ts";
import { deadAddress, runInProcess, type Said } from "../../support/in-process-cli.ts";

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "meshwork-cli-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const cli = (...argv: string[]): Promise<Said> => runInProcess(argv, { XDG_CONFIG_HOME: directory });

const COMMANDS = [
  "demo",
  "run",
  "plan",
  "verify",
  "node",
  "submit",
  "result",
  "status",
  "cancel",
  "doctor",
  "init",
  "agents",
  "explain",
  "feedback",
  "knowledge",
  "skills",
  "schema",
];

describe("usage", () => {
  test.each(COMMANDS)("%s explains itself, with examples", async (command) => {
    const { code, out, err } = await cli(command, "--help");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(`Usage: ${COMMAND} ${command}`);
    expect(out).toContain(`\n  $ ${COMMAND} ${command}`);
  });

  test("help and version are a yes, nothing at all is wrong usage", async () => {
    expect(await cli("--version")).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+/), err: "" });
    expect(await cli("--help")).toMatchObject({ code: 0, err: "" });
    expect(await cli("help", "demo")).toMatchObject({ code: 0, out: expect.stringContaining("--seed") });
    expect(await cli()).toMatchObject({ code: 2, out: "" });
  });

  test.each<[string, string[], string]>([
    ["an unknown command", ["dmo"], "unknown command 'dmo' (Did you mean demo?)"],
    ["an unknown option", ["demo", "--agent", "3"], "unknown option '--agent'"],
    ["a missing argument", ["run"], "missing required argument 'job'"],
    ["one too many", ["run", "a", "b"], "too many arguments"],
    ["a missing option", ["status"], "required option '--to <addr>' not specified"],
    ["a wrong number", ["demo", "--agents", "7.5"], "must be a whole number from"],
    ["a wrong address", ["status", "--to", "127.0.0.1:80"], "must be a multiaddr"],
    ["a wrong job id", ["cancel", "abc", "--to", "/ip4/127.0.0.1/tcp/1"], "64 hexadecimal digits"],
    ["a wrong schema", ["schema", "jobs"], "allowed choices are job, limits, skills, trace"],
    ["a port there is not", ["node", "--listen", "/ip4/0.0.0.0/tcp/80000"], "a port must be at most 65535"],
  ])("%s: one line, exit 2", async (_what, argv, message) => {
    const { code, out, err } = await cli(...argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err).toMatch(/^meshwork: .*\n$/);
    expect(err).not.toMatch(/\. [A-Z]|\.\n|\. –/);
  });

  test("points to the help of the command itself", async () => {
    expect((await cli("run", "--nope")).err).toMatch(/ – see .*run --help\n$/);
    expect((await cli("nope")).err).not.toContain("nope --help");
  });

  test("nobody is left listening for signals", async () => {
    const before = process.listenerCount("SIGINT");
    await cli("--version");
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});

describe("errors", () => {
  test.each([
    ["usage", 2],
    ["invalid-file", 2],
    ["unreachable", 1],
    ["refused", 1],
    ["job-failed", 1],
    ["storage", 2],
    ["interrupted", 130],
  ] as const)("%s exits with %i", (code, exit) => expect(exitCodeOf(new MeshworkError(code, "x"))).toBe(exit));

  test("are one line with their remedy", () => {
    expect(errorLine(new MeshworkError("usage", "a\n  b", "do c"))).toBe("meshwork: a b – do c");
    expect(errorLine(new MeshworkError("usage", "a"))).toBe("meshwork: a");
  });

  test("of the machine are told from bugs", async () => {
    const refused: unknown = await readFile(join(directory, "none")).catch((error: unknown) => error);
    expect(asMeshworkError(refused)).toBeNull(); // a file of ours that is missing is a bug
    const full = Object.assign(new Error("no space left"), { code: "ENOSPC", syscall: "write" });
    expect(asMeshworkError(full)).toMatchObject({
      code: "storage",
      message: "this machine refuses: the disk is full",
      remedy: "make room and try again",
    });
    expect(asMeshworkError(new TypeError("x is not a function"))).toBeNull();
  });

  test("name no system call, and no path twice", async () => {
    const missing = join(directory, "missing");
    const told = async (...argv: string[]): Promise<string> => (await cli(...argv)).err;
    expect(await told("verify", missing)).toBe(`meshwork: ${missing}: there is no such file – check the path\n`);
    expect(await told("demo", "--input", missing)).toBe(
      `meshwork: --input ${missing}: there is no such folder – check the path\n`,
    );
  });

  test("with --json are one document", async () => {
    await cli("init", join(directory, "twice"));
    const { code, out, err } = await cli("init", join(directory, "twice"), "--json");
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({
      error: { code: "usage", message: expect.stringContaining("exists already"), remedy: expect.any(String) },
    });
    expect(err).toContain("exists already");
  });
});

describe("init", () => {
  test("writes files that work together", async () => {
    const folder = join(directory, "start");
    expect(await cli("init", folder)).toMatchObject({ code: 0, err: "" });
    const file = await loadSkills(join(folder, "skills.mjs"));
    const own = file.skills as readonly HostedSkill[];
    const prices = new Map([...builtInSkills, ...own].map((skill) => [skill.name, priceOf(skill)]));
    expect(await readJobFile(join(folder, "JOB.yaml"), { prices })).toMatchObject({ output: "total", tasksKnown: 4 });
    const text = await readFile(join(folder, "JOB.yaml"), "utf8");
    const uncommented = text.replace(/^ {2}# (initials:| {2}skill: text| {2}input: What)/gm, "  $1");
    expect(uncommented).not.toBe(text);
    await writeFile(join(folder, "own.yaml"), uncommented);
    expect((await readJobFile(join(folder, "own.yaml"), { prices })).nodes.at(-1)).toMatchObject({
      skill: "text.initials",
    });
    const signal = new AbortController().signal;
    const context = { signal, job: "", task: "t", attempt: 0, deadlineMs: Date.now() + 60_000, log: () => {} };
    const outcome = await own[0]!.perform("Élan vital", context);
    expect(outcome).toMatchObject({ ok: true, confidencePpm: 900_000, cost: 500 });
    expect(outcome.ok && Buffer.from(outcome.output).equals(encodeValue("Év"))).toBe(true);
    await file.close();
  });

  test("touches nothing that is there, and leaves nothing half-written", async () => {
    const folder = await mkdtemp(join(directory, "half-"));
    await writeFile(join(folder, "JOB.yaml"), "mine");
    const { code, err } = await cli("init", folder);
    expect(code).toBe(2);
    expect(err).toContain("JOB.yaml exists already – choose another folder");
    expect(await readdir(folder)).toEqual(["JOB.yaml"]);
    expect(await readFile(join(folder, "JOB.yaml"), "utf8")).toBe("mine");
  });

  test.skipIf(process.getuid?.() === 0)("a read-only folder is a clear error", async () => {
    const folder = await mkdtemp(join(directory, "locked-"));
    await chmod(folder, 0o500);
    expect(await cli("init", folder)).toMatchObject({ code: 1, err: expect.stringContaining("check the permissions") });
  });

  test("a file where the folder should be is a clear error", async () => {
    await writeFile(join(directory, "file"), "");
    const { code, err } = await cli("init", join(directory, "file", "sub"));
    expect(code).toBe(2);
    expect(err).toMatch(/^meshwork: .*file is a file, not a folder – choose another path\n$/);
  });

  test.skipIf(process.platform !== "linux")("a place where no folder can be made is a clear error", async () => {
    const { code, err } = await cli("init", "/proc/meshwork/sub");
    expect(code).toBe(2);
    expect(err).toMatch(/^meshwork: the folder \/proc\/meshwork cannot be made: .*\n$/);
  });
});

describe("schema", () => {
  test.each(["job", "skills", "trace"])("of %s is JSON Schema", async (kind) => {
    const { code, out, err } = await cli("schema", kind);
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({
      $schema: expect.stringContaining("json-schema.org"),
      description: expect.any(String),
    });
  });

  test("of a trace accepts what is written", async () => {
    const file = join(directory, "trace.jsonl");
    const writer = new AgentTraceWriter(file, { meshId: "m", agent: "id", name: "ada", startedAt: 1, version: "0" });
    const job = "a".repeat(64) as Hash;
    writer.write(2, { kind: "work", job, task: "t/0", attempt: 0, phase: "done" });
    writer.write(3, { kind: "suspected", suspect: "id-b" as AgentId, suspected: true });
    writer.write(4, { kind: "stored", job, slot: "genesis", bytes: "AAAA" });
    writer.close();
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(traceLineSchema.safeParse(JSON.parse(line)).error, line).toBeUndefined();
    expect(traceLineSchema.safeParse({ kind: "work" }).success).toBe(false);
  });

  test("knows every kind of trace event", () => {
    const kinds: { readonly [kind in TraceLine["kind"]]: true } = {
      hosting: true,
      retired: true,
      abstains: true,
      forgot: true,
      proposed: true,
      voted: true,
      applied: true,
      chosen: true,
      tallied: true,
      lost: true,
      evidence: true,
      diverged: true,
      fault: true,
      suspected: true,
      refused: true,
      work: true,
      stored: true,
      certified: true,
      sent: true,
    };
    expect([...TRACE_KINDS].sort()).toEqual(Object.keys(kinds).sort());
  });
});

describe("doctor", () => {
  test("without addresses asks nobody", async () => {
    expect((await cli("doctor")).err).not.toContain("asking");
  });

  test("finds this machine fit, and an agent that answers", async () => {
    const mesh = `doctor-${process.pid}`;
    const node = await createNode({ mesh });
    const [address] = node.addresses();
    const { code, out } = await cli("doctor", address!, "--mesh", mesh, "--json");
    const stranger = await cli("doctor", address!, "--mesh", "another");
    await node.stop();
    expect(stranger.code).toBe(1);
    expect(stranger.out).toMatch(/it is no agent of mesh "another"/);
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { name: string; state: string }[] };
    expect([code, ok]).toEqual([0, true]);
    expect(checks.map((check) => check.name)).toEqual([
      "runtime",
      "listen 127.0.0.1",
      "listen 0.0.0.0",
      "disk settings",
      "disk runs",
      "clock",
      "multicast",
      `reach ${address}`,
      `clock of ${address}`,
    ]);
  });

  test("says no, and what to do, where nobody listens", async () => {
    const { code, out } = await cli("doctor", await deadAddress());
    expect(code).toBe(1);
    expect(out).toMatch(/✗ reach .*ECONNREFUSED.*\n.*→ start the agent there/);
  });

  test("those who ask are told at once too, and a wrong mesh from nobody", async () => {
    const dead = await deadAddress();
    const { code, err } = await cli("status", "--to", dead);
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(`^meshwork: nobody listens at ${dead} – check the address, or run: .* doctor ${dead}\n$`),
    );
    const node = await createNode({ mesh: `other-${process.pid}` });
    const stranger = await cli("status", "--to", node.addresses()[0]!, "--mesh", "mine");
    await node.stop();
    expect(stranger.code).toBe(1);
    expect(stranger.err).toMatch(/something listens at .*, but it is no agent of mesh "mine" with that id – compare/);
  }, 30_000);

  test("knows old runtimes and wrong clocks", async () => {
    expect(await checkRuntime("20.19.1")).toMatchObject({ state: "fail" });
    expect(await checkRuntime("22.17.9")).toMatchObject({ state: "fail" });
    expect(await checkRuntime("22.18.0")).toMatchObject({ state: "ok" });
    expect(await checkClock(0)).toMatchObject({ state: "fail" });
    const now = Date.UTC(2026, 0, 1);
    expect(await checkClock(now, now + 5_000)).toMatchObject({
      state: "warn",
      detail: "it was set by -5000 ms while this program ran",
    });
  });

  test("reads addresses", () => {
    expect(tcpTarget("/ip6/::1/tcp/80/p2p/x")).toEqual({ host: "::1", port: 80 });
    expect(tcpTarget("/dns4/example.org/tcp/443")).toEqual({ host: "example.org", port: 443 });
    expect(tcpTarget("/ip4/1.2.3.4/udp/80")).toBeNull();
    expect(tcpTarget("/ip4/1.2.3.4/tcp/99999")).toBeNull();
  });
});

test("where files go by default", () => {
  expect(usualFolder(Date.UTC(2026, 0, 2, 3, 4, 5), 42)).toBe(join(".meshwork", "runs", "2026-01-02T03-04-05-42"));
  expect(defaultKeyFile({ XDG_CONFIG_HOME: "/x" })).toBe(join("/x", "meshwork", "owner.key"));
});
