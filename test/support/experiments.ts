/** Small experiments for tests of the command: one of scenarios, one that computes, some that go wrong. */

import { createPrng } from "../../protocol/core/prng.ts";
import { computedExperiment, type Experiment, scenarioExperiment } from "../../sim/experiments/experiment.ts";
import type { ScenarioInput } from "../../sim/load/scenario-source.ts";

const small: ScenarioInput = {
  name: "small",
  agents: [{ count: 5 }],
  workload: { shape: { kind: "bag", width: 2 } },
};

/** Means of draws, in two cases, after few draws and after many. */
const draws = computedExperiment({
  name: "draws",
  summary: "means of draws",
  description: ["Draws."],
  params: { tops: [10, 100], counts: [1, 50] },
  seeds: 3,
  firstSeed: 10,
  metrics: [{ name: "mean", unit: "ms", summary: "of draws" }],
  cases: ({ tops }) => tops.map((top) => ({ top })),
  compute({ top }, seed, { counts }) {
    const prng = createPrng(`${seed}/${top}`);
    return counts.map((count) => {
      const values = Array.from({ length: count }, () => prng.below(Number(top)));
      return { labels: { count, top: top! }, figures: { mean: values.reduce((sum, one) => sum + one, 0) / count } };
    });
  },
});

/** One whose parameters the command line may set. */
const towers = computedExperiment({
  name: "towers",
  summary: "disks of towers",
  description: [],
  params: { disks: 3, driver: "virtual" },
  settings: { disks: [2, 3, 4], driver: ["virtual", "libp2p"] },
  seeds: 1,
  metrics: [{ name: "twice", unit: "", summary: "the disks, twice" }],
  cases: ({ disks, driver }) => [{ disks, driver }],
  compute: ({ disks, driver }) => [
    { labels: { disks: disks!, driver: driver! }, figures: { twice: 2 * Number(disks) } },
  ],
});

export const EXPERIMENTS: readonly Experiment[] = [
  scenarioExperiment({
    name: "widths",
    summary: "tasks by width",
    description: ["The wider, the more awards."],
    params: { widths: [1, 2] },
    seeds: 2,
    metrics: ["awards", "completion"],
    verdict: (rows) => [`${rows.length} rows, from width ${rows[0]!.labels.width} on.`],
    points: ({ widths }) =>
      widths.map((width) => ({ labels: { width }, scenario: small, set: { "workload.shape.width": width } })),
  }),
  draws,
  towers,
  scenarioExperiment({
    name: "wrong",
    summary: "a point that is wrong",
    description: [],
    params: {},
    seeds: 1,
    metrics: ["awards"],
    points: () => [
      { labels: { n: 1 }, scenario: small },
      { labels: { n: 2 }, scenario: "half-killed", set: { "agents[0].count": -1 } },
    ],
  }),
  computedExperiment({
    name: "crashing",
    summary: "throws",
    description: [],
    params: {},
    seeds: 1,
    metrics: [],
    cases: () => [{ n: 1 }],
    compute() {
      throw new Error("boom");
    },
  }),
];
