/** Reads decided blocks back from the store for peers that are behind. */

import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { decode } from "../wire/codec.ts";
import { type CommittedBlock, committedBlockCodec } from "../wire/message.ts";
import type { Context } from "./context.ts";
import type { HostedJobs } from "./hosted-jobs.ts";

export class BlockReads {
  readonly #context: Context;
  readonly #hostedJobs: HostedJobs;
  readonly #reads = new Map<number, { readonly job: JobId; readonly to: AgentId }>();
  #nextTicket = 1;

  constructor(context: Context, hostedJobs: HostedJobs) {
    this.#context = context;
    this.#hostedJobs = hostedJobs;
  }

  ask(job: JobId, to: AgentId, slots: readonly string[]): void {
    const ticket = this.#nextTicket++;
    if (this.#reads.size >= limits.members) return; // they ask again
    this.#reads.set(ticket, { job, to });
    this.#context.emit({ kind: "readRecords", job, slots, ticket });
  }

  /** Sends the blocks that were read, up to the first that is damaged or missing. */
  onRecords(ticket: number, records: readonly Uint8Array[]): void {
    const read = this.#reads.get(ticket);
    if (read === undefined) return;
    this.#reads.delete(ticket);
    const blocks: CommittedBlock[] = [];
    let bytes = 0;
    for (const record of records) {
      const decoded = decode(committedBlockCodec, record);
      if (!decoded.ok || decoded.value.block.header.job !== read.job) break;
      if (bytes + record.length > limits.frameBytes / 2 && blocks.length > 0) break;
      bytes += record.length;
      blocks.push(decoded.value);
    }
    this.#hostedJobs.enter(read.job, undefined, (hosted) => hosted.archive.sendRead(read.to, blocks, bytes));
  }
}
