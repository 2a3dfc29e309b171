/** More agents than cores: they start one after the other, share processes where that is asked for, and leave nothing. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../node/platform/own-files.ts";
import { startLocalMesh } from "../../node/run/local-mesh.ts";
import type { RunSummary } from "../../node/run/summary.ts";
import { endAll, meshwork } from "../support/cli.ts";
import { isAlive } from "../support/skill-modules.ts";
import { waitFor } from "../support/wait.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-many-"));
afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

const job = join(folder, "job.yaml");
writeFileSync(job, "name: few\nbudget: 1\ntasks:\n  t: { skill: text.upper, input: hey }\noutput: t\n");

test("agents that share processes run a job", async () => {
  const out = join(folder, "shared");
  const ran = await meshwork(["run", job, "--agents", "12", "--per-process", "6", "--out", out, "--json"]);
  expect(ran.code, ran.err).toBe(0);
  const { agents, status } = JSON.parse(ran.out) as RunSummary;
  expect([agents.length, status]).toEqual([12, "certified"]);
  const logs = readdirSync(join(out, "agents")).filter((name) => existsSync(join(out, "agents", name, "log.txt")));
  expect(logs).toHaveLength(2);
}, 240_000);

test("the demo kills an agent that shares its process with nobody", async () => {
  const input = join(folder, "input");
  mkdirSync(input);
  for (let i = 0; i < 240; i++) writeFileSync(join(input, `${i}.txt`), `${"word ".repeat((i % 40) + 1)}\n`.repeat(50));
  const out = join(folder, "demo");
  const options = ["--agents", "11", "--per-process", "4", "--seed", "7", "--input", input, "--out", out, "--json"];
  const ran = await meshwork(["demo", ...options]);
  expect(ran.code, ran.err).toBe(0);
  expect(ran.err).toContain("3 agents have processes of their own: one of them is killed");
  const { faults } = JSON.parse(ran.out) as RunSummary;
  expect(faults.filter(({ kind }) => kind === "killed")).toHaveLength(1);
  expect(ran.err).not.toMatch(/agent \S+ ended/);
}, 240_000);

test("an agent that does not come up is named, with what it said last", async () => {
  const started = startLocalMesh({
    ...{ mesh: "many", folder: join(folder, "broken"), perProcess: 1, signal: new AbortController().signal },
    agents: [{ name: "ada", lies: false }],
    args: ["--skills", join(folder, "nowhere.mjs")],
    onUp: () => undefined,
    onLost: () => undefined,
  });
  await expect(started).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(/^agent ada did not start \(exit code 2\); it said last: .*there is no such file/),
  });
}, 60_000);

test.runIf(process.platform === "linux")(
  "agents end with the command that started them, however that ends",
  async () => {
    const out = join(folder, "killed");
    const script = join(PACKAGE_ROOT, "scripts/meshwork.ts");
    writeFileSync(
      join(folder, "long.yaml"),
      "name: long\nbudget: 1\ntasks:\n  t: { skill: wait, input: 60000 }\noutput: t\n",
    );
    const argv = [script, "run", join(folder, "long.yaml"), "--agents", "2", "--out", out];
    const run = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    run.stderr.on("data", (chunk) => (err += chunk));
    await waitFor(() => /0 of 1 task/.test(err), { timeoutMs: 60_000 });
    const children = readFileSync(`/proc/${run.pid}/task/${run.pid}/children`, "utf8").trim().split(" ").map(Number);
    expect(children).toHaveLength(2);
    run.kill("SIGKILL");
    await waitFor(() => children.every((pid) => !isAlive(pid)), { timeoutMs: 20_000 });
  },
  120_000,
);
