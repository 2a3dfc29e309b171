/**
 * The task graph while it runs: nodes open when what they need is accepted, generators unfold into tasks, answers
 * move to the tasks that need them, and answers that nothing refers to any more are dropped.
 *
 * Source: protocol.md 4 (map, chain; finished tasks leave memory, their hash stays).
 */

import { assert } from "../core/assert.ts";
import { clip } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import { type AgentId, type Hash, type TaskId, taskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { hash, hashOf, list } from "../wire/codec.ts";
import { type Data, dataHash, type NodeSpec, type PlainInput, type Source, type TaskInput } from "../wire/genesis.ts";
import { decodeValue, encodeValue, type Value } from "../wire/value.ts";
import { selectPath } from "../wire/value-path.ts";
import type { TaskFailure } from "./event.ts";
import { sourcesOf } from "./graph.ts";
import type { Answer, NodeState, Task } from "./state.ts";
import { endSurplusOf } from "./surplus.ts";
import { nextOrder, type Transaction } from "./transaction.ts";
import { candidateOf, checkedBy, isCheck } from "./verification.ts";
import { type LedgerView, specOf } from "./view.ts";

/** Decoded lists that are kept: one a map that is under way is usual. */
const LISTS_KEPT = 16;
/** What an answer takes in memory besides its data, about. */
const ANSWER_BYTES = 512;
const hashesCodec = list(hash, limits.mapItems);

/** Hash of a map's output: of the list of its items' hashes. */
export function hashOfList(hasher: Hasher, hashes: readonly Hash[]): Hash {
  return hashOf(hasher, hashesCodec, hashes);
}

// --- opening ------------------------------------------------------------------------------------------

/** Opens every node of `toOpen`, and those that this opens in turn (a map of nothing is accepted at once). */
export function openNodes(tx: Transaction): void {
  for (let name = tx.toOpen.pop(); name !== undefined; name = tx.toOpen.pop()) {
    if (tx.state.status.get() !== "running") return;
    openNode(tx, tx.graph.specs.get(name)!, tx.state.nodes.get(name)!);
  }
}

function openNode(tx: Transaction, spec: NodeSpec, node: NodeState): void {
  const total = countTasks(tx, spec);
  if (typeof total === "string") {
    failJob(tx, taskId(spec.id, null), total, "");
    return;
  }
  tx.emit({ kind: "unfolded", node: spec.id, tasks: total });
  const order = nextOrder(tx);
  tx.state.nodes.set(spec.id, { ...node, status: "open", total, order });
  if (total === 0) acceptNode(tx, spec, hashOfList(tx.hasher, []));
  else tx.state.unfolding.add(order, spec.id);
}

function countTasks(view: LedgerView, spec: NodeSpec): number | TaskFailure {
  const { generator } = spec;
  if (generator.kind === "single") return 1;
  if (generator.kind === "chain") return generator.steps;
  const items = countItems(view, spec);
  if (typeof items === "string") return items;
  return Math.ceil(items / generator.batch);
}

function countItems(view: LedgerView, spec: NodeSpec): number | TaskFailure {
  assert(spec.generator.kind === "map", "only maps have items");
  const { items } = spec.generator;
  if (items.kind === "list") return items.items.length;
  if (items.kind === "packs") return items.packs.length;
  if (items.kind === "parts") return items.count;
  const source = view.state.nodes.get(items.node)!;
  if (source.shape === "list") return source.total;
  const decoded = decodeItems(view, items.node, items.path);
  return typeof decoded === "string" ? decoded : decoded.length;
}

/** The items of a list that a task gave as its output. */
function decodeItems(view: LedgerView, source: string, path: string): readonly Data[] | TaskFailure {
  const answer = view.state.answers.get(taskId(source, null));
  const { items: cache } = view.graph;
  const key = `${answer?.hash} ${path}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const data = answer?.data;
  if (data?.kind !== "inline") return "not-a-list"; // the ledger never reads a blob
  const decoded = decodeValue(data.bytes);
  const part: Value | undefined = decoded.ok ? selectPath(decoded.value, path) : undefined;
  if (part === undefined) return "no-such-part";
  if (!Array.isArray(part)) return "not-a-list";
  if (part.length > limits.mapItems) return "too-many-items";
  const items = part.map((item: Value): Data => ({ kind: "inline", bytes: encodeValue(item) }));
  if (cache.size >= LISTS_KEPT) cache.delete(cache.keys().next().value!);
  cache.set(key, items);
  return items;
}

/** Adds tasks of open nodes while there is room: for each generator, and for the job. */
export function unfoldNodes(tx: Transaction): void {
  const { state } = tx;
  for (const { value } of state.unfolding.list()) {
    const room = limits.openTasks - state.tasks.size;
    if (room <= 0) return;
    unfold(tx, tx.graph.specs.get(value)!, room);
  }
}

function unfold(tx: Transaction, spec: NodeSpec, roomOfJob: number): void {
  const node = tx.state.nodes.get(spec.id)!;
  const atOnce = spec.generator.kind === "chain" ? 1 : limits.openUnits;
  const room = Math.min(roomOfJob, atOnce - (node.unfolded - node.done));
  const unfolded = Math.min(node.total, node.unfolded + room);
  for (let index = node.unfolded; index < unfolded; index++)
    addTask(tx, spec, spec.generator.kind === "single" ? null : index);
  tx.state.nodes.set(spec.id, { ...node, unfolded });
  if (unfolded === node.total) tx.state.unfolding.remove(node.order, spec.id);
}

function addTask(tx: Transaction, spec: NodeSpec, index: number | null): void {
  const { state } = tx;
  const order = nextOrder(tx);
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
    invalid: { by: [], why: "" },
    hedged: false,
    revealMs: 0,
    revealByMs: 0,
    order,
    candidate: null,
    refuted: [],
    checks: 0,
    barred: [],
  });
  state.ready.add(order, id);
}

// --- inputs -------------------------------------------------------------------------------------------

const answerData = (view: LedgerView, id: TaskId): Data => view.state.answers.get(id)!.data!;

function outputsOfMap(view: LedgerView, node: string, from: number, to: number): Data[] {
  const outputs: Data[] = [];
  for (let index = from; index < to; index++) outputs.push(answerData(view, taskId(node, index)));
  return outputs;
}

function resolve(view: LedgerView, source: Source): PlainInput {
  if (source.kind === "none") return { kind: "none" };
  if (source.kind === "value") return { kind: "value", data: source.data, path: "" };
  if (source.kind === "files") return source;
  const node = view.state.nodes.get(source.node)!;
  if (node.shape === "list") return { kind: "list", items: outputsOfMap(view, source.node, 0, node.total) };
  return { kind: "value", data: answerData(view, taskId(source.node, null)), path: source.path };
}

/** What a worker of this task is given. */
export function inputOf(view: LedgerView, task: Task): TaskInput {
  if (!isCheck(task)) return plainInputOf(view, task);
  const checked = checkedBy(view, task);
  return { kind: "check", input: plainInputOf(view, checked), output: candidateOf(checked) };
}

function plainInputOf(view: LedgerView, task: Task): PlainInput {
  const spec = specOf(view, task);
  const { generator } = spec;
  if (generator.kind === "single" || task.index === null) return resolve(view, spec.input);
  if (generator.kind === "chain") {
    return task.index === 0
      ? resolve(view, spec.input)
      : { kind: "value", data: answerData(view, taskId(spec.id, null)), path: "" };
  }
  const from = task.index * generator.batch;
  const { items } = generator;
  if (items.kind === "packs") {
    const packs = items.packs.slice(from, from + generator.batch);
    return generator.batch === 1 ? { kind: "files", pack: packs[0]!, single: false } : { kind: "packs", packs };
  }
  if (items.kind === "parts") {
    const { count: all, each, parts } = items;
    const count = Math.min(generator.batch, all - from);
    return {
      kind: "part",
      part: parts[Math.floor(from / each)]!,
      from: from % each,
      count,
      single: generator.batch === 1,
    };
  }
  const part = itemsBetween(view, spec, from, from + generator.batch);
  return generator.batch === 1 ? { kind: "value", data: part[0]!, path: "" } : { kind: "list", items: part };
}

function itemsBetween(view: LedgerView, spec: NodeSpec, from: number, to: number): readonly Data[] {
  assert(spec.generator.kind === "map", "a map over values");
  const { items } = spec.generator;
  if (items.kind === "list") return items.items.slice(from, to);
  assert(items.kind === "output", "files and parts are read by workers only");
  const source = view.state.nodes.get(items.node)!;
  if (source.shape === "list") return outputsOfMap(view, items.node, from, Math.min(to, source.total));
  const decoded = decodeItems(view, items.node, items.path);
  assert(typeof decoded !== "string", "the node would not have opened");
  return decoded.slice(from, to);
}

// --- answers ------------------------------------------------------------------------------------------

/** A task has its answer: it leaves the state; its node continues, or is accepted. */
export function finishTask(tx: Transaction, task: Task, answer: Data, givers: readonly AgentId[]): void {
  const { state } = tx;
  const spec = specOf(tx, task);
  const answerHash = dataHash(tx.hasher, answer);
  const isItem = spec.generator.kind === "map";
  hold(tx, isItem ? task.id : taskId(spec.id, null), {
    hash: answerHash,
    data: answer,
    givers: answer.kind === "blob" ? givers : [],
  });
  state.tasks.delete(task.id);
  state.ready.remove(task.order, task.id);
  const node = state.nodes.get(spec.id)!;
  state.nodes.set(spec.id, { ...node, done: node.done + 1 });
  if (node.done + 1 === node.total) acceptNode(tx, spec, isItem ? hashOfMap(tx, spec.id, node.total) : answerHash);
  if (state.heldBytes.get() > limits.heldBytes)
    failJob(tx, task.id, "too-much-data", `answers that are still to be read take more than ${limits.heldBytes} bytes`);
}

const bytesHeld = (answer: Answer | undefined): number =>
  answer === undefined ? 0 : ANSWER_BYTES + (answer.data?.kind === "inline" ? answer.data.bytes.length : 0);

/** Puts an answer into the state, or takes it out, and keeps count of what they take. */
function hold({ state }: Transaction, id: TaskId, answer: Answer | undefined): void {
  const before = state.answers.get(id);
  state.heldBytes.set(state.heldBytes.get() + bytesHeld(answer) - bytesHeld(before));
  if (answer === undefined) state.answers.delete(id);
  else state.answers.set(id, answer);
}

function hashOfMap(view: LedgerView, node: string, total: number): Hash {
  const hashes: Hash[] = [];
  for (let index = 0; index < total; index++) hashes.push(view.state.answers.get(taskId(node, index))!.hash);
  return hashOfList(view.hasher, hashes);
}

function acceptNode(tx: Transaction, spec: NodeSpec, answer: Hash): void {
  const { state } = tx;
  const node = state.nodes.get(spec.id)!;
  state.nodes.set(spec.id, { ...node, status: "accepted", answer });
  tx.emit({ kind: "nodeAccepted", node: spec.id, answer, shape: node.shape });
  for (const source of sourcesOf(spec)) {
    const read = state.nodes.get(source)!;
    state.nodes.set(source, { ...read, unread: read.unread - 1 });
    release(tx, source);
  }
  release(tx, spec.id);
  for (const name of tx.graph.dependents.get(spec.id)!) {
    const dependent = state.nodes.get(name)!;
    state.nodes.set(name, { ...dependent, unmet: dependent.unmet - 1 });
    if (dependent.unmet === 1) tx.toOpen.push(name);
  }
}

/** Lets the outputs of a node go when every node that reads them is accepted. The job's result stays. */
function release(tx: Transaction, name: string): void {
  const { state, genesis } = tx;
  const node = state.nodes.get(name)!;
  if (name === genesis.output || node.status !== "accepted" || node.unread > 0) return;
  if (node.shape === "list") {
    for (let index = 0; index < node.total; index++) hold(tx, taskId(name, index), undefined);
  } else {
    const answer = state.answers.get(taskId(name, null));
    if (answer !== undefined) hold(tx, taskId(name, null), { ...answer, data: null });
  }
}

// --- the end ------------------------------------------------------------------------------------------

/** Ends the job: nothing is ready, leased or due any more. */
export function endJob(tx: Transaction, status: "certified" | "failed" | "cancelled", reason: string): void {
  const { state, genesis } = tx;
  if (state.status.get() !== "running") return;
  const node = state.nodes.get(genesis.output)!;
  const answer = node.answer ?? tx.hasher(new Uint8Array(0));
  const event = {
    kind: "completed" as const,
    status,
    reason: clip(reason, limits.textBytes),
    node: genesis.output,
    answer,
    shape: node.shape,
    unproven: state.unproven.get(),
  };
  state.status.set(status);
  state.outcome.set(event);
  for (const [id, task] of state.tasks.sorted()) {
    for (const award of task.awards) {
      if (award.status === "live" || award.status === "sealed") {
        const { worker, serial } = award;
        tx.emit({ kind: "ended", task: id, attempt: task.attempt, worker, serial, reason: "not-needed" });
      }
    }
    state.tasks.delete(id);
  }
  endSurplusOf(tx, null, "late");
  for (const set of [state.unfolding, state.ready, state.deadlines]) set.clear();
  state.reserved.set(0);
  tx.emit(event);
}

/** A task cannot be done, so its job cannot: every failure ends in a logged one (protocol.md 4). */
export function failJob(tx: Transaction, task: TaskId, reason: TaskFailure, message: string): void {
  if (tx.state.status.get() !== "running") return;
  tx.emit({ kind: "taskFailed", task, reason, message: clip(message, limits.textBytes) });
  endJob(tx, "failed", `task ${task}: ${reason}${message === "" ? "" : ` (${message})`}`);
}

export function completeIfDone(tx: Transaction): void {
  const { state, genesis } = tx;
  if (state.status.get() !== "running") return;
  // Those that come last in a file mostly end last: in a long job all others need not be looked at in each block.
  for (let i = genesis.nodes.length - 1; i >= 0; i--)
    if (state.nodes.get(genesis.nodes[i]!.id)!.status !== "accepted") return;
  endJob(tx, "certified", "");
}
