/**
 * Jobs that others ask this agent to host. It checks its own rules, fetches the inputs, and says yes or no. It forgets jobs
 * that do not begin.
 *
 * Leaves to hosting.ts which jobs it has room for, to invitations.ts the side of the owner.
 * Source: protocol.md 4 (what each checks), 9 (quotas).
 */

import { clip } from "../core/bytes.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { SharedPlaces } from "../core/shared-places.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import type { Vcv } from "../wire/capability.ts";
import { jobIdOf } from "../wire/genesis.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import type { Admission } from "./admission.ts";
import {
  blobsOfGenesis,
  type CheckedGenesis,
  checkGenesis,
  hasTooManyVectors,
  isSignedBy,
  needsOf,
} from "./checked-genesis.ts";
import type { Context } from "./context.ts";

/** A job that has not begun this long after the invitation is forgotten, ms. */
const FORGOTTEN_MS = 60_000;
/**
 * Bytes of invitations that one source may send: more than any owner's jobs take at once. To hash a MiB takes some milliseconds.
 * Each invitation counts as `SMALL_BYTES` at least. The burst has room for as many offences as cost a peer its connection.
 */
const RATE = { perSecond: 8 * limits.genesisBytes, burst: 64 * limits.genesisBytes, keys: limits.clients };
const SMALL_BYTES = 16 * 1_024;
/**
 * Invitations of guests that it looks into, of one source and of all: each costs a check of its genesis, and a job that begins
 * some writes to the disk, however soon it is withdrawn.
 */
const GUEST_RATE = { perSecond: 8, burst: 128, keys: limits.clients };
const GUESTS_RATE = { perSecond: 32, burst: 512, keys: 1 };

/** A job that somebody asked it to host. */
export interface Invited {
  readonly checked: CheckedGenesis;
  readonly by: AgentId;
  readonly source: string;
  /** Vectors of its hosts that came with it. Nothing is taken of them before the job begins. */
  readonly vcvs: readonly Vcv[];
}

/** What is still missing before it says yes. */
interface Asked extends Invited {
  readonly missing: Set<Hash>;
  readonly sinceMs: number;
}

type Invitation = Extract<Message, { kind: "invite" }>;

interface HostRules {
  /** Why this agent would not host the job that `source` asks for, by its own rules; null if it would. */
  refusalOf(checked: CheckedGenesis, source: string): string | null;
  /** Why it would host no job of `owner` now if `source` asked for it; null if it would. */
  lackOfRoom(owner: AgentId, source: string): string | null;
  /** Whether it hosts the job, or works for it. */
  isKnown(job: JobId): boolean;
}

export class ReceivedInvitations {
  readonly #context: Context;
  readonly #rules: HostRules;
  readonly #admission: Admission;
  readonly #asked: SharedPlaces<JobId, Asked>;
  readonly #rates = new TokenBuckets(RATE);
  readonly #ofSource = new TokenBuckets(GUEST_RATE);
  readonly #ofGuests = new TokenBuckets(GUESTS_RATE);

  constructor(context: Context, admission: Admission, rules: HostRules) {
    this.#context = context;
    this.#admission = admission;
    this.#asked = new SharedPlaces(admission.quotas.hosting.jobs);
    this.#rules = rules;
  }

  /** Whether there is room for a job of whoever asks. Nothing of it is kept. */
  onProbe(from: AgentId, { id }: Extract<Message, { kind: "probe" }>): Verdict {
    if (!this.#isInTime(from, SMALL_BYTES)) return ignore("too-many");
    const source = this.#admission.sourceOf(from);
    const reason = this.#rules.lackOfRoom(this.#context.principalOf(from), source) ?? "";
    this.#context.send(from, { kind: "probed", id, reason });
    return ACCEPT;
  }

  /** Whether its source has asked for less than its rate allows. Whoever gets no answer asks again. */
  #isInTime(from: AgentId, bytes: number): boolean {
    return this.#rates.take(this.#admission.sourceOf(from), this.#context.now.monoMs, bytes);
  }

  #isLookedInto(from: AgentId): boolean {
    if (this.#admission.isKnown(this.#context.principalOf(from))) return true;
    const { monoMs } = this.#context.now;
    return this.#ofSource.take(this.#admission.sourceOf(from), monoMs) && this.#ofGuests.take("", monoMs);
  }

  onInvite(from: AgentId, { genesis: signed, vcvs }: Invitation, frameBytes: number): Verdict {
    if (!this.#isInTime(from, Math.max(SMALL_BYTES, frameBytes))) return ignore("too-many");
    if (hasTooManyVectors(signed, frameBytes)) return reject("too-many-vectors");
    const job = jobIdOf(this.#context.config.crypto.hash, signed);
    const known = this.#asked.get(job);
    if (known?.by === from && known.checked.genesis.owner === this.#context.principalOf(from)) {
      this.#context.send(from, { kind: "inviteSeen", job });
      if (known.missing.size === 0) this.#sayYes(known);
      return ACCEPT;
    }
    if (!this.#isLookedInto(from)) {
      this.#refuse(from, job, "full: it looks into no more invitations now");
      return ACCEPT;
    }
    // Only a job's owner submits it, so whose signature it must be is known before the genesis is read.
    if (!isSignedBy(this.#context, this.#context.principalOf(from), job, signed)) {
      this.#refuse(from, job, "only a job's owner submits it, and this one did not sign it");
      return reject("bad-signature");
    }
    const checked = checkGenesis(this.#context, signed);
    const refusal = typeof checked === "string" ? checked : this.#refusal(from, checked);
    if (refusal !== null || typeof checked === "string") {
      this.#refuse(from, job, refusal ?? "");
      return ACCEPT;
    }
    this.#context.send(from, { kind: "inviteSeen", job });
    this.#take(from, checked, vcvs);
    return ACCEPT;
  }

  #take(from: AgentId, checked: CheckedGenesis, vcvs: readonly Vcv[]): void {
    const blobs = blobsOfGenesis(checked.genesis);
    const source = this.#admission.sourceOf(from);
    const missing = new Set(blobs.keys());
    const asked = { checked, by: from, source, vcvs, missing, sinceMs: this.#context.now.monoMs };
    const displaced = this.#asked.set(checked.job, source, asked);
    if (displaced !== null) this.#release(displaced[0]);
    if (blobs.size === 0) this.#sayYes(asked);
    const needs = needsOf(checked);
    for (const [hash, bytes] of blobs) this.#context.emit({ kind: "fetchBlob", hash, bytes, from: [from], needs });
  }

  #refuse(to: AgentId, job: JobId, reason: string): void {
    this.#context.send(to, { kind: "inviteReply", job, yes: false, reason });
  }

  #refusal(from: AgentId, checked: CheckedGenesis): string | null {
    const blobs = blobsOfGenesis(checked.genesis);
    if (blobs.size > limits.guestInputs && !this.#admission.isKnown(checked.genesis.owner))
      return `its inputs are ${blobs.size} blobs, and an owner that this agent does not know may have ${limits.guestInputs}: make the batches larger`;
    const bytes = [...blobs.values()].reduce((sum, size) => sum + size, 0);
    if (bytes > limits.inputBytes) return `its inputs take ${bytes} bytes`;
    return this.#rules.refusalOf(checked, this.#admission.sourceOf(from));
  }

  #sayYes({ checked, by }: Asked): void {
    this.#context.send(by, { kind: "inviteReply", job: checked.job, yes: true, reason: "" });
  }

  /** `failure`: null if it is stored, else why this node does not take it; "" if nobody gave it. */
  onBlob(job: JobId, blob: Hash, failure: string | null): void {
    const asked = this.#asked.get(job);
    if (asked === undefined || !asked.missing.has(blob)) return;
    if (failure === null) {
      asked.missing.delete(blob);
      if (asked.missing.size === 0) this.#sayYes(asked);
    } else {
      this.drop(job);
      this.#refuse(asked.by, job, failure === "" ? `input ${blob} cannot be had` : clip(failure, limits.textBytes));
    }
  }

  /** A job that it was asked to host and that has not begun yet. */
  asked(job: JobId): Invited | null {
    return this.#asked.get(job) ?? null;
  }

  /** What was asked begins, or somebody else has to do with it. */
  take(job: JobId): void {
    this.#asked.delete(job);
  }

  /** It never begins, so that its inputs are of no use. */
  drop(job: JobId): void {
    if (this.#asked.delete(job) !== undefined) this.#release(job);
  }

  #release(job: JobId): void {
    if (!this.#rules.isKnown(job)) this.#context.emit({ kind: "releaseBlobs", job });
  }

  /** When the first of the jobs that do not begin is forgotten: until then it holds the disk that its inputs are said to take. */
  nextWakeMs(): number {
    const [first] = this.#asked.entries();
    return first === undefined ? Number.POSITIVE_INFINITY : first[1].sinceMs + FORGOTTEN_MS;
  }

  tick(): void {
    const { monoMs } = this.#context.now;
    for (const [job, { sinceMs }] of this.#asked.entries()) {
      if (monoMs < sinceMs + FORGOTTEN_MS) return; // the oldest comes first
      this.drop(job);
    }
  }
}
