/** Recorded times that scenarios name: when jobs came, and when agents were up. */

import { parseMs } from "../../node/platform/text/quantities.ts";

/** Lines without blank ones and comments, with their numbers from 1. */
const linesOf = (text: string): { readonly number: number; readonly line: string }[] =>
  text
    .split("\n")
    .map((line, index) => ({ number: index + 1, line: line.replace(/#.*$/, "").trim() }))
    .filter(({ line }) => line !== "");

/** In ms; a bare number is one of ms. */
const timeOf = (text: string): number | null => parseMs(/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text);

/** Times of submissions, one a line, in order; a text says what is wrong. */
export function parseArrivals(text: string): readonly number[] | string {
  const times: number[] = [];
  for (const { number, line } of linesOf(text)) {
    const ms = timeOf(line);
    if (ms === null) return `line ${number}: "${line}" is no time, like 1500 or 1.5s`;
    if (ms < (times.at(-1) ?? 0)) return `line ${number}: ${line} is earlier than the line before`;
    times.push(ms);
  }
  return times.length === 0 ? "it holds no times" : times;
}

/** Agent by its place, ms from the fault's beginning, and what it is from then on. */
type ChurnRow = readonly [index: number, atMs: number, state: "up" | "down"];

/**
 * CSV of the times for which agents were up: agent, from, to. Agents are any words, numbered by their first line; one
 * whose first time comes later than 0 is down until then. A first line without times is a heading.
 */
export function parseChurnTrace(text: string): readonly ChurnRow[] | string {
  const rows: ChurnRow[] = [];
  const places = new Map<string, { readonly index: number; upToMs: number }>();
  for (const [place, { number, line }] of linesOf(text).entries()) {
    const [agent = "", ...times] = line.split(",").map((cell) => cell.trim());
    const [fromMs, toMs] = times.map(timeOf);
    if (times.length !== 2 || agent === "" || fromMs === null || toMs === null) {
      if (place === 0 && times.length === 2) continue;
      return `line ${number}: "${line}" is not "agent, from, to"`;
    }
    const known = places.get(agent);
    if (toMs! <= fromMs! || fromMs! < (known?.upToMs ?? 0))
      return `line ${number}: ${agent} is not up for a time after that of its line before`;
    const index = known?.index ?? places.size;
    if (known === undefined && fromMs! > 0) rows.push([index, 0, "down"]);
    places.set(agent, { index, upToMs: toMs! });
    rows.push([index, fromMs!, "up"], [index, toMs!, "down"]);
  }
  return rows.length === 0 ? "it holds no times" : rows;
}
