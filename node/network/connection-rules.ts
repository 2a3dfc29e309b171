/**
 * A node's rules for connections: which agents it accepts, which addresses it dials, and which of its own it advertises.
 */

import type { Multiaddr } from "@multiformats/multiaddr";
import { isLoopback } from "../../protocol/capability/addresses.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { AddressBook, agentOfAddress } from "./address-book.ts";
import { bare } from "./own-addresses.ts";

/** The rules as libp2p asks for them. */
export interface ConnectionRules {
  /** Asked at every dial and every inbound connection. */
  refuses(agent: AgentId): boolean;
  /** Whether an address cannot lead from here to the agent that it names. */
  isAstray(address: Multiaddr): boolean;
  /** A dial that names no agent was answered by this agent. True: only that was wanted, so hang up. */
  isOnlyAsked(address: Multiaddr, answers: AgentId): boolean;
  /** What identify tells: libp2p would omit public addresses that no autonat confirmed, and include loopback ones. */
  advertised(): Multiaddr[];
}

/** What the rules depend on. */
interface Circumstances {
  /** All agents that this node deals with are on this machine. */
  readonly isLocal: boolean;
  /** The operator's addresses to join, which are dialled without further rules. */
  readonly bootstrap: readonly Multiaddr[];
  refuses(agent: AgentId): boolean;
  /** Whether the agent is connected by loopback. */
  isOnThisMachine(agent: AgentId): boolean;
  advertised(): Multiaddr[];
}

export interface RulesAndBook {
  readonly rules: ConnectionRules;
  readonly book: AddressBook;
  /** Addresses that are dialled only to learn which agent answers there. */
  readonly asked: Map<string, (answers: AgentId) => void>;
}

export function createConnectionRules(circumstances: Circumstances): RulesAndBook {
  const asked = new Map<string, (answers: AgentId) => void>();
  const named = new Set(circumstances.bootstrap.map(bare));
  // On another machine, a loopback address means somebody else.
  const leadsTo = (agent: AgentId | "", text: string): boolean =>
    circumstances.isLocal || !isLoopback(text) || (agent !== "" && circumstances.isOnThisMachine(agent));
  const rules: ConnectionRules = {
    refuses: (agent) => circumstances.refuses(agent),
    isAstray: (address) => !named.has(bare(address)) && !leadsTo(agentOfAddress(address), address.toString()),
    isOnlyAsked(address, answers) {
      const answer = asked.get(bare(address));
      answer?.(answers);
      return answer !== undefined;
    },
    advertised: () => circumstances.advertised(),
  };
  return { rules, book: new AddressBook(leadsTo), asked };
}
