/**
 * Commands: what agents ask a job's ledger to record. A command's id is the hash of its content; an
 * envelope carries many of one author under one signature over the list of their hashes, so that a block
 * can hold any subset of them.
 *
 * Source: protocol.md 1 (statements), 4-7 (what each command does: job/ledger.ts).
 */

import type { Hasher } from "../core/crypto.ts";
import type { Hash, JobId, TaskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import {
  bool,
  bytes,
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
} from "./codec.ts";
import { agentId, proposalStatementCodec, signature, voteCodec } from "./consensus.ts";
import { dataCodec, duration, name, ppm, price } from "./genesis.ts";
import { usageCodec } from "./usage.ts";

export const taskIdCodec: Codec<TaskId> = text<TaskId>(limits.taskIdBytes);
const attempt = uint(0xffff);

/** Bytes of the nonce that hides a sealed output. */
export const NONCE_BYTES = 32;

/**
 * `busy`: it cannot work now; `unavailable`: what the skill rests on is down; `invalid-input`: the input is wrong for the
 * skill; `wrong-answer`: it has an answer and knows that it is wrong; `refused`: it has no such skill, or not at this price;
 * `lost-input`: the input cannot be had; `crashed`: the skill ended the process that it ran in; `too-large`: the job takes no
 * output of that size. `error`: everything else.
 */
export const FAILURE_REASONS = [
  "busy",
  "error",
  "refused",
  "lost-input",
  "crashed",
  "unavailable",
  "invalid-input",
  "too-large",
  "wrong-answer",
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

const commandBodyCodec = variant({
  /** By the owner: end the job. */
  cancel: struct({}),
  /** By anyone: two statements of one member that exclude each other (A5). */
  equivocation: struct({ first: voteCodec, second: voteCodec }),
  doubleProposal: struct({ first: proposalStatementCodec, second: proposalStatementCodec }),
  /** By a member: it suspects that `target` is dead, or takes that back. */
  suspicion: struct({ target: agentId, suspected: bool }),
  /**
   * By a worker: the seal of its output, whose `result` follows when the batch is open. `mebibytes`: of the output, rounded
   * up; the time to reveal grows with it.
   */
  seal: struct({ task: taskIdCodec, attempt, seal: hash, mebibytes: uint(limits.blobBytes / 0x100000) }),
  result: struct({
    task: taskIdCodec,
    attempt,
    data: dataCodec,
    /** The worker's own estimate that it is right, parts per million. */
    confidence: ppm,
    /** What the work cost the worker, micro-credits; for the record. */
    cost: price,
    /** What the work used; null: it does not say. */
    usage: nullable(usageCodec),
    /** What the seal was made with; null for a task whose results are not sealed. */
    nonce: nullable(bytes(NONCE_BYTES)),
  }),
  /**
   * By a worker: this award will bring no result. `serial`: which award it is, since an agent that was busy may hold the
   * same seat again when this arrives.
   */
  failure: struct({
    task: taskIdCodec,
    attempt,
    serial: uint(),
    reason: oneOf(FAILURE_REASONS),
    /** `busy`: the skill can work again after this; 0: the worker will offer again. */
    retryMs: duration,
    message: text(limits.textBytes),
  }),
  /** By a worker: its standing word for one skill; a newer one replaces it, `slots` 0 withdraws it. */
  offer: struct({
    skill: name,
    price,
    slots: uint(limits.slots),
    labels: list(name, limits.labels),
    /** Its load over all jobs, parts per million. */
    load: ppm,
    expectedMs: duration,
    validUntilMs: uint(),
    /** How near its own skill is to what was asked for; 1,000,000: it has that very name. Its word, like the rest. */
    similarity: ppm,
  }),
});
export type CommandBody = Infer<typeof commandBodyCodec>;
export type CommandKind = CommandBody["kind"];
/** The body of one kind of command. */
export type BodyOf<K extends CommandKind> = Extract<CommandBody, { readonly kind: K }>;

/** `counter` grows with each command of an author in a job: the same body twice is two commands. */
export const commandCodec = struct({
  job: hash as Codec<JobId>,
  author: agentId,
  counter: uint(),
  body: commandBodyCodec,
});
export type Command = Infer<typeof commandCodec>;
export type CommandOf<K extends CommandKind> = Omit<Command, "body"> & { readonly body: BodyOf<K> };

export const encodeCommand = (command: Command): Uint8Array => encode(commandCodec, command);

const envelopeContentCodec = struct({
  job: hash as Codec<JobId>,
  author: agentId,
  hashes: list(hash, limits.envelopeCommands),
});
type EnvelopeContent = Infer<typeof envelopeContentCodec>;

/** `commands` holds the canonical bytes of some of the commands that `hashes` names, in any order. */
export const envelopeCodec = struct({
  job: hash as Codec<JobId>,
  author: agentId,
  hashes: list(hash, limits.envelopeCommands),
  signature,
  commands: list(bytes(limits.commandBytes), limits.envelopeCommands),
});
export type Envelope = Infer<typeof envelopeCodec>;

export const envelopeHash = (hasher: Hasher, content: EnvelopeContent): Hash =>
  hashOf(hasher, envelopeContentCodec, content);

const sealCodec = struct({
  job: hash,
  task: taskIdCodec,
  attempt,
  worker: agentId,
  nonce: bytes(NONCE_BYTES),
  output: hash,
  confidence: ppm,
  cost: price,
  usage: nullable(usageCodec),
});

/**
 * H(job, task, attempt, worker, nonce, output, confidence, cost, usage): hides the result, binds the worker (protocol.md 7). It
 * covers all that the worker says of its output, or whoever reveals last could choose its confidence by the others'.
 */
export const sealHash = (hasher: Hasher, sealed: Infer<typeof sealCodec>): Hash => hashOf(hasher, sealCodec, sealed);
