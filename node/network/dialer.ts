/** Connections and streams to agents: an open one, or a new one to a known address. */

import type { Connection, Libp2p, PeerId, Stream } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { AgentId } from "../../protocol/core/ids.ts";
import { type AddressBook, parsePeerId } from "./address-book.ts";
import { bare } from "./own-addresses.ts";

/** Cut short by this node, and not because nobody answered in time. */
const isStopped = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && !(reason instanceof DOMException && reason.name === "TimeoutError");

export class Dialer {
  readonly #node: Libp2p;
  readonly #book: AddressBook;
  readonly #onUnreachable: (agent: AgentId, reason: string) => void;

  /** `onUnreachable`: of each agent that was dialled in vain, with the reason in words. */
  constructor(node: Libp2p, book: AddressBook, onUnreachable: (agent: AgentId, reason: string) => void) {
    this.#node = node;
    this.#book = book;
    this.#onUnreachable = onUnreachable;
  }

  isConnected(agent: AgentId): boolean {
    return this.#standing(agent) !== undefined;
  }

  #standing(agent: AgentId): Connection | undefined {
    const peerId = parsePeerId(agent);
    return peerId === null ? undefined : this.#node.getConnections(peerId).find(({ status }) => status === "open");
  }

  async connect(agent: AgentId, signal: AbortSignal): Promise<Connection> {
    const standing = this.#standing(agent);
    if (standing !== undefined) return standing;
    const peerId = parsePeerId(agent);
    if (peerId === null) throw new Error(`${agent} is not the id of an agent`);
    const addresses = this.#book.addressesOf(agent);
    try {
      return await (addresses.length === 0
        ? this.#node.dial(peerId, { signal })
        : this.#dial(peerId, addresses, signal));
    } catch (error) {
      const where = addresses.map(bare).join(", ");
      if (!isStopped(signal))
        this.#onUnreachable(agent, where === "" ? "it gave no address that leads there" : `nobody answers at ${where}`);
      throw error;
    }
  }

  async #dial(peerId: PeerId, addresses: readonly Multiaddr[], signal: AbortSignal): Promise<Connection> {
    try {
      return await this.#node.dial([...addresses], { signal });
    } catch (error) {
      signal.throwIfAborted();
      // What the agent itself told libp2p when it was last connected may be newer than what others said of it.
      return await this.#node.dial(peerId, { signal }).catch(() => {
        throw error;
      });
    }
  }

  async openStream(agent: AgentId, protocol: string, signal: AbortSignal): Promise<Stream> {
    const connection = await this.connect(agent, signal);
    return connection.newStream(protocol, { signal, maxOutboundStreams: 64 });
  }

  /** Closes what stands to an agent; never rejects. */
  async hangUp(agent: AgentId): Promise<void> {
    const peerId = parsePeerId(agent);
    if (peerId === null) return;
    for (const connection of this.#node.getConnections(peerId)) connection.abort(new Error("refused"));
  }
}
