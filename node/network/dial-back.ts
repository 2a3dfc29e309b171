/**
 * "Dial me back": an agent asks another one that it is connected to whether it can be dialled. Identify tells nobody its
 * address in a private network, and autonat dials none there: only this finds out.
 *
 * One stream a question. Request: the ports that the asker listens on. Reply: what came of it, and where. What is
 * dialled is the address that the question came from, never one that somebody named; it counts only if the asker's own
 * key answers there. So nobody can aim it at others; it is bounded for each agent, each address and all together, and
 * privileged ports are left alone, so that it is no way to look at what else runs behind a shared address.
 *
 * Leaves to reach.ts whom to ask and what to make of the answers.
 */

import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Logger } from "pino";
import { concat } from "uint8arrays";
import type { AgentId } from "../../protocol/core/ids.ts";
import { decode, encode, type Infer, list, oneOf, struct, text, uint } from "../../protocol/wire/codec.ts";
import { networkLimits } from "./network-limits.ts";
import { bare, isOutside, tcpAddress, textOf } from "./own-addresses.ts";
import { chunksOf } from "./streams.ts";
import { TokenBucket } from "./token-bucket.ts";

const ADDRESS_BYTES = 256;
const REQUEST_BYTES = 32;
const REPLY_BYTES = 2 * ADDRESS_BYTES;

const requestCodec = struct({ ports: list(uint(0xffff), networkLimits.dialBackPorts) });
/** `busy`: too many asked; nothing was tried. `addresses`: the one that worked, or those that did not. */
const replyCodec = struct({
  outcome: oneOf(["dialled", "failed", "busy"]),
  addresses: list(text(ADDRESS_BYTES), networkLimits.dialBackPorts),
});
export type DialBackReply = Infer<typeof replyCodec>;

const BUSY: DialBackReply = { outcome: "busy", addresses: [] };

/** Asks over a standing connection. Rejects when no answer comes, or none that can be read. */
export async function askDialBack(
  connection: Connection,
  protocol: string,
  ports: readonly number[],
  signal: AbortSignal,
): Promise<DialBackReply> {
  const stream = await connection.newStream(protocol, { signal });
  try {
    stream.send(encode(requestCodec, { ports: ports.slice(0, networkLimits.dialBackPorts) }));
    await stream.close({ signal });
    const decoded = decode(replyCodec, await readAll(stream, REPLY_BYTES));
    if (!decoded.ok) throw new Error(decoded.code);
    return decoded.value;
  } finally {
    if (stream.status === "open") stream.abort(new Error("asked and answered"));
  }
}

async function readAll(stream: Stream, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(stream, networkLimits.openTimeoutMs)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) break;
  }
  return concat(chunks);
}

export interface DialBackOptions {
  readonly node: Libp2p;
  readonly offend: (agent: AgentId, code: string) => void;
  readonly log: Logger;
}

export class DialBackServer {
  readonly #options: DialBackOptions;
  readonly #rate = new TokenBucket(networkLimits.dialBacksPerSecond, networkLimits.dialBacksBurst, performance.now());
  /** When each agent and each address was dialled back last; swept as it grows. */
  readonly #dialledMs = new Map<string, number>();
  #running = 0;
  readonly #stop = new AbortController();

  constructor(options: DialBackOptions) {
    this.#options = options;
  }

  /** For `libp2p.handle`. */
  readonly onStream = (stream: Stream, connection: Connection): void => {
    this.#serve(stream, connection).catch((error: unknown) => {
      this.#options.log.debug({ err: error, peer: connection.remotePeer.toString() }, "no dial-back");
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    });
  };

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const decoded = decode(requestCodec, await readAll(stream, REQUEST_BYTES));
    if (!decoded.ok) {
      this.#options.offend(connection.remotePeer.toString() as AgentId, "dial-back-request");
      throw new Error(decoded.code);
    }
    stream.send(encode(replyCodec, await this.#answer(connection, decoded.value.ports)));
    await stream.close({ signal: AbortSignal.timeout(networkLimits.openTimeoutMs) });
  }

  async #answer(connection: Connection, ports: readonly number[]): Promise<DialBackReply> {
    const dialled = this.#dialledAlready(connection, ports);
    if (dialled !== null) return { outcome: "dialled", addresses: [dialled] };
    const from = tcpAddress(connection.remoteAddr);
    if (from === null || !isOutside(textOf(from))) return BUSY;
    const allowed = [...new Set(ports)].filter((port) => port >= networkLimits.dialBackPortMin);
    if (allowed.length === 0 || !this.#mayDial(connection.remotePeer.toString(), from.host)) return BUSY;
    const tried: string[] = [];
    this.#running++;
    try {
      for (const port of allowed) {
        const address = textOf({ ...from, port });
        if (await this.#dial(address, connection)) return { outcome: "dialled", addresses: [address] };
        tried.push(address);
      }
    } finally {
      this.#running--;
    }
    return { outcome: "failed", addresses: tried };
  }

  /** This agent dialled the asker itself: nothing need be tried. */
  #dialledAlready({ remotePeer }: Connection, ports: readonly number[]): string | null {
    for (const { direction, status, remoteAddr } of this.#options.node.getConnections(remotePeer)) {
      if (direction !== "outbound" || status !== "open") continue;
      const to = tcpAddress(remoteAddr);
      if (to !== null && ports.includes(to.port) && isOutside(textOf(to))) return textOf(to);
    }
    return null;
  }

  #mayDial(agent: string, host: string): boolean {
    const nowMs = performance.now();
    const { dialBackAgainMs, dialBackHostMs, dialBacks } = networkLimits;
    if (this.#running >= dialBacks || this.#rate.waitMs(nowMs) > 0) return false;
    const isTooSoon = (key: string, waitMs: number): boolean => nowMs < (this.#dialledMs.get(key) ?? -waitMs) + waitMs;
    if (isTooSoon(agent, dialBackAgainMs) || isTooSoon(host, dialBackHostMs)) return false;
    this.#rate.take(1, nowMs);
    for (const [key, atMs] of this.#dialledMs) if (nowMs > atMs + dialBackAgainMs) this.#dialledMs.delete(key);
    this.#dialledMs.set(agent, nowMs);
    this.#dialledMs.set(host, nowMs);
    return true;
  }

  /** By a handshake that only the asker's key passes. The connection is closed again: the one that stands is used. */
  async #dial(address: string, { remotePeer }: Connection): Promise<boolean> {
    const { node, log } = this.#options;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(networkLimits.dialBackTimeoutMs)]);
    try {
      const back = await node.dial(multiaddr(`${address}/p2p/${remotePeer}`), { signal, force: true });
      if (bare(back.remoteAddr) !== address) return false; // another dial to it was under way, and came first
      back.close({ signal: AbortSignal.timeout(networkLimits.flushMs) }).catch((error: Error) => back.abort(error));
      return true;
    } catch (error) {
      log.debug({ err: error, address, peer: remotePeer.toString() }, "could not dial back");
      return false;
    }
  }

  stop(): void {
    this.#stop.abort(new Error("the node stops"));
  }
}
