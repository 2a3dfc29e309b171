/**
 * What a node knows from jobs that ended, in a file beside its key: read before each use, written after each job, so
 * that nodes of one owner that run one after the other share it. protocol/selection/knowledge.ts says what it means.
 */

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { utf8Length } from "../protocol/core/bytes.ts";
import { MeshworkError } from "../protocol/core/errors.ts";
import type { AgentId } from "../protocol/core/ids.ts";
import { limits } from "../protocol/core/limits.ts";
import type { LocalEvent } from "../protocol/effect.ts";
import { scoreJob } from "../protocol/selection/feedback.ts";
import {
  EMPTY_WORLD,
  type KnownWorld,
  type Lessons,
  merge,
  UNSCORED_MAX,
  type UnscoredJob,
  withUnscored,
} from "../protocol/selection/knowledge.ts";
import type { Selectors } from "../protocol/selection/selector.ts";
import { decodeValue, encodeValue, type Value } from "../protocol/wire/value.ts";
import { writeFileAtomic } from "./platform/files/atomic-write.ts";
import { makeFolder, PRIVATE_FILE, PRIVATE_FOLDER } from "./platform/files/private-files.ts";
import { isFileMissing, storageError } from "./platform/files/storage-error.ts";
import { withFileLock } from "./store/file-lock.ts";

export const KNOWLEDGE_FILE = "knowledge.json";
const FORMAT = "meshwork-knowledge/1";

/** Text as a genesis can carry it. */
const textOf = (bytesMax: number, isWanted: (text: string) => boolean = () => true) =>
  z
    .string()
    .min(1)
    .refine(
      (text) => utf8Length(text) >= 0 && utf8Length(text) <= bytesMax && isWanted(text), // below 0: half a character
      "no name that a job can carry",
    );
const agentText = textOf(limits.agentIdBytes, (agent) => !agent.includes("\n"));
const turns = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const answers = z.number().min(0).max(1e9);
const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  records: z.array(
    z.strictObject({
      agent: agentText,
      skill: textOf(limits.nameBytes),
      accepted: answers,
      rejected: answers,
      stated: z
        .array(z.strictObject({ accepted: answers, rejected: answers, stated: answers }))
        .length(limits.confidenceBins)
        .optional(),
      owner: agentText.optional(),
    }),
  ),
  /** Absent in files of earlier versions. */
  hosts: z
    .array(
      z.strictObject({
        owner: agentText.optional(),
        agent: agentText,
        kept: turns,
        lost: turns,
        power: z.int().min(1).max(limits.power),
        equivocated: z.boolean(),
        sinceMs: z.number(),
        days: z.int().min(0),
        lastDay: z.int(),
        knownSinceMs: z.number().nullable(),
        origin: z.string().max(64),
      }),
    )
    .default([]),
  learned: z.record(z.string(), z.json()),
  seen: z.record(z.string(), z.strictObject({ name: z.string(), mesh: z.string(), atMs: z.number() })).optional(),
  unscored: z
    .array(
      z.strictObject({
        job: textOf(64),
        selector: textOf(limits.nameBytes),
        credits: z.array(
          z.strictObject({
            agent: textOf(limits.agentIdBytes),
            skill: textOf(limits.nameBytes),
            share: z.number().min(0).max(1),
            context: z.array(z.number()).max(64),
            tookMs: z.number().min(0),
            targetMs: z.number().min(1),
          }),
        ),
      }),
    )
    .default([]),
});

/** The knowledge as text, for people and files, with what a selector learned as plain data. */
export function knowledgeText({ records, hosts, learned, unscored, seen }: KnownWorld): string {
  const states = Object.entries(learned).map(([name, bytes]) => {
    const decoded = decodeValue(bytes);
    return [name, decoded.ok ? decoded.value : null] as const;
  });
  const document = { format: FORMAT, records, hosts, seen, learned: Object.fromEntries(states), unscored };
  return `${JSON.stringify(document, null, 1)}\n`;
}

const badFile = (what: string): MeshworkError =>
  new MeshworkError("invalid-file", what, "give a file that knowledge export wrote");

/** Throws `invalid-file` where the text is no knowledge; `file` is how it is called. */
export function parseKnowledge(text: string, file: string): KnownWorld {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw badFile(`${file} is not JSON`);
  }
  const parsed = safeParse(given, file);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join(".") ?? "";
    throw badFile(`${file} is no knowledge${where === "" ? "" : ` (at ${where})`}: ${issue?.message ?? ""}`);
  }
  const { records, hosts, learned, unscored, seen } = parsed.data;
  const pairs = new Set<string>();
  for (const { agent, skill, owner } of records) {
    const pair = JSON.stringify([agent, skill, owner]);
    // A genesis with such knowledge is one that nobody takes.
    if (pairs.has(pair)) throw badFile(`${file} is no knowledge: it says twice what is known of ${agent} and ${skill}`);
    pairs.add(pair);
  }
  const met = new Set<string>();
  for (const { agent, owner } of hosts) {
    const pair = JSON.stringify([agent, owner]);
    if (met.has(pair)) throw badFile(`${file} is no knowledge: it says twice how ${agent} hosted jobs`);
    met.add(pair);
  }
  return {
    records: records.map(({ owner, agent, stated, ...answered }) => ({
      ...(owner !== undefined && { owner: owner as AgentId }),
      agent: agent as AgentId,
      ...answered,
      ...(stated !== undefined && { stated }),
    })),
    learned: Object.fromEntries(
      Object.entries(learned).map(([name, state]) => [name, encodeState(state as Value, file)] as const),
    ),
    unscored: unscored as unknown as KnownWorld["unscored"],
    hosts: hosts as unknown as KnownWorld["hosts"],
    ...(seen !== undefined && { seen }),
  };
}

/** A file that is nested deeper than any state overflows the stack of whatever walks it. */
function safeParse(given: unknown, file: string): ReturnType<typeof fileSchema.safeParse> {
  try {
    return fileSchema.safeParse(given);
  } catch {
    throw badFile(`${file} is no knowledge: it is nested too deeply`);
  }
}

function encodeState(state: Value, file: string): Uint8Array {
  try {
    return encodeValue(state);
  } catch (error) {
    throw badFile(`${file} is no knowledge: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Nothing, where there is no such file. Throws `storage` where it cannot be read, `invalid-file` where it is damaged. */
export function readKnowledge(path: string): KnownWorld {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isFileMissing(error)) return EMPTY_WORLD;
    throw storageError(`${path} cannot be read`, error);
  }
  return parseKnowledge(text, path);
}

export const writeKnowledge = (path: string, world: KnownWorld): void =>
  writeFileAtomic(path, knowledgeText(world), PRIVATE_FILE);

/** Changes the file atomically: if two processes do it at the same time, neither loses what the other wrote. */
function changeKnowledge(path: string, change: (known: KnownWorld) => KnownWorld): KnownWorld {
  makeFolder(dirname(path), PRIVATE_FOLDER);
  return withFileLock(path, () => {
    const changed = change(readKnowledge(path));
    writeKnowledge(path, changed);
    return changed;
  });
}

/** Writes `world` to the file and returns null. If the file holds knowledge, returns that instead, unless `replaces`. */
export function importKnowledge(path: string, world: KnownWorld, replaces: boolean): KnownWorld | null {
  makeFolder(dirname(path), PRIVATE_FOLDER);
  return withFileLock(path, () => {
    // A file that is to be replaced is not read: it may be damaged, and replacing it is the remedy.
    const known = replaces ? EMPTY_WORLD : readKnowledge(path);
    if (known.records.length + known.hosts.length > 0) return known;
    writeKnowledge(path, world);
    return null;
  });
}

interface KnowledgeOptions {
  /** If null, the knowledge stays in memory while the node runs. */
  readonly path: string | null;
  /** Null: nobody, no job teaches it. */
  readonly self: AgentId | null;
  /** Other owners whose jobs teach this node too. */
  readonly trusted: ReadonlySet<AgentId>;
  /** The mesh whose jobs teach it. */
  readonly mesh?: string;
}

/** Notes the names of the agents that a job was about, and forgets the names of agents that nothing is known about. */
function withSeen(
  world: KnownWorld,
  { records, hosts }: Lessons,
  names: ReadonlyMap<AgentId, string>,
  mesh: string,
): KnownWorld {
  const atMs = Date.now();
  const seen = new Map(Object.entries(world.seen ?? {}));
  for (const { agent } of [...records, ...hosts])
    seen.set(agent, { name: names.get(agent) ?? seen.get(agent)?.name ?? "", mesh, atMs });
  const known = new Set<string>([...world.records, ...world.hosts].map(({ agent }) => agent));
  return { ...world, seen: Object.fromEntries([...seen].filter(([agent]) => known.has(agent))) };
}

export class NodeKnowledge {
  readonly #options: KnowledgeOptions;
  #world: KnownWorld = EMPTY_WORLD;

  constructor(options: KnowledgeOptions) {
    this.#options = options;
  }

  get world(): KnownWorld {
    const { path } = this.#options;
    return path === null ? this.#world : readKnowledge(path);
  }

  /** A job ended. */
  onTaught({ job, owner, lessons, names, origins }: Omit<Extract<LocalEvent, { kind: "taught" }>, "kind">): void {
    const { self, trusted, mesh = "" } = this.#options;
    const learn = (known: KnownWorld, by: AgentId | null): KnownWorld =>
      withSeen(merge(known, lessons, by, { nowMs: Date.now(), origins }), lessons, names, mesh);
    if (owner === self) this.#change((known) => withUnscored(learn(known, null), job, lessons));
    else if (trusted.has(owner)) this.#change((known) => learn(known, owner));
  }

  /** The owner's word on one of its results. Throws `refused` where no such job waits for it. */
  score(job: string, score: number, selectors: Selectors): UnscoredJob {
    let scored: UnscoredJob | undefined;
    this.#change((known) => {
      scored = known.unscored.find((one) => one.job === job);
      const changed = scoreJob(known, job, score, selectors);
      if (changed !== null) return changed;
      const remedy = `jobs of this owner whose end it saw (submit --wait) can be scored once, the newest ${UNSCORED_MAX} of them`;
      throw new MeshworkError("refused", `no result of job ${job} waits for a score`, remedy);
    });
    return scored!;
  }

  #change(change: (known: KnownWorld) => KnownWorld): void {
    const { path } = this.#options;
    if (path === null) this.#world = change(this.#world);
    else changeKnowledge(path, change);
  }
}
