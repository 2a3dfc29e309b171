/** The simulator as a library: `meshwork/sim`. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseYaml } from "../../node/platform/files/yaml-source.ts";
import { simHost } from "../../scripts/sim-host.ts";
import {
  MeshworkError,
  type PluginModule,
  parseScenario,
  readScenario,
  type ScenarioInput,
  SeedCrash,
  simulate,
} from "../../scripts/sim-library.ts";
import { loadScenario } from "../../sim/load/load-scenario.ts";

const small: ScenarioInput = {
  name: "small",
  seed: 5,
  agents: [
    { count: 8, skills: ["solve"], profile: { latencyMs: { p50: "400ms", p95: 1_500 } } },
    { name: "liar", count: 1, skills: ["solve"], behave: { liar: { confidence: 1 } } },
  ],
  workload: {
    jobs: { count: 2, arrival: { every: "1s" } },
    shape: { kind: "map-reduce", width: 6 },
    policy: { redundancy: 3, redundancyMax: 7, accept: { rule: "majority" }, retries: 20 },
  },
  expect: ["completion == 1"],
};

describe("simulate", () => {
  test("gives the document of the command, and the figures of each seed", async () => {
    const result = await simulate(small, { seeds: [7, 6] });
    expect(result).toMatchObject({
      scenario: "small",
      driver: "virtual",
      seeds: [6, 7],
      simulated: true,
      partial: false,
      verdict: "pass",
      expectations: [{ expression: "completion == 1", value: 1, pass: true, failedSeeds: [] }],
    });
    expect(result.rows.map(({ seed, completion, digest }) => [seed, completion, digest])).toEqual(
      result.traceDigests.map((digest, index) => [6 + index, 1, digest]),
    );
    const mean = (result.rows[0]!.awards as number) / 2 + (result.rows[1]!.awards as number) / 2;
    expect(result.metrics.awards!.mean).toBeCloseTo(mean, 9);
    expect(result.series.filter(({ metric, seed }) => metric === "throughput" && seed === 7).length).toBeGreaterThan(3);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("an object, a text and the same seed give the same run, in this thread or in others", async () => {
    const asText = parseScenario(JSON.stringify(small), { file: "small.yaml" });
    const nothing: PluginModule = () => ({});
    const [object, text, here] = [
      await simulate(small),
      await simulate(asText),
      await simulate(small, { plugins: [nothing] }),
    ];
    expect(object.seeds).toEqual([5]);
    expect(text.traceDigests).toEqual(object.traceDigests);
    expect(here.traceDigests).toEqual(object.traceDigests);
  });

  test("parts of the scenario can be set, and progress is told", async () => {
    const shares: number[] = [];
    const result = await simulate(small, {
      set: { "agents[1].count": 0, "workload.jobs.count": 1 },
      seeds: [1],
      onProgress: ({ share, total }) => void shares.push(total === 1 ? share : -1),
    }).catch((error: unknown) => error);
    expect(result).toBeInstanceOf(MeshworkError);
    const { metrics } = await simulate(small, {
      set: { "workload.jobs.count": 1 },
      seeds: [1],
      onProgress: ({ share, total }) => void shares.push(total === 1 ? share : -1),
    });
    expect(metrics.submitted!.mean).toBe(1);
    expect(shares.at(-1)).toBe(1);
    expect(shares.every((share, index) => share >= (shares[index - 1] ?? 0))).toBe(true);
  });

  test("plugins may be objects: their parts can be named by the scenario", async () => {
    const fails: PluginModule = {
      checkers: [
        {
          name: "no second block",
          summary: "",
          create: ({ violated }) => ({
            onDecided: ({ height }) => (height > 1 ? violated(`height ${height}`) : undefined),
          }),
        },
      ],
      metrics: [{ name: "answer", unit: "", summary: "", create: () => ({ value: () => 42 }) }],
    };
    const result = await simulate({ ...small, expect: ["answer == 42"] }, { plugins: [fails] });
    expect(result.verdict).toBe("fail");
    expect(result.expectations[0]!.pass).toBe(true);
    expect(result.invariants.filter(({ pass }) => !pass).map(({ id }) => id)).toEqual(["no second block"]);
    await expect(simulate({ ...small, expect: ["answer == 42"] })).rejects.toThrow('there is no metric "answer"');
  });

  test("plugins may be modules", async () => {
    const url = new URL("../../docs/examples/plugins/earnings.ts", import.meta.url);
    const { metrics } = await simulate(small, { plugins: [url] });
    expect(metrics["earnings.gini"]!.mean).toBeGreaterThan(0);
  });

  test("aborted, it gives what was done until then and says so", async () => {
    const controller = new AbortController();
    const result = await simulate(small, {
      seeds: [1, 2, 3],
      workers: 1,
      signal: controller.signal,
      onProgress: ({ done }) => (done === 1 ? controller.abort() : undefined),
    });
    expect(result.partial).toBe(true);
    expect(result.rows.filter(({ partial }) => !partial).map(({ seed }) => seed)).toEqual([1]);
    const before = await simulate(small, { signal: AbortSignal.abort() });
    expect(before).toMatchObject({ partial: true, verdict: "fail", seeds: [], rows: [] });
  });
});

describe("errors", () => {
  test.each<[string, ScenarioInput, Parameters<typeof simulate>[1], string]>([
    [
      "of an object name no line",
      { ...small, expect: ["complection == 1"] },
      {},
      'the scenario: there is no metric "compl',
    ],
    ["seeds", small, { seeds: [1, -1] }, "seeds: -1 is no whole number"],
    ["a seed twice", small, { seeds: [1, 1] }, "seeds: 1 is there twice"],
    ["no seeds", small, { seeds: [] }, "seeds: there are none"],
    ["a plugin", small, { plugins: ["nowhere.mjs"] }, "the plugin nowhere.mjs: there is no such file"],
    ["a plugin object", small, { plugins: [{ faults: 1 } as never] }, "the plugin plugins[0]: faults is no list"],
    ["a path", small, { set: { "agents[7].count": 1 } }, "agents has 2 entries"],
    ["no mechanism", small, { mechanismOff: true }, "names no mechanism"],
  ])("%s", async (_, scenario, options, message) => {
    const error = await simulate(scenario, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MeshworkError);
    expect((error as Error).message).toContain(message);
  });

  test("a crash of a plugin is one of the run", async () => {
    const boom: PluginModule = {
      metrics: [
        {
          name: "boom",
          unit: "",
          summary: "",
          create() {
            throw new Error("boom");
          },
        },
      ],
    };
    const error = await simulate(small, { plugins: [boom] }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SeedCrash);
    expect((error as Error).message).toBe("seed 5: boom");
  });

  test("of files name the line", async () => {
    expect(() => parseScenario("name: [", { file: "broken.yaml" })).toThrow(/^broken\.yaml:1: /);
    await expect(readScenario("half-kiled")).rejects.toThrow('called "half-kiled"');
    const source = parseScenario("name: x\nagents: []\nworkload: {}\n", { file: "x.yaml" });
    await expect(simulate(source)).rejects.toThrow("x.yaml:2: the scenario has no agents");
  });
});

test("the library's scenarios can be read by name and by file, as objects they are the same", async () => {
  const byName = await readScenario("half-killed");
  const file = new URL("../../sim/library/half-killed.yaml", import.meta.url);
  expect((await readScenario(file)).content).toEqual(byName.content);
  const object = parseYaml("x", readFileSync(file, "utf8")).value as ScenarioInput;
  const [fromFile, fromObject] = await Promise.all(
    [byName, parseScenario(object)].map((source) => loadScenario(source, simHost)),
  );
  expect(fromObject!.scenario).toEqual(fromFile!.scenario);
});

test("types know the keys of a scenario", () => {
  // @ts-expect-error a slip in a key does not compile
  const slip: ScenarioInput = { ...small, agent: [] };
  expect(slip).toHaveProperty("agent");
});
