/** What the attacks' runner makes of what it measured. */

import { expect, test } from "vitest";
import { ATTACKS } from "../../scripts/attack/catalog.ts";
import { failures, type Measured } from "../../scripts/attack/measure.ts";
import { renderPage, tableOf } from "../../scripts/attack/report.ts";

const measured = (changes: Partial<Measured> = {}): Measured => ({
  ...{ attack: "take-slots", jobs: 100, certified: 100, p50Ms: 900, p95Ms: 1_000, problem: "" },
  ...{ nodesUp: 5, peakMib: 200, diskMib: 10, ...changes },
});
const baseline = measured({ attack: null });

test.each([
  ["as before", {}, []],
  ["twice as slow", { p95Ms: 2_000 }, []],
  ["one job of a hundred", { certified: 99, problem: "lost" }, []],
  ["slower", { p95Ms: 2_500 }, ["jobs took 2.5 times as long"]],
  [
    "jobs lost",
    { certified: 90, problem: "failed: no-offers" },
    ["10 of 100 jobs were not certified (failed: no-offers)"],
  ],
  ["no jobs", { jobs: 0, certified: 0 }, ["no honest job ended"]],
  ["nodes gone", { nodesUp: 3 }, ["2 nodes ended"]],
  ["memory", { peakMib: 2_000 }, ["a node held 2000 MiB of memory"]],
  ["disk", { diskMib: 5_000 }, ["a node wrote 5000 MiB"]],
])("%s", (_, changes, said) => {
  expect(failures(measured(changes), baseline)).toEqual(said);
});

test("the table and the page say what was held, and what was not", () => {
  const lost = measured({ attack: "fill-places", certified: 0, problem: "refused: <full>" });
  const results = { seconds: 10, baseline, measured: [measured(), lost] };
  const table = tableOf(results);
  expect(table).toHaveLength(4);
  expect(table[2]).toMatch(/^take-slots .* held$/);
  expect(table[3]).toMatch(/^fill-places .* not held: 100 of 100 jobs were not certified/);
  const page = renderPage(results, { ...results, measured: [lost] });
  expect(page).toContain("1 of 2 attacks were held");
  expect(page).toContain("refused: &lt;full&gt;");
  expect(page).toContain("An earlier version");
});

test("attacks have names of their own", () => {
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
});
