/** The experiment lying-workers in small: how redundancy changes the share of wrong answers. */

import { expect, test } from "vitest";
import { simHost } from "../../../scripts/sim-host.ts";
import { runExperiment } from "../../../sim/batch/experiment-run.ts";
import { EXPERIMENTS as OWN } from "../../../sim/experiments/catalog.ts";

const CATALOG = new URL("../../../sim/experiments/catalog.ts", import.meta.url).href;

test("lying-workers: redundancy helps below half of liars, one worker accepts every lie", async () => {
  const [own] = OWN.filter(({ name }) => name === "lying-workers");
  if (own?.kind !== "scenarios") throw new Error("it is one of scenarios");
  const small = { ...own, params: { shares: [0, 0.3], redundancies: [1, 5] } };
  const { samples } = await runExperiment(small, {
    host: simHost,
    catalogUrl: CATALOG,
    seeds: [1],
    signal: new AbortController().signal,
    onInterrupt: () => undefined,
    onProgress: () => undefined,
  });
  const wrong = samples.map(({ labels, figures }) => [labels.liars, labels.redundancy, figures.wrongAccepted!]);
  const at = (liars: number, redundancy: number): number =>
    Number(wrong.find(([share, workers]) => share === liars && workers === redundancy)![2]);
  // 6 of 20 lie and the others err in one of twenty: 0.335 expected of 80 answers, deviation 0.053.
  expect(Math.abs(at(0.3, 1) - 0.335)).toBeLessThan(4 * 0.053);
  expect(at(0.3, 5)).toBeLessThan(at(0.3, 1));
  // Honest errors do not agree.
  expect(at(0, 5)).toBe(0);
  expect(at(0, 1)).toBeLessThan(0.15);
});
