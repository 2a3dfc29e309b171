/**
 * The task graph while it runs: nodes open when what they need is accepted, generators unfold into tasks, answers
 * are handed on, and what nobody refers to any more is let go.
 *
 * Source: protocol.md 4 (map, chain; finished tasks leave memory, their hash stays).
 */

import { assert } from "../core/assert.ts";
import { type Hash, type TaskId, taskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { encode, hash, list } from "../wire/codec.ts";
import { type Data, dataHash, type NodeSpec, type Policy, type Source, type TaskInput } from "../wire/genesis.ts";
import { decodeValue, encodeValue, type Value } from "../wire/value.ts";
import type { TaskFailure } from "./event.ts";
import { prerequisitesOf, sourcesOf } from "./graph.ts";
import { selectPath } from "./path.ts";
import type { Books, NodeState, Task } from "./state.ts";

const hashesCodec = list(hash, limits.mapItems);

/** What the graph says, computed once a job. */
export interface Graph {
  readonly specs: ReadonlyMap<string, NodeSpec>;
  /** Nodes that need a node before they open. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** Nodes whose input refers to a node's output. */
  readonly readers: ReadonlyMap<string, readonly string[]>;
  /** Skills that the job asks for. */
  readonly skills: ReadonlySet<string>;
  /** Items of a map over another node's output, decoded once: by node and hash of that output. */
  readonly items: Map<string, readonly Data[]>;
}

export function createGraph(nodes: readonly NodeSpec[]): Graph {
  const specs = new Map(nodes.map((spec) => [spec.id, spec]));
  const dependents = new Map<string, string[]>(nodes.map((spec) => [spec.id, []]));
  const readers = new Map<string, string[]>(nodes.map((spec) => [spec.id, []]));
  for (const spec of nodes) {
    for (const name of prerequisitesOf(spec)) dependents.get(name)!.push(spec.id);
    for (const name of sourcesOf(spec)) readers.get(name)!.push(spec.id);
  }
  return { specs, dependents, readers, skills: new Set(nodes.map((spec) => spec.skill)), items: new Map() };
}

export interface Rules extends Books {
  readonly graph: Graph;
  /** Nodes to look at again in this block: one of those that they need was accepted. */
  readonly toOpen: string[];
}

export const specOf = (rules: Rules, task: Pick<Task, "node">): NodeSpec => rules.graph.specs.get(task.node)!;
export const policyOf = (rules: Rules, task: Pick<Task, "node">): Policy => specOf(rules, task).policy;

/** Hash of a map's output: of the list of its items' hashes. */
export function hashOfList(hasher: Books["hasher"], hashes: readonly Hash[]): Hash {
  return hasher(encode(hashesCodec, hashes));
}

// --- opening ------------------------------------------------------------------------------------------

/** Opens every node of `toOpen` that has what it needs, and those that this opens in turn (a map of nothing is accepted at once). */
export function openNodes(rules: Rules): void {
  for (let name = rules.toOpen.pop(); name !== undefined; name = rules.toOpen.pop()) {
    const node = rules.state.nodes.get(name)!;
    const spec = rules.graph.specs.get(name)!;
    if (node.status !== "waiting" || rules.state.status.get() !== "running") continue;
    if (prerequisitesOf(spec).every((needed) => rules.state.nodes.get(needed)!.status === "accepted"))
      openNode(rules, spec, node);
  }
}

function openNode(rules: Rules, spec: NodeSpec, node: NodeState): void {
  const total = countTasks(rules, spec);
  if (typeof total === "string") {
    failJob(rules, taskId(spec.id, null), total, "");
    return;
  }
  rules.emit({ kind: "unfolded", node: spec.id, tasks: total });
  rules.state.nodes.set(spec.id, { ...node, status: "open", total });
  unfold(rules, spec);
  if (total === 0) acceptNode(rules, spec, hashOfList(rules.hasher, []));
}

function countTasks(rules: Rules, spec: NodeSpec): number | TaskFailure {
  const { generator } = spec;
  if (generator.kind === "single") return 1;
  if (generator.kind === "chain") return generator.steps;
  const items = countItems(rules, spec);
  if (typeof items === "string") return items;
  return Math.ceil(items / generator.batch);
}

function countItems(rules: Rules, spec: NodeSpec): number | TaskFailure {
  assert(spec.generator.kind === "map", "only maps have items");
  const { items } = spec.generator;
  if (items.kind === "list") return items.items.length;
  if (items.kind === "packs") return items.packs.length;
  const source = rules.state.nodes.get(items.node)!;
  if (source.shape === "list") return source.total;
  const decoded = decodeItems(rules, spec.id, items.node, items.path);
  return typeof decoded === "string" ? decoded : decoded.length;
}

/** The items of a list that a task gave as its output. */
function decodeItems(rules: Rules, node: string, source: string, path: string): readonly Data[] | TaskFailure {
  const answer = rules.state.answers.get(taskId(source, null));
  const key = `${node}\n${answer?.hash}`;
  const known = rules.graph.items.get(key);
  if (known !== undefined) return known;
  const data = answer?.data;
  if (data?.kind !== "inline") return "not-a-list"; // the ledger never reads a blob
  const decoded = decodeValue(data.bytes);
  const part: Value | undefined = decoded.ok ? selectPath(decoded.value, path) : undefined;
  if (part === undefined) return "no-such-part";
  if (!Array.isArray(part)) return "not-a-list";
  if (part.length > limits.mapItems) return "too-many-items";
  const items = part.map((item: Value): Data => ({ kind: "inline", bytes: encodeValue(item) }));
  rules.graph.items.set(key, items);
  return items;
}

/** Adds tasks of an open node while there is room: a generator has at most `limits.openUnits` open at a time. */
function unfold(rules: Rules, spec: NodeSpec): void {
  let node = rules.state.nodes.get(spec.id)!;
  const room = spec.generator.kind === "chain" ? 1 : limits.openUnits;
  while (node.unfolded < node.total && node.unfolded - node.done < room) {
    const index = spec.generator.kind === "single" ? null : node.unfolded;
    addTask(rules, spec, index);
    node = { ...node, unfolded: node.unfolded + 1 };
  }
  rules.state.nodes.set(spec.id, node);
}

function addTask(rules: Rules, spec: NodeSpec, index: number | null): void {
  const { state } = rules;
  const order = state.order.get() + 1;
  state.order.set(order);
  const id = taskId(spec.id, index);
  state.tasks.set(id, {
    id,
    node: spec.id,
    index,
    attempt: 1,
    seats: spec.policy.redundancy,
    phase: "seating",
    awards: [],
    results: [],
    failures: 0,
    tried: [],
    hedged: false,
    revealMs: 0,
    revealByMs: 0,
    order,
  });
  state.ready.add(order, id);
}

// --- inputs -------------------------------------------------------------------------------------------

const answerData = (rules: Rules, id: TaskId): Data => rules.state.answers.get(id)!.data!;

function outputsOfMap(rules: Rules, node: string, from: number, to: number): Data[] {
  const outputs: Data[] = [];
  for (let index = from; index < to; index++) outputs.push(answerData(rules, taskId(node, index)));
  return outputs;
}

function resolve(rules: Rules, source: Source): TaskInput {
  if (source.kind === "none") return { kind: "none" };
  if (source.kind === "value") return { kind: "value", data: source.data, path: "" };
  if (source.kind === "files") return source;
  const node = rules.state.nodes.get(source.node)!;
  if (node.shape === "list") return { kind: "list", items: outputsOfMap(rules, source.node, 0, node.total) };
  return { kind: "value", data: answerData(rules, taskId(source.node, null)), path: source.path };
}

/** What a worker of this task is given. */
export function inputOf(rules: Rules, task: Task): TaskInput {
  const spec = specOf(rules, task);
  const { generator } = spec;
  if (generator.kind === "single" || task.index === null) return resolve(rules, spec.input);
  if (generator.kind === "chain") {
    return task.index === 0
      ? resolve(rules, spec.input)
      : { kind: "value", data: answerData(rules, taskId(spec.id, null)), path: "" };
  }
  const from = task.index * generator.batch;
  const { items } = generator;
  if (items.kind === "packs") {
    const packs = items.packs.slice(from, from + generator.batch);
    return generator.batch === 1 ? { kind: "files", pack: packs[0]!, single: false } : { kind: "packs", packs };
  }
  const part = itemsBetween(rules, spec, from, from + generator.batch);
  return generator.batch === 1 ? { kind: "value", data: part[0]!, path: "" } : { kind: "list", items: part };
}

function itemsBetween(rules: Rules, spec: NodeSpec, from: number, to: number): readonly Data[] {
  assert(spec.generator.kind === "map" && spec.generator.items.kind !== "packs", "a map over values");
  const { items } = spec.generator;
  if (items.kind === "list") return items.items.slice(from, to);
  const source = rules.state.nodes.get(items.node)!;
  if (source.shape === "list") return outputsOfMap(rules, items.node, from, Math.min(to, source.total));
  const decoded = decodeItems(rules, spec.id, items.node, items.path);
  assert(typeof decoded !== "string", "the node would not have opened");
  return decoded.slice(from, to);
}

// --- answers ------------------------------------------------------------------------------------------

/** A task has its answer: it leaves the state; its node goes on, or is accepted. */
export function finishTask(rules: Rules, task: Task, answer: Data): void {
  const { state } = rules;
  const spec = specOf(rules, task);
  const hash = dataHash(rules.hasher, answer);
  const isItem = spec.generator.kind === "map";
  state.answers.set(isItem ? task.id : taskId(spec.id, null), { hash, data: answer });
  state.tasks.delete(task.id);
  state.ready.remove(task.order, task.id);
  const node = state.nodes.get(spec.id)!;
  state.nodes.set(spec.id, { ...node, done: node.done + 1 });
  if (node.done + 1 < node.total) {
    unfold(rules, spec);
    return;
  }
  acceptNode(rules, spec, isItem ? hashOfMap(rules, spec.id, node.total) : hash);
}

function hashOfMap(rules: Rules, node: string, total: number): Hash {
  const hashes: Hash[] = [];
  for (let index = 0; index < total; index++) hashes.push(rules.state.answers.get(taskId(node, index))!.hash);
  return hashOfList(rules.hasher, hashes);
}

function acceptNode(rules: Rules, spec: NodeSpec, answer: Hash): void {
  const { state } = rules;
  const node = state.nodes.get(spec.id)!;
  state.nodes.set(spec.id, { ...node, status: "accepted", answer });
  rules.emit({ kind: "nodeAccepted", node: spec.id, answer, shape: node.shape });
  for (const source of sourcesOf(spec)) release(rules, source);
  release(rules, spec.id);
  rules.toOpen.push(...rules.graph.dependents.get(spec.id)!);
}

/** Lets the outputs of a node go when every node that reads them is accepted. The job's result stays. */
function release(rules: Rules, name: string): void {
  const { state, graph, genesis } = rules;
  const node = state.nodes.get(name)!;
  if (name === genesis.output || node.status !== "accepted") return;
  if (!graph.readers.get(name)!.every((reader) => state.nodes.get(reader)!.status === "accepted")) return;
  if (node.shape === "list") {
    for (let index = 0; index < node.total; index++) state.answers.delete(taskId(name, index));
  } else {
    const answer = state.answers.get(taskId(name, null));
    if (answer !== undefined) state.answers.set(taskId(name, null), { ...answer, data: null });
  }
}

// --- the end ------------------------------------------------------------------------------------------

/** Ends the job: nothing is ready, leased or due any more. */
export function endJob(rules: Rules, status: "certified" | "failed" | "cancelled", reason: string): void {
  const { state, genesis } = rules;
  if (state.status.get() !== "running") return;
  const node = state.nodes.get(genesis.output)!;
  const answer = node.answer ?? rules.hasher(new Uint8Array(0));
  const event = {
    kind: "completed" as const,
    status,
    reason: reason.slice(0, 300),
    node: genesis.output,
    answer,
    shape: node.shape,
  };
  state.status.set(status);
  state.outcome.set(event);
  for (const [id, task] of state.tasks.sorted()) {
    for (const award of task.awards) {
      if (award.status === "live" || award.status === "sealed") {
        rules.emit({ kind: "ended", task: id, attempt: task.attempt, worker: award.worker, reason: "not-needed" });
      }
    }
    state.tasks.delete(id);
  }
  for (const item of state.ready.list()) state.ready.remove(item.at, item.name);
  for (const item of state.deadlines.list()) state.deadlines.remove(item.at, item.name);
  state.reserved.set(0);
  rules.emit(event);
}

/** A task cannot be done, so its job cannot: every failure ends in a logged one (protocol.md 4). */
export function failJob(rules: Rules, task: TaskId, reason: TaskFailure, message: string): void {
  if (rules.state.status.get() !== "running") return;
  rules.emit({ kind: "taskFailed", task, reason, message });
  endJob(rules, "failed", `task ${task}: ${reason}`);
}

export function completeIfDone(rules: Rules): void {
  const { state, genesis } = rules;
  if (state.status.get() !== "running") return;
  if (genesis.nodes.every((spec) => state.nodes.get(spec.id)!.status === "accepted")) endJob(rules, "certified", "");
}
