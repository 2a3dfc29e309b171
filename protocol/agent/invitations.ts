/**
 * How a job begins: its submitter's node asks the members and standbys of the committee; each checks its own rules,
 * fetches the job's inputs, and says yes or no; when all said yes, the job starts. If no first block comes, the submitter
 * withdraws it.
 *
 * Source: protocol.md 4 (genesis, who is asked, what each checks), 9 (quotas).
 */

import { backOffMs } from "../core/back-off.ts";
import { statementMessage } from "../core/crypto.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Vcv } from "../wire/capability.ts";
import { type Genesis, jobIdOf, type SignedGenesis } from "../wire/genesis.ts";
import { encodeVcv, type Message } from "../wire/message.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
import { blobsOfGenesis, type CheckedGenesis, checkGenesis, keepersOf } from "./checked-genesis.ts";
import type { Context } from "./context.ts";

/** An invitation that was not answered is sent again after this, and then later each time, ms. */
const INVITE_AGAIN_MS = 1_500;
const INVITE_AGAIN_MS_MAX = 20_000;
/** From this turn on it is also sent to agents that acknowledged it: their answer may be lost. */
const SEEN_TURN = 3;
/** Given up after this, ms: inputs must be fetched before a yes. */
const INVITE_TIMEOUT_MS = 60_000;
/** An agent that does not even acknowledge an invitation is treated as gone after this, ms: a vector outlives its agent. */
const SILENCE_MS = 4_000;
/** The same for a connected agent, ms: an overloaded machine answers late. */
const CONNECTED_SILENCE_MS = 12_000;
/** An agent that did not answer an invitation is not drawn for other jobs for this long, ms. */
const ABSENT_MS = 60_000;

/** With no first block this long after all said yes, the job is withdrawn and drawn again without silent members, ms. */
const FIRST_BLOCK_MS = 10_000;
const FIRST_BLOCK_LOOK_MS = 1_000;
/** All members are heard and still decide nothing: given up after this, ms. */
const FIRST_BLOCK_MS_MAX = 60_000;

/** Bytes of capability vectors that an invitation carries: with a genesis of 1 MiB it stays below the limit of frames. */
const INVITE_VCVS_BYTES = 1024 * 1024;

/** What a node that was asked is still missing before it says yes. */
interface Asked {
  readonly checked: CheckedGenesis;
  readonly by: AgentId;
  readonly missing: Set<Hash>;
  readonly sinceMs: number;
}

/** A job that this node submits. */
interface Submitted {
  readonly checked: CheckedGenesis;
  readonly waiting: Set<AgentId>;
  readonly vcvs: readonly Vcv[];
  /** Those of `waiting` that the invitation reached. */
  readonly seen: Set<AgentId>;
  /** Who said no, and why. */
  readonly refused: Map<AgentId, string>;
  readonly sinceMs: number;
  /** Times that it was sent again, and when next. */
  turn: number;
  againAtMs: number;
  /** When it looks next who is silent. */
  lookAtMs: number;
}

/** A submitted job that every invited agent accepted and that has no block yet. */
interface Starting {
  readonly checked: CheckedGenesis;
  readonly sinceMs: number;
  /** When to check again for the first block. */
  lookAtMs: number;
  hasBlock: boolean;
  /** When each agent was heard last. */
  readonly heardMs: Map<AgentId, number>;
}

export interface InvitationEvents {
  /** Why this node would not keep the job, by its own rules; null if it would. */
  refusal(checked: CheckedGenesis): string | null;
  /** All said yes: keep it (as a member, or to follow it for the operator). */
  begin(checked: CheckedGenesis): void;
  /** It did not come to a first block, and is given up; `signature`: by the owner, for the others. */
  withdraw(checked: CheckedGenesis, signature: Uint8Array): void;
  isConnected(agent: AgentId): boolean;
  vcvOf(agent: AgentId): Vcv | undefined;
}

export class Invitations {
  readonly #context: Context;
  readonly #events: InvitationEvents;
  readonly #asked = new Map<JobId, Asked>();
  readonly #submitted = new Map<JobId, Submitted>();
  readonly #starting = new Map<JobId, Starting>();
  /** Agents that did not answer an invitation, and when. */
  readonly #absent = new Map<AgentId, number>();

  constructor(context: Context, events: InvitationEvents) {
    this.#context = context;
    this.#events = events;
  }

  // --- the node that submits --------------------------------------------------------------------------

  submit(signed: SignedGenesis): void {
    const checked = checkGenesis(this.#context, signed);
    if (typeof checked === "string") {
      const job = jobIdOf(this.#context.config.crypto.hash, signed);
      this.#context.emit({
        kind: "event",
        event: { kind: "submitted", job, ok: false, reason: checked, declined: new Map() },
      });
      return;
    }
    const { genesis, job } = checked;
    // It follows its own job, and recomputes every choice as the members do.
    if (!this.#context.selectors.has(genesis.selector)) {
      this.#end(checked, false, `this node has no selector ${genesis.selector}`);
      return;
    }
    const { monoMs } = this.#context.now;
    const waiting = new Set(keepersOf(genesis));
    const vcvs = this.vcvsOf(waiting);
    const isSelfAsked = waiting.delete(this.#context.self);
    if (isSelfAsked) {
      const refusal = this.#events.refusal(checked);
      if (refusal !== null) {
        this.#end(checked, false, `this node refuses: ${refusal}`, new Map([[this.#context.self, refusal]]));
        return;
      }
    }
    const submitted = {
      checked,
      waiting,
      vcvs,
      seen: new Set<AgentId>(),
      refused: new Map<AgentId, string>(),
      sinceMs: monoMs,
      turn: 0,
      againAtMs: monoMs + INVITE_AGAIN_MS,
      lookAtMs: monoMs + SILENCE_MS + 1,
    };
    this.#submitted.set(job, submitted);
    if (waiting.size === 0) this.#beginAll(submitted);
    else this.#context.sendAll(waiting, { kind: "invite", genesis: signed, vcvs });
  }

  /** A "no" ends the draw when nobody is left who might say it too: the next draw is then without all of them. */
  onReply(from: AgentId, { job, yes, reason }: Extract<Message, { kind: "inviteReply" }>): Verdict {
    const submitted = this.#submitted.get(job);
    if (submitted === undefined || !submitted.waiting.delete(from)) return ignore("not-asked");
    if (!yes) {
      submitted.refused.set(from, reason);
      submitted.lookAtMs = Math.max(this.#context.now.monoMs, submitted.sinceMs + SILENCE_MS + 1);
    }
    if (submitted.waiting.size === 0 && submitted.refused.size === 0) this.#beginAll(submitted);
    else if (submitted.waiting.size === 0) this.#giveUp(submitted, []);
    return ACCEPT;
  }

  #giveUp({ checked, refused }: Submitted, gone: readonly AgentId[]): void {
    for (const agent of gone) this.#absent.set(agent, this.#context.now.monoMs);
    this.#sayWithdrawn(checked, refused);
    const parts = [...refused].map(([agent, reason]) => `${this.#nameOf(agent)} refuses: ${reason}`);
    if (gone.length > 0) parts.push(`no answer from ${gone.map((agent) => this.#nameOf(agent)).join(", ")}`);
    this.#end(
      checked,
      false,
      parts.join("; "),
      new Map([...refused, ...gone.map((agent): [AgentId, string] => [agent, ""])]),
    );
  }

  /** Where the others can be found, as far as it fits into a frame beside the genesis. */
  vcvsOf(agents: Iterable<AgentId>): Vcv[] {
    const vcvs: Vcv[] = [];
    let bytes = 0;
    for (const agent of agents) {
      const vcv = this.#events.vcvOf(agent);
      if (vcv === undefined) continue;
      bytes += encodeVcv(vcv).length;
      if (bytes > INVITE_VCVS_BYTES) break;
      vcvs.push(vcv);
    }
    return vcvs;
  }

  onSeen(from: AgentId, job: JobId): Verdict {
    this.#submitted.get(job)?.seen.add(from);
    return ACCEPT;
  }

  #nameOf(agent: AgentId): string {
    const name = this.#events.vcvOf(agent)?.name;
    return name === undefined ? agent : `${name} (${agent})`;
  }

  #beginAll({ checked }: Submitted): void {
    const { genesis, job } = checked;
    this.#submitted.delete(job);
    const { monoMs } = this.#context.now;
    const heardMs = new Map<AgentId, number>();
    this.#starting.set(job, { checked, sinceMs: monoMs, lookAtMs: monoMs + FIRST_BLOCK_MS, hasBlock: false, heardMs });
    this.#context.sendAll(keepersOf(genesis), { kind: "start", job });
    this.#events.begin(checked);
  }

  /**
   * A block was applied: the first one shows that the committee is at work. Said at the next tick, in this step of the
   * agent, for what is said within a step of the job is lost if that one fails.
   */
  onBlock(job: JobId): void {
    const starting = this.#starting.get(job);
    if (starting === undefined) return;
    starting.hasBlock = true;
    starting.lookAtMs = this.#context.now.monoMs;
  }

  /** If no first block comes in time, withdraws the job; silent members are left out of the next draw. */
  #awaitFirstBlock(starting: Starting): void {
    const { checked, sinceMs, heardMs } = starting;
    const { monoMs } = this.#context.now;
    if (monoMs < starting.lookAtMs) return;
    starting.lookAtMs = monoMs + FIRST_BLOCK_LOOK_MS;
    if (starting.hasBlock) {
      this.#starting.delete(checked.job);
      this.#end(checked, true, "");
      return;
    }
    const silent = checked.genesis.committee
      .map(({ agent }) => agent)
      .filter((agent) => agent !== this.#context.self)
      .filter((agent) => monoMs - (heardMs.get(agent) ?? Number.NEGATIVE_INFINITY) > this.#patienceMs(agent));
    if (silent.length === 0 && monoMs - sinceMs < FIRST_BLOCK_MS_MAX) return;
    this.#starting.delete(checked.job);
    this.#withdraw(checked);
    for (const agent of silent) this.#absent.set(agent, monoMs);
    const names = silent.map((agent) => this.#nameOf(agent)).join(", ");
    const reason = silent.length === 0 ? "its members answer but decide nothing" : `${names} fell silent`;
    this.#end(
      checked,
      false,
      `no first block within ${Math.round((monoMs - sinceMs) / 1_000)} s: ${reason}`,
      new Map(silent.map((agent) => [agent, ""])),
    );
  }

  /** Whoever is silent for longer is treated as gone. */
  #patienceMs(agent: AgentId): number {
    return this.#events.isConnected(agent) ? CONNECTED_SILENCE_MS : SILENCE_MS;
  }

  #withdraw(checked: CheckedGenesis): void {
    const signature = this.#sayWithdrawn(checked);
    this.#events.withdraw(checked, signature);
  }

  /** Or one of those who said yes could begin the job with the others, beside the next draw. */
  #sayWithdrawn({ genesis, job }: CheckedGenesis, refused: ReadonlyMap<AgentId, string> = new Map()): Uint8Array {
    const { meshId } = this.#context.config;
    const signature = this.#context.owner.sign(statementMessage(meshId, "withdraw", job));
    const agents = keepersOf(genesis).filter((agent) => !refused.has(agent));
    this.#context.sendAll(agents, { kind: "withdraw", job, signature });
    return signature;
  }

  #end({ job }: CheckedGenesis, ok: boolean, reason: string, declined: ReadonlyMap<AgentId, string> = new Map()): void {
    this.#submitted.delete(job);
    this.#context.emit({ kind: "event", event: { kind: "submitted", job, ok, reason, declined } });
  }

  /** Whether it recently left an invitation unanswered and has not been heard since. */
  isAbsent(agent: AgentId): boolean {
    const sinceMs = this.#absent.get(agent);
    return sinceMs !== undefined && this.#context.now.monoMs - sinceMs < ABSENT_MS;
  }

  onHeard(agent: AgentId): void {
    this.#absent.delete(agent);
    for (const { heardMs } of this.#starting.values()) heardMs.set(agent, this.#context.now.monoMs);
  }

  // --- the nodes that are asked -----------------------------------------------------------------------

  /** Returns the genesis, if this node does not refuse it. */
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
    return bytes > limits.inputBytes ? `its inputs take ${bytes} bytes` : this.#events.refusal(checked);
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

  /** The job went wrong at this node. */
  drop(job: JobId): void {
    this.#asked.delete(job);
    const checked = this.#submitted.get(job)?.checked ?? this.#starting.get(job)?.checked;
    this.#starting.delete(job);
    if (checked !== undefined) this.#end(checked, false, "it went wrong at this node");
  }

  /** A job that it was asked to keep, and that did not begin yet. */
  asked(job: JobId): CheckedGenesis | null {
    return this.#asked.get(job)?.checked ?? null;
  }

  /** What was asked begins, or never will. */
  take(job: JobId): void {
    this.#asked.delete(job);
  }

  // --- time -------------------------------------------------------------------------------------------

  tick(): void {
    const { monoMs } = this.#context.now;
    for (const [job, asked] of this.#asked) if (monoMs - asked.sinceMs > INVITE_TIMEOUT_MS) this.#asked.delete(job);
    for (const starting of [...this.#starting.values()]) this.#awaitFirstBlock(starting);
    for (const submitted of [...this.#submitted.values()]) {
      const elapsedMs = monoMs - submitted.sinceMs;
      const unseen = [...submitted.waiting].filter((agent) => !submitted.seen.has(agent));
      const silent = unseen.filter((agent) => elapsedMs > this.#patienceMs(agent));
      const isOver = elapsedMs > INVITE_TIMEOUT_MS;
      if (isOver || (elapsedMs > SILENCE_MS && silent.length + submitted.refused.size > 0)) {
        // After a refusal the draw has failed anyway, so it does not wait for agents that still fetch inputs.
        this.#giveUp(submitted, isOver ? [...submitted.waiting] : silent);
        continue;
      }
      if (monoMs >= submitted.lookAtMs) {
        const nextMs = elapsedMs > CONNECTED_SILENCE_MS ? INVITE_TIMEOUT_MS : CONNECTED_SILENCE_MS;
        submitted.lookAtMs = submitted.sinceMs + nextMs + 1;
      }
      if (monoMs >= submitted.againAtMs) this.#inviteAgain(submitted, unseen);
    }
  }

  #inviteAgain(submitted: Submitted, unseen: readonly AgentId[]): void {
    const { self, now } = this.#context;
    const { signed, job } = submitted.checked;
    submitted.turn++;
    submitted.againAtMs =
      now.monoMs + backOffMs(INVITE_AGAIN_MS, submitted.turn, INVITE_AGAIN_MS_MAX, `${self}/${job}`);
    const to = submitted.turn < SEEN_TURN ? unseen : submitted.waiting;
    this.#context.sendAll(to, { kind: "invite", genesis: signed, vcvs: submitted.vcvs });
  }

  nextWakeMs(): number {
    let wake = Number.POSITIVE_INFINITY;
    for (const submitted of this.#submitted.values()) wake = Math.min(wake, submitted.againAtMs, submitted.lookAtMs);
    for (const { lookAtMs } of this.#starting.values()) wake = Math.min(wake, lookAtMs);
    return wake;
  }
}
