/**
 * The genesis of a job: everything that its log starts from, signed by the owner. Its hash is the job id.
 * This file defines the shapes and their canonical bytes; job/graph.ts checks whether a genesis makes sense.
 *
 * Source: protocol.md 4.
 */

import type { Hasher } from "../core/crypto.ts";
import type { Hash, JobId, MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import {
  bool,
  bytes,
  type Codec,
  encode,
  hash,
  type Infer,
  list,
  nullable,
  struct,
  text,
  uint,
  variant,
} from "./codec.ts";
import { agentId, committeeCodec, signature, standbysCodec } from "./consensus.ts";
import { type Value, valueCodec } from "./value.ts";

/** Dimensions of the vector of a skill, or of a task that asks in words; each takes one byte. */
export const EMBEDDING_BYTES = 256;

export const name = text(limits.nameBytes);
export const duration = uint(limits.durationMs);
export const price = uint(limits.price);
/** A share in parts per million. */
export const ppm = uint(1_000_000);

/** A finite number, encoded as in values. */
export const finite: Codec<number> = {
  write: (w, number) => valueCodec.write(w, number),
  read(r) {
    const read: Value = valueCodec.read(r);
    return typeof read === "number" ? read : r.fail("not-a-number");
  },
};

/**
 * A value as canonical bytes: inline up to 16 KiB, else as a blob. In both forms its hash is the SHA-256 of the canonical
 * bytes; the ledger compares hashes and never reads a blob.
 */
export const dataCodec = variant({
  inline: struct({ bytes: bytes(limits.inlineBytes) }),
  blob: struct({ hash, bytes: uint(limits.blobBytes) }),
});
export type Data = Infer<typeof dataCodec>;

export const dataHash = (hasher: Hasher, data: Data): Hash => (data.kind === "blob" ? data.hash : hasher(data.bytes));

/** Files of the submitter, packed into one blob (see wire/pack.ts). */
export const packCodec = struct({ hash, bytes: uint(limits.blobBytes) });
export type Pack = Infer<typeof packCodec>;

/** Where a task's input comes from. `path` selects a part of a value: `items[2].name`; "" selects the whole value. */
export const sourceCodec = variant({
  none: struct({}),
  value: struct({ data: dataCodec }),
  /** `single`: one file was asked for, not a list of files. */
  files: struct({ pack: packCodec, single: bool }),
  output: struct({ node: name, path: text(limits.textBytes) }),
});
export type Source = Infer<typeof sourceCodec>;

/** The items that a `map` makes tasks for. */
const itemsCodec = variant({
  list: struct({ items: list(dataCodec, limits.mapItems) }),
  packs: struct({ packs: list(packCodec, limits.mapItems) }),
  output: struct({ node: name, path: text(limits.textBytes) }),
  /**
   * A list that is too long for a genesis: `count` values in blobs of the owner, which the hosts store. Each blob but the last
   * has `each` of them, in canonical bytes of a list of data (wire/parcel.ts).
   */
  parts: struct({ count: uint(limits.mapItems), each: uint(limits.mapItems), parts: list(packCodec, limits.mapItems) }),
});
export type Items = Infer<typeof itemsCodec>;

/** How a node of the graph unfolds into tasks. `batch`: items per task; with 1 a task gets the item itself, with more a list. */
export const generatorCodec = variant({
  single: struct({}),
  map: struct({ items: itemsCodec, batch: uint(limits.mapItems) }),
  chain: struct({ steps: uint(limits.chainSteps) }),
});
export type Generator = Infer<typeof generatorCodec>;

/** Comparators that compare whole values. A comparator that contains others lists these first, in the same order. */
const plainComparators = {
  /** The same canonical bytes. */
  exact: struct({}),
  /** Numbers within `absolute`, or within `relativePpm` of the smaller one. */
  number: struct({ absolute: finite, relativePpm: ppm }),
  /** Lists whose order does not matter, and which share at least this part of all their items (Jaccard index). */
  set: struct({ leastPpm: ppm }),
  /** Texts that are equal but for what the flags name (answer/folding.ts). */
  text: struct({ case: bool, space: bool, punctuation: bool }),
  /** Texts whose spelling is the same for at least this part (answer/spelling.ts). */
  similar: struct({ leastPpm: ppm }),
};
const plainComparatorCodec = variant(plainComparators);
export type PlainComparator = Infer<typeof plainComparatorCodec>;

/** Which outputs count as equal (answer/metrics.ts). */
const comparatorCodec = variant({
  ...plainComparators,
  /** Lists of the same length whose items are equal, each to the one at the same place. */
  list: struct({ item: plainComparatorCodec }),
  /** Parts of values, at `path`. `all`: all parts must be equal; otherwise one is enough. */
  field: struct({
    all: bool,
    fields: list(struct({ path: text(limits.textBytes), compare: plainComparatorCodec }), limits.comparedFields),
  }),
});
export type Comparator = Infer<typeof comparatorCodec>;

/** How results become an answer (answer/rules.ts). */
const ruleCodec = variant({
  first: struct({}),
  majority: struct({}),
  quorum: struct({ q: uint(limits.seats) }),
  "ahead-by": struct({ k: uint(limits.seats) }),
  median: struct({}),
  /** `leastPpm`: the probability that the answer must have before it is accepted. */
  "confidence-weighted": struct({ leastPpm: ppm }),
  "cp-wbft": struct({}),
  /** Other agents, `verifiers` of them by their skill, check the answer; `quorum` of them must find it right. */
  verified: struct({ skill: name, verifiers: uint(limits.seats), quorum: uint(limits.seats) }),
});
export type Rule = Infer<typeof ruleCodec>;

/** When a task whose worker is late gets one more. */
const hedgeCodec = variant({
  /** After three times what the worker's own offer expects (job/policy.ts). */
  auto: struct({}),
  off: struct({}),
  after: struct({ afterMs: duration }),
});
export type Hedge = Infer<typeof hedgeCodec>;

/** Red flags (answer/flags.ts): an output that does not meet them is no answer. null: not looked at. */
const flagsCodec = struct({
  /** The most canonical bytes that it may have. */
  maxBytes: nullable(uint(limits.blobBytes)),
  /** What a text must match (answer/pattern-syntax.ts). */
  pattern: nullable(text(limits.textBytes)),
  /** The form that it must have, as canonical bytes of a value (answer/output-schema.ts). */
  schema: nullable(bytes(limits.schemaBytes)),
});
export type Flags = Infer<typeof flagsCodec>;
export const NO_FLAGS: Flags = { maxBytes: null, pattern: null, schema: null };

/** What a task's workers must deliver. job/policy.ts has the defaults, and says what raising and lowering each does. */
const policyCodec = struct({
  /** How many workers the first batch has. */
  redundancy: uint(limits.seats),
  /** How many results a task may collect over all its batches before it fails for disagreement. */
  redundancyMax: uint(limits.seats),
  accept: ruleCodec,
  compare: comparatorCodec,
  flags: flagsCodec,
  /** A lease's length, ms. */
  timeoutMs: duration,
  /** How many leases may end without a result before the task fails. */
  retries: uint(limits.seats),
  /** The most that one result may cost, micro-credits. */
  priceMax: price,
  hedge: hedgeCodec,
});
export type Policy = Infer<typeof policyCodec>;

/** A skill described in words: agents with a similar skill may offer (protocol.md 3). */
export const likeCodec = struct({
  /** The embedder that made the vector; vectors of different embedders cannot be compared. */
  embedder: name,
  vector: bytes(EMBEDDING_BYTES),
  /** The least similarity that a skill must have. */
  least: ppm,
});
export type Like = Infer<typeof likeCodec>;

export const nodeSpecCodec = struct({
  id: name,
  /** The name of a skill. If the task asks in words, the name under which its offers, awards and records are stored. */
  skill: name,
  /** Labels that a worker must carry. */
  labels: list(name, limits.labels),
  input: sourceCodec,
  /** Nodes that must be accepted first, in addition to those that the input refers to. */
  needs: list(name, limits.nodes),
  generator: generatorCodec,
  policy: policyCodec,
  /** null if only a skill of exactly that name will do. */
  like: nullable(likeCodec),
});
export type NodeSpec = Infer<typeof nodeSpecCodec>;

/** Thousandths of an answer. */
export const knownAnswers = uint(limits.knownAnswers);

/**
 * What the owner learned from earlier jobs: the prior of this one (protocol.md 6, knowledge). It is bounded and in fixed
 * point. Since it is only the word of one owner, it affects who gets the tasks of this job, and nothing else.
 */
export const knowledgeCodec = struct({
  /** Answers by agent and skill, one entry for each pair. In thousandths of an answer, because knowledge fades. */
  records: list(
    struct({
      agent: agentId,
      skill: name,
      accepted: knownAnswers,
      rejected: knownAnswers,
      /** The same answers by stated confidence (answer/calibration.ts), with the sum of what was stated. Empty: unknown. */
      stated: list(
        struct({ accepted: knownAnswers, rejected: knownAnswers, stated: knownAnswers }),
        limits.confidenceBins,
      ),
    }),
    limits.knownRecords,
  ),
  /** State of the job's selector: canonical bytes of a value. Empty if it has learned nothing yet. */
  learned: bytes(limits.learnedBytes),
});
export type Knowledge = Infer<typeof knowledgeCodec>;
export const NO_KNOWLEDGE: Knowledge = { records: [], learned: new Uint8Array(0) };

export const genesisCodec = struct({
  meshId: text<MeshId>(limits.meshIdBytes),
  rulesVersion: uint(),
  owner: agentId,
  /** The owner's clock, ms. It tells jobs with equal tasks apart; agents refuse jobs that are too old (retired-jobs.ts). */
  counter: uint(),
  name,
  nodes: list(nodeSpecCodec, limits.nodes),
  /** The node whose output is the job's result. */
  output: name,
  /** Micro-credits. */
  budget: uint(limits.budget),
  /** Counted from the time of the first block, ms. */
  deadlineMs: duration,
  labels: list(name, limits.labels),
  /** The name of the selector, which chooses among offers (selection/selector.ts). */
  selector: name,
  knowledge: knowledgeCodec,
  /** Length of an offer window, ms. */
  windowMs: duration,
  /** Inputs, outputs and what workers say of errors stay out of traces, summaries, pages and explanations. */
  redact: bool,
  committee: committeeCodec,
  standbys: standbysCodec,
});
export type Genesis = Infer<typeof genesisCodec>;

export const encodeGenesis = (genesis: Genesis): Uint8Array => encode(genesisCodec, genesis);

/** A genesis with its owner's signature. The bytes are kept as they were received, because their hash is the job id. */
export const signedGenesisCodec = struct({ bytes: bytes(limits.genesisBytes), signature });
export type SignedGenesis = Infer<typeof signedGenesisCodec>;

export const jobIdOf = (hasher: Hasher, signed: SignedGenesis): JobId => hasher(signed.bytes);

/** An item of a list, or a blob with many: canonical bytes of a list of data (wire/parcel.ts). */
const listedCodec = variant({
  inline: struct({ bytes: bytes(limits.inlineBytes) }),
  blob: struct({ hash, bytes: uint(limits.blobBytes) }),
  many: struct({ hash, bytes: uint(limits.blobBytes) }),
});
export type Listed = Infer<typeof listedCodec>;

const plainInputs = {
  none: struct({}),
  value: struct({ data: dataCodec, path: text(limits.textBytes) }),
  files: struct({ pack: packCodec, single: bool }),
  /** Items of a batch, or the outputs of a map in order. */
  list: struct({ items: list(listedCodec, limits.mapItems) }),
  packs: struct({ packs: list(packCodec, limits.mapItems) }),
  /** `count` items of a part of a list, starting at index `from`. `single`: the item itself, not a list of one. */
  part: struct({ part: packCodec, from: uint(limits.mapItems), count: uint(limits.mapItems), single: bool }),
};
const plainInputCodec = variant(plainInputs);

/** What a worker gets after the ledger has resolved the input of a task. */
export const taskInputCodec = variant({
  ...plainInputs,
  /** An answer to check, and the input that it was given for. */
  check: struct({ input: plainInputCodec, output: dataCodec }),
});
export type PlainInput = Infer<typeof plainInputCodec>;
export type TaskInput = Infer<typeof taskInputCodec>;

/** The blobs that a worker needs for the input of a task. */
export function blobsOf(input: TaskInput): readonly { readonly hash: Hash; readonly bytes: number }[] {
  if (input.kind === "check") return [...blobsOf(input.input), ...(input.output.kind === "blob" ? [input.output] : [])];
  if (input.kind === "files") return [input.pack];
  if (input.kind === "packs") return input.packs;
  if (input.kind === "part") return [input.part];
  const data: readonly Listed[] = input.kind === "value" ? [input.data] : input.kind === "list" ? input.items : [];
  return data.filter((item) => item.kind !== "inline");
}
