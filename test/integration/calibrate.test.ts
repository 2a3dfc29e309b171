/** Measuring a machine: real nodes do real jobs, and what they took is a preset that runs go by. */

import { expect, test } from "vitest";
import { parseWith, parseYaml } from "../../node/platform/files/yaml-source.ts";
import { calibrate } from "../../scripts/calibrate.ts";
import { calibrationSchema } from "../../sim/model/calibration.ts";

test("a calibration is of real inputs, and reads as a preset", { timeout: 180_000 }, async () => {
  const stages: string[] = [];
  const measured = await calibrate({
    signal: new AbortController().signal,
    onStage: (stage) => void stages.push(stage),
    tasks: 12,
    rounds: 1,
  });
  const text = JSON.stringify(measured);
  expect(parseWith(parseYaml("costs.json", text), calibrationSchema)).toEqual(measured);
  const { baseMs, forcedWriteMs, measured: of } = measured;
  expect(of.agents).toBe(7);
  // Two jobs of twelve tasks with three results each: an offer, an award, a seal, a result, and the votes about them.
  expect(of.inputs).toBeGreaterThan(2 * 12 * 3 * 4);
  for (const ms of [baseMs, forcedWriteMs, of.signMs, of.verifyMs, of.loopbackMs]) expect(ms).toBeGreaterThan(0);
  expect(stages[0]).toBe("forced writes, signatures, round trips");
});

test("one that is interrupted ends between two jobs", { timeout: 120_000 }, async () => {
  const controller = new AbortController();
  const run = calibrate({
    signal: controller.signal,
    onStage: (stage) => {
      if (stage === "jobs to warm up") controller.abort();
    },
    tasks: 12,
    rounds: 1,
  });
  await expect(run).rejects.toThrow();
});
