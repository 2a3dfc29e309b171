/**
 * What a worker says in one job: commands wait a moment for company, go out in envelopes, and are said again until
 * they are settled.
 */

import type { JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { CommandBody, Envelope } from "../wire/command.ts";
import { type Context, sealBodies } from "./context.ts";

/** What was not settled is said again after this, ms. */
const RESEND_MS = 1_000;
/** While other work of the job runs, results wait this long for company in an envelope, ms. */
const GATHER_MS = 2;
/** Bytes of outputs in one envelope: many fit into a frame and into a block. */
const ENVELOPE_BYTES = 512 * 1024;

/** How many of these commands go into one envelope; at least one. */
function fitting(entries: readonly { readonly body: CommandBody }[]): number {
  let bytes = 0;
  for (let i = 0; i < entries.length && i < limits.envelopeCommands; i++) {
    const { body } = entries[i]!;
    bytes += 256 + (body.kind === "result" && body.data.kind === "inline" ? body.data.bytes.length : 0);
    if (bytes > ENVELOPE_BYTES) return Math.max(1, i);
  }
  return Math.min(entries.length, limits.envelopeCommands);
}

export class Outbox {
  readonly #context: Context;
  readonly #job: JobId;
  readonly #onChange: () => void;
  #waiting: { readonly key: string | null; readonly body: CommandBody }[] = [];
  #flushAtMs = Number.POSITIVE_INFINITY;
  /** When something is due, until something changes; null: to be computed. */
  #wakeMs: number | null = null;
  /** Said and not settled, by what it is about; whatever is due first stands first. */
  readonly #unsettled = new Map<string, { readonly envelope: Envelope; readonly resendAtMs: number }>();

  /** `onChange`: something may be due at another time than before. */
  constructor(context: Context, job: JobId, onChange: () => void) {
    this.#context = context;
    this.#job = job;
    this.#onChange = onChange;
  }

  /** `key`: what it is about, for `settle`; null: said once. `isBusy`: more is to come soon. */
  say(key: string | null, body: CommandBody, isBusy: boolean): void {
    this.#changed();
    this.#waiting.push({ key, body });
    const { monoMs } = this.#context.now;
    if (this.#waiting.length >= limits.envelopeCommands || !isBusy) this.#flushAtMs = monoMs;
    else this.#flushAtMs = Math.min(this.#flushAtMs, monoMs + GATHER_MS);
  }

  /** Nothing more is to be said about `key`. */
  settle(key: string): void {
    this.#changed();
    this.#unsettled.delete(key);
    if (this.#waiting.some((entry) => entry.key === key))
      this.#waiting = this.#waiting.filter((entry) => entry.key !== key);
  }

  #changed(): void {
    this.#wakeMs = null;
    this.#onChange();
  }

  nextWakeMs(): number {
    this.#wakeMs ??= Math.min(this.#flushAtMs, this.#firstResendMs());
    return this.#wakeMs;
  }

  /** A walk over what was settled before the first: a map passes deleted entries one by one. */
  #firstResendMs(): number {
    for (const { resendAtMs } of this.#unsettled.values()) return resendAtMs;
    return Number.POSITIVE_INFINITY;
  }

  /** What is to be published now. */
  takeDue(): Envelope[] {
    this.#changed();
    const { monoMs } = this.#context.now;
    const due: Envelope[] = [];
    while (this.#flushAtMs <= monoMs) {
      const envelope = this.#seal();
      if (envelope !== null) due.push(envelope);
    }
    for (const [key, { envelope, resendAtMs }] of this.#unsettled) {
      if (resendAtMs > monoMs) break;
      due.push(envelope);
      this.#note(key, envelope);
    }
    return due;
  }

  #note(key: string, envelope: Envelope): void {
    this.#unsettled.delete(key); // it goes to the end
    this.#unsettled.set(key, { envelope, resendAtMs: this.#context.now.monoMs + RESEND_MS });
  }

  #seal(): Envelope | null {
    const entries = this.#waiting.splice(0, fitting(this.#waiting));
    this.#flushAtMs = this.#waiting.length > 0 ? this.#context.now.monoMs : Number.POSITIVE_INFINITY;
    if (entries.length === 0) return null;
    const bodies = entries.map((entry) => entry.body);
    const envelope = sealBodies(this.#context, this.#job, bodies);
    for (const [index, { key }] of entries.entries())
      if (key !== null) this.#note(key, { ...envelope, bodies: [envelope.bodies[index]!] });
    return envelope;
  }
}
