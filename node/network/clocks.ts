/**
 * Compares this machine's wall clock with those of the agents and clients that it is connected to, on connecting and from
 * time to time, and when this clock is set. Both ends of a connection do, so both are told.
 *
 * Protocol: the asker sends one byte and gets the other's time, twice on one stream. An answer is at most half the round
 * trip away from the moment in its middle, so what differs by more than that plus the tolerance, both times, is a
 * difference of clocks. Nothing is corrected by it: a peer may lie, and the protocol lives with clocks that differ a
 * little (protocol.md A3).
 */

import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import type { Logger } from "pino";
import type { AgentId, MeshId } from "../../protocol/core/ids.ts";
import { type ClockOffset, type ClockState, judgeClocks, TOLERANCE_MS } from "./clock-findings.ts";
import { networkLimits } from "./network-limits.ts";
import type { NetworkNews } from "./news.ts";
import { clockProtocol } from "./protocol-names.ts";
import { chunksOf } from "./streams.ts";
import { TokenBucket } from "./token-bucket.ts";

const ROUNDS = 2;
const TIME_BYTES = 8;
/** How often some peers are asked again, ms, and how many; one that differs is asked each time. */
const AGAIN_MS = 60_000;
const AGAIN_PEERS = 3;
/** How many peers are asked at once when this clock was set. */
const SET_PEERS = 8;

interface ClocksOptions {
  readonly node: Libp2p;
  readonly meshId: MeshId;
  /** Peers of the mesh that are there. */
  readonly present: () => readonly AgentId[];
  readonly tell: (news: NetworkNews) => void;
  /** Something was measured. */
  readonly onChange: (state: ClockState) => void;
  readonly log: Logger;
}

export class Clocks {
  readonly #options: ClocksOptions;
  readonly #offsets = new Map<AgentId, ClockOffset>();
  /** By peer, the difference that the operator was told of, ms. */
  readonly #told = new Map<AgentId, number>();
  #toldOwn = 0;
  /** They bound how many answers all peers together cause, and how much the operator is told. */
  readonly #answers = new TokenBucket(50, 200, performance.now());
  /** One peer that asks without end does not use up what the others get. */
  readonly #answersTo = new WeakMap<Connection, TokenBucket>();
  readonly #words = new TokenBucket(1 / 60, 10, performance.now());
  /** For news of this machine's own clock: strangers with wrong clocks must not use it up. */
  readonly #ownWords = new TokenBucket(1 / 60, 10, performance.now());
  #againMs = performance.now() + AGAIN_MS;
  #turn = 0;
  /** Wall clock less monotonic clock: changes when the clock is set. */
  #setting = Date.now() - performance.now();

  constructor(options: ClocksOptions) {
    this.#options = options;
  }

  /** What is known of a peer's clock; null until it answered. */
  offsetOf(agent: AgentId): ClockOffset | null {
    return this.#offsets.get(agent) ?? null;
  }

  state(): ClockState {
    return judgeClocks(this.#offsets);
  }

  /** A peer of the mesh is there: asks it. Never rejects. */
  async onPresent(connection: Connection): Promise<void> {
    const agent = connection.remotePeer.toString() as AgentId;
    try {
      this.#note(agent, await this.#ask(connection));
    } catch (error) {
      this.#options.log.debug({ err: error, peer: agent }, "a peer does not tell its time");
    }
  }

  onAbsent(agent: AgentId): void {
    this.#offsets.delete(agent);
    this.#told.delete(agent);
    this.#options.onChange(this.state());
  }

  /** To be called every few seconds. */
  look(): void {
    const nowMs = performance.now();
    const setting = Date.now() - nowMs;
    const isSet = Math.abs(setting - this.#setting) > TOLERANCE_MS;
    this.#setting = setting;
    if (isSet) this.#askAgain(SET_PEERS);
    else if (nowMs >= this.#againMs) this.#askAgain(AGAIN_PEERS);
  }

  #askAgain(most: number): void {
    this.#againMs = performance.now() + AGAIN_MS;
    const present = this.#options.present();
    const chosen = new Set(present.filter((agent) => this.#offsets.get(agent)?.differs === true).slice(0, SET_PEERS));
    for (let i = 0; i < Math.min(most, present.length); i++) chosen.add(present[this.#turn++ % present.length]!);
    for (const agent of chosen) {
      const connections = this.#options.node
        .getConnections()
        .filter(({ remotePeer }) => remotePeer.toString() === agent);
      const open = connections.find(({ status }) => status === "open");
      if (open !== undefined) void this.onPresent(open);
    }
  }

  async #ask(connection: Connection): Promise<ClockOffset> {
    const signal = AbortSignal.timeout(networkLimits.openTimeoutMs);
    const stream = await connection.newStream(clockProtocol(this.#options.meshId), { signal });
    try {
      const answers = chunksOf(stream, networkLimits.openTimeoutMs);
      let best: ClockOffset | null = null;
      let differs = true;
      for (let round = 0; round < ROUNDS; round++) {
        const { offMs, unsureMs } = await askOnce(stream, answers);
        differs &&= Math.abs(offMs) > unsureMs + TOLERANCE_MS;
        if (best === null || unsureMs < best.unsureMs) best = { offMs, unsureMs, differs: false };
      }
      return { ...best!, differs };
    } finally {
      stream.abort(new Error("answered"));
    }
  }

  #note(agent: AgentId, offset: ClockOffset): void {
    if (!this.#options.present().includes(agent)) return;
    this.#offsets.set(agent, offset);
    const state = this.state();
    this.#options.onChange(state);
    this.#tellOf(agent, offset, state);
  }

  /** Tells of each difference once, and again when it changed; if this machine's clock is off, of that in place of each peer's. */
  #tellOf(agent: AgentId, { offMs, differs }: ClockOffset, state: ClockState): void {
    const ownMs = state.whose === "own" ? state.offMs : 0;
    if (Math.abs(ownMs - this.#toldOwn) > TOLERANCE_MS) {
      const news: NetworkNews = ownMs === 0 ? { kind: "clock-agrees" } : { kind: "own-clock", ...state };
      if (this.#tell(news, this.#ownWords)) this.#toldOwn = ownMs;
    }
    if (!differs) this.#told.delete(agent);
    else if (ownMs === 0 && Math.abs(offMs - (this.#told.get(agent) ?? 0)) > TOLERANCE_MS) {
      const agreeing = state.agents - state.differing;
      if (this.#tell({ kind: "other-clock", agent, offMs, agreeing }, this.#words)) this.#told.set(agent, offMs);
    }
  }

  /** False: too much was said of late; it is said when it is found again. */
  #tell(news: NetworkNews, words: TokenBucket): boolean {
    if (words.waitMs(performance.now()) > 0) return false;
    words.take(1, performance.now());
    this.#options.tell(news);
    return true;
  }

  // --- answering --------------------------------------------------------------------------------------------

  /** For `libp2p.handle`. Never rejects. */
  readonly onStream = async (stream: Stream, connection: Connection): Promise<void> => {
    try {
      let left = ROUNDS;
      const own = this.#answersTo.get(connection) ?? new TokenBucket(1, 4 * ROUNDS, performance.now());
      this.#answersTo.set(connection, own);
      for await (const chunk of chunksOf(stream, networkLimits.openTimeoutMs)) {
        const nowMs = performance.now();
        left -= chunk.length;
        const isBusy = own.waitMs(nowMs) > 0 || this.#answers.waitMs(nowMs) > 0;
        if (left < 0 || isBusy) throw new Error("too many questions");
        own.take(1, nowMs);
        this.#answers.take(1, nowMs);
        for (let i = 0; i < chunk.length; i++) stream.send(timeBytes(Date.now()));
        if (left === 0) break;
      }
      await stream.close({ signal: AbortSignal.timeout(networkLimits.openTimeoutMs) });
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    }
  };
}

function timeBytes(wallMs: number): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES);
  new DataView(bytes.buffer).setFloat64(0, wallMs);
  return bytes;
}

async function askOnce(
  stream: Stream,
  answers: AsyncGenerator<Uint8Array>,
): Promise<{ readonly offMs: number; readonly unsureMs: number }> {
  const askedMs = performance.now();
  const askedWallMs = Date.now();
  stream.send(Uint8Array.of(0));
  const answer = await answers.next();
  const halfMs = (performance.now() - askedMs) / 2;
  const bytes = answer.done === true ? new Uint8Array(0) : answer.value;
  if (bytes.length !== TIME_BYTES) throw new Error("no time");
  const wallMs = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
  if (!(wallMs >= 0 && wallMs <= Number.MAX_SAFE_INTEGER)) throw new Error("no time");
  return { offMs: Math.round(wallMs - askedWallMs - halfMs), unsureMs: Math.ceil(halfMs) };
}
