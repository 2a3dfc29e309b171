/**
 * What an agent stores of a job, in which slots, and how it reads that back after a restart.
 */

import { Divergence } from "../consensus/divergence.ts";
import { type ConsensusRecord, decodeRecord } from "../consensus/record.ts";
import { compareText, utf8Read } from "../core/bytes.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { toEnvelopes } from "../job/pool.ts";
import type { Decided } from "../job/replica.ts";
import type { StoredRecord } from "../machine.ts";
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

/** A job that this agent gave up (retired-jobs.ts). */
const retiredCodec = struct({
  /** The counter of its genesis: when the owner made the job, by the owner's clock. */
  createdMs: uint(),
  /** Marks of jobs made before this time had been forgotten when this one was written. */
  rememberedMs: uint(),
  /** The owner's signature; empty if it did not withdraw the job. */
  withdrawal: bytes(limits.signatureBytes),
});
type RetiredRecord = Infer<typeof retiredCodec>;
export const encodeRetired = (record: RetiredRecord): Uint8Array => encode(retiredCodec, record);

/** A mark counts even if it cannot be read; then it is never forgotten. */
export function readRetired(stored: Uint8Array): RetiredRecord {
  const decoded = decode(retiredCodec, stored);
  if (decoded.ok) return decoded.value;
  return { createdMs: Number.MAX_SAFE_INTEGER, rememberedMs: 0, withdrawal: new Uint8Array(0) };
}

export const SLOT = {
  root: "genesis",
  mark: "diverged",
  /** Replaces all other records: the agent gave the job up, and never votes in it again. */
  retired: "retired",
  /** Who asked for the job (hosting.ts). */
  source: "source",
  vote: "vote",
  block: (height: number): string => `block/${String(height).padStart(12, "0")}`,
  undecided: (commandsHash: Hash | ""): string => `candidate/${commandsHash}`,
  work: (task: string, attempt: number): string => `work/${task}/${attempt}`,
} as const;

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
  /** In the order of heights, without gaps from 1 on. */
  readonly blocks: readonly CommittedBlock[];
  readonly undecided: readonly { readonly commandsHash: Hash; readonly envelopes: readonly Envelope[] }[];
  readonly vote: ConsensusRecord | null;
  /** "": not known, as of a job that an earlier version began. */
  readonly source: string;
  /** Slot and bytes of sealed work. */
  readonly work: readonly StoredRecord[];
}

/** The records of each job, in the order of their slots. */
export function groupRecords(records: readonly StoredRecord[]): Map<JobId, StoredRecord[]> {
  const byJob = new Map<JobId, StoredRecord[]>();
  for (const record of records) {
    const known = byJob.get(record.job);
    if (known === undefined) byJob.set(record.job, [record]);
    else known.push(record);
  }
  for (const all of byJob.values()) all.sort((a, b) => compareText(a.slot, b.slot));
  return byJob;
}

/** A job's genesis, if it can be read. Messages to people name the job by it. */
export function genesisAmong(records: readonly StoredRecord[], job: JobId): Genesis | null {
  const stored = records.find((record) => record.job === job && record.slot === SLOT.root);
  const root = stored === undefined ? null : decodeRoot(stored.bytes);
  const genesis = root?.ok ? decodeGenesis(root.value.genesis.bytes) : null;
  return genesis?.ok ? genesis.value : null;
}

/** A record that does not decode is damage on this disk: the job cannot continue from it. */
function must<T>(decoded: Decoded<T>, slot: string): T {
  if (!decoded.ok) throw new Divergence(`its stored record ${slot} is damaged (${decoded.code})`);
  return decoded.value;
}

/** Reads a job from its records, `sorted` by slot. Null if the job was being forgotten. Throws `Divergence`. */
export function readJob(job: JobId, sorted: readonly StoredRecord[]): StoredJob | null {
  const root = sorted.find((record) => record.slot === SLOT.root);
  if (root === undefined) {
    if (sorted.some(({ slot }) => slot === SLOT.vote || slot.startsWith("block/")))
      throw new Divergence("its stored genesis is lost");
    return null;
  }
  const read = <T>(codec: Codec<T>, record: StoredRecord): T => must(decode(codec, record.bytes), record.slot);
  const starting = (prefix: string): StoredRecord[] => sorted.filter((record) => record.slot.startsWith(prefix));
  const vote = sorted.find((record) => record.slot === SLOT.vote);
  const source = sorted.find((record) => record.slot === SLOT.source)?.bytes ?? new Uint8Array(0);
  return {
    job,
    root: read(rootCodec, root),
    blocks: starting("block/").map((record) => read(committedBlockCodec, record)),
    undecided: starting(SLOT.undecided("")).map((record) => {
      const commandsHash = record.slot.slice(SLOT.undecided("").length) as Hash;
      return { commandsHash, envelopes: read(undecidedCodec, record) };
    }),
    source: utf8Read(source, 0, source.length) ?? "",
    vote: vote === undefined ? null : must(decodeRecord(vote.bytes), SLOT.vote),
    work: starting("work/"),
  };
}
