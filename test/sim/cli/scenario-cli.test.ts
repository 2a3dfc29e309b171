/** `meshwork sim`: memory limits, lists, the files that commands write, and exit codes. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { COMMAND } from "../../../node/platform/terminal/command-line.ts";
import type { CliContext } from "../../../node/platform/terminal/context.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { findScenario, readLibrary } from "../../../sim/batch/library.ts";
import { estimateMiB, planMemory } from "../../../sim/batch/memory.ts";
import type { SeedTask } from "../../../sim/batch/seed-pool.ts";
import { exitCode, finished, loadPoint, openBatch, runBatch } from "../../../sim/cli/batch.ts";
import { scenarioTemplate } from "../../../sim/load/scenario-template.ts";
import type { Summary } from "../../../sim/model/result.ts";
import { judge } from "../../../sim/run/judge.ts";
import { reportFixture } from "../../support/report-fixture.ts";
import { sim, smallScenario } from "../../support/sim-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-sim-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string): string => join(folder, name);

const tasks = (count: number): SeedTask[] => Array.from({ length: count }, (_, seed) => ({ overrides: [], seed }));

// --- what fits, and what there is ---------------------------------------------------------------------

describe("memory", () => {
  const { scenario } = reportFixture();
  const large = { ...scenario, agents: scenario.agents.map((group) => ({ ...group, count: 1_000_000 })) };

  test("grows with agents and jobs", () => {
    expect(estimateMiB(large)).toBeGreaterThan(100 * estimateMiB(scenario));
    const many = { ...scenario, workload: { ...scenario.workload, count: 100 } };
    expect(estimateMiB(many)).toBeGreaterThan(estimateMiB(scenario));
  });

  test("a run that does not fit says so before it starts", () => {
    expect(() => planMemory(large, 2, { free: 2_000 })).toThrow(
      /^a run with \d+ agents needs about [\d.]+ GiB of memory, 2\.0 GiB are free$/,
    );
    expect(planMemory(large, 2, { free: 2_000, force: true })).toMatchObject({ workers: 1, limitMiB: 2_000 });
  });

  test("what runs want is said beside what is free, with a warning where it is most of it", () => {
    const one = estimateMiB(scenario);
    const wordsOf = (runs: number, free: number): string => planMemory(scenario, runs, { free, force: true }).words;
    expect(wordsOf(1, 10_000)).toMatch(/^memory: a run wants about \d+ MiB; 9\.8 GiB are free$/);
    expect(wordsOf(2, 10_000)).toMatch(/, [\d.]+ [MG]iB of 2 runs at a time; 9\.8 GiB are free$/);
    expect(wordsOf(1, 1.1 * one)).toMatch(/warning: that leaves little/);
    expect(wordsOf(1, 0.5 * one)).toMatch(/warning: that is more than there is/);
  });

  test("as many runs at a time as fit", () => {
    const one = estimateMiB(scenario);
    expect(planMemory(scenario, 2, { free: 5 * one }).workers).toBe(2);
    expect(planMemory(scenario, 8, { free: 3.5 * one })).toMatchObject({ workers: 3, limitMiB: (3.5 * one) / 3 });
  });
});

describe("the library", () => {
  test("lists scenarios with the first sentence of their descriptions", () => {
    writeFileSync(inFolder("two.yaml"), "name: two\ndescription: Shows x. And y.\n");
    writeFileSync(inFolder("one.yaml"), "name: one\n");
    const listed = readLibrary(folder).map(({ name, summary }) => [name, summary]);
    expect(listed).toEqual([
      ["one", ""],
      ["two", "Shows x."],
    ]);
  });

  test("bare names are found there, files where they are", () => {
    expect(findScenario("two", folder)).toContain("two.yaml");
    expect(findScenario(inFolder("one.yaml"), folder)).toBe(inFolder("one.yaml"));
    expect(() => findScenario("tow", folder)).toThrow('called "tow"');
  });
});

// --- the commands -------------------------------------------------------------------------------------

describe("the command line", () => {
  test.each(["run", "sweep", "compare", "check", "diff", "replay", "list", "new", "metrics", "schema"])(
    "%s explains itself, with examples",
    async (command) => {
      const { code, out, err } = await sim(command, "--help");
      expect([code, err]).toEqual([0, ""]);
      expect(out).toContain(`Usage: ${COMMAND} sim ${command}`);
      expect(out).toContain(`\n  $ ${COMMAND} sim ${command}`);
    },
  );

  test("run: a verdict of pass, files, and the same digests a second time", async () => {
    writeFileSync(inFolder("small.yaml"), smallScenario("completion == 1"));
    const args = ["run", inFolder("small.yaml"), "--runs", "2", "--json", "--out"];
    const first = await sim(...args, inFolder("A"));
    expect(first.code).toBe(0);
    const summary = JSON.parse(first.out) as Summary;
    expect(summary).toMatchObject({
      scenario: "small",
      verdict: "pass",
      simulated: true,
      partial: false,
      seeds: [1, 2],
    });
    expect(JSON.parse(readFileSync(inFolder("A/summary.json"), "utf8"))).toEqual(summary);
    expect(readFileSync(inFolder("A/rows.csv"), "utf8").split("\n")).toHaveLength(4);
    expect(readFileSync(inFolder("A/series.csv"), "utf8")).toMatch(/^t,metric,value,seed\n/);
    expect(readFileSync(inFolder("A/report.html"), "utf8")).toContain("<!doctype html>");
    // A second run into the same folder would lose the first one's files.
    const again = await sim(...args, inFolder("A"));
    expect(again.code).toBe(2);
    expect(again.err).toMatch(/A holds the results of an earlier run \(summary\.json\) – .* --force\n$/);
    expect(JSON.parse(readFileSync(inFolder("A/summary.json"), "utf8"))).toEqual(summary);
    const second = await sim(...args, inFolder("B"));
    expect((JSON.parse(second.out) as Summary).traceDigests).toEqual(summary.traceDigests);
    const compared = await sim("compare", inFolder("A"), inFolder("B/summary.json"));
    expect(compared).toMatchObject({ code: 0, out: expect.stringContaining("no metric differs") });
  });

  test("run: a verdict of fail is exit 1, and the command that repeats it is exact", async () => {
    writeFileSync(inFolder("fails.yaml"), smallScenario("completion == 0"));
    const file = inFolder("fails.yaml");
    const { code, out } = await sim("run", file, "--seed", "5", "--set", "agents[0].count=9", "--out", inFolder("C"));
    expect(code).toBe(1);
    expect(out).toContain("✗ FAIL  small, seed 5");
    expect(out).toContain(`sim run ${file} --seed 5 --set 'agents[0].count=9'`);
  });

  test("a crash is exit 3, and says what repeats it; a broken invariant is, too", async () => {
    const plugin = `import { z } from "${import.meta.resolve("zod")}";
      const begin = () => { throw new Error("boom"); };
      const boom = { name: "boom", summary: "", options: z.strictObject({}), isTargeted: false, lasts: false, begin };
      export default { faults: [boom] };`;
    writeFileSync(inFolder("boom.mjs"), plugin);
    const text = `plugins: [./boom.mjs]\n${smallScenario("completion == 1")}\nfaults:\n  - { at: 6s, boom: {} }\n`;
    writeFileSync(inFolder("boom.yaml"), text);
    const { code, err } = await sim("run", inFolder("boom.yaml"), "--json", "--out", inFolder("E"));
    expect(code).toBe(3);
    expect(err).toMatch(/^meshwork: the simulation crashed: seed 1: .*boom$/m);
    expect(err.trimEnd()).toMatch(/repeat it: .* sim run \S+boom\.yaml --seed 1$/);
    expect(JSON.parse(readFileSync(inFolder("E/summary.json"), "utf8"))).toMatchObject({
      partial: true,
      verdict: "fail",
    });

    const clean = { results: [], crash: null };
    expect(exitCode(clean, false, true, false)).toBe(3);
    expect(exitCode(clean, true, true, true)).toBe(3);
    expect(exitCode(clean, true, false, true)).toBe(130);
    expect([exitCode(clean, false, false, true), exitCode(clean, false, false, false)]).toEqual([0, 1]);
  });

  test("an interruption ends the run under way, which is then partial", async () => {
    const controller = new AbortController();
    const notes: string[] = [];
    const context: CliContext = {
      io: {
        ...{ stdout: () => undefined, stderr: () => undefined, env: {} },
        terminal: { isTTY: true, write: () => controller.abort() },
      },
      signal: controller.signal,
      json: false,
      print: () => undefined,
      note: (line) => void notes.push(line),
      printJson: () => undefined,
    };
    const batch = await openBatch(simHost, "half-killed", { runs: 2, workers: 1 });
    const largest = await loadPoint(batch);
    const { results } = await runBatch(context, { batch, largest, tasks: tasks(2), noun: "seeds" });
    expect(results.map((result) => result?.partial)).toEqual([true, undefined]);
    const summary = judge(largest.scenario, finished(results), { partial: true });
    expect(summary).toMatchObject({ partial: true, seeds: [0], shortfalls: [] });
    expect(notes).toEqual([
      expect.stringMatching(/^memory: a run wants about \d+ MiB; /),
      "ending the runs under way; once more ends at once",
    ]);
  });

  test("sweep: the same seeds at every point", async () => {
    writeFileSync(inFolder("small.yaml"), smallScenario("completion == 1"));
    const vary = ["--vary", "workload.shape.width=1,2", "--runs", "2"];
    const { code, out } = await sim("sweep", inFolder("small.yaml"), ...vary, "--json", "--out", inFolder("D"));
    expect(code).toBe(0);
    const { points, seeds, axes } = JSON.parse(out) as {
      points: { params: object; summary: Summary }[];
      seeds: number[];
      axes: object[];
    };
    expect(points.map(({ params }) => params)).toEqual([{ "workload.shape.width": 1 }, { "workload.shape.width": 2 }]);
    for (const { summary } of points) expect(summary.seeds).toEqual(seeds);
    expect(readFileSync(inFolder("D/rows.csv"), "utf8")).toMatch(/^shape width \[tasks\],seed,/);
    expect(axes).toEqual([{ path: "workload.shape.width", title: "shape width [tasks]" }]);
    expect(existsSync(inFolder("D/report.html"))).toBe(true);
  });

  test.each<[string, string[], string]>([
    ["a scenario that is not there", ["run", "half-kiled"], 'called "half-kiled" – did you mean "half-killed"?'],
    ["a file that is not there", ["run", "./nowhere.yaml"], "./nowhere.yaml: there is no such file"],
    ["a wrong number", ["run", "half-killed", "--runs", "0"], "must be a whole number from 1"],
    ["a wrong path", ["run", "half-killed", "--set", "faults[9].at=1s"], "faults has one entry"],
    ["a sweep of nothing", ["sweep", "half-killed"], "required option '--vary <path=a,b,c>'"],
    ["a sweep to where a point is wrong", ["sweep", "half-killed", "--vary", "seed=1,-1"], "seed must be at least 0"],
    ["no run", ["compare", "nowhere"], "nowhere: there is no summary of a run"],
    ["a file for a folder", ["run", "half-killed", "--out", "package.json"], "package.json is a file, not a folder"],
    ["no name", ["new", "a b"], '"a b" is no name for a scenario'],
    ["an unknown command", ["rum"], "unknown command 'rum' (Did you mean run?)"],
    ["more than the memory", ["run", "half-killed", "--set", "agents[1].count=100000"], "needs about"],
  ])("%s: one line, exit 2", async (_, argv, message) => {
    const { code, out, err } = await sim(...argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err.trimEnd()).not.toContain("\n");
  });

  test.skipIf(process.platform !== "linux")("a place where no folder can be made", async () => {
    const { code, err } = await sim("run", "half-killed", "--out", "/proc/meshwork/sub");
    expect([code, err]).toEqual([
      2,
      "meshwork: the folder /proc/meshwork cannot be made: nothing can be made there – choose a folder on a disk\n",
    ]);
  });

  test("where the scenario is wrong, no folder is left behind", async () => {
    const { code } = await sim("run", inFolder("nowhere.yaml"), "--out", inFolder("left/over"));
    expect([code, existsSync(inFolder("left"))]).toEqual([2, false]);
  });

  test("the commands at the head of a new file stand in columns, however long its name is", () => {
    for (const name of ["a", "a-mesh-with-a-long-name"]) {
      const lines = scenarioTemplate(name)
        .split("\n")
        .filter((line) => line.startsWith("#   meshwork"));
      const columns = lines.map((line) => /^(# {3}.*?\S) {2,}\S/.exec(line)![0].length);
      expect(lines).toHaveLength(4);
      expect(new Set(columns).size).toBe(1);
    }
  });

  test("what is wrong with a scenario is said with its line, also as JSON", async () => {
    writeFileSync(inFolder("wrong.yaml"), smallScenario("complection >= 1"));
    const { code, out, err } = await sim("run", inFolder("wrong.yaml"), "--json");
    expect(code).toBe(2);
    expect(err).toMatch(/wrong\.yaml:\d+: there is no metric "complection" – did you mean "completion"\?/);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "invalid-file", remedy: 'did you mean "completion"?' } });
  });

  test("metrics, list and schema print", async () => {
    expect((await sim("metrics")).out).toMatch(/^submitted +jobs that clients submitted \(jobs\)\n/);
    expect(JSON.parse((await sim("list", "--json")).out)).toContainEqual(
      expect.objectContaining({ name: "half-killed" }),
    );
    expect(JSON.parse((await sim("schema")).out)).toMatchObject({ type: "object" });
  });
});
