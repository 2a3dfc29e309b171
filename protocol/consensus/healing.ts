/**
 * Healing (A2): what a member repeats, asks again, and to whom. It gives the gossip property that the proof of
 * Tendermint needs (a message received by one honest member reaches all) over links that lose messages.
 *
 * Binding: a member never chooses what to send by who has voted. It re-sends its own messages, whole quorums, and the
 * messages by which it entered its round. Nothing less helps a member that was shown the other half of an equivocation.
 *
 * Source: protocol.md 5, A1 (when to stop) and A2; arXiv 1807.04938, section II-B (gossip communication).
 */

import { backOffMs } from "../core/back-off.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Now } from "../core/now.ts";
import type { Vote } from "../wire/consensus.ts";
import type { Message, Position } from "../wire/message.ts";
import type { Application } from "./application.ts";
import { type HeightState, STEP } from "./height.ts";

/** Before the first re-send of one's own words to every member, ms, and later each time in one step of a round (A2). */
const RESEND_MS = 500;
const RESEND_MAX_MS = 4_000;
/** Before the second request for the same missing thing, ms, and later each time: an answer may be on its way (A2). */
const ASK_MS = 300;
const ASK_MAX_MS = 5_000;
/** Agents outside the committee whose position is remembered: standbys, members of a later one, or anybody. */
const STRANGERS_MAX = 2 * limits.standbys;
/** Bodies that may be asked for at a time: of the proposal, of a polka and of a commit, over two rounds. */
const WANTED_MAX = 6;

type Where = Pick<Position, "height" | "round" | "step">;

interface Wanted {
  /** Commands of the block that are missing; empty: its body is. */
  commands: readonly Hash[];
  /** The proposer of the block, which is asked first. */
  first: AgentId | null;
  askAtMs: number;
  asked: number;
}

interface Outgoing {
  readonly to: AgentId;
  readonly message: Message;
}

export class Healing {
  readonly #self: AgentId;
  readonly #job: JobId;
  readonly #app: Application;
  readonly #peers = new Map<AgentId, Where>();
  readonly #wanted = new Map<Hash, Wanted>();
  /** The agents that were given blocks: from which height on, when last, and how often from that height. */
  readonly #behind = new Map<AgentId, { readonly height: number; readonly atMs: number; readonly times: number }>();
  readonly #cameBack = new Set<AgentId>();
  #resendAtMs = Number.POSITIVE_INFINITY;
  /** Re-sends in this step of the round. */
  #resends = 0;
  #resentIn = "";
  #syncAtMs = Number.POSITIVE_INFINITY;
  #syncAsked = 0;
  /** Requests since blocks came last. */
  #unanswered = 0;
  #height = 0;
  #heightSinceMs = Number.NEGATIVE_INFINITY;

  constructor(self: AgentId, job: JobId, app: Application) {
    this.#self = self;
    this.#job = job;
    this.#app = app;
  }

  // --- what is known of the others --------------------------------------------------------------------

  /** A pulse said where a member stands. */
  note(from: AgentId, where: Where): void {
    if (!this.#peers.has(from) && !this.#isMember(from)) this.#makeRoom();
    this.#peers.set(from, where);
  }

  #isMember(agent: AgentId): boolean {
    return this.#app.committee.power(agent) > 0;
  }

  /** For a stranger. */
  #makeRoom(): void {
    if (this.#peers.size < STRANGERS_MAX) return;
    const strangers = [...this.#peers.keys()].filter((agent) => !this.#isMember(agent));
    if (strangers.length >= STRANGERS_MAX) this.#peers.delete(strangers[0]!);
  }

  /** A message showed that a member is at least at `height`. */
  noteAtLeast(from: AgentId, height: number): void {
    const known = this.#peers.get(from);
    if (known === undefined || known.height < height) this.note(from, { height, round: 0, step: STEP.idle });
  }

  /**
   * A member spoke of `height`, which is decided: true if it should be given blocks now (not more than once in 300 ms,
   * and more seldom while it stays there: what it was given may wait for it).
   * Most messages about the height that was decided a moment ago were already under way then.
   */
  noteBehind(now: Now, from: AgentId, height: number): boolean {
    if (height === this.#height - 1 && now.monoMs - this.#heightSinceMs < ASK_MS / 2) return false;
    const last = this.#behind.get(from);
    const times = last?.height === height ? last.times : 0;
    const waitMs = times === 0 ? ASK_MS : backOffMs(ASK_MS, times - 1, ASK_MAX_MS, this.#self);
    if (last !== undefined && now.monoMs - last.atMs < waitMs) return false;
    if (this.#behind.size >= STRANGERS_MAX)
      for (const [agent, { atMs }] of this.#behind) if (now.monoMs - atMs >= ASK_MAX_MS) this.#behind.delete(agent);
    this.#behind.set(from, { height, atMs: now.monoMs, times: times + 1 });
    return true;
  }

  onConnected(peer: AgentId): void {
    if (this.#isMember(peer)) this.#cameBack.add(peer);
  }

  /** Blocks came: whoever has more may be asked at once. */
  onBlocks(): void {
    this.#syncAtMs = Number.NEGATIVE_INFINITY;
    this.#unanswered = 0;
  }

  /** `height` begins: the one before is decided. */
  onHeight(now: Now, height: number): void {
    this.#height = height;
    this.#heightSinceMs = now.monoMs;
    this.#wanted.clear();
    this.#resendAtMs = Number.POSITIVE_INFINITY;
    this.#unanswered = 0;
  }

  // --- what is missing --------------------------------------------------------------------------------

  wants(block: Hash): boolean {
    return this.#wanted.get(block)?.commands.length === 0;
  }

  wantBody(now: Now, block: Hash): void {
    this.#want(now, block, null, []);
  }

  wantCommands(now: Now, block: Hash, maker: AgentId, commands: readonly Hash[]): void {
    this.#want(now, block, maker, commands);
  }

  #want(now: Now, block: Hash, first: AgentId | null, commands: readonly Hash[]): void {
    const known = this.#wanted.get(block);
    if (known !== undefined) {
      known.commands = commands;
      known.first ??= first;
    } else if (this.#wanted.size < WANTED_MAX) {
      this.#wanted.set(block, { commands, first, askAtMs: now.monoMs, asked: 0 });
    }
  }

  /** What was wanted has come, or nobody waits for it any more. */
  gotten(block: Hash): void {
    this.#wanted.delete(block);
  }

  // --- what is repeated -------------------------------------------------------------------------------

  nextWakeMs(): number {
    let wake = Math.min(this.#resendAtMs, this.#syncAtMs);
    for (const wanted of this.#wanted.values()) wake = Math.min(wake, wanted.askAtMs);
    return wake;
  }

  /** What to send at this moment. `active`: this agent is armed, and a reason to continue stands. */
  due(now: Now, state: HeightState, active: boolean): Outgoing[] {
    const out: Outgoing[] = [];
    const others = this.#app.committee.others(this.#self);
    this.#askForBlocks(now, state, out);
    this.#askForBodies(now, others, out);
    if (!active) {
      this.#resendAtMs = Number.POSITIVE_INFINITY;
      return out;
    }
    const { height, round, step } = state;
    const isIn = `${height}/${round}/${step}`;
    if (isIn !== this.#resentIn) this.#resends = 0; // there is something new to say
    this.#resentIn = isIn;
    if (now.monoMs >= this.#resendAtMs) {
      for (const to of others) this.#resend(to, state, out);
      this.#resendAtMs = now.monoMs + backOffMs(RESEND_MS, this.#resends++, RESEND_MAX_MS, this.#self);
    } else if (this.#resendAtMs === Number.POSITIVE_INFINITY) this.#resendAtMs = now.monoMs + RESEND_MS;
    for (const to of this.#cameBack) if (others.includes(to)) this.#resend(to, state, out);
    this.#cameBack.clear();
    return out;
  }

  /** Asked after every message, and nearly always no. */
  #isAnybodyAhead(height: number): boolean {
    for (const where of this.#peers.values()) if (where.height > height) return true;
    return false;
  }

  /**
   * Asks those that are ahead for decided blocks, one after the other: members, and every second time somebody else. If the
   * committee was replaced meanwhile, its new members are strangers here; but strangers must not keep it from the members.
   */
  #askForBlocks(now: Now, state: HeightState, out: Outgoing[]): void {
    if (!this.#isAnybodyAhead(state.height)) {
      this.#syncAtMs = Number.POSITIVE_INFINITY;
      return;
    }
    const ahead = [...this.#peers].filter(([, where]) => where.height > state.height);
    // One height ahead is usual while votes are under way: wait a moment before asking.
    if (this.#syncAtMs === Number.POSITIVE_INFINITY && ahead.every(([, where]) => where.height === state.height + 1)) {
      this.#syncAtMs = now.monoMs + ASK_MS / 2;
    }
    if (this.#syncAtMs !== Number.POSITIVE_INFINITY && now.monoMs < this.#syncAtMs) return;
    const members = ahead.filter(([agent]) => this.#isMember(agent));
    const strangers = ahead.filter(([agent]) => !this.#isMember(agent));
    const groups = [members, strangers].filter(({ length }) => length > 0);
    const asked = this.#syncAsked++;
    const group = groups[asked % groups.length]!;
    const [to] = group[Math.floor(asked / groups.length) % group.length]!;
    out.push({ to, message: { kind: "fetchBlocks", job: this.#job, from: state.height } });
    this.#syncAtMs = now.monoMs + backOffMs(ASK_MS, this.#unanswered++, ASK_MAX_MS, this.#self);
  }

  #askForBodies(now: Now, others: readonly AgentId[], out: Outgoing[]): void {
    if (others.length === 0) return;
    for (const [block, wanted] of this.#wanted) {
      if (now.monoMs < wanted.askAtMs) continue;
      wanted.askAtMs = now.monoMs + backOffMs(ASK_MS, wanted.asked, ASK_MAX_MS, this.#self);
      const first = wanted.first !== null && wanted.first !== this.#self && wanted.asked === 0 ? wanted.first : null;
      const to = first ?? others[wanted.asked % others.length]!;
      wanted.asked++;
      const message: Message =
        wanted.commands.length === 0
          ? { kind: "fetchBody", job: this.#job, block }
          : { kind: "fetchCommands", job: this.#job, hashes: wanted.commands };
      out.push({ to, message });
    }
  }

  /** One's own words of the current round; to a member behind, what brought one further. */
  #resend(to: AgentId, state: HeightState, out: Outgoing[]): void {
    const where = this.#peers.get(to) ?? { height: state.height, round: state.round, step: STEP.precommit };
    const say = (votes: readonly Vote[]): void => {
      if (votes.length > 0) out.push({ to, message: { kind: "votes", job: this.#job, votes } });
    };
    const sayRound = (round: number): void => {
      const said = state.said.get(round);
      if (said === undefined) return;
      if (said.proposal !== null) out.push({ to, message: { kind: "proposal", ...said.proposal } });
      say(said.votes);
    };
    sayRound(state.round);
    if (where.height > state.height) return;
    const isBehind = where.height < state.height || where.round < state.round;
    if (isBehind) {
      if (where.height === state.height) sayRound(where.round);
      say(state.entry);
    }
    // Whole quorums: the polka of the current round, else the one that made our valid value.
    const current = state.rounds.get(state.round);
    const polka = current?.prevote.quorum;
    if (polka !== undefined && current !== undefined && (isBehind || where.step < STEP.precommit)) {
      say(current.prevote.quorumVotes(polka));
    }
    if (isBehind && state.valid !== null && state.valid.round < state.round) say(state.valid.polka);
  }
}
