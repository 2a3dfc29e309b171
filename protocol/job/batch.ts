/**
 * The batch of a task: how its awards end, how it is sealed, opened, revealed and tallied, and what is paid for it.
 *
 * Source: protocol.md 6 (leases, hedges, payment), 7 (sealed results in batches).
 */

import type { Tally } from "../answer/rules.ts";
import { assert } from "../core/assert.ts";
import type { AgentId, Hash } from "../core/ids.ts";
import type { Data } from "../wire/genesis.ts";
import type { Usage } from "../wire/usage.ts";
import type { Counted } from "./counted.ts";
import type { Deadline } from "./deadlines.ts";
import { noteSharedError } from "./diversity.ts";
import { blame, isFailure, noteEndOf } from "./ends.ts";
import type { EndReason, TaskFailure } from "./event.ts";
import { isInvalid } from "./invalid-input.ts";
import { learnFromAnswer, mayBeCopy } from "./lessons.ts";
import { failJob, finishTask } from "./nodes.ts";
import { isSealed, minimumResults, REVEAL_MS, REVEAL_MS_PER_MIB } from "./policy.ts";
import type { Award, Task } from "./state.ts";
import { keepSurplus, payUnread } from "./surplus.ts";
import {
  describeInvalid,
  disagreementOf,
  disagreementText,
  isAnswered,
  isDisagreement,
  noteTally,
  readableAnswer,
  tallyResults,
} from "./tallying.ts";
import { noteAnswer, noteLease, noteStated, type Transaction, updateAgent, updateRecord } from "./transaction.ts";
import { beginCheck, endCheck, isCheck, isConfirmed } from "./verification.ts";
import { isNewcomer, type LedgerView, moneyLeft, policyOf, specOf } from "./view.ts";

const revealDeadline = ({ id }: Task): Deadline => ({ kind: "reveal", task: id });

// --- reading ------------------------------------------------------------------------------------------

export const awardOf = (task: Task, worker: AgentId): Award | undefined =>
  task.awards.find((award) => award.worker === worker);

/** How many seats have neither a worker nor a result. */
export function freeSeats(task: Task): number {
  if (task.phase !== "seating") return 0;
  return Math.max(0, task.seats - task.awards.filter((award) => award.status !== "ended").length);
}

export const sealedSeats = (task: Task): number => task.awards.filter((award) => award.status === "sealed").length;

/**
 * Whether an award can still give a result: it is live; or its lease ran out, its seat is still unfilled, and its price,
 * which may have been promised to others in the meantime, is still available (protocol.md 6.6).
 */
export function canDeliver(view: LedgerView, task: Task, award: Award | undefined): boolean {
  if (award === undefined || task.phase !== "seating") return false;
  if (award.status === "live") return true;
  const left = moneyLeft(view);
  return award.status === "ended" && freeSeats(task) > 0 && award.price <= left;
}

// --- writing ------------------------------------------------------------------------------------------

/** Stores a changed task, and updates the queue of tasks with free seats. */
export function saveTask(tx: Transaction, task: Task): void {
  tx.state.tasks.set(task.id, task);
  if (freeSeats(task) > 0) tx.state.ready.add(task.order, task.id);
  else tx.state.ready.remove(task.order, task.id);
}

function withAward(task: Task, changed: Award): Task {
  return { ...task, awards: task.awards.map((award) => (award.worker === changed.worker ? changed : award)) };
}

function dropDeadlines({ state }: Transaction, { id: task }: Task, { worker, leaseEndsMs, hedgeAtMs }: Award): void {
  state.deadlines.remove(leaseEndsMs, { kind: "lease", task, worker });
  if (hedgeAtMs > 0) state.deadlines.remove(hedgeAtMs, { kind: "hedge", task, worker });
}

/** A live award ends: removes its deadlines, and no longer counts it as live. */
function unlease(tx: Transaction, task: Task, award: Award): void {
  if (award.status !== "live") return;
  const { state } = tx;
  const skill = specOf(tx, task).skill;
  dropDeadlines(tx, task, award);
  updateAgent(tx, award.worker, (record) => ({ live: record.live - 1 }));
  state.liveBySkill.set(skill, { count: state.liveBySkill.get(skill)!.count - 1 });
}

function free(tx: Transaction, award: Award): void {
  tx.state.reserved.set(tx.state.reserved.get() - award.price);
}

/** An award ends without a result. Its seat and its price are free again. `message`: what its worker says of it. */
export function endAward(tx: Transaction, task: Task, worker: AgentId, reason: EndReason, message = ""): Task {
  const award = awardOf(task, worker)!;
  unlease(tx, task, award);
  free(tx, award);
  tx.emit({ kind: "ended", task: task.id, attempt: task.attempt, worker, serial: award.serial, reason });
  tx.onLost({ task: task.id, attempt: task.attempt, worker, reason, message });
  noteEndOf(tx, task, award, reason);
  const failures = task.failures + (isFailure(reason) ? 1 : 0);
  // A busy agent took nothing from the batch, so it may sit in it once it is free. If the task only
  // seeks another opinion on an answer, each agent is asked once: otherwise one that says busy and offers again could delay
  // the answer for ever.
  const isBusy = reason === "busy" && !isAnswered(tx, task);
  const awards = isBusy
    ? task.awards.filter((other) => other !== award)
    : withAward(task, { ...award, status: "ended" }).awards;
  const tried = isBusy || task.tried.includes(worker) ? task.tried : [...task.tried, worker];
  const next = { ...task, awards, failures, tried };
  saveTask(tx, next);
  return next;
}

/** The batch has what it wants: awards that still run continue outside of it, and a worker that delivers in time is paid. */
function releaseLive(tx: Transaction, task: Task): Task {
  const { skill, policy } = specOf(tx, task);
  let released = task;
  for (const award of task.awards) {
    if (award.status !== "live") continue;
    dropDeadlines(tx, task, award);
    const { worker, serial, price, leaseEndsMs } = award;
    const { id, attempt } = task;
    const delivery = { skill, price, leaseEndsMs, isSealed: isSealed(policy) };
    keepSurplus(tx, { task: id, attempt, worker, serial, ...delivery });
    released = withAward(released, { ...award, status: "ended" });
  }
  if (released !== task) saveTask(tx, released);
  return released;
}

/** Who sealed is paid, and is not read any more. */
function closeSealed(tx: Transaction, task: Task): Task {
  let closed = task;
  for (const award of task.awards) {
    if (award.status !== "sealed") continue; // delivered, and not to be read any more
    free(tx, award);
    payUnread(tx, { ...award, task: task.id, attempt: task.attempt }, null);
    closed = withAward(closed, { ...award, status: "ended" });
  }
  return closed;
}

/** Its worker says that the input is wrong for the skill. Nobody asks it for this task again. */
export function noteInvalid(tx: Transaction, task: Task, worker: AgentId, why: string): Task {
  const next = { ...task, invalid: { by: [...task.invalid.by, worker], why } };
  saveTask(tx, next);
  return next;
}

/** After an award ended early for the reason `why`: gives up, opens the batch with what it has, or leaves the seat free. */
export function afterEnd(tx: Transaction, task: Task, why: string): void {
  if (task.phase !== "seating") return; // its answer is being checked
  const policy = policyOf(tx, task);
  if (isInvalid(tx, task)) {
    giveUp(tx, task, "invalid-input", describeInvalid(tx, task));
    return;
  }
  if (task.failures > policy.retries) {
    giveUp(
      tx,
      task,
      "retries",
      `${task.failures} award${task.failures === 1 ? "" : "s"} brought no result, the last: ${why}`,
    );
    return;
  }
  openIfExhausted(tx, task);
}

/** Whether a lease of the batch still runs. */
const hasLive = (task: Task): boolean => task.awards.some((award) => award.status === "live");

/**
 * Opens a batch if it is complete, that is, if as many workers as `seats` says have sealed. Workers that still hold a lease
 * are no longer needed.
 */
export function openIfComplete(tx: Transaction, task: Task): void {
  if (task.phase !== "seating" || sealedSeats(task) < task.seats || task.seats === 0) return;
  let open = releaseLive(tx, task);
  const revealByMs = tx.timeMs + open.revealMs;
  open = { ...open, phase: "open", revealByMs };
  tx.state.deadlines.add(revealByMs, revealDeadline(open));
  saveTask(tx, open);
  tx.emit({ kind: "opened", task: open.id, attempt: open.attempt, revealByMs });
}

/**
 * When the last lease of a batch has ended, it opens with what it has if the rule's minimum is sealed; otherwise its empty
 * seats are awarded again (protocol.md 7).
 */
function openIfExhausted(tx: Transaction, task: Task): void {
  const sealed = sealedSeats(task);
  if (hasLive(task) || sealed === 0) return;
  const counted = task.results.length + sealed;
  if (counted >= minimumResults(policyOf(tx, task))) openIfComplete(tx, { ...task, seats: sealed });
}

export function onSeal(tx: Transaction, task: Task, worker: AgentId, seal: Hash, mebibytes: number): void {
  const award = awardOf(task, worker)!;
  let next = task;
  if (award.status === "ended") {
    tx.state.reserved.set(tx.state.reserved.get() + award.price); // a late result takes its seat again
  } else unlease(tx, task, award);
  const late = task.results.some((result) => result.output !== null);
  next = withAward(next, { ...award, status: "sealed", seal, late });
  next = { ...next, revealMs: Math.max(next.revealMs, REVEAL_MS + mebibytes * REVEAL_MS_PER_MIB) };
  saveTask(tx, next);
  openIfComplete(tx, next);
}

/** A worker delivers an output: it reveals a sealed one, or the task has no seals. */
export function onResult(
  tx: Transaction,
  task: Task,
  worker: AgentId,
  given: { data: Data; output: Hash; confidence: number; usage: Usage | null },
): void {
  const award = awardOf(task, worker)!;
  const { state } = tx;
  if (award.status === "ended") state.reserved.set(state.reserved.get() + award.price);
  unlease(tx, task, award);
  free(tx, award);
  state.spent.set(state.spent.get() + award.price);
  const { data, output, confidence, usage } = given;
  tx.emit({ kind: "result", task: task.id, attempt: task.attempt, worker, output, paid: award.price, usage });
  updateAgent(tx, worker, (record) => ({ results: record.results + 1, earned: record.earned + award.price }));
  noteLease(tx, worker, true);
  const tookMs = Math.max(0, tx.timeMs - award.sinceMs);
  const { late, context, serial } = award;
  const result = { attempt: task.attempt, worker, serial, output, data, confidence, tookMs, late, context };
  const next = { ...withAward(task, { ...award, status: "done" }), results: [...task.results, result] };
  saveTask(tx, next);
  const isRevealed = !next.awards.some((other) => other.status === "sealed");
  if (!isSealed(policyOf(tx, task)) || isRevealed) settleBatch(tx, next);
}

/** The reveal deadline has passed: outputs that were sealed and not revealed count as wrong. */
export function closeReveals(tx: Transaction, task: Task): void {
  let next = task;
  for (const award of task.awards) {
    if (award.status !== "sealed") continue;
    next = endAward(tx, next, award.worker, "unrevealed");
    const nothing = { output: null, data: null, confidence: 0, tookMs: 0, late: false };
    const { worker, serial, context } = award;
    const silent = { attempt: task.attempt, worker, serial, ...nothing, context };
    next = { ...next, results: [...next.results, silent] };
  }
  saveTask(tx, next);
  settleBatch(tx, next);
}

/** Tallies all results so far. The task gets an answer or another batch, or the job fails. */
function settleBatch(tx: Transaction, task: Task): void {
  const policy = policyOf(tx, task);
  tx.state.deadlines.remove(task.revealByMs, revealDeadline(task));
  const counted = tallyResults(tx, task);
  const { outcome } = counted;
  // As long as others can be asked, newcomers do not outvote agents with a record; after that the number decides.
  if (outcome.kind === "accepted" && !(outcome.isOutweighed && task.results.length < policy.redundancyMax)) {
    acceptCounted(tx, task, counted, outcome);
    return;
  }
  if (outcome.kind === "check") {
    noteTally(tx, task, counted, "checking");
    beginCheck(tx, releaseLive(tx, task), counted.serials[outcome.answer]!);
    return;
  }
  const more = outcome.kind === "accepted" ? 1 : outcome.results;
  if (task.results.length + more > policy.redundancyMax) {
    failUndecided(tx, task, counted, "disagreement", `at most ${policy.redundancyMax} may be asked`);
    return;
  }
  noteTally(tx, task, counted, "undecided");
  tx.emit({ kind: "undecided", task: task.id, attempt: task.attempt, more, posterior: outcome.posteriorPpm });
  saveTask(tx, {
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

/** A task fails without an answer. Where workers gave different ones, that is why; `reason`: why nobody else is asked. */
function failUndecided(tx: Transaction, task: Task, counted: Counted, reason: TaskFailure, message: string): void {
  if (task.results.length > 0) noteTally(tx, task, counted, "failed");
  if (isCheck(task)) {
    refuteCandidate(tx, task, reason, message);
    return;
  }
  if (reason !== "disagreement" && !isDisagreement(counted)) {
    failJob(tx, task.id, reason, message);
    return;
  }
  tx.emit(disagreementOf(task, counted));
  failJob(tx, task.id, "disagreement", `${disagreementText(tx, task, counted)}; ${message}`);
}

const CANDIDATE_STAYS = "what is checked is the candidate as long as nothing else is known";

/**
 * A check found its candidate wrong, or came to nothing. The next candidate is checked, or further workers are asked. Where
 * nobody can be asked to check, the task fails.
 */
function refuteCandidate(tx: Transaction, check: Task, reason: TaskFailure, message: string): void {
  releaseLive(tx, closeSealed(tx, check));
  const checked = endCheck(tx, check);
  if (reason !== "disagreement") {
    failJob(tx, checked.id, reason, `its answer was not checked: ${message}`);
    return;
  }
  const { outcome, serials } = tallyResults(tx, checked);
  assert(outcome.kind === "check", CANDIDATE_STAYS);
  const refuted = new Set([...checked.refuted, ...outcome.supporters.map((index) => serials[index]!)]);
  settleBatch(tx, { ...checked, refuted: [...refuted] });
}

/** A check has its answer. */
function concludeCheck(tx: Transaction, check: Task, answer: Data): void {
  if (!isConfirmed(answer)) {
    refuteCandidate(tx, check, "disagreement", "");
    return;
  }
  const task = endCheck(tx, check);
  const counted = tallyResults(tx, task);
  assert(counted.outcome.kind === "check", CANDIDATE_STAYS);
  acceptCounted(tx, task, counted, counted.outcome);
}

function acceptCounted(
  tx: Transaction,
  task: Task,
  counted: Counted,
  { supporters, answer, margin, posteriorPpm }: Extract<Tally, { readonly kind: "accepted" | "check" }>,
): void {
  const { outcome, outputs, workers } = counted;
  noteTally(tx, task, counted, "accepted");
  const agreeing = supporters.map((index) => workers[index]!);
  for (const { members } of outcome.groups) {
    if (members.includes(answer)) continue;
    noteSharedError(tx, task, new Set(members.map((index) => workers[index]!)));
  }
  accept(tx, task, agreeing, readableAnswer(outputs, answer), { margin, posterior: posteriorPpm });
}

/**
 * Nobody else can be asked. If the results already had an answer by number, and others were only asked because newcomers had
 * outvoted agents with a record, that is the answer; otherwise the job fails.
 */
export function giveUp(tx: Transaction, task: Task, reason: TaskFailure, message: string): void {
  const counted = tallyResults(tx, task);
  if (counted.outcome.kind !== "accepted") {
    failUndecided(tx, task, counted, reason, message);
    return;
  }
  acceptCounted(tx, closeSealed(tx, task), counted, counted.outcome);
}

/** What an agent states at most, ppm. */
const CERTAIN = 1_000_000;

function accept(
  tx: Transaction,
  task: Task,
  supporters: readonly AgentId[],
  answer: Data,
  { margin, posterior }: { readonly margin: number; readonly posterior: number },
): void {
  const skill = specOf(tx, task).skill;
  const open = releaseLive(tx, task);
  const unproven = supporters.every((worker) => isNewcomer(tx, worker, skill));
  if (unproven) tx.state.unproven.set(tx.state.unproven.get() + 1);
  const rejected: AgentId[] = [];
  const silent: AgentId[] = [];
  for (const result of task.results) {
    const isRight = supporters.includes(result.worker);
    if (!isRight) (result.output === null ? silent : rejected).push(result.worker);
    if (isRight && mayBeCopy(task, result, supporters)) continue; // counts in the tally, earns nothing for being right
    const counter = isRight ? ("accepted" as const) : ("rejected" as const);
    updateAgent(tx, result.worker, (record) => ({ [counter]: record[counter] + 1 }));
    updateRecord(tx, result.worker, skill, (record) => ({ [counter]: record[counter] + 1 }));
    noteAnswer(tx, result.worker, skill, isRight);
    // Whoever shows only the answers that win would keep its statements clean: silence is a certain answer that was wrong.
    noteStated(tx, result.worker, skill, isRight, result.output === null ? CERTAIN : result.confidence);
  }
  for (const worker of task.invalid.by) blame(tx, worker, skill);
  learnFromAnswer(tx, task, supporters, margin);
  const hash = task.results.find((result) => result.data === answer)!.output!;
  assert(supporters.length > 0, "an answer has supporters");
  tx.emit({ kind: "accepted", task: task.id, answer: hash, supporters, rejected, silent, unproven, posterior });
  const givers = task.results.filter((result) => result.output === hash).map(({ worker }) => worker);
  if (isCheck(task)) concludeCheck(tx, open, answer);
  else finishTask(tx, open, answer, givers);
}
