/**
 * The demo's job: a survey of the files of a folder. Batches of files are counted, counts are merged in groups, and
 * the report is made of the merged ones; three agents do every task.
 */

import { statSync } from "node:fs";
import type { Hash } from "../../protocol/core/ids.ts";
import { ANY_COMMITTEE } from "../../protocol/job/draft.ts";
import { DEFAULT_WINDOW_MS } from "../../protocol/job/policy.ts";
import {
  type Generator,
  NO_FLAGS,
  type NodeSpec,
  type Pack,
  type Policy,
  type Source,
} from "../../protocol/wire/genesis.ts";
import {
  asUsageError,
  type FoundFile,
  InputProblem,
  packFiles,
  planBatches,
  walkFiles,
} from "../job-file/input-files.ts";
import type { ParsedJob } from "../job-file/parse-job.ts";
import { hasher } from "../platform/crypto.ts";
import { priceOf } from "../skills/skill.ts";
import { surveySkills } from "../skills/survey.ts";

const POLICY: Policy = {
  redundancy: 3,
  redundancyMax: 7,
  accept: { kind: "majority" },
  compare: { kind: "exact" },
  flags: NO_FLAGS,
  timeoutMs: 60_000,
  retries: 10,
  priceMax: 1_000_000,
  hedge: { kind: "auto" },
};
/** Counts that one merge puts together. */
const MERGE_WIDTH = 8;
/** Batches aimed at: enough that every agent gets work, few enough that a small folder is quick. */
const BATCHES = 24;
const BATCH_FILES_MAX = 64;
const BATCH_BYTES_MAX = 2 * 1024 * 1024;
const DEADLINE_MS = 3_600_000;
interface SurveyJob {
  readonly job: ParsedJob;
  readonly files: readonly FoundFile[];
  readonly batches: number;
}

/**
 * Reads the folder, without its folders `leftOut`. Throws `usage` where it cannot be read or holds no file.
 */
export async function surveyJob(folder: string, leftOut: readonly string[] = []): Promise<SurveyJob> {
  try {
    const there = statSync(folder, { throwIfNoEntry: false });
    if (there === undefined) throw new InputProblem("there is no such folder", "check the path");
    if (there.isFile()) throw new InputProblem("it is a file", "name the folder that it is in");
    const found = await walkFiles(folder);
    const files = found.filter(({ path }) => !leftOut.some((name) => path.startsWith(`${name}/`)));
    if (files.length === 0) {
      throw new InputProblem("no file in it", "dot-folders, node_modules and links are not searched");
    }
    return await makeJob(folder, files);
  } catch (error) {
    if (error instanceof InputProblem) throw asUsageError(`--input ${folder}`, error);
    throw error;
  }
}

async function makeJob(folder: string, files: readonly FoundFile[]): Promise<SurveyJob> {
  const batchFiles = Math.min(BATCH_FILES_MAX, Math.max(1, Math.ceil(files.length / BATCHES)));
  const batches = planBatches(files, { batchFiles, batchBytes: BATCH_BYTES_MAX });
  const blobs = new Map<Hash, Uint8Array>();
  const packs: Pack[] = [];
  for (const batch of batches) {
    const bytes = await packFiles(batch);
    const hash = hasher(bytes);
    blobs.set(hash, bytes);
    packs.push({ hash, bytes: bytes.length });
  }
  const none: Source = { kind: "none" };
  const over = (items: Extract<Generator, { kind: "map" }>["items"], batch: number): Generator => ({
    kind: "map",
    items,
    batch,
  });
  const node = (id: string, skill: string, generator: Generator, input: Source = none): NodeSpec => ({
    id,
    skill,
    labels: [],
    input,
    needs: [],
    like: null,
    generator,
    policy: POLICY,
  });
  const nodes = [
    node("count", "survey.files", over({ kind: "packs", packs }, 1)),
    node("merge", "survey.merge", over({ kind: "output", node: "count", path: "" }, MERGE_WIDTH)),
    node("report", "survey.report", { kind: "single" }, { kind: "output", node: "merge", path: "" }),
  ];
  const results = (batches.length + Math.ceil(batches.length / MERGE_WIDTH) + 1) * POLICY.redundancyMax;
  const job: ParsedJob = {
    name: `survey of ${folder}`.slice(0, 60),
    nodes,
    output: "report",
    budget: results * Math.max(...surveySkills.map(priceOf)),
    deadlineMs: DEADLINE_MS,
    labels: [],
    selector: "linucb",
    windowMs: DEFAULT_WINDOW_MS,
    committee: ANY_COMMITTEE,
    tasksKnown: batches.length,
    blobs,
  };
  return { job, files, batches: batches.length };
}
