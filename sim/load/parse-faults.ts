/**
 * The faults of a scenario file: when each happens, how long it lasts, and whom it hits. It refuses faults that could never
 * happen: more victims than agents, names that nobody has, groups that do not add up.
 */

import type { YamlSource } from "../../node/platform/files/yaml-source.ts";
import { writeMs } from "../../node/platform/text/quantities.ts";
import type { Value } from "../../protocol/wire/value.ts";
import type { FaultType } from "../model/registry.ts";
import type { AgentGroup, ScheduledFault, Target, Which } from "../model/scenario.ts";
import { writeValue } from "./overrides.ts";
import { agentNames, countAgents, plainOptions } from "./parse-agents.ts";
import { type ParseContext, remedyFor } from "./parse-context.ts";
import type { FaultLine } from "./schema.ts";

/** Shares that were written with few digits add up to this. */
const SUM_TOLERANCE = 1e-6;

/** Who there is to be hit. */
interface Inhabitants {
  readonly agents: readonly AgentGroup[];
  readonly clients: readonly string[];
}

interface LineContext extends ParseContext, Inhabitants {
  readonly index: number;
}

/** Before the schema, which would only say that it does not know the key: a fault lasts `for` a time inside of itself. */
export function checkPlaces(source: YamlSource): void {
  const lines = (source.value as { readonly faults?: unknown } | null)?.faults;
  if (!Array.isArray(lines)) return;
  for (const [index, line] of (lines as unknown[]).entries()) {
    if (typeof line !== "object" || line === null || !("for" in line)) continue;
    const kind = Object.keys(line).find((key) => !["at", "between", "for"].includes(key)) ?? "partition";
    const what = `faults[${index}]: "for" belongs inside the fault, not beside it`;
    const time = typeof line.for === "string" || typeof line.for === "number" ? line.for : "5s";
    throw source.error(["faults", index, "for"], what, `write ${kind}: { …, for: ${time} }`);
  }
}

/** Faults that hit nobody (a share of 0 at the end of a sweep) are none. */
export function parseFaults(
  context: ParseContext,
  lines: readonly FaultLine[],
  inhabitants: Inhabitants,
): ScheduledFault[] {
  return lines.flatMap((line, index) => {
    const fault = faultOf({ ...context, ...inhabitants, index }, line);
    return fault.target?.share === 0 || fault.target?.count === 0 ? [] : [fault];
  });
}

function faultOf(context: LineContext, line: FaultLine): ScheduledFault {
  const { source, registry, index } = context;
  const { at, between, ...rest } = line;
  const kinds = Object.keys(rest).filter((key) => rest[key] !== undefined);
  const [kind, second] = kinds;
  const known = [...registry.faults.keys()];
  if (kind === undefined) {
    throw source.error(["faults", index], `faults[${index}] has no fault`, `add one of: ${known.join(", ")}`);
  }
  if (second !== undefined) {
    const what = `faults[${index}] is both ${kind} and ${second}`;
    throw source.error(["faults", index, second], what, "write a line for each");
  }
  const type = registry.faults.get(kind)!;
  const { which, share, count, upTo, for: forMs, ...options } = rest[kind] as { readonly [key: string]: unknown };
  // A fault that hits nobody in particular may have options of these names.
  const own = type.isTargeted ? options : { ...options, which, share, count };
  const { atMs, untilMs } = timesOf(context, type, line, forMs as number | undefined);
  checkGroups(context, kind, own, upTo === true);
  const raw = (source.value as { readonly faults: readonly Value[] }).faults[index]!;
  return {
    place: index,
    atMs,
    untilMs,
    kind,
    upTo: upTo === true,
    options: plainOptions(own),
    target: type.isTargeted
      ? targetOf(context, kind, which as Which | undefined, share as number | undefined, count as number | undefined)
      : null,
    text: writeValue(raw).replace(/^\{ | \}$/g, ""),
  };
}

function timesOf(
  { source, index }: LineContext,
  { name, lasts }: FaultType,
  { at, between }: FaultLine,
  forMs: number | undefined,
): Pick<ScheduledFault, "atMs" | "untilMs"> {
  const fail = (keys: readonly string[], what: string, remedy: string): Error =>
    source.error(["faults", index, ...keys], what, remedy);
  if (at === undefined && between === undefined) {
    throw fail([], `faults[${index}] says not when`, lasts ? "add at: 20s, or between: [20s, 40s]" : "add at: 20s");
  }
  if (at !== undefined && between !== undefined)
    throw fail(["between"], `faults[${index}] has both at and between`, "keep one");
  if (between === undefined) return { atMs: at!, untilMs: forMs === undefined ? null : at! + forMs };
  if (!lasts) throw fail(["between"], `${name} happens at a moment`, `write at: ${writeMs(between[0])} instead`);
  if (forMs !== undefined) throw fail([name, "for"], `faults[${index}] has both between and for`, "keep one");
  if (between[1] <= between[0]) {
    throw fail(["between"], `between ${writeMs(between[0])} and ${writeMs(between[1])} is no time`, "let it end later");
  }
  return { atMs: between[0], untilMs: between[1] };
}

function targetOf(
  context: LineContext,
  kind: string,
  which: Which = "any",
  share: number | undefined,
  count: number | undefined,
): Target {
  const { source, agents, index } = context;
  const at = (key: string): (string | number)[] => ["faults", index, kind, key];
  const whom = typeof which === "object" ? namesOf(context, which, at("which")) : which;
  if (share !== undefined && count !== undefined) {
    throw source.error(at("count"), `faults[${index}].${kind} has both share and count`, "keep one");
  }
  const all = countAgents(agents);
  const there = typeof whom === "object" ? whom.length : all;
  if (count !== undefined && count > there) {
    const those = typeof whom === "object" ? `${there} that are named` : `${all} agents`;
    throw source.error(at("count"), `${kind} ${count} of ${those}`, `lower it to ${there} or less`);
  }
  if (share !== undefined && share > 0 && Math.round(share * there) === 0) {
    throw source.error(
      at("share"),
      `${kind} a share of ${share} of ${there} agents: that is none`,
      "raise it, or give a count",
    );
  }
  return { which: whom, share: share ?? null, count: count ?? null };
}

/** The agents of a list of names, where a group's name stands for all of its agents. */
function namesOf(context: LineContext, which: readonly string[], at: readonly (string | number)[]): readonly string[] {
  const { source, agents, clients } = context;
  const groups = new Map(agents.map((group) => [group.name, agentNames(group)]));
  // A random choice never hits clients, but a fault may name them.
  const known = new Set([...[...groups.values()].flat(), ...clients]);
  const named = new Set<string>();
  for (const [place, word] of which.entries()) {
    const names = known.has(word) ? [word] : groups.get(word);
    if (names === undefined) {
      const remedy = remedyFor(word, [...groups.keys(), ...known]);
      throw source.error([...at, place], `there is no agent and no group "${word}"`, remedy);
    }
    for (const name of names) {
      if (named.has(name)) throw source.error([...at, place], `"${name}" is named twice`, "name it once");
      named.add(name);
    }
  }
  return [...named];
}

/** Shares of the whole mesh must be the whole mesh. */
function checkGroups(
  { source, index, agents }: LineContext,
  kind: string,
  { groups }: { readonly [key: string]: unknown },
  upTo: boolean,
): void {
  if (kind !== "partition" || !Array.isArray(groups)) return;
  const all = countAgents(agents);
  const place = (groups as number[]).findIndex((part) => part > 0 && Math.round(part * all) === 0);
  if (place >= 0 && !upTo) {
    const what = `a group of ${groups[place]} of ${all} agents: that is none`;
    throw source.error(["faults", index, kind, "groups", place], what, "raise it, or say upTo: true");
  }
  const sum = (groups as number[]).reduce((total, part) => total + part, 0);
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return;
  const shown = Math.round(sum * 1_000) / 1_000;
  throw source.error(
    ["faults", index, kind, "groups"],
    `the groups add up to ${shown}, not 1`,
    "make them add up to 1",
  );
}
