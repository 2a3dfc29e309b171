/** Groups of agents of a scenario file: defaults, names, and behaviours with their options. */

import type { Value } from "../../protocol/wire/value.ts";
import type { AgentGroup, AgentProfile, BehaviourOptions, Replay } from "../model/scenario.ts";
import type { ParseContext } from "./parse-context.ts";
import type { GroupFile, ProfileFile } from "./schema.ts";

/** What clients and newcomers are called. */
const RESERVED = ["client", "new"];

export const DEFAULT_PROFILE: AgentProfile = {
  accuracy: 0.9,
  latencyMs: { p50: 400, p95: 1_500 },
  price: 1_000_000,
  expectedMs: null,
  slots: 4,
  load: null,
  calibration: "honest",
  correlation: null,
  wrongAnswers: 1_000,
  replay: null,
  errors: null,
  usage: null,
};

export const agentNames = ({ name, count }: Pick<AgentGroup, "name" | "count">): string[] =>
  Array.from({ length: count }, (_, index) => `${name}${index + 1}`);

export const countAgents = (groups: readonly AgentGroup[]): number => groups.reduce((sum, { count }) => sum + count, 0);

/** a, b, …, z, group27, …. */
const defaultName = (index: number): string =>
  index < 26 ? String.fromCharCode("a".charCodeAt(0) + index) : `group${index + 1}-`;

export function parseAgents({ source }: ParseContext, files: readonly GroupFile[]): AgentGroup[] {
  if (files.length === 0) throw source.error(["agents"], "the scenario has no agents", "add a group, like - count: 10");
  const groups = files.map((file, index) => groupOf(file, index));
  const taken = new Map<string, string>();
  for (const [index, group] of groups.entries()) {
    const at = files[index]!.name === undefined ? ["agents", index] : ["agents", index, "name"];
    if (RESERVED.includes(group.name)) {
      throw source.error(at, `agents cannot be called "${group.name}": others are`, "rename the group");
    }
    for (const name of agentNames(group)) {
      const other = taken.get(name);
      if (other !== undefined) {
        throw source.error(
          at,
          `groups "${other}" and "${group.name}" both have an agent "${name}"`,
          "rename one of them",
        );
      }
      taken.set(name, group.name);
    }
  }
  return groups;
}

function groupOf(file: GroupFile, index: number): AgentGroup {
  const { profile = {} } = file;
  return {
    name: file.name ?? defaultName(index),
    count: file.count,
    skills: file.skills ?? ["work"],
    descriptions: new Map(Object.entries(file.descriptions ?? {})),
    labels: file.labels ?? [],
    hosts: file.hosts ?? true,
    hosted: hostedOf(file),
    origin: file.origin ?? "",
    profile: profileOf(profile),
    behave: new Map(Object.entries(file.behave ?? {}).map(([name, options]) => [name, plainOptions(options)])),
    clock: { skewMs: file.clock?.skewMs ?? 0, driftPpm: file.clock?.driftPpm ?? 0 },
    crashLoss: file.crashLoss ?? "random",
    startMs: file.start ?? 0,
    startWithinMs: file.startWithin ?? 0,
  };
}

const hostedOf = ({ hosted }: GroupFile): AgentGroup["hosted"] =>
  hosted === undefined
    ? null
    : {
        ...{ kept: hosted.kept, lost: hosted.lost ?? 0 },
        ...{ isKnown: hosted.known ?? true, equivocated: hosted.equivocated ?? false },
      };

const replayOf = (replay: NonNullable<ProfileFile["replay"]>): Replay =>
  typeof replay === "string" ? { file: replay, agent: null } : { file: replay.file, agent: replay.agent ?? null };

function profileOf(file: ProfileFile): AgentProfile {
  const { accuracy, replay } = file;
  const given = Object.fromEntries(Object.entries(file).filter(([, value]) => value !== undefined));
  return {
    ...DEFAULT_PROFILE,
    ...given,
    replay: replay === undefined ? null : replayOf(replay),
    accuracy: typeof accuracy === "object" ? new Map(Object.entries(accuracy)) : (accuracy ?? DEFAULT_PROFILE.accuracy),
  };
}

/** Options as data: what a schema left undefined is not there. */
export const plainOptions = (options: Record<string, unknown>): BehaviourOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [name: string]: Value };
