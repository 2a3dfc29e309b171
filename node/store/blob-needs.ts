/**
 * Which jobs need which blobs, and for whom: what a blob is counted for before it is fetched, and why it is kept. A blob that
 * no job needs any more may go. It stands in the database of the records, so it survives a restart as they do; the sums are in
 * memory, because each new blob is held against them.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { AgentId, Hash, JobId } from "../../protocol/core/ids.ts";
import { sqliteError } from "./sqlite-error.ts";

export const NEEDS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS needs (
    job TEXT NOT NULL, hash TEXT NOT NULL, bytes INTEGER NOT NULL, owner TEXT NOT NULL, guest TEXT,
    PRIMARY KEY (job, hash)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS needs_by_hash ON needs (hash);
`;

/** For whom a job's blobs are kept. */
interface NeededFor {
  readonly owner: AgentId;
  /** The source of a guest's job; null: this node knows the owner. */
  readonly guest: string | null;
}

interface NeededBlob extends NeededFor {
  readonly job: JobId;
  readonly hash: Hash;
  readonly bytes: number;
}

interface JobNeeds extends NeededFor {
  bytes: number;
  blobs: number;
}

export class BlobNeeds {
  readonly #db: DatabaseSync;
  readonly #add: StatementSync;
  readonly #has: StatementSync;
  readonly #release: StatementSync;
  readonly #isNeeded: StatementSync;
  readonly #jobs = new Map<JobId, JobNeeds>();
  readonly #ofOwner = new Map<AgentId, number>();
  readonly #ofSource = new Map<string, number>();
  #ofGuests = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#add = db.prepare("INSERT OR IGNORE INTO needs (job, hash, bytes, owner, guest) VALUES (?, ?, ?, ?, ?)");
    this.#has = db.prepare("SELECT 1 FROM needs WHERE job = ? AND hash = ?");
    this.#release = db.prepare("DELETE FROM needs WHERE job = ? RETURNING hash");
    this.#isNeeded = db.prepare("SELECT 1 FROM needs WHERE hash = ? LIMIT 1");
    const sums = db.prepare(
      "SELECT job, owner, guest, SUM(bytes) AS bytes, COUNT(*) AS blobs FROM needs GROUP BY job ORDER BY job",
    );
    for (const { job, owner, guest, bytes, blobs } of within(() => sums.all()))
      this.#count(
        job as JobId,
        { owner: owner as AgentId, guest: guest as string | null },
        Number(bytes),
        Number(blobs),
      );
  }

  #count(job: JobId, { owner, guest }: NeededFor, bytes: number, blobs: number): void {
    const sum = this.#jobs.get(job) ?? { owner, guest, bytes: 0, blobs: 0 };
    sum.bytes += bytes;
    sum.blobs += blobs;
    if (sum.blobs === 0) this.#jobs.delete(job);
    else this.#jobs.set(job, sum);
    addTo(this.#ofOwner, owner, bytes);
    if (guest === null) return;
    addTo(this.#ofSource, guest, bytes);
    this.#ofGuests += bytes;
  }

  /** What `act` adds is written at once: a forced write for each of thousands of blobs would stop the node. */
  together(act: () => void): void {
    within(() => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        act();
        this.#db.exec("COMMIT");
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** All blobs of a job are kept for whom its first one is. */
  add({ job, hash, bytes, ...asked }: NeededBlob): void {
    const { owner, guest } = this.forWhom(job) ?? asked;
    const { changes } = within(() => this.#add.run(job, hash, bytes, owner, guest));
    if (Number(changes) > 0) this.#count(job, { owner, guest }, bytes, 1);
  }

  has(job: JobId, hash: Hash): boolean {
    return within(() => this.#has.get(job, hash)) !== undefined;
  }

  /** Null: the job needs nothing. */
  forWhom(job: JobId): NeededFor | null {
    return this.#jobs.get(job) ?? null;
  }

  bytesOfJob(job: JobId): number {
    return this.#jobs.get(job)?.bytes ?? 0;
  }

  bytesOfOwner(owner: AgentId): number {
    return this.#ofOwner.get(owner) ?? 0;
  }

  bytesOfSource(source: string): number {
    return this.#ofSource.get(source) ?? 0;
  }

  get bytesOfGuests(): number {
    return this.#ofGuests;
  }

  /** Bytes of the blobs of each job; a blob that several need counts for each. */
  sizes(): Map<JobId, { readonly bytes: number; readonly isGuest: boolean }> {
    return new Map([...this.#jobs].map(([job, { bytes, guest }]) => [job, { bytes, isGuest: guest !== null }]));
  }

  /** The job needs nothing any more. Returns what it needed; others may need that, too. */
  release(job: JobId): Hash[] {
    const sum = this.#jobs.get(job);
    if (sum === undefined) return [];
    const released = within(() => this.#release.all(job).map(({ hash }) => hash as Hash));
    this.#count(job, sum, -sum.bytes, -sum.blobs);
    return released;
  }

  /** Releases jobs that have no record: invitations and awards that the node had forgotten when it stopped. */
  releaseUnrecorded(): void {
    const unrecorded = within(() =>
      this.#db.prepare("SELECT DISTINCT job FROM needs WHERE job NOT IN (SELECT job FROM records)").all(),
    );
    if (unrecorded.length > 0) this.together(() => unrecorded.forEach(({ job }) => void this.release(job as JobId)));
  }

  /** Blobs that only these jobs need. */
  *onlyOf(jobs: ReadonlySet<JobId>): Generator<Hash> {
    const ofJob = this.#db.prepare("SELECT hash FROM needs WHERE job = ?");
    const jobsOf = this.#db.prepare("SELECT job FROM needs WHERE hash = ?");
    for (const job of jobs)
      for (const { hash } of within(() => ofJob.all(job)))
        if (within(() => jobsOf.all(hash!)).every((needing) => jobs.has(needing.job as JobId))) yield hash as Hash;
  }

  isNeeded(hash: Hash): boolean {
    return within(() => this.#isNeeded.get(hash)) !== undefined;
  }
}

function addTo<K>(sums: Map<K, number>, key: K, bytes: number): void {
  const sum = (sums.get(key) ?? 0) + bytes;
  if (sum === 0) sums.delete(key);
  else sums.set(key, sum);
}

function within<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw sqliteError("the store cannot be used", error);
  }
}
