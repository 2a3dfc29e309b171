/**
 * Which jobs need which blobs, and for whom: what a blob is counted for before it is fetched, and why it is kept. A blob that
 * no job needs any more may go. It stands in the database of the records, so it survives a restart as they do.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { AgentId, Hash, JobId } from "../../protocol/core/ids.ts";
import { sqliteError } from "./sqlite-error.ts";

export const NEEDS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS needs (
    job TEXT NOT NULL, hash TEXT NOT NULL, bytes INTEGER NOT NULL, owner TEXT NOT NULL, guest INTEGER NOT NULL,
    PRIMARY KEY (job, hash)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS needs_by_hash ON needs (hash);
`;

interface NeededBlob {
  readonly job: JobId;
  readonly owner: AgentId;
  readonly hash: Hash;
  readonly bytes: number;
  /** The owner is nobody whom this node knows. */
  readonly isGuest: boolean;
}

export class BlobNeeds {
  readonly #add: StatementSync;
  readonly #has: StatementSync;
  readonly #ofJob: StatementSync;
  readonly #ofOwner: StatementSync;
  readonly #ofGuests: StatementSync;
  readonly #sizes: StatementSync;
  readonly #release: StatementSync;
  readonly #isOfGuest: StatementSync;
  readonly #isNeeded: StatementSync;
  readonly #releaseUnrecorded: StatementSync;

  constructor(db: DatabaseSync) {
    const bytesWhere = (where: string): StatementSync =>
      db.prepare(`SELECT COALESCE(SUM(bytes), 0) AS bytes FROM needs WHERE ${where}`);
    this.#add = db.prepare("INSERT OR IGNORE INTO needs (job, hash, bytes, owner, guest) VALUES (?, ?, ?, ?, ?)");
    this.#has = db.prepare("SELECT 1 FROM needs WHERE job = ? AND hash = ?");
    this.#ofJob = bytesWhere("job = ?");
    this.#ofOwner = bytesWhere("owner = ?");
    this.#ofGuests = bytesWhere("guest = 1");
    this.#sizes = db.prepare(
      "SELECT job, MAX(guest) AS guest, SUM(bytes) AS bytes FROM needs GROUP BY job ORDER BY job",
    );
    this.#release = db.prepare("DELETE FROM needs WHERE job = ? RETURNING hash");
    this.#isOfGuest = db.prepare("SELECT 1 FROM needs WHERE job = ? AND guest = 1 LIMIT 1");
    this.#releaseUnrecorded = db.prepare("DELETE FROM needs WHERE job NOT IN (SELECT job FROM records)");
    this.#isNeeded = db.prepare("SELECT 1 FROM needs WHERE hash = ? LIMIT 1");
  }

  add({ job, hash, bytes, owner, isGuest }: NeededBlob): void {
    within(() => this.#add.run(job, hash, bytes, owner, isGuest ? 1 : 0));
  }

  has(job: JobId, hash: Hash): boolean {
    return within(() => this.#has.get(job, hash)) !== undefined;
  }

  /** Whether what the job needs counts for a guest. */
  isOfGuest(job: JobId): boolean {
    return within(() => this.#isOfGuest.get(job)) !== undefined;
  }

  bytesOfJob(job: JobId): number {
    return within(() => Number(this.#ofJob.get(job)!.bytes));
  }

  bytesOfOwner(owner: AgentId): number {
    return within(() => Number(this.#ofOwner.get(owner)!.bytes));
  }

  bytesOfGuests(): number {
    return within(() => Number(this.#ofGuests.get()!.bytes));
  }

  /** Bytes of the blobs of each job; a blob that several need counts for each. */
  sizes(): Map<JobId, { readonly bytes: number; readonly isGuest: boolean }> {
    const rows = within(() => this.#sizes.all());
    return new Map(rows.map(({ job, guest, bytes }) => [job as JobId, { bytes: Number(bytes), isGuest: guest === 1 }]));
  }

  /** The job needs nothing any more. Returns the blobs that now nobody needs. */
  release(job: JobId): Hash[] {
    return within(() => this.#release.all(job).map(({ hash }) => hash as Hash)).filter((hash) => !this.isNeeded(hash));
  }

  /** Releases jobs that have no record: invitations and awards that the node had forgotten when it stopped. */
  releaseUnrecorded(): void {
    within(() => this.#releaseUnrecorded.run());
  }

  isNeeded(hash: Hash): boolean {
    return within(() => this.#isNeeded.get(hash)) !== undefined;
  }
}

function within<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw sqliteError("the store cannot be used", error);
  }
}
