/**
 * What `npm run test:long` runs: named parts of at most ten minutes each on a small machine. A part is a command of this
 * repository that ends with exit code 0 if everything held, and prints one JSON document with `counts`, as its last line
 * or as all of its output.
 */

import { limits } from "../../protocol/core/limits.ts";
import { MUTANTS } from "../mutants/mutants.ts";

export interface LongPart {
  readonly name: string;
  /** One line for the list. */
  readonly what: string;
  /** A script, from the root of the repository, and its arguments. */
  readonly command: readonly string[];
  /** Frames, seeds or items, and the option that sets them; null if it has none. */
  readonly amount: { readonly option: string; readonly usual: number } | null;
}

/** Test files that `npm test` leaves out. */
const tests = (name: string, what: string, ...files: readonly string[]): LongPart => ({
  name,
  what,
  command: ["scripts/long/run-tests.ts", ...files.map((file) => `test/${file}.long.test.ts`)],
  amount: null,
});

/** A part of the experiment hanoi: parts of one tower run in their order, and each goes on where the one before ended. */
const hanoi = (disks: number, driver: string, part: number, of: number): LongPart => ({
  name: `hanoi/${driver}-${disks}-disks${of === 1 ? "" : `-${part}-of-${of}`}`,
  what: `the Towers of Hanoi with ${disks} disks, move by move through a mesh of unreliable workers: no step is wrong`,
  command: [
    "scripts/long/hanoi.ts",
    ...Object.entries({ disks, driver, part, of }).flatMap(([option, value]) => [`--${option}`, String(value)]),
  ],
  amount: null,
});

const hanoiParts = (disks: number, driver: string, of: number): readonly LongPart[] =>
  Array.from({ length: of }, (_, i) => hanoi(disks, driver, i + 1, of));

export const PARTS: readonly LongPart[] = [
  {
    name: "fuzz",
    what: "hostile frames against every codec: a verdict for each, and one encoding a value",
    command: ["scripts/fuzz/hostile-frames.ts"],
    amount: { option: "--frames", usual: 1_000_000 },
  },
  {
    name: "explore",
    what: "simulated meshes under faults: seed after seed, every property checked",
    command: ["scripts/meshwork.ts", "sim", "explore", "--json"],
    amount: { option: "--seeds", usual: 2_000 },
  },
  {
    name: "wide-job",
    what: "a map as wide as a job may be, on real nodes: certified, verified, and fetched by a stranger",
    command: ["scripts/wide-job.ts"],
    amount: { option: "--items", usual: limits.mapItems },
  },
  tests(
    "library",
    "the library of scenarios and the examples of plugins: each passes its verdict",
    "sim/library/library",
    "sim/load/plugin-examples",
  ),
  tests("mechanisms", "each scenario of the library fails without its mechanism", "sim/library/mechanisms"),
  tests(
    "learning",
    "how much selectors lose, and the experiments in small",
    "protocol/selection/selection-regret",
    ...["experiment-parts", "lying-workers", "symphony"].map((name) => `sim/experiments/${name}`),
  ),
  tests(
    "large-meshes",
    "shards in worlds, and meshes with too much to do",
    "protocol/capability/shards",
    "protocol/agent/overload",
  ),
  tests(
    "programs",
    "more agents than cores, skills that harm their process or say why they fail, readers that leave, owners that wait, wrong clocks, names, free text",
    ...[
      "many-agents",
      "careless-skills",
      "closed-streams",
      "waiting",
      "clocks",
      "named",
      "free-text",
      "skill-errors",
    ].map((name) => `e2e/${name}`),
    "integration/skill-process",
  ),
  tests("languages", "three real language models in a real mesh, by majority and by confidence", "e2e/languages"),
  hanoi(10, "virtual", 1, 1),
  ...hanoiParts(10, "libp2p", 3),
  ...hanoiParts(15, "virtual", 4),
  tests("machines", "several machines: joining over namespaces of the network", "namespaces/join"),
  tests("attacks", "strangers against five real nodes, over namespaces of the network", "namespaces/attack"),
  {
    name: "properties",
    what: "properties on random inputs, with five times the runs of npm test",
    command: [
      "scripts/long/run-tests.ts",
      "--all-runs",
      "test/property/",
      "test/protocol/",
      "test/sim/cli/trace-cli.test.ts",
    ],
    amount: null,
  },
  // One part each, so that a run that was cut short continues with the next bug.
  ...MUTANTS.map(({ name }) => ({
    name: `mutants/${name.replaceAll(" ", "-")}`,
    what: `the protocol broken on purpose must be noticed: ${name}`,
    command: ["scripts/mutants.ts", "--only", name],
    amount: { option: "--seeds", usual: 2_000 },
  })),
];
