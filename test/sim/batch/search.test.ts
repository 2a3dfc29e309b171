/** Searches over seeds on worker threads: their findings and their end, with the same results for any number of workers. */

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { MUTANTS } from "../../../scripts/mutants/mutants.ts";
import { mutatedFiles, withMutant } from "../../../scripts/mutants/run-mutant.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { type SearchOptions, type SearchOutcome, search, shrinkAll } from "../../../sim/batch/search.ts";
import { exitOf } from "../../../sim/cli/explore.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { writeScenario } from "../../../sim/load/write-scenario.ts";
import { OCCURRENCES, RARE } from "../../../sim/search/coverage.ts";
import { SEEDS_MIN, Tameness } from "../../../sim/search/tameness.ts";
import { sim } from "../../support/sim-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-explore-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const meshes = { hostUrl: simHost.url, machineUrl: null, scenario: null };
const occurrences = { all: OCCURRENCES, rare: RARE };

const searching = (options: Partial<SearchOptions>): Promise<SearchOutcome> =>
  search({
    subjects: meshes,
    occurrences,
    from: 1,
    seeds: 6,
    failures: 5,
    forMs: Number.POSITIVE_INFINITY,
    events: 5,
    signal: new AbortController().signal,
    onFailure: () => undefined,
    onProgress: () => undefined,
    ...options,
  });

const comparable = ({ tameness, ...outcome }: SearchOutcome) => ({ ...outcome, shares: tameness.shares() });

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('the bug "%s" fits the code', (_, mutant) => {
  expect(mutatedFiles(mutant).size).toBeGreaterThan(0);
});

describe("a search", () => {
  test("comes to the same with one worker and with several", async () => {
    const seeds = { from: 19 }; // short runs
    const one = await searching({ ...seeds, workers: 1 });
    expect(one).toMatchObject({ seeds: 6, failed: [], isInterrupted: false, crash: null });
    expect(one.steps).toBeGreaterThan(1_000);
    expect(comparable(await searching({ ...seeds, workers: 2 }))).toEqual(comparable(one));
  });

  test("finds what is broken, in the order of seeds, and no more than it was asked for", async () => {
    const mutant = MUTANTS.find(({ name }) => name === "a quorum of 2f")!;
    await withMutant(mutant, async (machineUrl) => {
      const subjects = { ...meshes, machineUrl };
      const told: number[] = [];
      const options = { subjects, seeds: 60, failures: 2, onFailure: (seed: number) => void told.push(seed) };
      const several = await searching({ ...options, workers: 2 });
      expect(told).toEqual(several.failed.map(({ seed }) => seed));
      expect(told).toHaveLength(2);
      // Nothing after the last failure counts, whoever had run it already.
      expect(several).toMatchObject({ seeds: told[1], isInterrupted: false });
      expect(comparable(await searching({ ...options, workers: 1 }))).toEqual(comparable(several));

      const { signal } = new AbortController();
      const [small] = await shrinkAll({ subjects, failed: several.failed.slice(0, 1), runs: 6, workers: 1, signal });
      expect(small!.shrunk.less.length).toBeGreaterThan(0);
      expect(small!.size).toMatch(/^\d+ faults, \d+ agents, 1 jobs$/);

      // What was found is a file for `sim run`: without the bug it holds. With it: scripts/mutants.ts.
      const file = join(folder, "found.yaml");
      writeFileSync(file, writeScenario(small!.shrunk.scenario, { registry: createRegistry() }));
      expect(await sim("run", file, "--out", join(folder, "found"))).toMatchObject({ code: 0 });
    });
  });

  test("ends when it is interrupted, and says so", async () => {
    const controller = new AbortController();
    const outcome = await searching({
      from: 19,
      seeds: 1_000_000,
      workers: 2,
      signal: controller.signal,
      onProgress: ({ done }) => done >= 2 && controller.abort(),
    });
    expect(outcome.isInterrupted).toBe(true);
    expect(outcome.seeds).toBeGreaterThanOrEqual(2);
    expect(outcome.seeds).toBeLessThanOrEqual(4);
  });

  test("ends by its time, which is no interruption", async () => {
    const outcome = await searching({ seeds: Number.POSITIVE_INFINITY, workers: 2, forMs: 0 });
    expect(outcome).toMatchObject({ seeds: 0, isInterrupted: false });
  });
});

describe("tameness", () => {
  /** So many seeds, of which so many had everything but `what`, which `having` of them had. */
  const noted = (seeds: number, what: string, having: number): Tameness => {
    const tameness = new Tameness(occurrences);
    for (let seed = 0; seed < seeds; seed++)
      tameness.note(new Map(OCCURRENCES.map((one) => [one, one === what && seed >= having ? 0 : 3])));
    return tameness;
  };

  test.each([
    "round above 0",
    "lock changed",
    "valid value proposed again",
    "evidence",
    "reassigned",
    "replaced: dead",
  ])("%s in fewer than one seed of a hundred is too tame", (what) => {
    expect(noted(SEEDS_MIN, what, SEEDS_MIN / 100 - 1).tooTame()).toEqual([what]);
    expect(noted(SEEDS_MIN, what, SEEDS_MIN / 100).tooTame()).toEqual([]);
  });

  test("few seeds say nothing, and what is rare need not occur", () => {
    expect(noted(SEEDS_MIN - 1, "evidence", 0).tooTame()).toEqual([]);
    expect(noted(SEEDS_MIN, "round above 5", 0).tooTame()).toEqual([]);
    expect(noted(SEEDS_MIN, "evidence", 5).shares()).toContainEqual(["evidence", 5 / SEEDS_MIN]);
  });

  test("is exit 3, as a broken property is; an interrupted search says nothing of it", () => {
    const fine = { isBroken: false, isInterrupted: false, isTame: false };
    expect(exitOf(fine)).toBe(0);
    expect(exitOf({ ...fine, isTame: true })).toBe(3);
    expect(exitOf({ ...fine, isInterrupted: true, isTame: true })).toBe(130);
    expect(exitOf({ ...fine, isBroken: true, isInterrupted: true })).toBe(3);
  });
});

describe("the command line", () => {
  test("random scenarios: shares of everything that can occur", async () => {
    const { code, out } = await sim("explore", "--seeds", "4", "--from", "20", "--workers", "1", "--json");
    expect(code).toBe(0);
    const document = JSON.parse(out) as { counts: object; shares: object };
    expect(document).toMatchObject({
      from: 20,
      counts: { seeds: 4, failed: 0 },
      failed: [],
      tooTame: [],
      partial: false,
    });
    expect(Object.keys(document.shares)).toEqual(OCCURRENCES);
  });

  test("a scenario that breaks: exit 3, a small one in a file, which replay and run break again", async () => {
    const plugin = `import { z } from "${import.meta.resolve("zod")}";
      const begin = () => { throw new Error("boom"); };
      const boom = { name: "boom", summary: "", options: z.strictObject({}), isTargeted: false, lasts: false, begin };
      export default { faults: [boom] };`;
    writeFileSync(join(folder, "boom.mjs"), plugin);
    const file = join(folder, "boom.yaml");
    const text = "name: b\nagents: [{ count: 5 }]\nworkload: {}\nplugins: [./boom.mjs]\n";
    writeFileSync(file, `${text}faults: [{ at: 6s, boom: {} }, { at: 7s, boom: {} }]\n`);
    const out = join(folder, "out");
    const found = await sim(
      "explore",
      file,
      "--seeds",
      "20",
      "--failures",
      "2",
      "--events",
      "3",
      "--out",
      out,
      "--json",
    );
    expect(found.code).toBe(3);
    const { failed } = JSON.parse(found.out) as { failed: number[] };
    expect(failed).toHaveLength(2);
    expect(readdirSync(out).sort()).toEqual(failed.map((seed) => `repro-seed-${seed}.yaml`).sort());
    expect(found.err).toMatch(/with 1 faults, \d+ agents, 1 jobs breaks the same/);
    const repro = join(out, `repro-seed-${failed[0]}.yaml`);
    const again = await sim("replay", repro, "--events", "2");
    expect([again.code, again.out]).toEqual([3, expect.stringContaining("boom")]);
    const run = await sim("run", repro, "--out", join(folder, "run"));
    expect([run.code, run.err]).toEqual([3, expect.stringContaining("boom")]);
  });

  test.each([
    ["a scenario that is not there", ["explore", "nowhere.yaml"], "there is no such file"],
    ["a file that is no scenario", ["replay", join(import.meta.dirname, "../golden/digests.json")], "digests.json"],
    ["no seeds", ["explore", "--seeds", "0"], "must be a whole number from 1"],
  ])("%s: exit 2", async (_, argv, message) => {
    const { code, err } = await sim(...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync("repro-seed-1.yaml")).toBe(false);
  });
});
