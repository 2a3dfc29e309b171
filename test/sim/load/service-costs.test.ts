/** What inputs cost: cores that agents share, forced writes that nothing overtakes, presets and their files. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { simHost } from "../../../scripts/sim-host.ts";
import { loadScenarioText } from "../../../sim/load/load-scenario.ts";
import { judge } from "../../../sim/run/judge.ts";
import { simulate } from "../../../sim/run/simulate.ts";
import { CorePool } from "../../../sim/world/core-pool.ts";
import { loadScenarioFile } from "../../support/load-scenario-file.ts";
import { runText, SMALL } from "../../support/run-scenario-text.ts";
import { counting, persist, scripted, send, worldOf } from "../../support/scripted-world.ts";

const EXAMPLE = fileURLToPath(new URL("../../../docs/examples/calibration/", import.meta.url));

test("cores: each takes the work that comes next when it is free", () => {
  const pool = new CorePool(2);
  expect([1, 2, 3].map(() => pool.take(0, 10))).toEqual([10, 10, 20]);
  expect(pool.take(15, 1)).toBe(16);
  expect(pool.take(30, 1)).toBe(31);
});

describe("agents", () => {
  test("that share cores wait for each other", () => {
    const servedAt = (cores: number): number[] => {
      const machine = scripted(({ kind }, _, { name }) => {
        if (name !== "c") return [];
        if (kind === "start") return [{ kind: "wake", atMonoMs: 100 }];
        return kind === "tick" ? [send("a", 1), send("b", 1)] : [];
      });
      const serviceMs = ({ kind }: { readonly kind: string }): number => (kind === "frame" ? 50 : 0);
      worldOf("abc", machine.create, { serviceMs, cores: new CorePool(cores) }).run(1_000);
      return ["a", "b"].map((name) => machine.seen.get(name)!.find(({ input }) => input.kind === "frame")!.now.monoMs);
    };
    expect(servedAt(2)).toEqual([160, 160]);
    expect(servedAt(1)).toEqual([160, 210]);
  });

  test("send nothing before their disk has what they say, and write what waits together", () => {
    let next = 0;
    const machine = scripted(({ kind }, _, { name }) =>
      kind === "tick" && name === "a" ? [send("b", next), persist("n", next++, true)] : [],
    );
    const world = worldOf("ab", machine.create, { serviceMs: () => 1, forcedWriteMs: 7 });
    world.at(100, () => {
      for (let i = 0; i < 3; i++) world.inject("a", { kind: "tick" });
    });
    world.run(1_000);
    const heard = machine.seen.get("b")!.filter(({ input }) => input.kind === "frame");
    // Three inputs of 1 ms, one write of 7, 10 on the way; then b takes its time, one after the other.
    expect(heard.map(({ now }) => now.monoMs)).toEqual([121, 122, 123]);
  });

  test("that die while a write is under way have sent nothing of it", () => {
    const machine = counting(1, (n) => [send("b", n), persist("n", n, true)]);
    const world = worldOf("ab", machine.create, { serviceMs: () => 1, forcedWriteMs: 500 });
    world.run(() => world.agent("a").disk.forced > 0);
    world.crash("a", { loss: "none" });
    world.run(3_000);
    expect(machine.frames("b")).toEqual([]);
  });
});

describe("a scenario's costs", () => {
  const serviceOf = async (service: string) =>
    (await loadScenarioText("small.yaml", `${SMALL}network: { service: ${service} }\n`, simHost)).scenario.network
      .service;

  function fileOf(content: object): string {
    const folder = mkdtempSync(join(tmpdir(), "meshwork-costs-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "costs.json"), JSON.stringify(content));
    return join(folder, "costs.json");
  }
  const measured = { baseMs: 0.7, perKibMs: 0.04, forcedWriteMs: 3 };

  test("are ideal unless it says more", async () => {
    const ideal = { preset: "ideal", baseMs: 0.2, perKibMs: 0.02, forcedWriteMs: 0, sharedCores: null };
    expect(await serviceOf("{}")).toEqual(ideal);
    expect(await serviceOf("{ sharedCores: 2 }")).toEqual({ ...ideal, sharedCores: 2 });
    expect(await serviceOf("{ baseMs: 4 }")).toMatchObject({ preset: "own", baseMs: 4, perKibMs: 0 });
  });

  test("are those of a file, forced writes where it asks for them", async () => {
    const preset = fileOf(measured);
    expect(await serviceOf(`{ preset: ${preset} }`)).toMatchObject({ ...measured, preset, forcedWriteMs: 0 });
    expect(await serviceOf(`{ preset: ${preset}, forcedWrites: true, baseMs: 1 }`)).toMatchObject({
      ...{ baseMs: 1, forcedWriteMs: 3 },
    });
  });

  test.each([
    ["{ forcedWrites: true }", /forcedWrites, but nothing says how long one takes/],
    ["{ preset: missing.json }", /missing\.json/],
  ])("%s is an error with its remedy", async (service, message) => {
    await expect(serviceOf(service)).rejects.toThrow(message);
  });

  test("a file that is no calibration is refused by its key", async () => {
    await expect(serviceOf(`{ preset: ${fileOf({ ...measured, core: 2 })} }`)).rejects.toThrow(/unknown key "core"/);
  });

  test("the example of docs/scenarios.md runs under its calibration", async () => {
    const overrides = [
      { path: "network.service", value: { preset: "costs.json", sharedCores: 2, forcedWrites: true } },
    ];
    const loaded = await loadScenarioFile(join(EXAMPLE, "steps-simulated.yaml"), simHost, { overrides });
    const { service } = loaded.scenario.network;
    expect(service).toMatchObject({ preset: "costs.json", baseMs: 0.576, forcedWriteMs: 0.81, sharedCores: 2 });
    const result = simulate(loaded.scenario, { seed: 1, host: simHost, ...loaded });
    expect(judge(loaded.scenario, [result])).toMatchObject({ verdict: "pass", costs: service });
  });

  test("slow a run down, and stand in its summary", async () => {
    // Several: one job takes longer or not by how its id draws.
    const jobs = "  jobs: { count: 8, arrival: { every: 5s } }\n";
    const ideal = await runText(`${SMALL}${jobs}`);
    const service = `network: { service: { baseMs: 4, sharedCores: 1, forcedWrites: true, forcedWriteMs: 5 } }\n`;
    const slow = await runText(`${SMALL}${jobs}${service}`);
    expect(slow.result.metrics["latencyMs.p50"]!).toBeGreaterThan(ideal.result.metrics["latencyMs.p50"]!);
    expect(slow.summary.costs).toMatchObject({ preset: "own", baseMs: 4, sharedCores: 1, forcedWriteMs: 5 });
    const again = await runText(`${SMALL}${jobs}${service}`);
    expect(again.result.digest).toBe(slow.result.digest);
  });
});
