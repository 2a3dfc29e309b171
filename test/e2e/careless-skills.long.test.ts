/** Skills that print, poison and hold on, in whole commands: the run continues, agents live, and all of them end in time. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunSummary } from "../../node/run/summary.ts";
import { endAll, meshwork, startNode } from "../support/cli.ts";
import { isAlive, moduleText } from "../support/skill-modules.ts";
import { waitFor } from "../support/wait.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-careless-"));
const file = join(folder, "skills.mjs");
const forever = "new Promise(() => {})";
const SKILLS = {
  print: "(x) => { console.log('working', x); process.stdout.write('{}\\n'); fs.writeSync(1, 'past it\\n'); return x }",
  leak: "() => { Promise.reject(new Error('nobody waits for this')); return 1 }",
  deaf: `() => { const child = spawn('sleep', ['1000']); console.log('child', child.pid, process.pid); setInterval(() => {}, 1000); return ${forever} }`,
  deafer: `() => { console.log('child', process.pid); for (;;); }`,
};

beforeAll(() => {
  writeFileSync(file, moduleText(SKILLS, "for (const s of ['SIGTERM', 'SIGINT']) process.on(s, () => {});"));
});

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

function jobFile(skill: string, more = ""): string {
  const path = join(folder, `${skill}.yaml`);
  const policy = `policy: { redundancy: 1, timeout: 10s${more} }`;
  writeFileSync(
    path,
    `name: ${skill}\nbudget: 1\ndeadline: 60s\n${policy}\ntasks:\n  t: { skill: ${skill}, input: 7 }\noutput: t\n`,
  );
  return path;
}

async function run(skill: string, agents: number, more = "") {
  const out = join(folder, `out-${skill}`);
  const options = ["--skills", file, "--agents", String(agents), "--out", out, "--json"];
  const ran = await meshwork(["run", jobFile(skill, more), ...options]);
  const logs = readdirSync(join(out, "agents"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => readFileSync(join(out, "agents", entry.name, "log.txt"), "utf8"));
  return { ran, logs: logs.join(""), summary: JSON.parse(ran.out) as RunSummary };
}

test("what a skill prints is logged with agent and task, and ends nothing", async () => {
  const { ran, logs, summary } = await run("print", 1);
  expect(ran.code, ran.err).toBe(0);
  const lines = logs.split("\n").filter((line) => line.startsWith("{"));
  const said = lines.map((line) => JSON.parse(line) as { readonly msg: string });
  const { name } = summary.agents[0]!;
  expect(said).toContainEqual(expect.objectContaining({ msg: "working 7", agent: name, task: "t", skill: "print" }));
  expect(said).toContainEqual(expect.objectContaining({ msg: "past it", agent: name }));
}, 120_000);

test("a skill that poisons its process costs its own attempts, as many as the job allows, and no agent", async () => {
  const { ran, summary } = await run("leak", 5, ", retries: 2");
  expect(ran.code).toBe(1);
  expect(summary.status).toBe("failed");
  expect(summary.reason).toMatch(/3 awards brought no result, the last: crashed, .*nobody waits for this/);
  expect(ran.err).not.toMatch(/agent \S+ ended/);
}, 120_000);

test("a command that looked at a module ends, and so does what the module started", async () => {
  const holding = join(folder, "holding.mjs");
  const head =
    "const child = spawn('sleep', ['1000']); console.log('child', child.pid, process.pid); setInterval(() => {}, 1000);";
  writeFileSync(holding, moduleText({ fine: "() => 1" }, head));
  const { code, out, err } = await meshwork(["skills", holding]);
  expect([code, out]).toEqual([0, expect.stringContaining("fine")]);
  const pids = /child ([\d ]+)/.exec(err)![1]!.trim().split(" ").map(Number);
  expect(pids).toHaveLength(2);
  await waitFor(() => pids.every((pid) => !isAlive(pid)));
}, 60_000);

test.each(["deaf", "deafer"])(
  "an agent ends within four seconds whatever its skill holds: %s",
  async (skill) => {
    const mesh = `careless-${process.pid}-${skill}`;
    const node = await startNode(skill, ["--mesh", mesh, "--skills", file]);
    const submitted = await meshwork([
      ...["submit", jobFile(skill), "--to", node.address, "--mesh", mesh, "--key", join(folder, "owner.key")],
    ]);
    expect(submitted.code, submitted.err).toBe(0);
    const child = (): string | undefined => /"msg":"child ([\d ]+)"/.exec(node.log())?.[1];
    await waitFor(() => child() !== undefined, { timeoutMs: 30_000 });
    const pids = child()!.split(" ").map(Number);
    node.signal("SIGTERM");
    const code = await Promise.race([node.ended(), new Promise((resolve) => setTimeout(resolve, 4_000, "late"))]);
    expect(code, node.log()).toBe(0);
    await waitFor(() => pids.every((pid) => !isAlive(pid)));
  },
  120_000,
);
