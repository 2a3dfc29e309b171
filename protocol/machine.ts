/**
 * The contract between the protocol and whoever drives it.
 *
 * The caller feeds inputs one at a time, each with the current time, and carries out the returned effects in
 * order (effect.ts says what each owes back). The machine has no clock, no randomness and no I/O: the
 * same configuration, records and inputs give the same effects, on every machine.
 */

import type { VectorFacts } from "./capability/vector-facts.ts";
import type { VectorIndex } from "./capability/vector-index.ts";
import { compareText } from "./core/bytes.ts";
import type { Crypto, Signer } from "./core/crypto.ts";
import type { JobId, MeshId } from "./core/ids.ts";
import type { Now } from "./core/now.ts";
import type { Quotas } from "./core/quotas.ts";
import type { Effect } from "./effect.ts";
import type { Input } from "./input.ts";
import type { Executions } from "./job/executions.ts";
import type { Selectors } from "./selection/selector.ts";
import type { SkillAd } from "./wire/capability.ts";
import type { Decoders } from "./wire/message.ts";

export interface Machine {
  step(now: Now, input: Input): readonly Effect[];
}

/** A record that the store gave back after a restart: what `persist` wrote last under (job, slot). */
export interface StoredRecord {
  readonly job: JobId;
  readonly slot: string;
  readonly bytes: Uint8Array;
}

/** The records of an agent, read as they are needed: all of them may be more than its memory. */
export interface StoredRecords {
  /** In their order. */
  jobs(): Iterable<JobId>;
  /** Those of a job whose slots begin so, in the order of slots. */
  of(job: JobId, prefix: string): Iterable<StoredRecord>;
}

/** Records that are in memory anyway. */
export function recordsFrom(records: readonly StoredRecord[]): StoredRecords {
  const byJob = new Map<JobId, StoredRecord[]>();
  for (const record of records.toSorted((a, b) => compareText(a.slot, b.slot))) {
    const known = byJob.get(record.job);
    if (known === undefined) byJob.set(record.job, [record]);
    else known.push(record);
  }
  return {
    jobs: () => [...byJob.keys()].sort(compareText),
    of: (job, prefix) => (byJob.get(job) ?? []).filter(({ slot }) => slot.startsWith(prefix)),
  };
}

/** A skill of an agent; without a vector, the built-in embedder makes it of name and description. */
export type OwnSkill = Omit<SkillAd, "vector"> & { readonly vector?: Uint8Array };

/** What one agent is. */
export interface AgentConfig {
  readonly meshId: MeshId;
  readonly signer: Signer;
  readonly crypto: Crypto;
  /**
   * The owner for which it acts: it is then a client, which works for nobody, keeps nothing for others and is not
   * advertised, and says the owner's delegation with what only an owner may say. Default: it is an agent, and its own owner.
   */
  readonly owner?: Signer;
  /** What people call it in output; not an identity. */
  readonly name: string;
  /** Greater at each start of the same identity: wall-clock milliseconds at start do. */
  readonly incarnation: number;
  /**
   * Votes that it cast before this time, by its wall clock, may be lost: its store is gone, or older than the last use of its
   * key. In jobs of before, it does not vote where it may have voted. Default: it has them all.
   */
  readonly lostVotesBeforeMs?: number | undefined;
  readonly skills: readonly OwnSkill[];
  /** For searching skills by vector; its own from now on. Default: exact search. */
  readonly skillIndex?: VectorIndex;
  /** How it reads what it is sent. Default: byte by byte; a simulated world reads once what many receive. */
  readonly decoders?: Decoders;
  /** What follows from capability vectors; agents of one process may share it. Default: its own. */
  readonly vectorFacts?: VectorFacts;
  /** What blocks do; honest agents of one process may share it. Default: it works that out by itself. */
  readonly executions?: Executions;
  /** Whether it leaves beacons to others that they call first. Default true; off only to see what that saves. */
  readonly screensBeacons?: boolean;
  /** How many agents a shard of a large mesh has at most (capability/shards.ts). Default SHARD_AGENTS. */
  readonly shardAgents?: number | undefined;
  /** What made the vectors of its skills; all agents of a mesh use the same. Default: the built-in one. */
  readonly embedder?: string;
  /** Tasks that it works on at the same time. 1..1024 */
  readonly slots: number;
  readonly labels: readonly string[];
  /** Whether it hosts jobs when asked (serves on committees). */
  readonly hosts: boolean;
  readonly addresses: readonly string[];
  /** What it gives to the owners of jobs. Default: DEFAULT_QUOTAS. */
  readonly quotas?: Quotas | undefined;
  /** Policies for choosing workers; all hosts of a job need the one that it names. Default: BUILT_IN_SELECTORS. */
  readonly selectors?: Selectors;
  /** Tasks of each job for which it keeps why their workers were chosen. Default: limits.explainedTasks. */
  readonly explainedTasks?: number;
  /** A running digest of what each block changed in the ledger, in the trace of each block. Default false. */
  readonly traceState?: boolean | undefined;
  /** Why workers were chosen, in the trace of the block's maker: all that was known of each candidate. Default false. */
  readonly traceChoices?: boolean;
}

/** How the agent machine is made; drivers take it as a parameter, so that a simulator can wrap it. */
export type CreateMachine = (config: AgentConfig, records: StoredRecords) => Machine;
