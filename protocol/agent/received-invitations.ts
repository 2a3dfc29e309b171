/**
 * Jobs that others ask this agent to host. It checks its own rules, fetches the inputs, and says yes or no. It forgets jobs
 * that do not begin.
 *
 * Leaves to hosting.ts which jobs it has room for, to invitations.ts the side of the owner.
 * Source: protocol.md 4 (what each checks), 9 (quotas).
 */

import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type Genesis, jobIdOf, type SignedGenesis } from "../wire/genesis.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, type Verdict } from "../wire/verdict.ts";
import { blobsOfGenesis, type CheckedGenesis, checkGenesis } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import type { Hosting } from "./hosting.ts";

/** A job that has not begun this long after the invitation is forgotten, ms. */
const FORGOTTEN_MS = 60_000;

/** What is still missing before it says yes. */
interface Asked {
  readonly checked: CheckedGenesis;
  readonly by: AgentId;
  readonly missing: Set<Hash>;
  readonly sinceMs: number;
}

export class ReceivedInvitations {
  readonly #context: Context;
  readonly #hosting: Hosting;
  readonly #refusalOf: (checked: CheckedGenesis) => string | null;
  readonly #asked = new Map<JobId, Asked>();

  /** `refusalOf`: why this agent would not host the job, by its own rules; null if it would. */
  constructor(context: Context, hosting: Hosting, refusalOf: (checked: CheckedGenesis) => string | null) {
    this.#context = context;
    this.#hosting = hosting;
    this.#refusalOf = refusalOf;
  }

  /** Whether there is room for a job of whoever asks. Nothing of it is kept. */
  onProbe(from: AgentId, { id }: Extract<Message, { kind: "probe" }>): Verdict {
    const reason = this.#hosting.lackOfRoom(this.#context.principalOf(from)) ?? "";
    this.#context.send(from, { kind: "probed", id, reason });
    return ACCEPT;
  }

  /** Returns the genesis, if this agent does not refuse it. */
  onInvite(from: AgentId, signed: SignedGenesis): Genesis | null {
    const checked = checkGenesis(this.#context, signed);
    const job = jobIdOf(this.#context.config.crypto.hash, signed);
    const refusal = typeof checked === "string" ? checked : this.#refusal(from, checked);
    if (refusal !== null || typeof checked === "string") {
      this.#context.send(from, { kind: "inviteReply", job, yes: false, reason: refusal ?? "" });
      return null;
    }
    this.#context.send(from, { kind: "inviteSeen", job });
    const known = this.#asked.get(job);
    if (known !== undefined) {
      if (known.missing.size === 0) this.#sayYes(known);
      return checked.genesis;
    }
    this.#forgetOld();
    if (this.#asked.size >= limits.hostedJobs) this.#asked.delete(this.#asked.keys().next().value!);
    const blobs = blobsOfGenesis(checked.genesis);
    const asked = { checked, by: from, missing: new Set(blobs.keys()), sinceMs: this.#context.now.monoMs };
    this.#asked.set(job, asked);
    if (blobs.size === 0) this.#sayYes(asked);
    for (const [hash, bytes] of blobs) this.#context.emit({ kind: "fetchBlob", hash, bytes, from: [from] });
    return checked.genesis;
  }

  #refusal(from: AgentId, checked: CheckedGenesis): string | null {
    if (this.#context.principalOf(from) !== checked.genesis.owner) return "only a job's owner submits it";
    const bytes = [...blobsOfGenesis(checked.genesis).values()].reduce((sum, size) => sum + size, 0);
    return bytes > limits.inputBytes ? `its inputs take ${bytes} bytes` : this.#refusalOf(checked);
  }

  #sayYes({ checked, by }: Asked): void {
    this.#context.send(by, { kind: "inviteReply", job: checked.job, yes: true, reason: "" });
  }

  onBlob(blob: Hash, isStored: boolean): void {
    for (const [job, asked] of this.#asked) {
      if (!asked.missing.has(blob)) continue;
      if (isStored) {
        asked.missing.delete(blob);
        if (asked.missing.size === 0) this.#sayYes(asked);
      } else {
        this.#asked.delete(job);
        this.#context.send(asked.by, { kind: "inviteReply", job, yes: false, reason: `input ${blob} cannot be had` });
      }
    }
  }

  /** A job that it was asked to host and that has not begun yet. */
  asked(job: JobId): CheckedGenesis | null {
    return this.#asked.get(job)?.checked ?? null;
  }

  /** What was asked begins, or never will. */
  take(job: JobId): void {
    this.#asked.delete(job);
  }

  #forgetOld(): void {
    const { monoMs } = this.#context.now;
    for (const [job, asked] of this.#asked) if (monoMs - asked.sinceMs > FORGOTTEN_MS) this.#asked.delete(job);
  }
}
