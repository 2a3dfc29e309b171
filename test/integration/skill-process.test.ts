/** What skills of a module may do to their process: it costs their own attempt at most, and the next one works. */

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isAlive, load, type Module, moduleText, writeModule } from "../support/skill-modules.ts";
import { waitFor } from "../support/wait.ts";

const opened: Module[] = [];
async function open(...args: Parameters<typeof load>): Promise<Module> {
  const module = await load(...args);
  opened.push(module);
  return module;
}
afterEach(async () => {
  for (const module of opened.splice(0)) await module.close();
});

const forever = "new Promise(() => {})";

describe("one attempt fails, and the next one works", () => {
  /** name: [what it does, reason, part of the message] */
  const cases: Readonly<Record<string, readonly [string, "error" | "crashed", string | RegExp]>> = {
    "thrown-bare": ["() => { throw Object.assign(Object.create(null), { code: 1 }) }", "error", "code: 1"],
    "thrown-null": ["() => { throw null }", "error", "null"],
    "thrown-nothing": ["() => { throw undefined }", "error", "undefined"],
    "thrown-symbol": ["() => { throw Symbol('odd') }", "error", "Symbol(odd)"],
    "thrown-function": ["() => { throw () => 1 }", "error", "Function"],
    "thrown-proxy": [
      "() => { throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 }, has() { throw 3 }, ownKeys() { throw 4 } }) }",
      "error",
      "thrown-proxy: ",
    ],
    "thrown-getters": [
      "() => { throw Object.defineProperty(new Error(), 'message', { get() { throw new Error('again') } }) }",
      "error",
      "thrown-getters: ",
    ],
    "thrown-to-string": [
      "() => { throw { toString() { throw 1 }, [Symbol.toPrimitive]() { throw 2 } } }",
      "error",
      ": ",
    ],
    leak: ["() => { Promise.reject(new Error('nobody waits')); return 1 }", "crashed", "nobody waits"],
    "leak-bare": ["() => { Promise.reject(Object.create(null)); return 1 }", "crashed", "was not handled"],
    "late-throw": [`() => { setTimeout(() => { throw new Error('late') }, 5); return ${forever} }`, "crashed", "late"],
    "emitter-error": [`() => { spawn('/no/such/program'); return ${forever} }`, "crashed", "ENOENT"],
    "exit-0": ["() => process.exit(0)", "crashed", "exit code 0"],
    "exit-3": ["() => process.exit(3)", "crashed", "exit code 3"],
    "exit-later": [`() => { setTimeout(() => process.exit(4), 5); return ${forever} }`, "crashed", "exit code 4"],
    "kill-itself": ["() => process.kill(process.pid, 'SIGKILL')", "crashed", "SIGKILL"],
    "kill-group": ["() => process.kill(-process.pid, 'SIGTERM')", "crashed", "SIGTERM"],
    abort: ["() => process.abort()", "crashed", "SIGABRT"],
    disconnect: ["() => process.disconnect()", "error", "disconnect"],
    "closes-files": [
      `() => { for (let fd = 3; fd < 40; fd++) try { fs.closeSync(fd) } catch {} return ${forever} }`,
      "crashed",
      "",
    ],
    "writes-rubbish": [
      `() => { fs.writeSync(3, Buffer.alloc(64, 0xff)); return ${forever} }`,
      "crashed",
      "cannot be read",
    ],
    "writes-a-lie": [
      `() => { fs.writeSync(3, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("{}")])); return ${forever} }`,
      "crashed",
      "cannot be read",
    ],
    "fills-heap": ["() => { const all = []; for (;;) all.push({ text: [1, 2, 3] }) }", "crashed", ""],
    "fills-buffers": [
      `() => { globalThis.kept = []; setInterval(() => globalThis.kept.push(Buffer.alloc(64 * 2 ** 20, 1)), 1); return ${forever} }`,
      "crashed",
      /MiB of memory/,
    ],
    cyclic: ["() => { const a = {}; a.a = a; return a }", "error", "nested"],
    "a-function": ["() => ({ run() {} })", "error", "output"],
    "a-big-integer": ["() => 10n ** 30n", "error", "output"],
    "too-large": ["() => 'x'.repeat(80 * 2 ** 20)", "error", "bytes"],
    "changing-getter": [
      "() => ({ get a() { return Math.random() < 0.5 ? 1 : undefined } , b: undefined })",
      "error",
      "",
    ],
    "a-thenable": ["() => ({ then() { throw new Error('from then') } })", "error", "from then"],
    "no-json": ["() => { globalThis.JSON = null; globalThis.Promise = null; return 1 }", "crashed", /JSON|Promise/],
    "no-push": ["() => { Array.prototype.push = () => 0; return 1 }", "crashed", ""],
    "in-all": ["() => { Object.prototype.polluted = 1; return 1 }", "crashed", "Object.prototype.polluted"],
    "no-listeners": ["() => { process.removeAllListeners(); throw new Error('removed') }", "error", "removed"],
    elsewhere: ["() => { process.chdir('/'); throw new Error('moved') }", "error", "moved"],
  };
  let module: Module;
  beforeAll(async () => {
    const skills = Object.fromEntries(Object.entries(cases).map(([name, [run]]) => [name, run]));
    module = await load(moduleText({ ...skills, fine: "(n) => n + 1" }), { memoryBytes: 400 * 2 ** 20 });
  }, 30_000);
  afterAll(() => module.close());

  test.each(Object.entries(cases))(
    "%s",
    async (name, [, reason, part]) => {
      const outcome = await module.run(name);
      expect(outcome).toMatchObject({ ok: false, reason });
      expect(outcome.ok ? "" : outcome.message).toMatch(part);
      expect(await module.output("fine", { input: 1 })).toBe(2);
    },
    20_000,
  );
});

describe("who is blamed", () => {
  const skills = {
    fine: "(n) => n",
    slow: "(n) => new Promise((resolve) => setTimeout(resolve, 300, n))",
    exit: "() => process.exit(1)",
    "exit-soon": `() => { setTimeout(() => process.exit(1), 100); return ${forever} }`,
    block: "() => { for (;;); }",
    "mine-later": "() => { setTimeout(() => { throw new Error('left behind') }, 30); return 1 }",
    deaf: `() => { setInterval(() => {}, 1000); return ${forever} }`,
  };

  test("only who was alone in a process; the others run again, one at a time", async () => {
    const module = await open(moduleText(skills));
    const all = await Promise.all(
      ["slow", "exit-soon", "slow", "exit-soon", "slow"].map((name, i) =>
        module.run(name, { input: i, task: `t${i}` }),
      ),
    );
    expect(all.map((outcome) => (outcome.ok ? "ok" : outcome.reason))).toEqual([
      "ok",
      "crashed",
      "ok",
      "crashed",
      "ok",
    ]);
  }, 60_000);

  test("not who shares a process with what another one left behind", async () => {
    const module = await open(moduleText(skills));
    expect(await module.output("mine-later")).toBe(1);
    expect(await module.output("slow", { input: 7 })).toBe(7);
    expect(module.logged.some(({ message }) => message.includes("left behind"))).toBe(true);
  }, 60_000);

  test("a blocked loop, as soon as somebody has waited for half of its lease", async () => {
    const module = await open(moduleText(skills));
    const blocked = module.run("block", { task: "b" });
    const waiting = module.output("fine", { input: 1, leaseMs: 12_000 });
    expect(await waiting).toBe(1);
    expect(await blocked).toMatchObject({ reason: "crashed", message: expect.stringContaining("was blocked") });
  }, 60_000);

  test("an attempt that is not wanted any more gives its place back, whatever it does", async () => {
    const module = await open(moduleText(skills));
    const controller = new AbortController();
    void module.run("block", { signal: controller.signal });
    await waitFor(() => existsSync(module.path));
    controller.abort(new Error("enough"));
    expect(await module.output("fine", { input: 3, leaseMs: 12_000 })).toBe(3);
  }, 60_000);
});

test("signals reach skills, context too, and files come as bytes", async () => {
  const module = await open(
    moduleText({
      waits:
        "(_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => { console.log('aborted:', signal.reason.message); resolve(1) }))",
      tells:
        "(_, { job, task, attempt, deadlineMs, log }) => { log('told', { odd: 1n }); return { job, task, attempt, late: deadlineMs < Date.now() } }",
      files:
        "(files) => files.map(({ path, data }) => [path, data instanceof Uint8Array, new TextDecoder().decode(data)].join(' '))",
      sure: "() => ({ output: 1, confidence: 0.25, cost: 0.5 })",
    }),
  );
  const controller = new AbortController();
  void module.run("waits", { task: "w", signal: controller.signal });
  expect(await module.output("tells", { task: "m/1" })).toEqual({ job: "job", task: "m/1", attempt: 0, late: false });
  expect(module.logged).toContainEqual({ message: "told", facts: expect.objectContaining({ task: "m/1" }) });
  const data = new TextEncoder().encode("text");
  expect(await module.output("files", { input: [{ path: "a/b", data }] })).toEqual(["a/b true text"]);
  expect(await module.run("sure")).toMatchObject({ confidencePpm: 250_000, cost: 500_000 });
  controller.abort(new Error("not wanted"));
  await waitFor(() => module.logged.some(({ message }) => message === "aborted: not wanted"));
}, 60_000);

test("what skills print is logged with their task", async () => {
  const prints = {
    log: "(x) => { console.log('one', x); console.error('two'); process.stdout.write('three\\n'); return 1 }",
    late: "() => { setTimeout(() => console.log('four'), 1); return new Promise((resolve) => setTimeout(resolve, 20, 1)) }",
    raw: "() => { fs.writeSync(1, 'five\\n'); fs.writeSync(2, 'six\\n'); return new Promise((resolve) => setTimeout(resolve, 100, 1)) }",
    flood: "() => { for (let i = 0; i < 20000; i++) console.log('x'.repeat(100)); return 1 }",
  };
  const module = await open(moduleText(prints, "console.log('at import');"));
  const names = ["log", "late", "raw"];
  for (const name of names) expect(await module.output(name, { task: name, input: 9 })).toBe(1);
  const said = (text: string) => module.logged.find(({ message }) => message === text)?.facts;
  await waitFor(() => said("five") !== undefined && said("six") !== undefined);
  expect(said("at import")).toMatchObject({ printed: "stdout" });
  expect(said("one 9")).toMatchObject({ skill: "log", job: "job", task: "log", printed: "stdout" });
  expect(said("two")).toMatchObject({ task: "log", printed: "stderr" });
  expect(said("three")).toMatchObject({ task: "log" });
  expect(said("four")).toMatchObject({ task: "late" });
  expect(said("five")).toMatchObject({ task: "raw", printed: "stdout" });
  expect(said("six")).toMatchObject({ task: "raw", printed: "stderr" });
  expect(await module.output("flood")).toBe(1);
  expect(module.logged.length).toBeLessThan(2_000);
}, 60_000);

describe("loading", () => {
  test.each<[string, string, RegExp]>([
    ["never ends", "await new Promise(() => { setInterval(() => {}, 1000) });", /it did not load within 2 s/],
    ["blocks", "for (;;);", /it did not load within 2 s/],
    ["waits for nothing", "await new Promise(() => {});", /(ended its process|did not load within 2 s)/],
    ["exits", "process.exit(0);", /it ended its process while it was loaded \(exit code 0\)/],
    ["throws an oddity", "throw Object.create(null);", /it cannot be loaded: .*null prototype/],
    ["leaks", "Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 200));", /lost/],
  ])(
    "a module that %s",
    async (_what, head, message) => {
      // Two seconds where that is what ends it; a busy machine may need longer to start the process at all.
      const loadMs = message.source.includes("within 2 s") ? 2_000 : 20_000;
      const started = load(moduleText({ fine: "() => 1" }, head), { loadMs });
      await expect(started).rejects.toMatchObject({ code: "invalid-file", message: expect.stringMatching(message) });
    },
    60_000,
  );

  test("is ended by its signal", async () => {
    const controller = new AbortController();
    const started = load(moduleText({ fine: "() => 1" }, "for (;;);"), { signal: controller.signal });
    controller.abort();
    await expect(started).rejects.toMatchObject({ code: "interrupted" });
  }, 60_000);
});

describe("the end", () => {
  const child = "const child = spawn('sleep', ['1000']); console.log('child', child.pid, process.pid);";
  const pidsOf = (module: Module): number[] =>
    module.logged.flatMap(({ message }) =>
      message.startsWith("child ") ? message.split(" ").slice(1).map(Number) : [],
    );

  test.each<[string, string]>([
    ["calls close()", "export function close() { console.log('closing'); }"],
    ["does not wait for a close() that never ends", "export const close = () => new Promise(() => {});"],
    ["bears a close() that throws", "export function close() { throw null; }"],
    ["ends who holds on to signals", "for (const s of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(s, () => {});"],
  ])(
    "%s, and leaves nothing",
    async (what, head) => {
      const module = await load(moduleText({ deaf: `() => ${forever}` }, `${child}\n${head}`));
      void module.run("deaf");
      await waitFor(() => pidsOf(module).length === 2);
      const pids = pidsOf(module);
      await module.close();
      await waitFor(() => pids.every((pid) => !isAlive(pid)));
      if (what === "calls close()") expect(module.logged.map(({ message }) => message)).toContain("closing");
      await module.close();
    },
    60_000,
  );

  test("a process whose agent is killed ends at once, with what it started, also while a skill blocks it", async () => {
    const head = `fs.writeFileSync(process.env.PIDS, "");`;
    const block = `() => { const child = spawn("sleep", ["1000"]); fs.writeFileSync(process.env.PIDS, process.pid + " " + child.pid); for (;;); }`;
    const path = writeModule(moduleText({ block }, head));
    const loader = new URL("../../node/skills/process/load-skills.ts", import.meta.url).href;
    const agent = writeModule(`import { loadSkills } from ${JSON.stringify(loader)};
const file = await loadSkills(${JSON.stringify(path)});
console.log("loaded");
await file.skills[0].perform(null, { signal: new AbortController().signal, job: "j", task: "t", attempt: 0, deadlineMs: Date.now() + 60_000, log() {} });`);
    const pidsFile = `${path}.pids`;
    const started = spawn(process.execPath, [agent], {
      env: { ...process.env, PIDS: pidsFile },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((resolve) => createInterface({ input: started.stdout! }).once("line", () => resolve()));
    await waitFor(() => existsSync(pidsFile) && readFileSync(pidsFile, "utf8").includes(" "), { timeoutMs: 30_000 });
    const pids = readFileSync(pidsFile, "utf8").split(" ").map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    started.kill("SIGKILL");
    await waitFor(() => pids.every((pid) => !isAlive(pid)));
  }, 60_000);
});

test("a module whose process ends by itself is started again, later each time", async () => {
  const module = await open(moduleText({ fine: "() => 1" }, "setTimeout(() => process.exit(7), 20);"));
  const starts = () => module.logged.filter(({ message }) => message.includes("starts again"));
  await waitFor(() => starts().length >= 3, { timeoutMs: 30_000 });
  expect(starts().map(({ message }) => /starts again (.*)$/.exec(message)?.[1])).toEqual(
    expect.arrayContaining(["now", "in 250 ms", "in 500 ms"]),
  );
}, 60_000);
