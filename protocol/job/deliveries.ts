/**
 * Failures, seals and results that workers report of their awards: whether each would change anything, and what it changes.
 *
 * Source: protocol.md 6.6 (failures), 7 (sealed results).
 */

import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type BodyOf, sealHash } from "../wire/command.ts";
import { dataHash } from "../wire/genesis.ts";
import { afterEnd, awardOf, canDeliver, endAward, onResult, onSeal } from "./batch.ts";
import { policyOf, type Rules, specOf } from "./nodes.ts";
import { markBusy } from "./offers.ts";
import { isSealed } from "./policy.ts";
import type { Award, Books, Task } from "./state.ts";
import { delivers, endSurplus, paySurplus, surplusOf } from "./surplus.ts";

export type Delivery = BodyOf<"failure"> | BodyOf<"seal"> | BodyOf<"result">;

function taskOf({ state }: Pick<Books, "state">, { task, attempt }: Delivery): Task | undefined {
  const found = state.tasks.get(task);
  return found?.attempt === attempt ? found : undefined;
}

/** Why it would change nothing, or null if it would. */
export function judgeDelivery(rules: Rules, author: AgentId, body: Delivery): string | null {
  const surplus = surplusOf(rules, author, body);
  if (surplus !== undefined) {
    if (body.kind === "failure") return body.serial === surplus.serial ? null : "no-live-award";
    return delivers(surplus, body) ? null : "not-sealed";
  }
  const task = taskOf(rules, body);
  if (task === undefined) return "no-such-task";
  const award = awardOf(task, author);
  switch (body.kind) {
    case "failure":
      return award?.status === "live" && award.serial === body.serial ? null : "no-live-award";
    case "seal":
      if (!isSealed(policyOf(rules, task))) return "not-sealed";
      return canDeliver(rules, task, award) ? null : "no-award";
    case "result":
      return judgeResult(rules, author, task, award, body);
  }
}

function judgeResult(
  rules: Rules,
  worker: AgentId,
  task: Task,
  award: Award | undefined,
  { data, nonce, attempt }: BodyOf<"result">,
): string | null {
  // One output has one form, or equal answers would not be equally readable.
  if (data.kind === "blob" && data.bytes <= limits.inlineBytes) return "small-blob";
  if (!isSealed(policyOf(rules, task))) {
    if (nonce !== null) return "not-sealed";
    return canDeliver(rules, task, award) ? null : "no-award";
  }
  // An output before the opening is invalid: nobody may see it before all have sealed theirs.
  if (task.phase !== "open" || award?.status !== "sealed" || nonce === null) return "not-open";
  const { job, hasher } = rules;
  const output = dataHash(hasher, data);
  const sealed = sealHash(hasher, { job, task: task.id, attempt, worker, nonce, output });
  return sealed === award.seal ? null : "other-seal";
}

export function applyDelivery(rules: Rules, author: AgentId, body: Delivery): void {
  const surplus = surplusOf(rules, author, body);
  if (surplus !== undefined) {
    if (body.kind === "failure") endSurplus(rules, surplus, body.reason);
    else paySurplus(rules, surplus);
    if (body.kind === "failure" && body.reason === "busy") markBusy(rules.state, author, surplus.skill);
    return;
  }
  const task = taskOf(rules, body)!;
  switch (body.kind) {
    case "failure":
      applyFailure(rules, task, author, body);
      return;
    case "seal":
      onSeal(rules, task, author, body.seal, body.mebibytes);
      return;
    case "result": {
      const { data, confidence } = body;
      onResult(rules, task, author, { data, output: dataHash(rules.hasher, data), confidence });
    }
  }
}

function applyFailure(rules: Rules, task: Task, author: AgentId, { reason, message }: BodyOf<"failure">): void {
  const ended = endAward(rules, task, author, reason);
  // It offers again when it is free.
  if (reason === "busy") markBusy(rules.state, author, specOf(rules, task).skill);
  afterEnd(rules, ended, message === "" ? reason : `${reason}, ${message}`);
}
