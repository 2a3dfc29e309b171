/**
 * The examples of docs/plugins.md: each plugin is found by its scenario and changes what comes out. With its
 * mechanism switched off, the verdict is fail, so each of them has an effect.
 */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readScenario, type SimulationResult, simulate } from "../../../scripts/sim-library.ts";
import { explain } from "../../support/library.ts";

const FOLDER = fileURLToPath(new URL("../../../docs/examples/plugins/", import.meta.url));
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.replace(".yaml", ""));

/** Each is run once with what it shows, and once without. */
const results = new Map<string, Promise<SimulationResult>>();
function run(name: string, mechanismOff = false): Promise<SimulationResult> {
  const key = `${name} ${mechanismOff}`;
  const known = results.get(key);
  if (known !== undefined) return known;
  const result = readScenario(`${FOLDER}${name}.yaml`).then((scenario) => simulate(scenario, { mechanismOff }));
  results.set(key, result);
  return result;
}

test("there is one of each kind", () => {
  expect(NAMES).toEqual(["earnings", "frugal", "refine", "spread", "suspend", "tiring"]);
});

test.each(NAMES)("%s passes, and fails without what it shows", async (name) => {
  const [result, off] = [await run(name), await run(name, true)];
  expect(result.verdict, explain(result)).toBe("pass");
  expect(off.verdict).toBe("fail");
  expect(off.traceDigests).not.toEqual(result.traceDigests);
});

test("the checker's property stands among the invariants; broken, it ends the run and says why", async () => {
  const held = await run("spread");
  expect(held.invariants).toContainEqual({ id: "work is spread", pass: true });
  const broken = await run("spread", true);
  expect(broken.invariants.find(({ pass }) => !pass)).toMatchObject({
    id: "work is spread",
    first: expect.stringMatching(/worker1 has 9 of 9 awards/),
  });
  expect(broken.runs[0]!.endedMs).toBeLessThan(held.runs[0]!.endedMs);
});

test("the fault is in the timeline with the agents that it hit", async () => {
  const { runs } = await run("suspend");
  const [fault] = runs[0]!.timeline.filter(({ kind }) => kind === "fault");
  expect(fault).toMatchObject({ atMs: 9_000, untilMs: 19_000 });
  expect(fault!.agents).toHaveLength(6);
});

test("the job shape makes the tasks that it says", async () => {
  const { rows } = await run("refine");
  // 3 drafts, 2 rounds over each, and the merge; an award may be late or lost and be given again.
  expect(rows[0]!.awards as number).toBeGreaterThanOrEqual(2 * (3 * 3 + 1));
});

test("the metrics are those of the run", async () => {
  const { rows, runs } = await run("earnings");
  const earned = runs[0]!.agents.filter(({ awards }) => awards > 0).map((agent) => agent.earned);
  const mean = earned.reduce((sum, value) => sum + value, 0) / earned.length;
  const apart = earned.flatMap((one) => earned.map((other) => Math.abs(one - other)));
  const gini = apart.reduce((sum, value) => sum + value, 0) / (2 * earned.length * earned.length * mean);
  expect(rows[0]!["earnings.gini"]).toBeCloseTo(gini, 9);
});
