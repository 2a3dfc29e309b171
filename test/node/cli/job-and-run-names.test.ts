/** What users call jobs, tasks, agents and runs. */

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type HostedJobStatus, pickJob } from "../../../node/cli/client.ts";
import { jobName } from "../../../node/cli/job-name.ts";
import { jobOrAgent } from "../../../node/cli/status.ts";
import { parseJob } from "../../../node/job-file/parse-job.ts";
import type { KnownAgent } from "../../../node/node-status.ts";
import { newestRun, noteLastRun, runNamed, traceOfRun } from "../../../node/platform/runs.ts";
import { pickOne } from "../../../node/platform/text/pick-one.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { readSummary } from "../../../sim/cli/run-files.ts";

describe("one of several", () => {
  const all = [
    { id: "ab12", name: "first" },
    { id: "ab34", name: "second", about: "running" },
    { id: "cd56", name: "second" },
    { id: "ab", name: "short" },
  ];

  test.each([
    ["a beginning", "cd", "cd56"],
    ["a whole id, though others begin so", "ab", "ab"],
    ["a name", "first", "ab12"],
  ])("%s", (_what, given, id) => expect(pickOne("job", given, all).id).toBe(id));

  test("several are listed, and so are those that there are", () => {
    expect(() => pickOne("job", "second", all)).toThrow(
      expect.objectContaining({
        code: "refused",
        message: '"second" may be 2 jobs',
        remedy: 'name one of them: ab34 "second" (running); cd56 "second"',
      }),
    );
    expect(() => pickOne("job", "ef", all)).toThrow(
      expect.objectContaining({
        message: 'no job is called "ef" or begins with it',
        remedy: expect.stringContaining('ab12 "first"'),
      }),
    );
    expect(() => pickOne("task", "x", [])).toThrow(expect.objectContaining({ remedy: "no task is known" }));
  });

  test("how a job is named", () => {
    expect(jobName("LAST")).toBe("last");
    expect(jobName("AB12")).toBe("ab12");
    for (const wrong of ["abc", "", "xyz1", "0".repeat(65), "la"])
      expect(() => jobName(wrong)).toThrow(/64 hexadecimal digits/);
  });

  test("last is the newest of one's own", () => {
    const job = (id: string, owner: string, startedMs: number) =>
      ({ job: { job: id, owner, startedMs, name: "" }, hosts: [] }) as unknown as Parameters<typeof pickJob>[2][number];
    const kept = [job("old", "me", 1), job("new", "me", 5), job("newest", "other", 9)];
    expect(pickJob("me" as AgentId, "last", kept).job.job).toBe("new");
    expect(() => pickJob("nobody" as AgentId, "last", kept)).toThrow(/no job of yours/);
  });
});

describe("a job or an agent", () => {
  const kept = ["ada0", "adb1"].map((job) => ({ job: { job, name: "j", status: "running" }, hosts: [] }));
  const agents = ["ada", "bob"].map((name) => ({ agent: `12D3${name}x`, name }));
  const meant = (what: string): unknown => {
    const found = jobOrAgent(
      what,
      kept as unknown as readonly HostedJobStatus[],
      agents as unknown as readonly KnownAgent[],
    );
    return "job" in found ? found.job.job : found.agent;
  };

  test("by a name, though an id begins with the same letters", () => {
    expect(meant("ada")).toBe("12D3adax");
    expect(meant("adb")).toBe("adb1");
    expect(meant("ADB")).toBe("adb1");
    expect(meant("bobx")).toBe("12D3bobx");
  });

  test("several are listed", () => {
    expect(() => meant("ad")).toThrow(expect.objectContaining({ message: '"ad" may be 2 jobs and agents' }));
    expect(() => meant("j")).toThrow(expect.objectContaining({ remedy: expect.stringContaining("adb1") }));
    expect(() => meant("eve")).toThrow(/no job or agent/);
  });
});

describe("members of a committee", () => {
  const parse = (members: string) =>
    parseJob(`name: j\nbudget: 1\ncommittee: ${members}\ntasks:\n  t: { skill: text.upper, input: x }\noutput: t\n`, {
      ...{ file: "job.yaml", directory: "." },
      agents: ["ada", "bob", "bob"].map((name, i) => ({ id: `12D3KooW${i}`, name })),
    });

  test("go by their names, where only one has it", async () => {
    expect((await parse("[ada]")).committee).toMatchObject({ members: [{ agent: "12D3KooW0" }] });
    await expect(parse("[bob]")).rejects.toThrow(/^job\.yaml:3: "bob" may be 2 agents/);
    await expect(parse("[eve]")).rejects.toThrow(/^job\.yaml:3: no agent is called "eve"/);
  });
});

describe("runs", () => {
  const before = process.cwd();
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "meshwork-runs-"));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });

  function run(path: string, atS: number, summary: object): string {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "summary.json"), JSON.stringify(summary));
    utimesSync(join(path, "summary.json"), atS, atS);
    return path;
  }
  const SIMULATION = { scenario: "s", metrics: {}, seeds: [] };

  test("last, where a trace is read, is the newest run that has one", () => {
    expect(() => traceOfRun("last")).toThrow(/no run with a trace was begun here yet/);
    const traced = run(".meshwork/runs/a", 1_000, { job: "1" });
    writeFileSync(join(traced, "trace.jsonl"), "");
    noteLastRun(run("results", 2_000, { job: "2" })); // of a submitted job: no trace
    expect(runNamed("last")).toMatch(/results$/);
    expect(traceOfRun("last")).toBe(join(traced, "trace.jsonl"));
  });

  test("last is the newest of a job, and for the simulator the newest simulation", () => {
    expect(newestRun()).toBeNull();
    expect(() => runNamed("last")).toThrow(/no run was begun here yet/);
    const old = run(".meshwork/runs/a", 1_000, { job: "1" });
    const newer = run(".meshwork/runs/b", 2_000, { job: "2" });
    const simulation = run(".meshwork/runs/c", 3_000, SIMULATION);
    expect(runNamed("last")).toBe(newer);
    expect(readSummary("last")).toEqual(readSummary(simulation));
    expect(runNamed(old)).toBe(old);
  });

  test("one that left its files elsewhere is the newest, too", () => {
    run(".meshwork/runs/a", 1_000, { job: "1" });
    noteLastRun(run("results", 2_000, { job: "2" }));
    expect(runNamed("last")).toBe(join(process.cwd(), "results"));
    run(".meshwork/runs/b", 3_000, { job: "3" });
    expect(runNamed("last")).toBe(".meshwork/runs/b");
  });

  test("a folder of that name is what it is called", () => {
    mkdirSync("last");
    expect(runNamed("last")).toBe("last");
  });
});
