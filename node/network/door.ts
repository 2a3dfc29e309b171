/**
 * The rules of a node's door: who is let in, which addresses are dialled, what others are told of its own.
 */

import type { Multiaddr } from "@multiformats/multiaddr";
import { isLoopback } from "../../protocol/capability/addresses.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { AddressBook, agentOfAddress } from "./address-book.ts";
import { bare } from "./own-addresses.ts";

/** Who is let in and dialled, and what others are told of where this node is. */
export interface Door {
  /** Asked at every dial and every inbound connection. */
  refuses(agent: AgentId): boolean;
  /** An address that does not lead to the agent that it names, from here. */
  isAstray(address: Multiaddr): boolean;
  /** A dial that names no agent is answered by this one. True: that was all that was asked, hang up. */
  isOnlyAsked(address: Multiaddr, answers: AgentId): boolean;
  /** What identify tells; libp2p would leave out public addresses that no autonat confirmed, and tell loopback ones. */
  advertised(): Multiaddr[];
}

/** Who knows the answers. */
export interface Household {
  /** All agents that this node deals with are on this machine. */
  readonly isLocal: boolean;
  /** What the operator named to join: dialled as it is. */
  readonly bootstrap: readonly Multiaddr[];
  refuses(agent: AgentId): boolean;
  /** It is connected by loopback. */
  isOnThisMachine(agent: AgentId): boolean;
  advertised(): Multiaddr[];
}

export interface DoorParts {
  readonly door: Door;
  readonly book: AddressBook;
  /** Addresses of which only the agent that answers there is wanted. */
  readonly asked: Map<string, (answers: AgentId) => void>;
}

export function createDoor(household: Household): DoorParts {
  const asked = new Map<string, (answers: AgentId) => void>();
  const named = new Set(household.bootstrap.map(bare));
  // On another machine, a loopback address means somebody else.
  const leadsTo = (agent: AgentId | "", text: string): boolean =>
    household.isLocal || !isLoopback(text) || (agent !== "" && household.isOnThisMachine(agent));
  const door: Door = {
    refuses: (agent) => household.refuses(agent),
    isAstray: (address) => !named.has(bare(address)) && !leadsTo(agentOfAddress(address), address.toString()),
    isOnlyAsked(address, answers) {
      const answer = asked.get(bare(address));
      answer?.(answers);
      return answer !== undefined;
    },
    advertised: () => household.advertised(),
  };
  return { door, book: new AddressBook(leadsTo), asked };
}
