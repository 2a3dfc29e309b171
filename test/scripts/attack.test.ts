/** What the attacks' runner makes of what it measured, and that the pages say the same as it does. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ATTACKS } from "../../scripts/attack/catalog.ts";
import { BOUNDS, failures, type Measured } from "../../scripts/attack/measure.ts";
import { renderMarkdown, renderPage, tableOf } from "../../scripts/attack/report.ts";
import { readResults, withKept } from "../../scripts/attack/results.ts";
import { attackResults, measured } from "../support/attack-fixture.ts";

const ROOT = join(import.meta.dirname, "../..");

test.each<readonly [string, Partial<Measured>, readonly string[]]>([
  ["as before", {}, []],
  ["twice as slow", { p95Ms: 2_000 }, []],
  ["one job of a hundred", { certified: 99, problem: "lost" }, []],
  ["at the bounds", BOUNDS, []],
  ["slower", { p95Ms: 2_500 }, ["jobs took 2.5 times as long"]],
  [
    "jobs lost",
    { certified: 90, problem: "failed: no-offers" },
    ["10 of 100 jobs were not certified (failed: no-offers)"],
  ],
  ["no jobs", { jobs: 0, certified: 0 }, ["no honest job ended"]],
  ["no attack", { jobs: 0, certified: 0, problem: "the attack did not begin" }, ["the attack did not begin"]],
  ["nodes gone", { nodesUp: 3 }, ["2 nodes ended"]],
  ["memory", { peakMib: 2_000 }, ["a node held 2000 MiB of memory"]],
  ["disk", { diskMib: 5_000 }, ["a node wrote 5000 MiB"]],
])("%s", (_, changes, said) => {
  expect(failures(measured(changes))).toEqual(said);
});

test("the table and the pages say what was held, what was not, and what was so before", () => {
  const lost = measured({ attack: "fill-places", certified: 0, problem: "refused: <full>" });
  const before = attackResults({ commit: "0ld", measured: [lost] });
  const results = attackResults({ measured: [measured(), lost], before });
  const table = tableOf(results);
  expect(table).toHaveLength(4);
  expect(table[2]).toMatch(/^take-slots .* held$/);
  expect(table[3]).toMatch(/^fill-places .* not held: 100 of 100 jobs were not certified/);
  const page = renderPage(results);
  expect(page).toContain("1 of 2 attacks were held, 0 of 1 before");
  expect(page).toContain("refused: &lt;full&gt;");
  expect(page.match(/<th scope="row">fill-places <span class="soft">(?:before|now)/g)).toHaveLength(2);
  const markdown = renderMarkdown(results);
  expect(markdown).toContain("| take-slots | not run | held |");
  expect(markdown).toContain("Before is commit 0ld");
  expect(renderMarkdown({ ...results, before: null })).not.toContain("Before");
});

test("rows that are not run again are kept, in the order of the catalog", () => {
  const [first, second] = ATTACKS.map(({ name }) => measured({ attack: name, jobs: 1 }));
  const again = measured({ attack: second!.attack, jobs: 2 });
  expect(withKept([again], [second!, first!])).toEqual([first, again]);
});

test("a file without results is refused in a line that names it", () => {
  const file = join(ROOT, "package.json");
  expect(() => readResults(file)).toThrow(`${file} has no results of attacks`);
  expect(() => readResults("nowhere.json")).toThrow("nowhere.json cannot be read");
});

test("attacks have names of their own, and SECURITY.md has a row for each", () => {
  const names = ATTACKS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const text = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name!);
  expect(rows).toEqual(names);
});

test("docs/attacks.md is what docs/attacks.json says", () => {
  const results = readResults(join(ROOT, "docs/attacks.json"));
  expect(readFileSync(join(ROOT, "docs/attacks.md"), "utf8")).toBe(renderMarkdown(results));
});
