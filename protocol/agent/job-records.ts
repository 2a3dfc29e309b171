/**
 * What a node keeps of a job on disk, under which slots, and how it is read back after a restart.
 */

import type { ConsensusRecord } from "../consensus/record.ts";
import { decodeRecord } from "../consensus/record.ts";
import { compareText } from "../core/bytes.ts";
import { MeshworkError } from "../core/errors.ts";
import type { Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Decided } from "../job/replica.ts";
import type { StoredRecord } from "../machine.ts";
import { type Codec, type Decoded, decode, encode, type Infer, list, oneOf, struct } from "../wire/codec.ts";
import { type Envelope, envelopeCodec } from "../wire/command.ts";
import { signedGenesisCodec } from "../wire/genesis.ts";
import { type CommittedBlock, committedBlockCodec } from "../wire/message.ts";

/** keeper: a member, standby or follower has the log; worker: the agent knows the job because it works for it. */
const rootCodec = struct({ role: oneOf(["keeper", "worker"]), genesis: signedGenesisCodec });
export type RootRecord = Infer<typeof rootCodec>;

/** The commands of a block that is not decided: of a lock, a valid value, an own proposal. */
const candidateCodec = list(envelopeCodec, limits.blockCommands);

export const SLOT = {
  root: "genesis",
  /**
   * Instead of everything else: a job that it gave up, and never votes in again. Its bytes are the owner's withdrawal, or
   * none.
   */
  retired: "retired",
  vote: "vote",
  block: (height: number): string => `block/${String(height).padStart(12, "0")}`,
  candidate: (commandsHash: Hash | ""): string => `candidate/${commandsHash}`,
  work: (task: string, attempt: number): string => `work/${task}/${attempt}`,
} as const;

export const encodeRoot = (root: RootRecord): Uint8Array => encode(rootCodec, root);
export const decodeRoot = (bytes: Uint8Array): Decoded<RootRecord> => decode(rootCodec, bytes);
export const encodeCandidate = (envelopes: readonly Envelope[]): Uint8Array => encode(candidateCodec, envelopes);

export function toCommitted(decided: Decided): CommittedBlock {
  return { block: decided.block, envelopes: decided.envelopes, commit: decided.commit };
}
export const encodeCommitted = (block: CommittedBlock): Uint8Array => encode(committedBlockCodec, block);

/** What the store gave back of one job. */
export interface StoredJob {
  readonly job: JobId;
  readonly root: RootRecord;
  /** In the order of heights, without gaps from 1 on. */
  readonly blocks: readonly CommittedBlock[];
  readonly candidates: readonly { readonly commandsHash: Hash; readonly envelopes: readonly Envelope[] }[];
  readonly vote: ConsensusRecord | null;
  /** Slot and bytes of sealed work. */
  readonly work: readonly StoredRecord[];
}

/** A record that does not decode is damage on this disk: the job cannot go on from it. */
const damaged = (job: JobId, slot: string, code: string): MeshworkError =>
  new MeshworkError(
    "storage",
    `the log of job ${job} is damaged: record ${slot} does not decode (${code})`,
    "restore the data folder from a backup, or start with a new one",
  );

function must<T>(codec: Codec<T>, record: StoredRecord): T {
  const decoded = decode(codec, record.bytes);
  if (!decoded.ok) throw damaged(record.job, record.slot, decoded.code);
  return decoded.value;
}

/** Jobs that were given up in a run before this one. */
export const retiredJobs = (records: readonly StoredRecord[]): readonly StoredRecord[] =>
  records.filter(({ slot }) => slot === SLOT.retired);

/** Sorts stored records into jobs. Throws `storage`: the operator must decide what to do about a damaged disk. */
export function readJobs(records: readonly StoredRecord[]): StoredJob[] {
  const byJob = new Map<JobId, StoredRecord[]>();
  for (const record of records) {
    const known = byJob.get(record.job);
    if (known === undefined) byJob.set(record.job, [record]);
    else known.push(record);
  }
  const jobs: StoredJob[] = [];
  for (const [job, all] of byJob) {
    const sorted = all.sort((a, b) => compareText(a.slot, b.slot));
    const root = sorted.find((record) => record.slot === SLOT.root);
    if (root === undefined) continue; // being forgotten when the process ended
    const starting = (prefix: string): StoredRecord[] => sorted.filter((record) => record.slot.startsWith(prefix));
    const vote = sorted.find((record) => record.slot === SLOT.vote);
    const decodedVote = vote === undefined ? null : decodeRecord(vote.bytes);
    if (decodedVote !== null && !decodedVote.ok) throw damaged(job, SLOT.vote, decodedVote.code);
    jobs.push({
      job,
      root: must(rootCodec, root),
      blocks: starting("block/").map((record) => must(committedBlockCodec, record)),
      candidates: starting(SLOT.candidate("")).map((record) => {
        const commandsHash = record.slot.slice(SLOT.candidate("").length) as Hash;
        return { commandsHash, envelopes: must(candidateCodec, record) };
      }),
      vote: decodedVote?.value ?? null,
      work: starting("work/"),
    });
  }
  return jobs;
}
