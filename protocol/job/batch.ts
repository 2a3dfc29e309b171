/**
 * A task's batch: awards that end, seals, the opening, reveals, the tally, and what they cost and earn.
 *
 * Source: protocol.md 6 (leases, hedges, payment), 7 (sealed results in batches).
 */

import type { Output } from "../answer/comparator.ts";
import { type Tally, tally } from "../answer/rules.ts";
import { assert } from "../core/assert.ts";
import type { AgentId, Hash } from "../core/ids.ts";
import type { Data } from "../wire/genesis.ts";
import type { EndReason, TaskFailure } from "./event.ts";
import { isOwnWord, learnFromAnswer, learnFromEnd } from "./lessons.ts";
import { failJob, finishTask, policyOf, type Rules, specOf } from "./nodes.ts";
import { isSealed, minimumResults, REVEAL_MS, REVEAL_MS_PER_MIB } from "./policy.ts";
import {
  type Award,
  type Books,
  isNewcomer,
  noteAnswer,
  noteLease,
  type Task,
  updateAgent,
  updateRecord,
} from "./state.ts";
import { keepSurplus, payUnread } from "./surplus.ts";

// --- deadlines of a task ------------------------------------------------------------------------------

export const leaseDeadline = (task: Task, worker: AgentId): string => `lease|${task.id}|${worker}`;
export const hedgeDeadline = (task: Task, worker: AgentId): string => `hedge|${task.id}|${worker}`;
export const REVEAL_PREFIX = "reveal|";
const revealDeadline = (task: Task): string => `${REVEAL_PREFIX}${task.id}`;

// --- reading ------------------------------------------------------------------------------------------

export const awardOf = (task: Task, worker: AgentId): Award | undefined =>
  task.awards.find((award) => award.worker === worker);

/** Seats that are neither worked on nor filled. */
export function freeSeats(task: Task): number {
  if (task.phase !== "seating") return 0;
  return Math.max(0, task.seats - task.awards.filter((award) => award.status !== "ended").length);
}

export const sealedSeats = (task: Task): number => task.awards.filter((award) => award.status === "sealed").length;

/**
 * Whether an award can still give a result: it lives, or its lease ran out, its seat is unfilled, and its price, which
 * was free to be promised to others since, is still there (protocol.md 6.6).
 */
export function canDeliver(books: Pick<Books, "state" | "genesis">, task: Task, award: Award | undefined): boolean {
  if (award === undefined || task.phase !== "seating") return false;
  if (award.status === "live") return true;
  const left = books.genesis.budget - books.state.spent.get() - books.state.reserved.get();
  return award.status === "ended" && freeSeats(task) > 0 && award.price <= left;
}

// --- writing ------------------------------------------------------------------------------------------

/** Puts a changed task back; keeps the queue of tasks with free seats in step. */
export function saveTask(rules: Rules, task: Task): void {
  rules.state.tasks.set(task.id, task);
  if (freeSeats(task) > 0) rules.state.ready.add(task.order, task.id);
  else rules.state.ready.remove(task.order, task.id);
}

function withAward(task: Task, changed: Award): Task {
  return { ...task, awards: task.awards.map((award) => (award.worker === changed.worker ? changed : award)) };
}

function dropDeadlines({ state }: Rules, task: Task, { worker, leaseEndsMs, hedgeAtMs }: Award): void {
  state.deadlines.remove(leaseEndsMs, leaseDeadline(task, worker));
  if (hedgeAtMs > 0) state.deadlines.remove(hedgeAtMs, hedgeDeadline(task, worker));
}

/** Takes a live award off the books: its deadlines, its place among the live ones. */
function unlease(rules: Rules, task: Task, award: Award): void {
  if (award.status !== "live") return;
  const { state } = rules;
  const skill = specOf(rules, task).skill;
  dropDeadlines(rules, task, award);
  updateAgent(rules, award.worker, (record) => ({ live: record.live - 1 }));
  state.liveBySkill.set(skill, { count: state.liveBySkill.get(skill)!.count - 1 });
}

function free(rules: Rules, award: Award): void {
  rules.state.reserved.set(rules.state.reserved.get() - award.price);
}

/** Ends that say that an award to this worker may bring nothing. */
const LOST: ReadonlySet<EndReason> = new Set(["timeout", "dead", "error", "crashed"]);

/** An award ends without a result; its seat is free again, its price too. */
export function endAward(rules: Rules, task: Task, worker: AgentId, reason: EndReason): Task {
  const award = awardOf(task, worker)!;
  unlease(rules, task, award);
  free(rules, award);
  rules.emit({ kind: "ended", task: task.id, attempt: task.attempt, worker, serial: award.serial, reason });
  const isFailure = !["busy", "unrevealed", "not-needed", "late"].includes(reason);
  if (reason === "timeout" || reason === "dead")
    updateAgent(rules, worker, (record) => ({ timeouts: record.timeouts + 1 }));
  if (isOwnWord(reason)) {
    updateAgent(rules, worker, (record) => ({ failures: record.failures + 1 }));
    const { skill } = specOf(rules, task);
    updateRecord(rules, worker, skill, (record) => ({ rejected: record.rejected + 1 }));
    noteAnswer(rules, worker, skill, false);
  }
  if (LOST.has(reason)) noteLease(rules, worker, false);
  learnFromEnd(rules, task, award, reason);
  const failures = task.failures + (isFailure ? 1 : 0);
  // Whoever was busy took nothing of the batch: it may sit in it when it is free.
  const isBusy = reason === "busy";
  const awards = isBusy
    ? task.awards.filter((other) => other !== award)
    : withAward(task, { ...award, status: "ended" }).awards;
  const tried = isBusy || task.tried.includes(worker) ? task.tried : [...task.tried, worker];
  const next = { ...task, awards, failures, tried };
  saveTask(rules, next);
  return next;
}

/** Awards that still run when the batch has what it wants go on outside of it: a worker that delivers in time is paid. */
function releaseLive(rules: Rules, task: Task): Task {
  const { skill, policy } = specOf(rules, task);
  let released = task;
  for (const award of task.awards) {
    if (award.status !== "live") continue;
    dropDeadlines(rules, task, award);
    const { worker, serial, price, leaseEndsMs } = award;
    const { id, attempt } = task;
    const delivery = { skill, price, leaseEndsMs, isSealed: isSealed(policy) };
    keepSurplus(rules, { task: id, attempt, worker, serial, ...delivery });
    released = withAward(released, { ...award, status: "ended" });
  }
  if (released !== task) saveTask(rules, released);
  return released;
}

/** After an award ended early, `why`: give up, open with what is there, or look for somebody else. */
export function afterEnd(rules: Rules, task: Task, why: string): void {
  const policy = policyOf(rules, task);
  if (task.failures > policy.retries) {
    giveUp(
      rules,
      task,
      "retries",
      `${task.failures} award${task.failures === 1 ? "" : "s"} brought no result, the last: ${why}`,
    );
    return;
  }
  openIfExhausted(rules, task);
}

/** Leases of the batch that still run. */
const hasLive = (task: Task): boolean => task.awards.some((award) => award.status === "live");

/**
 * Opens a batch when it is complete, or when nobody works on it any more and `seats` says that no more are wanted.
 * Workers that still hold a lease are no longer needed.
 */
export function openIfComplete(rules: Rules, task: Task): void {
  if (task.phase !== "seating" || sealedSeats(task) < task.seats || task.seats === 0) return;
  let open = releaseLive(rules, task);
  const revealByMs = rules.timeMs + open.revealMs;
  open = { ...open, phase: "open", revealByMs };
  rules.state.deadlines.add(revealByMs, revealDeadline(open));
  saveTask(rules, open);
  rules.emit({ kind: "opened", task: open.id, attempt: open.attempt, revealByMs });
}

/**
 * The latest lease of a batch ended: with the rule's minimum sealed it opens with what it has; below that its empty
 * seats are awarded again (protocol.md 7).
 */
function openIfExhausted(rules: Rules, task: Task): void {
  const sealed = sealedSeats(task);
  if (hasLive(task) || sealed === 0) return;
  const counted = task.results.length + sealed;
  if (counted >= minimumResults(policyOf(rules, task))) openIfComplete(rules, { ...task, seats: sealed });
}

export function onSeal(rules: Rules, task: Task, worker: AgentId, seal: Hash, mebibytes: number): void {
  const award = awardOf(task, worker)!;
  let next = task;
  if (award.status === "ended") {
    rules.state.reserved.set(rules.state.reserved.get() + award.price); // a late result takes its seat again
  } else unlease(rules, task, award);
  const late = task.results.some((result) => result.output !== null);
  next = withAward(next, { ...award, status: "sealed", seal, late });
  next = { ...next, revealMs: Math.max(next.revealMs, REVEAL_MS + mebibytes * REVEAL_MS_PER_MIB) };
  saveTask(rules, next);
  openIfComplete(rules, next);
}

/** An output: the reveal of a sealed one, or the only one of a task without seals. */
export function onResult(
  rules: Rules,
  task: Task,
  worker: AgentId,
  given: { data: Data; output: Hash; confidence: number },
): void {
  const award = awardOf(task, worker)!;
  const { state } = rules;
  if (award.status === "ended") state.reserved.set(state.reserved.get() + award.price);
  unlease(rules, task, award);
  free(rules, award);
  state.spent.set(state.spent.get() + award.price);
  const { data, output, confidence } = given;
  rules.emit({ kind: "result", task: task.id, attempt: task.attempt, worker, output, paid: award.price });
  updateAgent(rules, worker, (record) => ({ results: record.results + 1, earned: record.earned + award.price }));
  noteLease(rules, worker, true);
  const tookMs = Math.max(0, rules.timeMs - award.sinceMs);
  const { late, context } = award;
  const result = { attempt: task.attempt, worker, output, data, confidence, tookMs, late, context };
  const next = { ...withAward(task, { ...award, status: "done" }), results: [...task.results, result] };
  saveTask(rules, next);
  const isRevealed = !next.awards.some((other) => other.status === "sealed");
  if (!isSealed(policyOf(rules, task)) || isRevealed) settleBatch(rules, next);
}

/** The reveal deadline passed: what was sealed and not shown counts as wrong. */
export function closeReveals(rules: Rules, task: Task): void {
  let next = task;
  for (const award of task.awards) {
    if (award.status !== "sealed") continue;
    next = endAward(rules, next, award.worker, "unrevealed");
    const nothing = { output: null, data: null, confidence: 0, tookMs: 0, late: false };
    const silent = { attempt: task.attempt, worker: award.worker, ...nothing, context: award.context };
    next = { ...next, results: [...next.results, silent] };
  }
  saveTask(rules, next);
  settleBatch(rules, next);
}

interface Counted {
  readonly outcome: Tally;
  /** Of each output, and the workers that gave them. */
  readonly outputs: readonly Output[];
  readonly workers: readonly AgentId[];
}

function count(rules: Rules, task: Task): Counted {
  const { accept: rule, compare } = policyOf(rules, task);
  const { skill } = specOf(rules, task);
  const given = task.results.filter((result) => result.output !== null);
  const outputs = given.map((result): Output => ({ hash: result.output!, data: result.data! }));
  const workers = given.map(({ worker }) => worker);
  const newcomers = workers.map((worker) => isNewcomer(rules, worker, skill));
  return { outcome: tally(rule, compare, outputs, task.results.length - given.length, newcomers), outputs, workers };
}

/** Tallies all results so far: an answer, another batch, or an explicit failure. */
function settleBatch(rules: Rules, task: Task): void {
  const policy = policyOf(rules, task);
  rules.state.deadlines.remove(task.revealByMs, revealDeadline(task));
  const counted = count(rules, task);
  const { outcome } = counted;
  // Newcomers do not outvote agents with a record as long as others can be asked; after that the number decides.
  if (outcome.kind === "accepted" && !(outcome.isOutweighed && task.results.length < policy.redundancyMax)) {
    acceptCounted(rules, task, counted, outcome);
    return;
  }
  const more = outcome.kind === "accepted" ? 1 : outcome.results;
  if (task.results.length + more > policy.redundancyMax) {
    failJob(
      rules,
      task.id,
      "undecided",
      `${task.results.length} results, and no rule can be met with ${policy.redundancyMax}`,
    );
    return;
  }
  rules.emit({ kind: "undecided", task: task.id, attempt: task.attempt, more });
  saveTask(rules, {
    ...task,
    attempt: task.attempt + 1,
    seats: more,
    phase: "seating",
    awards: [],
    hedged: false,
    revealMs: 0,
    revealByMs: 0,
  });
}

function acceptCounted(
  rules: Rules,
  task: Task,
  { outputs, workers }: Counted,
  { supporters, answer, margin }: Extract<Tally, { readonly kind: "accepted" }>,
): void {
  const agreeing = supporters.map((index) => workers[index]!);
  accept(rules, task, agreeing, readable(outputs, answer), margin);
}

/** Whether its results are enough by number, and another is only asked for because newcomers made the difference. */
export const isAnswered = (rules: Rules, task: Task): boolean =>
  task.results.length > 0 && count(rules, task).outcome.kind === "accepted";

/**
 * Nobody can be asked any more. The task has its answer where newcomers outvoted those with a record before, and others
 * were only asked for that; else its job fails.
 */
export function giveUp(rules: Rules, task: Task, reason: TaskFailure, message: string): void {
  const counted = count(rules, task);
  if (counted.outcome.kind !== "accepted") {
    failJob(rules, task.id, reason, message);
    return;
  }
  let closed = task;
  for (const award of task.awards) {
    if (award.status !== "sealed") continue; // delivered, and not to be read any more
    free(rules, award);
    payUnread(rules, { ...award, task: task.id, attempt: task.attempt });
    closed = withAward(closed, { ...award, status: "ended" });
  }
  acceptCounted(rules, closed, counted, counted.outcome);
}

/**
 * The chosen output. Whoever gave the same bytes inline is preferred to a worker that gave their hash only: what comes
 * after may have to read them.
 */
function readable(outputs: readonly Output[], chosen: number): Data {
  const { hash, data } = outputs[chosen]!;
  return outputs.find((output) => output.hash === hash && output.data.kind === "inline")?.data ?? data;
}

function accept(rules: Rules, task: Task, supporters: readonly AgentId[], answer: Data, margin: number): void {
  const skill = specOf(rules, task).skill;
  const open = releaseLive(rules, task);
  const unproven = supporters.every((worker) => isNewcomer(rules, worker, skill));
  if (unproven) rules.state.unproven.set(rules.state.unproven.get() + 1);
  const rejected: AgentId[] = [];
  const silent: AgentId[] = [];
  for (const result of task.results) {
    const isRight = supporters.includes(result.worker);
    if (!isRight) (result.output === null ? silent : rejected).push(result.worker);
    if (isRight && result.late) continue; // counts in the tally, earns nothing for being right
    const count = isRight ? ("accepted" as const) : ("rejected" as const);
    updateAgent(rules, result.worker, (record) => ({ [count]: record[count] + 1 }));
    updateRecord(rules, result.worker, skill, (record) => ({ [count]: record[count] + 1 }));
    noteAnswer(rules, result.worker, skill, isRight);
  }
  learnFromAnswer(rules, task, supporters, margin);
  const hash = task.results.find((result) => result.data === answer)!.output!;
  assert(supporters.length > 0, "an answer has supporters");
  rules.emit({ kind: "accepted", task: task.id, answer: hash, supporters, rejected, silent, unproven });
  const givers = task.results.filter((result) => result.output === hash).map(({ worker }) => worker);
  finishTask(rules, open, answer, givers);
}
