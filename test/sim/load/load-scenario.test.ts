/** What scenarios name: traces, recorded answers, job files, plugins; and the files that come with the simulator. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { simHost } from "../../../scripts/sim-host.ts";
import { parseArrivals, parseChurnTrace } from "../../../sim/load/arrival-traces.ts";
import { loadScenarioText } from "../../../sim/load/load-scenario.ts";
import { scenarioTemplate } from "../../../sim/load/scenario-template.ts";
import { writeScenario } from "../../../sim/load/write-scenario.ts";
import { simulate } from "../../../sim/run/simulate.ts";
import { loadScenarioFile } from "../../support/load-scenario-file.ts";
import { smallScenario } from "../../support/sim-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-scenario-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("what a scenario names", () => {
  const scenario = (rest: string, workload = "{}"): string =>
    write("named.yaml", `name: named\nagents: [{ count: 4, skills: [echo] }]\nworkload: ${workload}\n${rest}`);

  test("arrivals from a file: all of them, and the run is long enough", async () => {
    write("arrivals.txt", "# ms\n0\n1500\n2s\n10m\n");
    const loaded = await loadScenarioFile(scenario("", "{ jobs: { arrival: { trace: arrivals.txt } } }"), simHost);
    expect(loaded.files.arrivals.get("arrivals.txt")).toEqual([0, 1_500, 2_000, 600_000]);
    expect(loaded.scenario.workload.count).toBe(4);
    expect(loaded.scenario.maxMs).toBe(5_000 + 600_000 + 300_000 + 30_000);
  });

  test("more jobs than arrivals are an error of the scenario", async () => {
    write("arrivals.txt", "0\n");
    const file = scenario("", "{ jobs: { count: 2, arrival: { trace: arrivals.txt } } }");
    await expect(loadScenarioFile(file, simHost)).rejects.toThrow("named.yaml:3: 2 jobs, but arrivals.txt has 1 times");
  });

  test("churn from a file", async () => {
    write("up.csv", "agent,from,to\nx,0,30s\ny,10s,1m\nx,40s,50s\n");
    const { scenario: loaded } = await loadScenarioFile(
      scenario("faults:\n  - { at: 20s, churn: { trace: up.csv } }\n"),
      simHost,
    );
    const rows = [
      [0, 0, "up"],
      [0, 30_000, "down"],
      [1, 0, "down"],
      [1, 10_000, "up"],
      [1, 60_000, "down"],
      [0, 40_000, "up"],
      [0, 50_000, "down"],
    ];
    expect(loaded.faults[0]!.options).toMatchObject({ trace: "up.csv", rows });
  });

  test("recorded answers of a model", async () => {
    write("answers.jsonl", '{"right": true, "latencyMs": 30}\n{"right": false}\n');
    const file = write(
      "recorded.yaml",
      "name: r\nagents: [{ count: 4, profile: { replay: answers.jsonl } }]\nworkload: {}\n",
    );
    const { files } = await loadScenarioFile(file, simHost);
    expect([...files.recorded.keys()]).toEqual(["answers.jsonl"]);
    write("answers.jsonl", '{"right": true}\n{"wrong": true}\n');
    await expect(loadScenarioFile(file, simHost)).rejects.toThrow("recorded.yaml:2: answers.jsonl: line 2");
  });

  test("recorded answers of one agent, also once the scenario is written again", async () => {
    write("two.jsonl", '{"agent": "ada", "right": true}\n{"agent": "emil", "right": false}\n');
    const text = (agent: string): string =>
      `name: r\nagents: [{ count: 4, profile: { replay: { file: two.jsonl, agent: ${agent} } } }]\nworkload: {}\n`;
    const { scenario: loaded, registry } = await loadScenarioFile(write("one.yaml", text("ada")), simHost);
    expect(loaded.agents[0]!.profile.replay).toEqual({ file: "two.jsonl", agent: "ada" });
    const again = await loadScenarioFile(write("again.yaml", writeScenario(loaded, { registry })), simHost);
    expect(again.scenario.agents[0]!.profile.replay).toEqual({ file: "two.jsonl", agent: "ada" });
    await expect(loadScenarioFile(write("one.yaml", text("emill")), simHost)).rejects.toMatchObject({
      message: expect.stringMatching(/one\.yaml:2: two\.jsonl has no answers of "emill"$/),
      remedy: 'did you mean "emil"?',
    });
  });

  test("a job file, whose skills somebody must have", async () => {
    const job = (skill: string): string =>
      `name: j\nbudget: 1\ntasks: { a: { skill: ${skill}, input: 1 } }\noutput: a\n`;
    write("JOB.yaml", job("echo"));
    const file = scenario("", "{ job: JOB.yaml }");
    const loaded = await loadScenarioFile(file, simHost);
    expect(loaded.scenario.workload.shape).toEqual({ kind: "file", file: "JOB.yaml" });
    expect(loaded.files.jobs.get("JOB.yaml")?.nodes.map(({ skill }) => skill)).toEqual(["echo"]);
    write("JOB.yaml", job("ecco"));
    await expect(loadScenarioFile(file, simHost)).rejects.toThrow(
      'named.yaml:3: task "a" of JOB.yaml: no agent has the skill "ecco"',
    );
  });

  test("plugins: what they add can be named", async () => {
    write(
      "mine.mjs",
      'export default { metrics: [{ name: "mine", unit: "", summary: "", create: () => ({ value: () => 1 }) }] };\n',
    );
    const file = scenario("plugins: [./mine.mjs]\nexpect: [mine == 1]\n");
    const loaded = await loadScenarioFile(file, simHost);
    expect(loaded.registry.computed.map(({ name }) => name)).toEqual(["mine"]);
  });

  test("a plugin that cannot be loaded: its line", async () => {
    const file = scenario("plugins:\n  - ./nowhere.mjs\n");
    await expect(loadScenarioFile(file, simHost)).rejects.toThrow(
      "named.yaml:5: the plugin ./nowhere.mjs: there is no such file",
    );
  });

  test.each([
    ["", "it holds no times"],
    ["1\nsoon\n", 'line 2: "soon" is no time, like 1500 or 1.5s'],
    ["5\n1\n", "line 2: 1 is earlier than the line before"],
  ])("arrivals %j", (text, problem) => {
    expect(parseArrivals(text)).toBe(problem);
  });

  test.each([
    ["agent,from,to\n", "it holds no times"],
    ["a,0,1\nb\n", 'line 2: "b" is not "agent, from, to"'],
    ["a,5,5\n", "line 1: a is not up for a time after that of its line before"],
    ["a,0,9\na,5,10\n", "line 2: a is not up for a time after that of its line before"],
  ])("times of churn %j", (text, problem) => {
    expect(parseChurnTrace(text)).toBe(problem);
  });
});

describe("files that come with the simulator", () => {
  const library = new URL("../../../sim/library/", import.meta.url);
  const files = readdirSync(library).filter((name) => name.endsWith(".yaml"));

  test.each(files)("%s parses, with its mechanism and without", async (name) => {
    const file = new URL(name, library).pathname;
    const { scenario } = await loadScenarioFile(file, simHost);
    expect(scenario.name).toBe(name.replace(".yaml", ""));
    expect(scenario.description).not.toBe("");
    expect(scenario.expect.length).toBeGreaterThan(0);
    expect(scenario.mechanism).not.toBeNull();
    await loadScenarioFile(file, simHost, { mechanismOff: true });
  });

  test("the template runs, and is as it says", { timeout: 120_000 }, async () => {
    const loaded = await loadScenarioText("new.yaml", scenarioTemplate("new"), simHost);
    const { scenario, files: read } = loaded;
    const result = simulate(scenario, { seed: scenario.seed, host: simHost, registry: loaded.registry, files: read });
    expect(result.metrics.completion).toBe(1);
    expect(result.shortfalls).toEqual([]);
    expect(result.invariants.filter(({ first }) => first !== null)).toEqual([]);
  });

  test("real signatures give the same decisions as the world's own table", async () => {
    const text = smallScenario("completion == 1").replace("network:\n", "network:\n  signatures: real\n");
    const { scenario, registry: own } = await loadScenarioText("new.yaml", text, simHost);
    const short = { ...scenario, faults: [], workload: { ...scenario.workload, count: 1 } };
    const { metrics } = simulate(short, { seed: 1, host: simHost, registry: own });
    expect(metrics).toMatchObject({ completion: 1, "messages.refused": 0 });
  });
});
