/** Changes of a scenario from outside: `--set`, `--vary`, and what switches a mechanism off. */

import { describe, expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { loadScenarioText } from "../../../sim/load/load-scenario.ts";
import {
  applyOverrides,
  describeOverride,
  gridOf,
  parseOverride,
  parsePath,
  parseVariation,
  writeValue,
} from "../../../sim/load/overrides.ts";
import type { Scenario } from "../../../sim/model/scenario.ts";

const FILE = `name: base
mechanism: { name: retries, off: { workload.policy.retries: 0, "agents[1].count": 9 } }
agents:
  - { count: 10 }
  - { count: 2, behave: { liar: {} } }
workload:
  shape: { kind: bag, width: 4 }
faults:
  - { at: 20s, kill: { share: 0.5 } }
`;

const vary = (text: string) => parseVariation("--vary", text);
const set = (text: string) => parseOverride("--set", text);

async function load(...sets: string[]): Promise<Scenario> {
  return (await loadScenarioText("base.yaml", FILE, simHost, { overrides: sets.map(set) })).scenario;
}

describe("paths", () => {
  test.each([
    ["name", ["name"]],
    ["faults[0].kill.share", ["faults", 0, "kill", "share"]],
    ["agents[10][2].a-b_c", ["agents", 10, 2, "a-b_c"]],
  ])("%s", (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });

  test.each(["", ".a", "a.", "a..b", "[0]", "a[x]", "a[0]b", "a.[0]", "a b", "0.a"])("%j is none", (text) => {
    expect(parsePath(text)).toBeNull();
  });
});

describe("values", () => {
  test.each<[string, Value[]]>([
    ["0,0.1,0.5", [0, 0.1, 0.5]],
    ["true", [true]],
    ["any,members", ["any", "members"]],
    ["20s, 1m", ["20s", "1m"]],
    ["[a1, a2],[a3]", [["a1", "a2"], ["a3"]]],
    ["{rule: majority},{rule: quorum, q: 3}", [{ rule: "majority" }, { rule: "quorum", q: 3 }]],
    ['"a,b",c', ["a,b", "c"]],
    ["null", [null]],
  ])("%s", (text, values) => {
    expect(vary(`a.b=${text}`)).toEqual({ path: "a.b", values });
  });

  test("what is written is read back", () => {
    const values: Value[] = [
      1,
      -0.5,
      true,
      null,
      "any",
      "20s",
      "a, b",
      "",
      "1",
      "x: y",
      [1, "b"],
      { a: { b: [] } },
      {},
    ];
    for (const value of values) expect(set(`x=${writeValue(value)}`)).toEqual({ path: "x", value });
  });

  test.each([
    ["faults[0]", "not a path and values"],
    ["=1", "not a path and values"],
    ["a..b=1", "not a path and values"],
    ["a=1,,2", "a value is empty"],
  ])("%s: %s", (text, problem) => {
    expect(() => vary(text)).toThrow(problem);
  });

  test("one value at a time", () => {
    expect(() => set("a=1,2")).toThrow("more than one value");
  });
});

test("a grid: all combinations, the last changing fastest", () => {
  const grid = gridOf([vary("a=1,2"), vary("b=x,y")]);
  expect(grid.map((point) => point.map(describeOverride))).toEqual([
    ["a=1", "b=x"],
    ["a=1", "b=y"],
    ["a=2", "b=x"],
    ["a=2", "b=y"],
  ]);
});

describe("a scenario that was changed", () => {
  test("says what was set, and all else as before", async () => {
    const before = await load();
    const after = await load("faults[0].kill.share=0.25", "workload.policy.redundancy=3", "seed=9");
    expect(after.faults[0]?.target?.share).toBe(0.25);
    expect(after.faults[0]?.text).toBe("at: 20s, kill: { share: 0.25 }");
    expect(after.workload.policy.redundancy).toBe(3);
    expect(after.seed).toBe(9);
    expect(after.agents).toEqual(before.agents);
  });

  test("is what a file with these values is", async () => {
    const written = FILE.replace("share: 0.5", "share: 0.25").replace("count: 10", "count: 12");
    const { scenario } = await loadScenarioText("base.yaml", written, simHost);
    expect(await load("faults[0].kill.share=0.25", "agents[0].count=12")).toEqual(scenario);
  });

  test("leaves the file's own value alone", () => {
    const source = parseYaml("base.yaml", FILE);
    const before = JSON.stringify(source.value);
    applyOverrides(source, [set("agents[0].count=3")]);
    expect(JSON.stringify(source.value)).toBe(before);
  });

  test("errors say that it was set, and where it would stand", async () => {
    await expect(load("faults[0].kill.share=2")).rejects.toThrow(
      "base.yaml with faults[0].kill.share=2:9: faults[0].kill.share must be at most 1",
    );
    await expect(load("faults[0].kill.count=50", "faults[0].kill.share=0")).rejects.toThrow("both share and count");
    await expect(load("workload.polcy.redundancy=3")).rejects.toMatchObject({
      message: expect.stringContaining('unknown key "polcy" in workload'),
      remedy: 'did you mean "policy"?',
    });
  });

  test.each([
    ["faults[1].kill.share=1", "faults has one entry, the first is [0]"],
    ["agents[7].count=1", "agents has 2 entries, the first is [0]"],
    ["name[0]=x", "name is no list"],
    ["name.first=x", "name is no map"],
    ["agents.count=1", "agents is no map"],
  ])("%s: %s", async (text, problem) => {
    await expect(load(text)).rejects.toThrow(`cannot set ${text}: ${problem}`);
  });

  test("with its mechanism off", async () => {
    const options = { mechanismOff: true };
    const { scenario } = await loadScenarioText("base.yaml", FILE, simHost, options);
    expect(scenario.workload.policy.retries).toBe(0);
    expect(scenario.agents[1]?.count).toBe(9);
    const without = FILE.replace(/^mechanism.*\n/m, "");
    await expect(loadScenarioText("base.yaml", without, simHost, options)).rejects.toThrow("names no mechanism");
  });
});
