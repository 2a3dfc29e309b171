/**
 * The commands of a worker in one job. They wait a moment to share an envelope and go out together. A command is *settled*
 * when its outcome is known. If that takes longer than usual, the worker asks the members about it, by its hash and at
 * growing intervals: a member that lacks the command asks for it, one that holds it says so and is not asked again for a
 * while, and one that knows the outcome tells it.
 *
 * Source: protocol.md 6.
 */

import { AnswerTime, backOffMs } from "../core/back-off.ts";
import type { AgentId, Hash, JobId, TaskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { CommandBody, Envelope } from "../wire/command.ts";
import type { UnsettledItem } from "../wire/message.ts";
import { type Context, signBodies } from "./context.ts";

/** The bounds of the time after which an unsettled command is asked about, ms. */
const LATE_MIN_MS = 1_000;
const LATE_MAX_MS = 15_000;
/** The longest between two questions about one command, ms. */
const ASK_MAX_MS = 30_000;
/** A member that holds a command is not asked about it for this many waits. */
const HELD_TURNS = 4;
/** Commands that are due within this share of that time are asked about in the same message. */
const TOGETHER = 1 / 4;
/**
 * While other work of the job runs, results wait this long for company in an envelope, ms, or for this share of the time
 * that they take to be settled: where all is slow, smaller envelopes would be more of them.
 */
const GATHER_MS = 2;
const GATHER_MAX_MS = 100;
const GATHER_SHARE = 1 / 40;
/** Bytes of outputs in one envelope: many fit into a frame and into a block. */
const ENVELOPE_BYTES = 512 * 1024;

/** What a command is about; a later one about the same takes its place. */
export interface Subject {
  readonly key: string;
  readonly task: TaskId;
  readonly attempt: number;
}

interface Waiting {
  readonly subject: Subject | null;
  readonly body: CommandBody;
}

/** Said, and not settled. */
interface Said {
  readonly subject: Subject;
  readonly command: Hash;
  readonly envelope: Envelope;
  readonly place: number;
  readonly saidMs: number;
  asked: number;
  askAtMs: number;
  /** Members that hold it, as they say, and until when that is believed: they may have forgotten it. */
  readonly heldBy: Map<AgentId, number>;
}

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
  readonly #settleTime = new AnswerTime(LATE_MIN_MS, LATE_MAX_MS);
  #waiting: Waiting[] = [];
  #flushAtMs = Number.POSITIVE_INFINITY;
  /** By what it is about. */
  readonly #unsettled = new Map<string, Said>();
  readonly #byCommand = new Map<Hash, Said>();
  /** When to look at what is not settled: not later than the first of it is due. */
  #lookAtMs = Number.POSITIVE_INFINITY;

  /** `onChange`: something may be due at another time than before. */
  constructor(context: Context, job: JobId, onChange: () => void) {
    this.#context = context;
    this.#job = job;
    this.#onChange = onChange;
  }

  /** `subject`: what it is about, for `settle`; null: said once. `isBusy`: more is to come soon. */
  say(subject: Subject | null, body: CommandBody, isBusy: boolean): void {
    this.#onChange();
    this.#waiting.push({ subject, body });
    const { monoMs } = this.#context.now;
    if (this.#waiting.length >= limits.envelopeCommands || !isBusy) this.#flushAtMs = monoMs;
    else this.#flushAtMs = Math.min(this.#flushAtMs, monoMs + this.#gatherMs);
  }

  get #gatherMs(): number {
    return Math.min(GATHER_MAX_MS, Math.max(GATHER_MS, GATHER_SHARE * this.#settleTime.meanMs));
  }

  /** Nothing more is to be said about `key`. */
  settle(key: string): void {
    this.#onChange();
    this.#forget(key);
    if (this.#waiting.some((entry) => entry.subject?.key === key))
      this.#waiting = this.#waiting.filter((entry) => entry.subject?.key !== key);
  }

  #forget(key: string): void {
    const said = this.#unsettled.get(key);
    if (said === undefined) return;
    this.#settleTime.observe(this.#context.now.monoMs - said.saidMs);
    this.#unsettled.delete(key);
    this.#byCommand.delete(said.command);
  }

  nextWakeMs(): number {
    return Math.min(this.#flushAtMs, this.#lookAtMs);
  }

  /** Envelopes that are to go out now, to all members. */
  takeDue(): Envelope[] {
    this.#onChange();
    const due: Envelope[] = [];
    while (this.#flushAtMs <= this.#context.now.monoMs) {
      const envelope = this.#sign();
      if (envelope !== null) due.push(envelope);
    }
    return due;
  }

  #sign(): Envelope | null {
    const entries = this.#waiting.splice(0, fitting(this.#waiting));
    const { monoMs } = this.#context.now;
    this.#flushAtMs = this.#waiting.length > 0 ? monoMs : Number.POSITIVE_INFINITY;
    if (entries.length === 0) return null;
    const bodies = entries.map((entry) => entry.body);
    const envelope = signBodies(this.#context, this.#job, bodies);
    for (const [place, { subject }] of entries.entries())
      if (subject !== null) this.#note(subject, envelope, place, monoMs);
    return envelope;
  }

  #note(subject: Subject, envelope: Envelope, place: number, saidMs: number): void {
    this.#forget(subject.key);
    const command = envelope.hashes[place]!;
    const askAtMs = saidMs + this.#waitMs(0);
    const said = { subject, command, envelope, place, saidMs, asked: 0, askAtMs, heldBy: new Map() };
    this.#unsettled.set(subject.key, said);
    this.#byCommand.set(command, said);
    this.#lookAtMs = Math.min(this.#lookAtMs, askAtMs);
  }

  #waitMs(turn: number): number {
    return backOffMs(this.#settleTime.lateMs, turn, ASK_MAX_MS, `${this.#context.self}/${this.#job}`);
  }

  // --- what is not settled ----------------------------------------------------------------------------

  /** The questions that are due now, by member. Cost: a walk over all unsettled commands. */
  takeQuestions(members: readonly AgentId[]): Map<AgentId, UnsettledItem[]> {
    const { monoMs } = this.#context.now;
    const questions = new Map<AgentId, UnsettledItem[]>();
    if (monoMs < this.#lookAtMs) return questions;
    this.#onChange();
    const togetherMs = monoMs + TOGETHER * this.#settleTime.lateMs;
    this.#lookAtMs = Number.POSITIVE_INFINITY;
    for (const said of this.#unsettled.values()) {
      if (said.askAtMs <= togetherMs) this.#ask(said, members, questions);
      this.#lookAtMs = Math.min(this.#lookAtMs, said.askAtMs);
    }
    return questions;
  }

  #ask(said: Said, members: readonly AgentId[], questions: Map<AgentId, UnsettledItem[]>): void {
    const { monoMs } = this.#context.now;
    said.asked++;
    said.askAtMs = monoMs + this.#waitMs(said.asked);
    const { subject, command } = said;
    for (const member of members) {
      if ((said.heldBy.get(member) ?? monoMs) > monoMs) continue;
      const items = questions.get(member);
      const item = { task: subject.task, attempt: subject.attempt, command };
      if (items === undefined) questions.set(member, [item]);
      else items.push(item);
    }
  }

  /** A member holds these: it is asked again only when it must have forgotten them, or a notice of it was lost. */
  onHeld(member: AgentId, hashes: readonly Hash[]): void {
    const { monoMs } = this.#context.now;
    for (const hash of hashes) {
      const said = this.#byCommand.get(hash);
      if (said !== undefined) said.heldBy.set(member, monoMs + HELD_TURNS * this.#waitMs(said.asked));
    }
  }

  /** A member that reconnected may have forgotten everything. */
  onConnected(member: AgentId): void {
    for (const said of this.#unsettled.values()) said.heldBy.delete(member);
  }

  /** What a member lacks, as partial envelopes. */
  envelopesOf(hashes: readonly Hash[]): Envelope[] {
    const places = new Map<Envelope, Uint8Array[]>();
    for (const hash of hashes) {
      const said = this.#byCommand.get(hash);
      if (said === undefined) continue;
      const command = said.envelope.commands[said.place]!;
      const listed = places.get(said.envelope);
      if (listed === undefined) places.set(said.envelope, [command]);
      else listed.push(command);
    }
    return [...places].map(([envelope, commands]) => ({ ...envelope, commands }));
  }
}
