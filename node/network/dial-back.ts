/**
 * "Dial me back": an agent asks a connected agent whether that one can dial it. Nothing else finds out in a private
 * network: identify tells no private addresses there, and autonat dials none.
 *
 * One stream per question. Request: the ports that the asker listens on. Reply: the outcome, and the addresses tried. The
 * server dials only the address that the question came from, never a named one, and a dial counts only if the asker's own
 * key answers. So nobody can aim it at others. The rate is bounded per agent, per address and overall, and privileged
 * ports are never dialled, so it cannot scan what else runs behind a shared address.
 *
 * Leaves to reachability.ts whom to ask and what follows from the answers.
 */

import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Logger } from "pino";
import type { AgentId } from "../../protocol/core/ids.ts";
import { decode, encode, type Infer, list, oneOf, struct, text, uint } from "../../protocol/wire/codec.ts";
import { networkLimits } from "./network-limits.ts";
import { bare, isOutside, tcpAddress, textOf } from "./own-addresses.ts";
import { readToEnd } from "./streams.ts";
import { TokenBucket } from "./token-bucket.ts";

const ADDRESS_BYTES = 256;
const REQUEST_BYTES = 32;
const REPLY_BYTES = 2 * ADDRESS_BYTES;

const requestCodec = struct({ ports: list(uint(0xffff), networkLimits.dialBackPorts) });
/** `busy`: nothing was tried, try later. `addresses`: the one that worked, or those that did not. */
const replyCodec = struct({
  outcome: oneOf(["dialled", "failed", "busy"]),
  addresses: list(text(ADDRESS_BYTES), networkLimits.dialBackPorts),
});
export type DialBackReply = Infer<typeof replyCodec>;

const BUSY: DialBackReply = { outcome: "busy", addresses: [] };

/** Asks over an open connection. Rejects when no answer comes, or one that does not decode. */
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
    const decoded = decode(replyCodec, await readToEnd(stream, REPLY_BYTES, networkLimits.openTimeoutMs));
    if (!decoded.ok) throw new Error(decoded.code);
    return decoded.value;
  } finally {
    if (stream.status === "open") stream.abort(new Error("asked and answered"));
  }
}

interface DialBackOptions {
  readonly node: Libp2p;
  readonly offend: (agent: AgentId, code: string) => void;
  readonly log: Logger;
}

export class DialBackServer {
  readonly #options: DialBackOptions;
  readonly #rate = new TokenBucket(networkLimits.dialBacksPerSecond, networkLimits.dialBacksBurst, performance.now());
  /** When each agent and each host was last dialled back, monotonic ms; old entries are swept at each dial. */
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
    const decoded = decode(requestCodec, await readToEnd(stream, REQUEST_BYTES, networkLimits.openTimeoutMs));
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

  /** The address at which this agent itself dialled the asker, if it did: then there is nothing to try. */
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

  /** True if the asker's key completes a handshake there. Closes the new connection: the existing one stays in use. */
  async #dial(address: string, { remotePeer }: Connection): Promise<boolean> {
    const { node, log } = this.#options;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(networkLimits.dialBackTimeoutMs)]);
    try {
      const back = await node.dial(multiaddr(`${address}/p2p/${remotePeer}`), { signal, force: true });
      if (bare(back.remoteAddr) !== address) return false; // libp2p joined this dial to another one, which went elsewhere
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
