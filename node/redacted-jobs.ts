/** Jobs whose inputs and outputs stay out of this node's trace (protocol/wire/genesis.ts: `redact`). */

import { genesisIn, SLOT } from "../protocol/agent/job-records.ts";
import type { JobId } from "../protocol/core/ids.ts";
import { recordsFrom, type StoredRecord } from "../protocol/machine.ts";
import { decodeCertificate } from "../protocol/wire/certificate.ts";
import { decode } from "../protocol/wire/codec.ts";
import { genesisCodec } from "../protocol/wire/genesis.ts";
import type { StoreEffect } from "./store/record-store.ts";

export class RedactedJobs {
  readonly #jobs = new Set<JobId>();

  /** Learns of jobs by the geneses among these records. */
  note(records: readonly (StoredRecord | StoreEffect)[]): void {
    for (const record of records) {
      if (!("slot" in record) || record.slot !== SLOT.root || record.bytes === null) continue;
      const { job, slot, bytes } = record;
      if (genesisIn(recordsFrom([{ job, slot, bytes }]), job)?.redact === true) this.#jobs.add(job);
    }
  }

  /** A genesis has inputs and a block has outputs; votes have neither. */
  keepsOut({ job, slot }: Pick<StoredRecord, "job" | "slot">): boolean {
    return slot !== SLOT.vote && this.#jobs.has(job);
  }
}

/** Whether a certificate is one of such a job: it comes with the genesis. */
export function isRedactedCertificate(bytes: Uint8Array): boolean {
  const certificate = decodeCertificate(bytes);
  const genesis = certificate.ok ? decode(genesisCodec, certificate.value.genesis.bytes) : null;
  return genesis?.ok === true && genesis.value.redact;
}
