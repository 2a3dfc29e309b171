/** `meshwork experiment`: experiments of both kinds, their documents, tables and pages, and how they end early. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { COMMAND } from "../../../node/platform/terminal/command-line.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { runExperiment } from "../../../sim/batch/experiment-run.ts";
import { registerExperiment } from "../../../sim/cli/experiment.ts";
import { EXPERIMENTS as OWN } from "../../../sim/experiments/catalog.ts";
import { type ExperimentDocument, measure, rangedMetrics, samplesCsv } from "../../../sim/experiments/results.ts";
import { loadScenario } from "../../../sim/load/load-scenario.ts";
import { renderExperiment } from "../../../sim/report/experiment-page.ts";
import { METRICS } from "../../../sim/run/metric-catalog.ts";
import { EXPERIMENTS } from "../../support/experiments.ts";
import { inProcess, type Said } from "../../support/sim-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-experiment-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CATALOG = new URL("../../support/experiments.ts", import.meta.url).href;

const experiment = (...argv: string[]): Promise<Said> =>
  inProcess(["experiment", ...argv], (program, act) => registerExperiment(program, act, async () => simHost, CATALOG));

describe("the command", () => {
  test("runs scenarios at points: a document, rows, a page", async () => {
    const out = join(folder, "widths");
    const { code, out: text } = await experiment("widths", "--json", "--out", out);
    expect(code).toBe(0);
    const document = JSON.parse(text) as ExperimentDocument;
    expect(document).toEqual({
      experiment: "widths",
      params: { widths: [1, 2] },
      seeds: [1, 2],
      partial: false,
      simulated: true,
      verdict: ["2 rows, from width 1 on."],
      rows: [
        { width: 1, awards: { mean: 1, ci95: null }, completion: { mean: 1, ci95: null } },
        { width: 2, awards: { mean: 2, ci95: null }, completion: { mean: 1, ci95: null } },
      ],
    });
    expect(JSON.parse(readFileSync(join(out, "experiment.json"), "utf8"))).toEqual(document);
    const [head, ...rows] = readFileSync(join(out, "rows.csv"), "utf8").trimEnd().split("\n");
    expect(head).toMatch(/^width,seed,submitted,completion,/);
    expect(rows.map((row) => row.split(",").slice(0, 4))).toEqual([
      ["1", "1", "1", "1"],
      ["1", "2", "1", "1"],
      ["2", "1", "1", "1"],
      ["2", "2", "1", "1"],
    ]);
    const page = readFileSync(join(out, "report.html"), "utf8");
    expect(page.match(/<figure class="plot small">/g)).toHaveLength(2);
    expect(page).toContain("<p>2 rows, from width 1 on.</p>");
    expect(page).not.toContain("Partial.");
  });

  test("computes rows in worker threads; the same again, and more seeds for the asking", async () => {
    const args = ["draws", "--seeds", "4"];
    const first = await experiment(...args, "--json", "--out", join(folder, "draws"));
    expect(first.code).toBe(0);
    const { rows, seeds } = JSON.parse(first.out) as ExperimentDocument;
    expect(seeds).toEqual([10, 11, 12, 13]);
    expect(rows.map(({ count, top }) => [count, top])).toEqual([
      [1, 10],
      [50, 10],
      [1, 100],
      [50, 100],
    ]);
    expect(rows.every(({ mean }) => (mean as { ci95: readonly number[] }).ci95.length === 2)).toBe(true);
    const { out } = await experiment(...args, "--out", join(folder, "again"));
    expect(JSON.parse(readFileSync(join(folder, "again/experiment.json"), "utf8"))).toEqual(JSON.parse(first.out));
    expect(out).toContain("mean\n count");
    expect(out).toMatch(/count +top 10 +top 100\n +1 +[\d.]+ ± [\d.]+ ms/);
    expect(out).toContain("experiment draws --seeds 4");
  });

  test("sets the parameters that an experiment lets it set, and repeats them", async () => {
    const args = ["towers", "--disks", "4", "--driver", "libp2p"];
    const document = await experiment(...args, "--json", "--out", join(folder, "towers"));
    expect(JSON.parse(document.out)).toMatchObject({
      params: { disks: 4, driver: "libp2p" },
      rows: [{ disks: 4, driver: "libp2p", twice: { mean: 8 } }],
    });
    const { out } = await experiment(...args, "--out", join(folder, "towers again"));
    expect(out).toContain("experiment towers --disks 4 --driver libp2p --seeds 1");
  });

  test("--list names them with a line each", async () => {
    const { code, out } = await experiment("--list");
    expect([code, out.split("\n")[0]]).toEqual([0, "widths    tasks by width"]);
    expect(JSON.parse((await experiment("--list", "--json")).out)).toContainEqual({
      name: "draws",
      summary: "means of draws",
      seeds: 3,
    });
  });

  test.each<[string, string[], string]>([
    ["a name that is not there", ["widhts"], 'there is no experiment "widhts" – did you mean "widths"?'],
    ["nothing like it", ["xyz"], `there is no experiment "xyz" – ${COMMAND} experiment --list names them`],
    ["no name", [], `which experiment? – ${COMMAND} experiment --list names them`],
    ["a setting that it does not have", ["widths", "--disks", "3"], "widths has no --disks – leave --disks out"],
    ["a number that it cannot be", ["towers", "--disks", "5"], "--disks cannot be 5 – take 2 to 4"],
    ["a word that it cannot be", ["towers", "--driver", "tcp"], "--driver cannot be tcp – take virtual or libp2p"],
    ["no seeds", ["widths", "--seeds", "0"], "must be a whole number from 1"],
    ["a point that is wrong, before anything runs", ["wrong"], "agents[0].count must be at least 1"],
  ])("%s: one line, exit 2", async (_, argv, message) => {
    const { code, out, err } = await experiment(...argv, "--out", join(folder, "none"));
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err.trimEnd()).not.toContain("\n");
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  test("a crash is exit 3, and says what repeats it", async () => {
    const { code, out, err } = await experiment("crashing", "--json", "--out", join(folder, "crash"));
    expect(code).toBe(3);
    expect(err).toMatch(/^meshwork: the experiment crashed: seed 1: boom$/m);
    expect(err).toMatch(/repeat it: .*experiment crashing --seeds 1$/m);
    expect(JSON.parse(out)).toMatchObject({ partial: true, rows: [] });
  });
});

test("interrupted, it keeps what was done and says that it is partial", async () => {
  const controller = new AbortController();
  let interrupts = 0;
  const outcome = await runExperiment(EXPERIMENTS[0]!, {
    host: simHost,
    catalogUrl: CATALOG,
    seeds: [1, 2, 3],
    signal: controller.signal,
    onInterrupt: () => interrupts++,
    onProgress: ({ done }) => (done >= 2 ? controller.abort() : undefined),
  });
  expect(interrupts).toBe(1);
  expect(outcome).toMatchObject({ isPartial: true, broken: null, crash: null });
  expect(outcome.samples.length).toBeGreaterThanOrEqual(2);
  expect(outcome.samples.length).toBeLessThan(6);
  const rows = measure(outcome.samples, rangedMetrics(EXPERIMENTS[0]!));
  const options = { seeds: [1, 2, 3], isPartial: true, command: "x", version: "0" };
  expect(renderExperiment(EXPERIMENTS[0]!, rows, options)).toContain("Partial.");
  expect(renderExperiment(EXPERIMENTS[0]!, [], options)).toContain("No run came to its end.");
});

describe("results", () => {
  const samples = [
    { labels: { x: 1, line: "a" }, seed: 1, figures: { m: 1, n: null } },
    { labels: { x: 2, line: "a,b" }, seed: 1, figures: { m: 5, n: 2 } },
    { labels: { x: 1, line: "a" }, seed: 2, figures: { m: 3, n: null } },
  ];

  test("are means by place; what was not measured is not there", () => {
    const [first, second] = measure(samples, [{ name: "m" }, { name: "n" }]);
    expect(first!.labels).toEqual({ x: 1, line: "a" });
    expect(first!.metrics.m!.mean).toBe(2);
    expect(first!.metrics.n).toBeUndefined();
    expect(second!.metrics).toEqual({ m: { mean: 5, ci95: null }, n: { mean: 2, ci95: null } });
  });

  test("intervals of shares stay between 0 and 1, of computed ones too", () => {
    const computed = OWN.find(({ name }) => name === "byzantine-selector")!;
    const seen = [0, 0, 1].map((friendShare, seed) => ({ labels: { x: 1 }, seed, figures: { friendShare } }));
    const [low, high] = measure(seen, rangedMetrics(computed))[0]!.metrics.friendShare!.ci95!;
    expect([low, high]).toEqual([0, 1]);
  });

  test("as CSV have a line a place and seed", () => {
    expect(samplesCsv(samples)).toBe('x,line,seed,m,n\n1,a,1,1,\n2,"a,b",1,5,2\n1,a,2,3,\n');
  });
});

describe.each(OWN)("$name", (own) => {
  test("is named as commands are, and says what it measures", () => {
    expect(own.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(own.summary).not.toMatch(/\n|\.$/);
    expect(own.description.length).toBeGreaterThan(0);
    const names = METRICS.map(({ name }) => name);
    if (own.kind === "scenarios") expect(names).toEqual(expect.arrayContaining([...own.metrics]));
  });

  test("its points are scenarios with the same labels", async () => {
    if (own.kind !== "scenarios") return;
    const points = own.points(own.params);
    const labels = Object.keys(points[0]!.labels);
    for (const { labels: here, scenario, set = {} } of points) {
      expect(Object.keys(here)).toEqual(labels);
      if (typeof scenario === "string") continue;
      const overrides = Object.entries(set).map(([path, value]) => ({ path, value }));
      await loadScenario({ file: own.name, content: { object: scenario } }, simHost, { overrides });
    }
  });
});
