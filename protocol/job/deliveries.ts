/**
 * Failures, seals and results that workers report of their awards: whether each would change anything, and what it changes.
 *
 * Source: protocol.md 6.6 (failures), 7 (sealed results).
 */

import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type BodyOf, type CommandOf, sealHash } from "../wire/command.ts";
import { dataHash } from "../wire/genesis.ts";
import { afterEnd, awardOf, canDeliver, endAward, noteInvalid, onResult, onSeal } from "./batch.ts";
import { markBusy } from "./offers.ts";
import { isSealed } from "./policy.ts";
import type { Award, Task } from "./state.ts";
import { delivers, endSurplus, paySurplus, surplusOf } from "./surplus.ts";
import type { Transaction } from "./transaction.ts";
import { type LedgerView, policyOf, specOf } from "./view.ts";

type DeliveryKind = "failure" | "seal" | "result";
type Delivery = BodyOf<DeliveryKind>;

function taskOf({ state }: LedgerView, { task, attempt }: Delivery): Task | undefined {
  const found = state.tasks.get(task);
  return found?.attempt === attempt ? found : undefined;
}

/** Why it would change nothing, or null if it would. */
export function judgeDelivery(view: LedgerView, { author, body }: CommandOf<DeliveryKind>): string | null {
  const surplus = surplusOf(view, author, body);
  if (surplus !== undefined) {
    if (body.kind === "failure") return body.serial === surplus.serial ? null : "no-live-award";
    return delivers(surplus, body) ? null : "not-sealed";
  }
  const task = taskOf(view, body);
  if (task === undefined) return "no-such-task";
  const award = awardOf(task, author);
  switch (body.kind) {
    case "failure":
      return award?.status === "live" && award.serial === body.serial ? null : "no-live-award";
    case "seal":
      if (!isSealed(policyOf(view, task))) return "not-sealed";
      return canDeliver(view, task, award) ? null : "no-award";
    case "result":
      return judgeResult(view, author, task, award, body);
  }
}

function judgeResult(
  view: LedgerView,
  worker: AgentId,
  task: Task,
  award: Award | undefined,
  { data, confidence, cost, usage, nonce, attempt }: BodyOf<"result">,
): string | null {
  // One output has one form, or equal answers would not be equally readable.
  if (data.kind === "blob" && data.bytes <= limits.inlineBytes) return "small-blob";
  if (!isSealed(policyOf(view, task))) {
    if (nonce !== null) return "not-sealed";
    return canDeliver(view, task, award) ? null : "no-award";
  }
  // An output before the opening is invalid: nobody may see it before all have sealed theirs.
  if (task.phase !== "open" || award?.status !== "sealed" || nonce === null) return "not-open";
  const { job, hasher } = view;
  const output = dataHash(hasher, data);
  const said = { confidence, cost, usage };
  const sealed = sealHash(hasher, { job, task: task.id, attempt, worker, nonce, output, ...said });
  return sealed === award.seal ? null : "other-seal";
}

export function applyDelivery(tx: Transaction, { author, body }: CommandOf<DeliveryKind>): void {
  const surplus = surplusOf(tx, author, body);
  if (surplus !== undefined) {
    if (body.kind === "failure") endSurplus(tx, surplus, body.reason);
    else paySurplus(tx, surplus, body.kind === "result" ? body.usage : null);
    if (body.kind === "failure" && body.reason === "busy") markBusy(tx, author, { ...surplus, retryMs: body.retryMs });
    return;
  }
  const task = taskOf(tx, body)!;
  switch (body.kind) {
    case "failure":
      applyFailure(tx, task, author, body);
      return;
    case "seal":
      onSeal(tx, task, author, body.seal, body.mebibytes);
      return;
    case "result": {
      const { data, confidence, usage } = body;
      onResult(tx, task, author, { data, output: dataHash(tx.hasher, data), confidence, usage });
    }
  }
}

function applyFailure(tx: Transaction, task: Task, author: AgentId, said: BodyOf<"failure">): void {
  const { reason, retryMs } = said;
  const message = tx.genesis.redact ? "" : said.message; // it may quote the input
  const { leaseEndsMs } = awardOf(task, author)!;
  let ended = endAward(tx, task, author, reason, message);
  if (reason === "busy") markBusy(tx, author, { skill: specOf(tx, task).skill, retryMs, leaseEndsMs });
  if (reason === "invalid-input") ended = noteInvalid(tx, ended, author, message);
  afterEnd(tx, ended, message === "" ? reason : `${reason}, ${message}`);
}
