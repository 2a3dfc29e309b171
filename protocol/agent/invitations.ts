/**
 * The invitations of one draw: the owner's agent invites the members and standbys, starts the job when all have said yes,
 * and waits for the first block. If none comes, it withdraws the job.
 *
 * Leaves to submissions.ts whom to draw, and when to draw again; to received-invitations.ts the side of those it asks.
 * Source: protocol.md 4 (genesis, who is asked).
 */

import type { Directory } from "../capability/directory.ts";
import { backOffMs } from "../core/back-off.ts";
import { statementMessage } from "../core/crypto.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import type { Acquaintances } from "../membership/acquaintances.ts";
import type { Vcv } from "../wire/capability.ts";
import type { Member } from "../wire/consensus.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
import { type CheckedGenesis, hostsOf } from "./checked-genesis.ts";
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
/** Members that hung up, and were silent for so long, are gone, ms: with a third of the power gone, no first block comes. */
const HUNG_UP_MS = 2_000;
/** All members are heard and still decide nothing: given up after this, ms. */
const FIRST_BLOCK_MS_MAX = 60_000;

const EVER = Number.NEGATIVE_INFINITY;

const powerOf = (members: readonly Member[]): number => members.reduce((sum, { power }) => sum + power, 0);

/** A draw that is asked. */
interface Inviting {
  readonly checked: CheckedGenesis;
  readonly waiting: Set<AgentId>;
  readonly vcvs: readonly Vcv[];
  /** Those of `waiting` that the invitation reached. */
  readonly seen: Set<AgentId>;
  /** The agents that said no, and why. */
  readonly refused: Map<AgentId, string>;
  readonly sinceMs: number;
  /** Times that it was sent again, and when next. */
  turn: number;
  againAtMs: number;
  /** When it looks next who is silent. */
  lookAtMs: number;
}

/** A job that every invited agent accepted and that has no block yet. */
interface Starting {
  readonly checked: CheckedGenesis;
  readonly sinceMs: number;
  /** When to check again for the first block. */
  lookAtMs: number;
  hasBlock: boolean;
  /** When each agent was heard last. */
  readonly heardMs: Map<AgentId, number>;
}

interface InvitationEvents {
  /** Why this agent would not host the job, by its own rules; null if it would. */
  refusal(checked: CheckedGenesis): string | null;
  /** All said yes: keep it (as a member, or to follow it for the operator). */
  begin(checked: CheckedGenesis): void;
  /** It did not come to a first block, and is given up; `signature`: by the owner, for the others. */
  withdraw(checked: CheckedGenesis, signature: Uint8Array): void;
  /** Its committee decided the first block. */
  onTaken(job: JobId): void;
  /** `declined`: the agents that refused, each with what it said, and those that did not answer (""). */
  onNotTaken(job: JobId, reason: string, declined: ReadonlyMap<AgentId, string>): void;
}

export class Invitations {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #acquaintances: Acquaintances;
  readonly #events: InvitationEvents;
  readonly #inviting = new Map<JobId, Inviting>();
  readonly #starting = new Map<JobId, Starting>();
  /** Agents that did not answer an invitation, and when. */
  readonly #absent = new Map<AgentId, number>();

  constructor(context: Context, directory: Directory, acquaintances: Acquaintances, events: InvitationEvents) {
    this.#context = context;
    this.#directory = directory;
    this.#acquaintances = acquaintances;
    this.#events = events;
  }

  /** Asks the members and standbys of a job of this agent's owner. */
  invite(checked: CheckedGenesis): void {
    const { genesis, job, signed } = checked;
    const { monoMs } = this.#context.now;
    const waiting = new Set(hostsOf(genesis));
    const vcvs = this.#directory.vectorsOf(waiting);
    if (waiting.delete(this.#context.self)) {
      const refusal = this.#events.refusal(checked);
      if (refusal !== null)
        return this.#end(checked, `this agent refuses: ${refusal}`, new Map([[this.#context.self, refusal]]));
    }
    const inviting = {
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
    this.#inviting.set(job, inviting);
    if (waiting.size === 0) this.#beginAll(inviting);
    else this.#context.sendAll(waiting, { kind: "invite", genesis: signed, vcvs });
  }

  /** Those that have not answered yet. */
  asked(): AgentId[] {
    return [...this.#inviting.values()].flatMap(({ waiting }) => [...waiting]);
  }

  /** A "no" ends the draw when nobody is left who might say it too: the next draw is then without all of them. */
  onReply(from: AgentId, { job, yes, reason }: Extract<Message, { kind: "inviteReply" }>): Verdict {
    const inviting = this.#inviting.get(job);
    if (inviting === undefined || !inviting.waiting.delete(from)) return ignore("not-asked");
    if (!yes) {
      inviting.refused.set(from, reason);
      inviting.lookAtMs = Math.max(this.#context.now.monoMs, inviting.sinceMs + SILENCE_MS + 1);
    }
    if (inviting.waiting.size === 0 && inviting.refused.size === 0) this.#beginAll(inviting);
    else if (inviting.waiting.size === 0) this.#giveUp(inviting, []);
    return ACCEPT;
  }

  #giveUp({ checked, refused }: Inviting, gone: readonly AgentId[]): void {
    for (const agent of gone) this.#absent.set(agent, this.#context.now.monoMs);
    this.#sayWithdrawn(checked, refused);
    const parts = [...refused].map(([agent, reason]) => `${this.#nameOf(agent)} refuses: ${reason}`);
    if (gone.length > 0) parts.push(`no answer from ${gone.map((agent) => this.#nameOf(agent)).join(", ")}`);
    this.#end(checked, parts.join("; "), new Map([...refused, ...gone.map((agent): [AgentId, string] => [agent, ""])]));
  }

  onSeen(from: AgentId, job: JobId): Verdict {
    this.#inviting.get(job)?.seen.add(from);
    return ACCEPT;
  }

  #nameOf(agent: AgentId): string {
    const name = this.#directory.get(agent)?.name;
    return name === undefined ? agent : `${name} (${agent})`;
  }

  #beginAll({ checked }: Inviting): void {
    const { genesis, job } = checked;
    this.#inviting.delete(job);
    const { monoMs } = this.#context.now;
    const heardMs = new Map<AgentId, number>();
    const lookAtMs = monoMs + FIRST_BLOCK_LOOK_MS;
    this.#starting.set(job, { checked, sinceMs: monoMs, lookAtMs, hasBlock: false, heardMs });
    this.#context.sendAll(hostsOf(genesis), { kind: "start", job });
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
      this.#events.onTaken(checked.job);
      return;
    }
    const members = checked.genesis.committee.filter(({ agent }) => agent !== this.#context.self);
    const gone = members.filter(({ agent }) => this.#isGone(agent, heardMs.get(agent) ?? sinceMs));
    const isStuck = 3 * powerOf(gone) >= powerOf(checked.genesis.committee) && gone.length > 0;
    if (monoMs - sinceMs < FIRST_BLOCK_MS && !isStuck) return;
    const silent = (isStuck ? gone : members)
      .map(({ agent }) => agent)
      .filter((agent) => isStuck || monoMs - (heardMs.get(agent) ?? EVER) > this.#patienceMs(agent));
    if (silent.length === 0 && monoMs - sinceMs < FIRST_BLOCK_MS_MAX) return;
    this.#starting.delete(checked.job);
    this.#withdraw(checked);
    for (const agent of silent) this.#absent.set(agent, monoMs);
    const names = silent.map((agent) => this.#nameOf(agent)).join(", ");
    const reason = silent.length === 0 ? "its members answer but decide nothing" : `${names} fell silent`;
    this.#end(
      checked,
      `no first block within ${Math.round((monoMs - sinceMs) / 1_000)} s: ${reason}`,
      new Map(silent.map((agent) => [agent, ""])),
    );
  }

  /** It hung up after it said that it would host the job. */
  #isGone(agent: AgentId, heardMs: number): boolean {
    return !this.#acquaintances.of(agent).isConnected && this.#context.now.monoMs - heardMs > HUNG_UP_MS;
  }

  /** An agent that is silent for longer is treated as gone. */
  #patienceMs(agent: AgentId): number {
    return this.#acquaintances.of(agent).isConnected ? CONNECTED_SILENCE_MS : SILENCE_MS;
  }

  #withdraw(checked: CheckedGenesis): void {
    const signature = this.#sayWithdrawn(checked);
    this.#events.withdraw(checked, signature);
  }

  /** Or one of those who said yes could begin the job with the others, beside the next draw. */
  #sayWithdrawn({ genesis, job }: CheckedGenesis, refused: ReadonlyMap<AgentId, string> = new Map()): Uint8Array {
    const { meshId } = this.#context.config;
    const signature = this.#context.owner.sign(statementMessage(meshId, "withdraw", job));
    const agents = hostsOf(genesis).filter((agent) => !refused.has(agent));
    this.#context.sendAll(agents, { kind: "withdraw", job, signature });
    return signature;
  }

  #end({ job }: CheckedGenesis, reason: string, declined: ReadonlyMap<AgentId, string> = new Map()): void {
    this.#inviting.delete(job);
    this.#events.onNotTaken(job, reason, declined);
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

  /** The job went wrong at this node. */
  drop(job: JobId): void {
    const checked = this.#inviting.get(job)?.checked ?? this.#starting.get(job)?.checked;
    this.#starting.delete(job);
    if (checked !== undefined) this.#end(checked, "it went wrong at this node");
  }

  // --- time -------------------------------------------------------------------------------------------

  tick(): void {
    const { monoMs } = this.#context.now;
    for (const starting of [...this.#starting.values()]) this.#awaitFirstBlock(starting);
    for (const inviting of [...this.#inviting.values()]) {
      const elapsedMs = monoMs - inviting.sinceMs;
      const unseen = [...inviting.waiting].filter((agent) => !inviting.seen.has(agent));
      const silent = unseen.filter((agent) => elapsedMs > this.#patienceMs(agent));
      const isOver = elapsedMs > INVITE_TIMEOUT_MS;
      if (isOver || (elapsedMs > SILENCE_MS && silent.length + inviting.refused.size > 0)) {
        // After a refusal the draw has failed anyway, so it does not wait for agents that still fetch inputs.
        this.#giveUp(inviting, isOver ? [...inviting.waiting] : silent);
        continue;
      }
      if (monoMs >= inviting.lookAtMs) {
        const nextMs = elapsedMs > CONNECTED_SILENCE_MS ? INVITE_TIMEOUT_MS : CONNECTED_SILENCE_MS;
        inviting.lookAtMs = inviting.sinceMs + nextMs + 1;
      }
      if (monoMs >= inviting.againAtMs) this.#inviteAgain(inviting, unseen);
    }
  }

  #inviteAgain(inviting: Inviting, unseen: readonly AgentId[]): void {
    const { self, now } = this.#context;
    const { signed, job } = inviting.checked;
    inviting.turn++;
    inviting.againAtMs = now.monoMs + backOffMs(INVITE_AGAIN_MS, inviting.turn, INVITE_AGAIN_MS_MAX, `${self}/${job}`);
    const to = inviting.turn < SEEN_TURN ? unseen : inviting.waiting;
    this.#context.sendAll(to, { kind: "invite", genesis: signed, vcvs: inviting.vcvs });
  }

  nextWakeMs(): number {
    let wake = Number.POSITIVE_INFINITY;
    for (const inviting of this.#inviting.values()) wake = Math.min(wake, inviting.againAtMs, inviting.lookAtMs);
    for (const { lookAtMs } of this.#starting.values()) wake = Math.min(wake, lookAtMs);
    return wake;
  }
}
