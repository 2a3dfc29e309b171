/**
 * A node's data folder without the node: which jobs take how much of it, and deleting jobs that are over. The agent itself
 * says which ones those are and what must stay of them: it is started on the records, asked, and sends nothing.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { createAgent } from "../protocol/agent/agent.ts";
import { genesisIn, markedIn, readMark, SLOT } from "../protocol/agent/job-records.ts";
import { MeshworkError } from "../protocol/core/errors.ts";
import type { JobId, MeshId } from "../protocol/core/ids.ts";
import type { Effect } from "../protocol/effect.ts";
import type { Machine } from "../protocol/machine.ts";
import { decodeValue } from "../protocol/wire/value.ts";
import { type Identity, KEY_FILE, loadIdentity } from "./network/identity.ts";
import { type JobStatus, jobsOf } from "./node-status.ts";
import { createSigner, nodeCrypto } from "./platform/crypto.ts";
import { createFolderBlobStore } from "./store/blob-folder.ts";
import type { BlobStore } from "./store/blob-store.ts";
import { createRecordStore, type RecordStore, STORE_FILE, type StoreEffect } from "./store/record-store.ts";
import { jobSizes } from "./upkeep.ts";

export interface KeptJob {
  readonly job: JobId;
  readonly name: string;
  readonly owner: string;
  /** As its ledger says; or what became of it here. */
  readonly state: string;
  /** Its last block, or when it was made: wall-clock ms; 0 if nobody knows. */
  readonly timeMs: number;
  readonly bytes: number;
}

interface PruneOptions {
  readonly bytesMax: number;
  readonly endedBeforeMs: number;
  readonly isDry: boolean;
}

const isStored = (effect: Effect): effect is StoreEffect => effect.kind === "persist" || effect.kind === "forget";

export class DataFolder {
  readonly #store: RecordStore;
  readonly #blobs: BlobStore;
  readonly #identity: Identity;

  /** Throws `usage` where there is no data folder, `storage` while a node uses it. */
  constructor(folder: string) {
    if (!existsSync(join(folder, STORE_FILE)))
      throw new MeshworkError(
        "usage",
        `${folder} is no data folder of a node`,
        "name the one that `meshwork node --data` has",
      );
    const identity = loadIdentity(join(folder, KEY_FILE));
    if (identity === null) throw new MeshworkError("storage", `the key of the node in ${folder} is missing`);
    this.#identity = identity;
    this.#store = createRecordStore({ folder, onError: () => {} });
    this.#blobs = createFolderBlobStore(join(folder, "blobs"));
  }

  /** An agent for each mesh of which there are jobs. */
  #agents(): Machine[] {
    const { stored } = this.#store;
    const meshOf = (job: JobId): MeshId | null => genesisIn(stored, job)?.meshId ?? null;
    const meshes = new Set([...stored.jobs()].map(meshOf).filter((mesh) => mesh !== null));
    return [...meshes].map((meshId) => {
      const records = {
        jobs: () => [...stored.jobs()].filter((job) => meshOf(job) === meshId),
        of: stored.of,
      };
      const config = {
        ...{ meshId, signer: createSigner(this.#identity), crypto: nodeCrypto, name: "", incarnation: Date.now() },
        ...{ skills: [], slots: 1, labels: [], hosts: true, addresses: [] },
      };
      const agent = createAgent(config, records);
      agent.step(this.#now(), { kind: "start" });
      return agent;
    });
  }

  #now() {
    return { monoMs: performance.now(), wallMs: Date.now() };
  }

  #jobsOf(agent: Machine): readonly JobStatus[] {
    const ask = {
      kind: "ask" as const,
      id: 1,
      to: this.#identity.agent,
      query: { kind: "status" as const, job: null },
    };
    for (const effect of agent.step(this.#now(), ask)) {
      const decoded =
        effect.kind === "event" && effect.event.kind === "reply"
          ? decodeValue(effect.event.bytes)
          : { ok: false as const };
      if (decoded.ok) return jobsOf(decoded.value);
    }
    return [];
  }

  /** The largest first. */
  list(): KeptJob[] {
    const { stored } = this.#store;
    const running = new Map<string, { readonly status: string; readonly timeMs: number }>();
    for (const agent of this.#agents()) for (const status of this.#jobsOf(agent)) running.set(status.job, status);
    const kept = [...jobSizes(this.#store)].map(([job, bytes]): KeptJob => {
      const genesis = genesisIn(stored, job);
      const mark = markedIn(stored, job);
      const aside = mark?.slot === SLOT.mark ? readMark(mark.bytes) : null;
      const known = running.get(job);
      const state = aside !== null ? "set aside" : mark !== undefined ? "given up" : (known?.status ?? "works for it");
      const { name = aside?.name ?? "", owner = aside?.owner ?? "", counter = 0 } = genesis ?? {};
      return { job, name, owner, state, timeMs: known?.timeMs || counter, bytes };
    });
    return kept.sort((a, b) => b.bytes - a.bytes);
  }

  /** Deletes jobs that are over. Returns what they took. `isDry`: only says which ones those would be. */
  async prune({ bytesMax, endedBeforeMs, isDry }: PruneOptions): Promise<KeptJob[]> {
    const sizes = jobSizes(this.#store);
    const before = this.list();
    const input = { kind: "prune" as const, sizes, bytesMax, endedBeforeMs };
    const effects = this.#agents().flatMap((agent) => agent.step(this.#now(), input).filter(isStored));
    const gone = new Set(effects.flatMap((effect) => (effect.kind === "forget" ? [effect.job] : [])));
    if (!isDry) {
      // On a full disk the records can be written when the blobs have made room.
      for (const hash of this.#store.needs.onlyOf(gone)) await this.#blobs.delete(hash);
      this.#store.write(effects);
      this.#store.flush();
      for (const job of gone) this.#store.needs.release(job);
    }
    return before.filter(({ job }) => gone.has(job));
  }

  close(): void {
    this.#store.close();
  }
}
