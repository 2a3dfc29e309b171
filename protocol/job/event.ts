/**
 * What the ledger decides in a block, in order: the leaves of the Merkle tree whose root the header carries. Who gets a
 * task, which answer is right, what is paid, who is replaced: every decision is an event, so that a certificate can prove
 * any single one and the members compare all of them.
 */

import type { Hasher } from "../core/crypto.ts";
import type { Hash } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { LEAF } from "../core/merkle.ts";
import {
  bool,
  type Codec,
  encode,
  hash,
  hashOf,
  type Infer,
  list,
  nullable,
  oneOf,
  struct,
  text,
  uint,
  variant,
} from "../wire/codec.ts";
import { taskIdCodec } from "../wire/command.ts";
import { agentId } from "../wire/consensus.ts";
import { name, ppm, price } from "../wire/genesis.ts";
import { usageCodec } from "../wire/usage.ts";

const attempt = uint(0xffff);

/** Why an award ended without a result. `late`: a hedge had come first, and its lease ran out or the job ended. */
const END_REASONS = [
  "timeout",
  "dead",
  "busy",
  "error",
  "refused",
  "lost-input",
  "unrevealed",
  "not-needed",
  "late",
  "crashed",
  "too-large",
  "unavailable",
  "invalid-input",
  "wrong-answer",
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** Why a task, and with it its job, failed. */
const TASK_FAILURES = [
  "no-offers",
  "too-few-agents",
  "budget",
  "disagreement",
  "retries",
  "not-a-list",
  "no-such-part",
  "too-many-items",
  "too-much-data",
  "invalid-input",
] as const;
export type TaskFailure = (typeof TASK_FAILURES)[number];

/** `value`: hash of the output's canonical bytes; `list`: of the list of the items' hashes (a map's outputs). */
export const SHAPES = ["value", "list"] as const;
export type Shape = (typeof SHAPES)[number];

export const ledgerEventCodec = variant({
  /** A node of the graph became open and has this many tasks. */
  unfolded: struct({ node: name, tasks: uint() }),
  window: struct({
    skill: name,
    labels: list(name, limits.labels),
    calls: uint(limits.directoryAgents),
    endsMs: uint(),
  }),
  award: struct({ task: taskIdCodec, attempt, worker: agentId, serial: uint(), price, leaseEndsMs: uint() }),
  ended: struct({ task: taskIdCodec, attempt, worker: agentId, serial: uint(), reason: oneOf(END_REASONS) }),
  opened: struct({ task: taskIdCodec, attempt, revealByMs: uint() }),
  /** `usage`: what the worker says that it used, for readers to sum; null if it says nothing. */
  result: struct({
    task: taskIdCodec,
    attempt,
    worker: agentId,
    output: hash,
    paid: price,
    usage: nullable(usageCodec),
  }),
  /** A worker delivered inside its lease when its batch had what it wanted already. Of a seal, no usage is known. */
  surplus: struct({
    task: taskIdCodec,
    attempt,
    worker: agentId,
    serial: uint(),
    paid: price,
    usage: nullable(usageCodec),
  }),
  /**
   * `supporters` gave the answer, `rejected` another one; `silent` sealed one and did not show it in time. `unproven`: no
   * supporter had a record for the skill before. `posterior`: the probability that goes with the answer's lead
   * (answer/rules.ts).
   */
  accepted: struct({
    task: taskIdCodec,
    answer: hash,
    supporters: list(agentId, limits.seats),
    rejected: list(agentId, limits.seats),
    silent: list(agentId, limits.seats),
    unproven: bool,
    posterior: ppm,
  }),
  /** `more`: the fewest further results that could decide. */
  undecided: struct({ task: taskIdCodec, attempt, more: uint(limits.seats), posterior: ppm }),
  nodeAccepted: struct({ node: name, answer: hash, shape: oneOf(SHAPES) }),
  taskFailed: struct({ task: taskIdCodec, reason: oneOf(TASK_FAILURES), message: text(limits.textBytes) }),
  dead: struct({ agent: agentId }),
  replaced: struct({ out: agentId, in: agentId, reason: oneOf(["equivocation", "dead"]) }),
  /**
   * The last event of a job. `answer` is the hash of the whole result; of a job without one, of nothing. `unproven`: accepted
   * answers that nobody with a record had given. Its index in this codec must not change: certificates of earlier rules contain it.
   */
  completed: struct({
    status: oneOf(["certified", "failed", "cancelled"]),
    reason: text(limits.textBytes),
    node: name,
    answer: hash,
    shape: oneOf(SHAPES),
    unproven: uint(),
  }),
  /** Workers gave different answers, nobody else is asked, and the task fails. The answer of the most workers comes first. */
  disagreed: struct({
    task: taskIdCodec,
    groups: list(struct({ answer: hash, supporters: list(agentId, limits.seats) }), limits.seats),
    unreadable: list(agentId, limits.seats),
    silent: list(agentId, limits.seats),
  }),
  /** A member signed two statements that exclude each other, and nobody may take its seat: it stays, and is known for it. */
  convicted: struct({ agent: agentId }),
});
export type LedgerEvent = Infer<typeof ledgerEventCodec>;
export type EventOf<K extends LedgerEvent["kind"]> = Extract<LedgerEvent, { readonly kind: K }>;

export const encodeEvent = (event: LedgerEvent): Uint8Array => encode(ledgerEventCodec, event);

/** An event as the leaf of a Merkle tree: what `leafHash` takes of its bytes, in one go. */
const leafCodec: Pick<Codec<LedgerEvent>, "write"> = {
  write(w, event) {
    w.u8(LEAF);
    ledgerEventCodec.write(w, event);
  },
};

export const eventLeaf = (hasher: Hasher, event: LedgerEvent): Hash => hashOf(hasher, leafCodec, event);
