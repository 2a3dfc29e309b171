/**
 * The axes of a sweep by name: what varies, in words and with its unit, for plots, tables and CSV. A name comes from
 * the path and from what stands there in the file; `--label` gives another one.
 */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { parsePath, type Variation } from "../load/overrides.ts";
import type { Scenario } from "../model/scenario.ts";

export interface Axis {
  readonly path: string;
  /** What it is, with its unit in brackets if it has one: `half the agents [share]`. */
  readonly title: string;
}

/** Units by the last key of a path. */
const UNITS: readonly (readonly [keys: RegExp, unit: string])[] = [
  [/^(?:share|keep|rho|accuracy|odds|frames|gossip|rewire|perCall|errors|busyAt|relative|confidence)$/, "share"],
  [/Pct$/, "%"],
  [/PerMinute$/, "agents/min"],
  [/^perSecond$/, "jobs/s"],
  [/^bandwidth$|BytesPerMs$|^bytesPerMs$/, "bytes/ms"],
  [/^driftPpm$/, "ppm"],
  [/^(?:price|priceMax|budget)$/, "credits"],
  [/^(?:width|steps|slots)$/, "tasks"],
  [/^(?:committee|standbys)$/, "members"],
  [/^(?:redundancy|redundancyMax)$/, "results"],
  [/^sharedCores$/, "cores"],
  [/Ms$|^(?:p50|p95|at|for|every|atOnce|timeout|deadline|window|maxTime|startWithin|expectedMs)$/, "ms"],
];

/** Values that are written with a unit, as times are (`20s`), need none on the axis. */
function unitOf(keys: readonly (string | number)[], { values }: Variation): string {
  const last = String(keys.findLast((key) => typeof key === "string") ?? "");
  if (!values.every((value) => typeof value === "number")) return "";
  if (last === "count")
    return keys.includes("jobs") ? "jobs" : keys.includes("agents") || keys[0] === "faults" ? "agents" : "";
  return UNITS.find(([pattern]) => pattern.test(last))?.[1] ?? "";
}

/** `lossPct` → `loss`, `priceMax` → `price max`. */
const words = (key: string): string =>
  key
    .replace(/(?:Pct|Ms|Ppm)$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();

/** Keys that say where a part stands in the file, and not what it is. */
const PLACES: ReadonlySet<string | number> = new Set(["workload", "policy", "arrival", "jobs", "profile"]);

function nameOf(keys: readonly (string | number)[], scenario: Scenario): string {
  const [first, index] = keys;
  const said = keys.filter((key): key is string => typeof key === "string");
  if (first === "agents" && typeof index === "number")
    return [
      scenario.agents[index]?.name ?? "agents",
      ...said
        .slice(1)
        .filter((key) => !PLACES.has(key))
        .map(words),
    ].join(" ");
  if (first === "faults" && typeof index === "number") {
    const kind = said[1] ?? "";
    const isOne = scenario.faults.filter((fault) => fault.kind === kind).length < 2;
    return [`${kind}${isOne ? "" : ` ${index}`}`, ...said.slice(2).map(words)].join(" ");
  }
  const telling = said.filter((key, place) => !PLACES.has(key) || place === said.length - 1).map(words);
  return said.includes("jobs") && said.at(-1) === "count" ? "jobs" : telling.join(" ");
}

function titleOf(variation: Variation, scenario: Scenario): string {
  const keys = parsePath(variation.path) ?? [];
  const unit = unitOf(keys, variation);
  return `${nameOf(keys, scenario)}${unit === "" ? "" : ` [${unit}]`}`;
}

/** `labels`: `path=title`, as given. Throws `usage` where one is of nothing that is varied. */
export function axesOf(variations: readonly Variation[], labels: readonly string[], scenario: Scenario): Axis[] {
  const given = new Map<string, string>();
  for (const label of labels) {
    const at = label.indexOf("=");
    const [path, title] = [label.slice(0, Math.max(0, at)).trim(), label.slice(at + 1).trim()];
    if (at < 1 || title === "" || !variations.some((variation) => variation.path === path)) {
      const what = `--label ${label}: not a path that is varied, and its name`;
      throw new MeshworkError(
        "usage",
        what,
        `write it like ${variations[0]?.path ?? "network.lossPct"}='lost frames [%]'`,
      );
    }
    given.set(path, title);
  }
  const titles = variations.map((variation) => given.get(variation.path) ?? titleOf(variation, scenario));
  return variations.map(({ path }, index) => {
    const title = titles[index]!;
    return { path, title: titles.indexOf(title) === titles.lastIndexOf(title) ? title : `${path}: ${title}` };
  });
}
