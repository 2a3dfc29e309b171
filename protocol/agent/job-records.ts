/**
 * What an agent stores of a job, in which slots, and how it reads that back after a restart.
 */

import { CLOCK_SLACK_MS } from "../capability/directory.ts";
import { Divergence } from "../consensus/divergence.ts";
import { type ConsensusRecord, decodeRecord } from "../consensus/record.ts";
import { utf8Read } from "../core/bytes.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { toEnvelopes } from "../job/pool.ts";
import type { Decided } from "../job/replica.ts";
import type { StoredRecord, StoredRecords } from "../machine.ts";
import {
  bytes,
  type Codec,
  type Decoded,
  decode,
  encode,
  type Infer,
  list,
  oneOf,
  struct,
  text,
  uint,
  variant,
} from "../wire/codec.ts";
import { type Envelope, envelopeCodec } from "../wire/command.ts";
import { agentId } from "../wire/consensus.ts";
import { type Genesis, signedGenesisCodec } from "../wire/genesis.ts";
import { decodeGenesis } from "../wire/genesis-of-rules-1.ts";
import { type CommittedBlock, committedBlockCodec } from "../wire/message.ts";

/** reader: the agent has the log, as a host or a follower. worker: it knows the job only because it works for it. */
const rootCodec = struct({ role: oneOf(["reader", "worker"]), genesis: signedGenesisCodec });
type RootRecord = Infer<typeof rootCodec>;

/** The commands of an undecided block: the locked one, the valid one, or this agent's own proposal. */
const undecidedCodec = list(envelopeCodec, limits.blockCommands);

/** What shows that a job went wrong: a block with its commit, or the frame that was being read. */
const evidenceCodec = variant({
  /** The evidence is in the stored records of the job, or there is none. */
  none: struct({}),
  block: struct({ committed: committedBlockCodec }),
  frame: struct({ from: agentId, bytes: bytes(limits.frameBytes) }),
});
export type Evidence = Infer<typeof evidenceCodec>;
export const NO_EVIDENCE: Evidence = { kind: "none" };

/** A job that this agent no longer takes part in (containment.ts). Its other records are kept as they are. */
const markCodec = struct({
  reason: text(limits.textBytes),
  /** By this agent's wall clock. */
  atMs: uint(),
  name: text(limits.textBytes),
  owner: text<AgentId | "">(limits.agentIdBytes),
  evidence: evidenceCodec,
});
export type Mark = Infer<typeof markCodec>;
export const encodeMark = (mark: Mark): Uint8Array => encode(markCodec, mark);

/** A mark counts even if its bytes are damaged. */
export function readMark(stored: Uint8Array): Mark {
  const decoded = decode(markCodec, stored);
  if (decoded.ok) return decoded.value;
  return { reason: "it went wrong in an earlier run", atMs: 0, name: "", owner: "", evidence: NO_EVIDENCE };
}

/** A job that this agent gave up after it had voted in it (retired-jobs.ts). */
const retiredCodec = struct({
  /** From when on the job is too old to begin, by the owner's clock. */
  expiresMs: uint(),
  /** Marks of jobs that expired by this time had been forgotten when this one was written. */
  rememberedMs: uint(),
  /** The owner's signature; empty if it did not withdraw the job. */
  withdrawal: bytes(limits.signatureBytes),
  /** Who asked for it; "": a known owner. */
  source: text<string>(limits.agentIdBytes),
});
type RetiredRecord = Infer<typeof retiredCodec>;
export const encodeRetired = (record: RetiredRecord): Uint8Array => encode(retiredCodec, record);

/** As versions before rules 2 wrote it, when every job was too old after a day. */
const formerRetiredCodec = struct({
  createdMs: uint(),
  rememberedMs: uint(),
  withdrawal: bytes(limits.signatureBytes),
});
const DAY_MS = 24 * 3_600_000;

/** A mark counts even if it cannot be read; then it is never forgotten. */
export function readRetired(stored: Uint8Array): RetiredRecord {
  const decoded = decode(retiredCodec, stored);
  if (decoded.ok) return decoded.value;
  const former = decode(formerRetiredCodec, stored);
  if (!former.ok)
    return { expiresMs: Number.MAX_SAFE_INTEGER, rememberedMs: 0, withdrawal: new Uint8Array(0), source: "" };
  const { createdMs, rememberedMs, withdrawal } = former.value;
  const later = (ms: number): number => (ms === 0 ? 0 : ms + DAY_MS + CLOCK_SLACK_MS);
  return { expiresMs: later(createdMs), rememberedMs: later(rememberedMs), withdrawal, source: "" };
}

export const SLOT = {
  root: "genesis",
  mark: "diverged",
  /** Replaces all other records: the agent gave the job up, and never votes in it again. */
  retired: "retired",
  /** Who asked for the job (hosting.ts). */
  source: "source",
  vote: "vote",
  /** Up to which height it does not vote, because its votes there may be lost (lost-votes.ts). */
  abstention: "abstention",
  block: (height: number): string => `block/${String(height).padStart(12, "0")}`,
  undecided: (commandsHash: Hash | ""): string => `candidate/${commandsHash}`,
  work: (task: string, attempt: number): string => `work/${task}/${attempt}`,
} as const;

const abstentionCodec = struct({ untilHeight: uint(), lostBeforeMs: uint() });
/** `lostBeforeMs`: of the loss after which it was found out; a later loss may have taken later votes. */
type AbstentionRecord = Infer<typeof abstentionCodec>;
export const encodeAbstention = (record: AbstentionRecord): Uint8Array => encode(abstentionCodec, record);
export const encodeRoot = (root: RootRecord): Uint8Array => encode(rootCodec, root);
export const decodeRoot = (stored: Uint8Array): Decoded<RootRecord> => decode(rootCodec, stored);
export const encodeUndecided = (envelopes: readonly Envelope[]): Uint8Array => encode(undecidedCodec, envelopes);

export function toCommitted(decided: Decided): CommittedBlock {
  const { block, entries, commit } = decided;
  return { block, envelopes: toEnvelopes(block.header.job, entries), commit };
}
export const encodeCommitted = (block: CommittedBlock): Uint8Array => encode(committedBlockCodec, block);

/** What the store returned for one job. */
export interface StoredJob {
  readonly job: JobId;
  readonly root: RootRecord;
  /** In the order of heights, without gaps from 1 on; read one by one. */
  blocks(): Iterable<CommittedBlock>;
  readonly undecided: readonly { readonly commandsHash: Hash; readonly envelopes: readonly Envelope[] }[];
  readonly vote: ConsensusRecord | null;
  /** "": not known, as of a job that an earlier version began. */
  readonly source: string;
  readonly abstention: AbstentionRecord | null;
  /** Slot and bytes of sealed work. */
  readonly work: readonly StoredRecord[];
}

const first = (records: StoredRecords, job: JobId, slot: string): StoredRecord | undefined => {
  for (const record of records.of(job, slot)) if (record.slot === slot) return record;
  return undefined;
};

/** The mark of a job that this agent set aside or gave up, undefined if it did not. */
export const markedIn = (records: StoredRecords, job: JobId): StoredRecord | undefined =>
  first(records, job, SLOT.mark) ?? first(records, job, SLOT.retired);

/** A job's genesis, if it can be read. Messages to people name the job by it. */
export function genesisIn(records: StoredRecords, job: JobId): Genesis | null {
  const stored = first(records, job, SLOT.root);
  const root = stored === undefined ? null : decodeRoot(stored.bytes);
  const genesis = root?.ok ? decodeGenesis(root.value.genesis.bytes) : null;
  return genesis?.ok ? genesis.value : null;
}

/** A record that does not decode is damage on this disk: the job cannot continue from it. */
function must<T>(decoded: Decoded<T>, slot: string): T {
  if (!decoded.ok) throw new Divergence(`its stored record ${slot} is damaged (${decoded.code})`);
  return decoded.value;
}

/** Reads a job from its records. Null if the job was being forgotten. Throws `Divergence`, its `blocks` too. */
export function readJob(job: JobId, records: StoredRecords): StoredJob | null {
  const root = first(records, job, SLOT.root);
  const vote = first(records, job, SLOT.vote);
  const abstention = first(records, job, SLOT.abstention);
  if (root === undefined) {
    for (const _ of records.of(job, "block/")) throw new Divergence("its stored genesis is lost");
    if (vote !== undefined) throw new Divergence("its stored genesis is lost");
    return null;
  }
  const read = <T>(codec: Codec<T>, record: StoredRecord): T => must(decode(codec, record.bytes), record.slot);
  const source = first(records, job, SLOT.source)?.bytes ?? new Uint8Array(0);
  return {
    job,
    root: read(rootCodec, root),
    *blocks() {
      for (const record of records.of(job, "block/")) yield read(committedBlockCodec, record);
    },
    undecided: Array.from(records.of(job, SLOT.undecided("")), (record) => {
      const commandsHash = record.slot.slice(SLOT.undecided("").length) as Hash;
      return { commandsHash, envelopes: read(undecidedCodec, record) };
    }),
    source: utf8Read(source, 0, source.length) ?? "",
    vote: vote === undefined ? null : must(decodeRecord(vote.bytes), SLOT.vote),
    abstention: abstention === undefined ? null : read(abstentionCodec, abstention),
    work: [...records.of(job, "work/")],
  };
}
