/**
 * Where agents can be dialled, according to what peers said. Text that is no address is left out, and both the number of
 * agents and the addresses of each are bounded. Who hands on the most addresses loses its oldest first.
 */

import type { PeerId } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { CODE_P2P, type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { AgentId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { SharedPlaces } from "../../protocol/core/shared-places.ts";
import { isAgentId } from "../platform/crypto.ts";

/** Null if the text is no multiaddr. */
export function parseAddress(text: string): Multiaddr | null {
  try {
    return multiaddr(text);
  } catch {
    return null; // text of a peer, or of an operator who is told by the caller
  }
}

/** Null if `agent` is no id of an agent that can be dialled: ids come from peers too. */
export const parsePeerId = (agent: AgentId): PeerId | null => (isAgentId(agent) ? peerIdFromString(agent) : null);

/** The agent that an address names, "" if it names none. */
export const agentOfAddress = (address: Multiaddr): AgentId | "" =>
  (address.getComponents().findLast((part) => part.code === CODE_P2P)?.value ?? "") as AgentId | "";

export class AddressBook {
  readonly #addresses: SharedPlaces<AgentId, readonly Multiaddr[]>;
  readonly #leadsTo: (agent: AgentId, address: string) => boolean;

  /** `leadsTo`: whether what an agent says can mean that agent, here: on another machine a loopback address does not. `agents`: as many fit. */
  constructor(
    leadsTo: (agent: AgentId, address: string) => boolean = () => true,
    agents: number = limits.directoryAgents,
  ) {
    this.#leadsTo = leadsTo;
    this.#addresses = new SharedPlaces(agents);
  }

  /** Replaces what is known of `agent`. `source`: where that comes from, a network or a peer of a private one. */
  learn(agent: AgentId, texts: readonly string[], source: string = agent): void {
    if (!isAgentId(agent)) return;
    const addresses: Multiaddr[] = [];
    for (const text of texts.slice(0, limits.addresses)) {
      const address = parseAddress(text);
      if (address === null || !this.#leadsTo(agent, text)) continue;
      const named = agentOfAddress(address);
      if (named === "") addresses.push(address.encapsulate(`/p2p/${agent}`));
      else if (named === agent) addresses.push(address);
    }
    if (addresses.length === 0) this.#addresses.delete(agent);
    else this.#addresses.set(agent, source, addresses);
  }

  /** What somebody else says of `agent`: better than nothing, and not than what it said itself. */
  suggest(agent: AgentId, texts: readonly string[]): void {
    if (!this.#addresses.has(agent)) this.learn(agent, texts);
  }

  addressesOf(agent: AgentId): readonly Multiaddr[] {
    return this.#addresses.get(agent) ?? [];
  }

  /** Where the addresses of an agent come from. */
  sourceOf(agent: AgentId): string {
    return this.#addresses.sourceOf(agent) ?? "";
  }

  *agents(): Iterable<AgentId> {
    for (const [agent] of this.#addresses.entries()) yield agent;
  }
}
