/**
 * JOB.yaml → a checked job, ready to be signed: the nodes of its genesis and the blobs to store.
 *
 * Responsible for: everything about a job file that can be known before the job runs, said in one line with
 * file, line and remedy. Keys and types are schema.ts, inputs job-inputs.ts, policies job-policy.ts; owner,
 * mesh and committee are added by whoever submits.
 */

import { dirname, resolve } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId, Hash } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { CommitteeWish, JobDraft } from "../../protocol/job/draft.ts";
import { NODE_NAME, plannedTasks, withChecks } from "../../protocol/job/graph.ts";
import { DEFAULT_WINDOW_MS } from "../../protocol/job/policy.ts";
import { DEFAULT_SELECTOR } from "../../protocol/selection/catalog.ts";
import { encode, list } from "../../protocol/wire/codec.ts";
import { type Generator, type NodeSpec, nodeSpecCodec } from "../../protocol/wire/genesis.ts";
import { isAgentId } from "../platform/crypto.ts";
import { acceptanceProblem } from "../platform/files/acceptance.ts";
import { type Path, readTextFile } from "../platform/files/file-error.ts";
import { hedgeProblem } from "../platform/files/hedge.ts";
import { parseWith, parseYaml, type YamlSource } from "../platform/files/yaml-source.ts";
import { suggest } from "../platform/text/nearest.ts";
import { type Nameable, pickOne } from "../platform/text/pick-one.ts";
import { formatCredits } from "../platform/text/quantities.ts";
import { BUILT_IN_EMBEDDER, type Embedder } from "../search/embedder.ts";
import { InputProblem } from "./input-files.ts";
import { findCycle, type Reference } from "./job-graph.ts";
import { JobInputs } from "./job-inputs.ts";
import { completePolicy, overlayPolicy } from "./job-policy.ts";
import { type OutputJsonSchema, outputProblem } from "./known-outputs.ts";
import { createJobFileSchema, type JobFile, type TaskFile } from "./schema.ts";
import { skillOf } from "./task-skill.ts";

const DEFAULT_DEADLINE_MS = 5 * 60_000;
/** A wide job gets more time by default: this many ms for each task beyond the first 1,000. */
const DEADLINE_TASKS = 1_000;
const DEADLINE_MS_PER_TASK = 100;

/** Where a job file names none. `tasks`: those that are known to come. */
const defaultDeadlineMs = (tasks: number): number =>
  DEFAULT_DEADLINE_MS + DEADLINE_MS_PER_TASK * Math.max(0, tasks - DEADLINE_TASKS);
export const WINDOW_MIN_MS = 10;
/** What a genesis holds beside its nodes, bytes at most: names, committee, standbys. */
const GENESIS_REST_BYTES = 64 * 1024;

export interface ParsedJob extends JobDraft {
  /** Tasks that are known to come; those of a map over another task's output are not. */
  readonly tasksKnown: number;
  /** To be in the submitter's blob store before it submits. */
  readonly blobs: ReadonlyMap<Hash, Uint8Array>;
}

interface ParseOptions {
  /** How the file is called in messages. */
  readonly file: string;
  /** What paths in it are relative to. */
  readonly directory: string;
  /** Skills that the mesh offers with their lowest price, micro-credits; unknown unless given. */
  readonly prices?: ReadonlyMap<string, number>;
  /** JSON Schemas of their outputs by skill, where they are known. */
  readonly outputs?: ReadonlyMap<string, OutputJsonSchema>;
  /** The agents of the mesh, where they are known: a committee may name them as people do. */
  readonly agents?: readonly Nameable[];
  /** The mesh's, for tasks that ask in words. Default: the built-in one. */
  readonly embedder?: Embedder;
  /** Names of selectors beside the built-in ones, as `createNode({ selectors })` brings them. */
  readonly selectors?: readonly string[];
}

export async function readJobFile(
  file: string,
  options: Omit<ParseOptions, "file" | "directory"> = {},
): Promise<ParsedJob> {
  return parseJob(await readTextFile(file), { ...options, file, directory: dirname(resolve(file)) });
}

/** Throws a MeshworkError about the first problem. */
export async function parseJob(text: string, options: ParseOptions): Promise<ParsedJob> {
  const { embedder = BUILT_IN_EMBEDDER } = options;
  const source = parseYaml(options.file, text);
  checkNoOracle(source);
  const job = parseWith(source, createJobFileSchema(options.selectors));
  const ids = taskIds(source);
  const inputs = new JobInputs(options.directory);
  if (job.window !== undefined && job.window < WINDOW_MIN_MS) {
    throw source.error(["window"], `a window of ${job.window} ms is too short`, `take ${WINDOW_MIN_MS}ms or more`);
  }
  const nodes: NodeSpec[] = [];
  for (const id of ids) nodes.push(await parseTask(source, job, id, { inputs, embedder }));
  checkGraph(source, job, nodes);
  checkSize(source, nodes);
  if (options.prices !== undefined) checkPrices(source, job, nodes, options.prices);
  checkOutputs(source, job, nodes, options.outputs ?? new Map());
  const committee = committeeOf(source, job, options);
  const tasksKnown = nodes.reduce((sum, node) => sum + tasksOf(node), 0);
  return {
    name: job.name,
    nodes,
    output: job.output,
    budget: job.budget,
    deadlineMs: job.deadline ?? defaultDeadlineMs(tasksKnown),
    labels: job.labels ?? [],
    selector: job.selector ?? DEFAULT_SELECTOR,
    windowMs: job.window ?? DEFAULT_WINDOW_MS,
    redact: job.redact ?? false,
    committee,
    tasksKnown,
    blobs: inputs.blobs,
  };
}

function committeeOf(source: YamlSource, { committee, strangers }: JobFile, { agents }: ParseOptions): CommitteeWish {
  if (typeof committee !== "object") {
    checkCommitteeSize(source, committee ?? null);
    return { kind: "drawn", size: committee ?? null, standbysMax: null, ...(strangers === true && { strangers }) };
  }
  if (strangers !== undefined)
    throw source.error(
      ["strangers"],
      "strangers are for committees that are drawn, and this one is named",
      "leave it out",
    );
  const members = checkCommittee(source, membersNamed(source, committee, agents));
  checkCommitteeSize(source, members.length);
  return { kind: "named", members: members.map((agent) => ({ agent, power: 1 })), standbys: [] };
}

/** Scenarios have a selector that job files cannot have: one that knows what nobody knows. */
function checkNoOracle(source: YamlSource): void {
  if ((source.value as { readonly selector?: unknown } | null)?.selector !== "oracle") return;
  const what = 'the selector "oracle" knows every agent\'s true chances: it exists in simulations only';
  throw source.error(["selector"], what, "take linucb, or leave selector out");
}

/** Read from the file itself: a schema's record drops `__proto__`, and a task must never vanish in silence. */
function taskIds(source: YamlSource): readonly string[] {
  const ids = Object.keys((source.value as { readonly tasks: object }).tasks);
  const wrong = ids.find((id) => !NODE_NAME.test(id));
  if (wrong !== undefined) throw source.error(["tasks", wrong], `"${wrong}" is no name for a task`, "rename it");
  if (ids.length === 0) throw source.error(["tasks"], "the job has no tasks", "add one under tasks");
  if (ids.length > limits.nodes) {
    throw source.error(["tasks"], `${ids.length} tasks, at most ${limits.nodes} are allowed`, "use map or chain");
  }
  return ids;
}

async function parseTask(
  source: YamlSource,
  job: JobFile,
  id: string,
  { inputs, embedder }: { readonly inputs: JobInputs; readonly embedder: Embedder },
): Promise<NodeSpec> {
  const task = job.tasks[id]!;
  const at: Path = ["tasks", id];
  if (task.map !== undefined && task.chain !== undefined) {
    throw source.error([...at, "chain"], `task "${id}" has both map and chain`, "make it two tasks");
  }
  if (task.map !== undefined && task.input !== undefined) {
    throw source.error(
      [...at, "input"],
      `task "${id}" has both input and map`,
      "each item of a map is an input: remove one",
    );
  }
  const policy = completePolicy(overlayPolicy(job.policy ?? {}, task.policy ?? {}), job.budget);
  const problem = acceptanceProblem(policy) ?? hedgeProblem(policy);
  if (problem !== null)
    throw source.error(policyPath(job, id, problem.key), `task "${id}": ${problem.what}`, problem.remedy);
  return {
    id,
    ...(await skillOf(source, id, task, embedder)),
    labels: task.labels ?? [],
    input: await located(source, [...at, "input"], id, () => inputs.source(task.input)),
    needs: [...new Set(task.needs ?? [])],
    generator: await parseGenerator(source, at, id, task, inputs),
    policy,
  };
}

/** Where the file says this of a task's policy. */
function policyPath({ policy, tasks }: JobFile, id: string, key: string): Path {
  const own = tasks[id]!.policy;
  return (own !== undefined && key in own) || policy === undefined ? ["tasks", id, "policy", key] : ["policy", key];
}

async function parseGenerator(
  source: YamlSource,
  at: Path,
  id: string,
  task: TaskFile,
  inputs: JobInputs,
): Promise<Generator> {
  const { map, chain } = task;
  if (chain !== undefined) return { kind: "chain", steps: chain.steps };
  if (map === undefined) return { kind: "single" };
  const { over, batch = 1 } = map;
  const items = await located(source, [...at, "map", "over"], id, () => inputs.items(over, batch));
  return { kind: "map", items, batch };
}

/** Gives a problem with an input the line that asked for it. */
async function located<T>(source: YamlSource, path: Path, id: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InputProblem) throw source.error(path, `task "${id}": ${error.message}`, error.remedy);
    throw error;
  }
}

// --- what the parts mean together ---------------------------------------------------------------------

function referencesOf(job: JobFile, nodes: readonly NodeSpec[]): Reference[] {
  const references: Reference[] = [];
  for (const { id, input, generator } of nodes) {
    if (input.kind === "output") references.push({ from: input.node, to: id, path: ["tasks", id, "input", "from"] });
    if (generator.kind === "map" && generator.items.kind === "output") {
      references.push({ from: generator.items.node, to: id, path: ["tasks", id, "map", "over", "from"] });
    }
    const needs = job.tasks[id]!.needs ?? [];
    for (const [i, from] of needs.entries()) references.push({ from, to: id, path: ["tasks", id, "needs", i] });
  }
  return references;
}

function checkGraph(source: YamlSource, job: JobFile, nodes: readonly NodeSpec[]): void {
  const ids = nodes.map((node) => node.id);
  const known = new Set(ids);
  const maps = new Set(nodes.filter((node) => node.generator.kind === "map").map((node) => node.id));
  const references = referencesOf(job, nodes);
  for (const { from, to, path } of references) {
    if (!known.has(from)) {
      throw source.error(path, `task "${to}" needs "${from}", which does not exist`, suggest(from, ids));
    }
  }
  for (const { id, input, generator } of nodes) {
    for (const part of [input, generator.kind === "map" ? generator.items : null]) {
      if (part?.kind !== "output" || part.path === "" || !maps.has(part.node)) continue;
      const what = `task "${id}" takes a part of "${part.node}", which is a map: its output is the list of all its outputs`;
      throw source.error(["tasks", id], what, "take the whole, and the part in another task");
    }
  }
  if (!known.has(job.output)) {
    throw source.error(["output"], `the output "${job.output}" is no task`, suggest(job.output, ids));
  }
  const cycle = findCycle(ids, references);
  if (cycle !== null) {
    const first = cycle[0]!;
    const route = [first.to, ...cycle.map((reference) => reference.from)];
    const shown = route.length > 8 ? [...route.slice(0, 6), "…", first.to] : route;
    throw source.error(first.path, `the tasks need each other in a cycle: ${shown.join(" → ")}`, "remove one of these");
  }
}

function checkSize(source: YamlSource, nodes: readonly NodeSpec[]): void {
  const bytes = encode(list(nodeSpecCodec, limits.nodes), nodes).length;
  const most = limits.genesisBytes - GENESIS_REST_BYTES;
  if (bytes <= most) return;
  const what = `the tasks take ${bytes} bytes, at most ${most} fit a job`;
  throw source.error(["tasks"], what, "raise batchFiles, put large inputs into files, or make several jobs");
}

/** Tasks that a node surely unfolds into. A map over an output may turn out empty. */
const tasksOf = (node: Pick<NodeSpec, "generator">): number => plannedTasks(node) ?? 0;

function checkPrices(
  source: YamlSource,
  job: JobFile,
  nodes: readonly NodeSpec[],
  prices: ReadonlyMap<string, number>,
): void {
  let least = 0;
  const ofTask = nodes.flatMap((node) =>
    withChecks([node]).map((spec) => ({ ...spec, id: node.id, tasks: tasksOf(node) })),
  );
  for (const { id, skill, like, policy, tasks } of ofTask) {
    if (like !== null) continue; // who will offer, and for how much, is not known
    const price = prices.get(skill);
    const at: Path = ["tasks", id, "skill"];
    if (price === undefined) {
      throw source.error(at, `task "${id}": no agent offers the skill "${skill}"`, suggest(skill, prices.keys()));
    }
    if (price > policy.priceMax) {
      const what = `task "${id}": "${skill}" costs ${formatCredits(price)} credits at least, more than its priceMax or the budget`;
      throw source.error(at, what, `allow at least ${formatCredits(price)}`);
    }
    least += price * policy.redundancy * tasks;
  }
  if (least > job.budget) {
    const what = `a budget of ${formatCredits(job.budget)} credits cannot suffice: the tasks cost ${formatCredits(least)} at least`;
    throw source.error(["budget"], what, `raise it to ${formatCredits(least)} or more, or lower the redundancy`);
  }
}

function checkOutputs(
  source: YamlSource,
  job: JobFile,
  nodes: readonly NodeSpec[],
  outputs: ReadonlyMap<string, OutputJsonSchema>,
): void {
  for (const { id, skill, like, policy } of nodes) {
    const schema = like === null ? outputs.get(skill) : undefined;
    const problem = schema === undefined ? null : outputProblem(schema, policy);
    if (problem === null) continue;
    const key = policy.compare.kind === "exact" ? "flags" : "compare";
    throw source.error(policyPath(job, id, key), `task "${id}": of "${skill}" ${problem.what}`, problem.remedy);
  }
}

function checkCommitteeSize(source: YamlSource, size: number | null): void {
  if (size === 2 || size === 3) {
    throw source.error(["committee"], `a committee of ${size} is no safer than one of 1`, "take 1, or 4 and more");
  }
}

/** The members that a file names by id, by the beginning of one, or by name. Without a mesh at hand, the list as it stands. */
function membersNamed(
  source: YamlSource,
  given: readonly string[],
  agents: readonly Nameable[] | undefined,
): readonly string[] {
  if (agents === undefined) return given;
  return given.map((name, i) => {
    try {
      return isAgentId(name) ? name : pickOne("agent", name, agents).id;
    } catch (error) {
      if (error instanceof MeshworkError) throw source.error(["committee", i], error.message, error.remedy);
      throw error;
    }
  });
}

function checkCommittee(source: YamlSource, agents: readonly string[]): readonly AgentId[] {
  const twice = agents.findIndex((agent, i) => agents.indexOf(agent) !== i);
  if (twice >= 0) throw source.error(["committee", twice], `agent ${agents[twice]} is named twice`, "name it once");
  return agents as readonly AgentId[];
}
