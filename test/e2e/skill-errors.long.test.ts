/** What real skills say, in whole commands: what becomes of their tasks, and where a person reads of it. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunSummary } from "../../node/run/summary.ts";
import { endAll, meshwork } from "../support/cli.ts";
import { moduleText } from "../support/skill-modules.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-errors-"));
const file = join(folder, "skills.mjs");
const at = (name: string): string => JSON.stringify(join(folder, name));
const fails = (code: string, more = ""): string => `throw Object.assign(new Error("why"), { code: "${code}"${more} });`;
/** Whoever is asked first; processes are told apart by their ids. */
const FIRST = `const isFirst = (file) => {
  try { fs.writeFileSync(file, String(process.pid), { flag: "wx" }); return true } catch {}
  return false;
};
const isMine = (file) => isFirst(file) || fs.readFileSync(file, "utf8") === String(process.pid);`;

beforeAll(() => {
  const skills = {
    limited: `() => { if (isFirst(${at("limited")})) { ${fails("busy", ", retryMs: 600")} } return 7; }`,
    down: `() => { if (isMine(${at("down")})) { ${fails("unavailable")} } return 7; }`,
    picky: `() => { ${fails("invalid-input")} }`,
    broken: `() => { throw new Error("why") }`,
    priced:
      "() => ({ output: 7, usage: { inputTokens: 1200, outputTokens: 30, usd: 0.0125, counters: { searches: 2 } } })",
  };
  writeFileSync(file, moduleText(skills, FIRST));
});

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

async function run(skill: string, agents: number, policy = "") {
  const job = join(folder, `${skill}.yaml`);
  const out = join(folder, `out-${skill}`);
  writeFileSync(
    job,
    `name: ${skill}\nbudget: 1\ndeadline: 60s\npolicy: { redundancy: 1, timeout: 20s${policy} }\ntasks:\n  t: { skill: ${skill}, input: 7 }\noutput: t\n`,
  );
  const options = ["--skills", file, "--agents", String(agents), "--out", out, "--json"];
  const ran = await meshwork(["run", job, ...options]);
  return { ran, out, summary: JSON.parse(ran.out) as RunSummary };
}

test("busy: the same agent gets the task again after its time, and no retry is spent", async () => {
  const { ran, summary } = await run("limited", 1, ", retries: 0");
  expect(ran.code, ran.err).toBe(0);
  expect(summary.agents[0]).toMatchObject({ awards: 2, results: 1, accepted: 1, timeouts: 0 });
  expect(summary.tasks).toMatchObject({ accepted: 1, reassigned: 0 });
}, 120_000);

test("unavailable: another agent gets the task", async () => {
  const { ran, summary } = await run("down", 4);
  expect(ran.code, ran.err).toBe(0);
  expect(summary.tasks).toMatchObject({ accepted: 1, reassigned: 1, reassignedBy: { failed: 1 } });
  expect(summary.agents.every(({ rejected }) => rejected === 0)).toBe(true);
}, 120_000);

test("invalid-input: two agents say so, and the job fails in their words", async () => {
  const { ran, summary } = await run("picky", 4);
  expect(ran.code).toBe(1);
  expect(summary.reason).toBe("task t: invalid-input (2 workers say that the input is wrong for picky: picky: why)");
}, 120_000);

test("an error: each time costs a retry", async () => {
  const { ran, summary } = await run("broken", 4, ", retries: 1");
  expect(ran.code).toBe(1);
  expect(summary.reason).toBe("task t: retries (2 awards brought no result, the last: error, broken: why)");
}, 120_000);

test("usage stands in the summary, and is explained", async () => {
  const { ran, out, summary } = await run("priced", 4);
  expect(ran.code, ran.err).toBe(0);
  const used = { inputTokens: 1_200, outputTokens: 30, usd: 0.0125, counters: { searches: 2 } };
  expect(summary.usage).toEqual({ ...used, byTask: { t: used }, leftOut: 0 });
  expect(summary.agents.filter(({ usage }) => usage !== null)).toMatchObject([{ results: 1, usage: used }]);
  expect(JSON.parse(readFileSync(join(out, "summary.json"), "utf8"))).toMatchObject({ usage: used });
  const explained = await meshwork(["explain", "last", "t", "--run", out]);
  expect(explained.out).toContain("the task used 1,200 input tokens, 30 output tokens, $0.0125, searches 2");
}, 120_000);
