/** docs/figures.md is right about files: runs write the columns that its programs read. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXPERIMENTS } from "../../../sim/experiments/catalog.ts";
import { documentOf, measure, samplesCsv } from "../../../sim/experiments/results.ts";
import { rowsCsv, seriesCsv } from "../../../sim/run/csv.ts";
import { reportFixture } from "../../support/report-fixture.ts";

const page = readFileSync(new URL("../../../docs/figures.md", import.meta.url), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1]!);
const columnsOf = (csv: string): string[] => csv.slice(0, csv.indexOf("\n")).split(",");

const { results } = reportFixture();
const sample = { labels: { liars: 0.3, redundancy: 3 }, seed: 1, figures: results[0]!.metrics };

test("the program for an experiment names columns of its rows.csv", () => {
  const [program = ""] = blocks("python");
  const columns = columnsOf(samplesCsv([sample]));
  const [, labels = "", metric = ""] = /groupby\(\[(.*?)\]\)\.(\w+)/.exec(program)!;
  expect(columns).toEqual(expect.arrayContaining([...labels.replaceAll('"', "").split(", "), metric]));
});

test("the program for runs names columns of rows.csv and series.csv", () => {
  const program = blocks("python")[1]!;
  const [, rows = ""] = /rows\[\[(.*?)\]\]/.exec(program)!;
  const columns = columnsOf(rowsCsv([{ labels: new Map(), results }]));
  expect(columns).toEqual(expect.arrayContaining([...rows.replaceAll('"', "").split(", "), "partial"]));
  const series = seriesCsv(results);
  expect(columnsOf(series)).toEqual(["t", "metric", "value", "seed"]);
  for (const [, column] of program.matchAll(/(?:index|columns|values)="(\w+)"/g))
    expect(columnsOf(series)).toContain(column);
  const [, metric = ""] = /series\.metric == "(\w+)"/.exec(program)!;
  expect(series).toContain(`,${metric},`);
  // pandas reads these as booleans; `query` relies on it.
  const partial = columnsOf(rowsCsv([{ labels: new Map(), results }])).indexOf("partial");
  const lines = rowsCsv([{ labels: new Map(), results }])
    .trimEnd()
    .split("\n")
    .slice(1);
  for (const line of lines) expect(line.split(",")[partial]).toMatch(/^(?:true|false)$/);
});

test("the document is as it is shown", () => {
  const [shown = "{}"] = blocks("json");
  const [own] = EXPERIMENTS.filter(({ name }) => name === "lying-workers");
  const rows = measure([sample, { ...sample, seed: 2 }], [{ name: "wrongAccepted" }]);
  const document = documentOf(own!, [1, 2], rows, false);
  const example = JSON.parse(shown) as typeof document;
  expect(Object.keys(example)).toEqual(Object.keys(document));
  expect(Object.keys(example.params as object)).toEqual(Object.keys(document.params as object));
  expect(Object.keys(example.rows[0]!)).toEqual(Object.keys(document.rows[0]!));
});
