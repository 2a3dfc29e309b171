/**
 * A node's policy for connections: which agents it accepts, which addresses it dials, and which of its own it advertises.
 */

import type { Multiaddr } from "@multiformats/multiaddr";
import { isLoopback } from "../../protocol/capability/addresses.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { AddressBook, agentOfAddress } from "./address-book.ts";
import { bare } from "./own-addresses.ts";

/** The rules, as libp2p asks for them. */
export interface ConnectionRules {
  /** Whether to refuse the agent. Asked at every dial and every inbound connection. */
  refuses(agent: AgentId): boolean;
  /** Whether, from this machine, an address cannot lead to the agent that it names. */
  isAstray(address: Multiaddr): boolean;
  /** `agent` answered a dial that named no agent. True: the dial was a probe, so hang up. */
  onAnonymousDial(address: Multiaddr, agent: AgentId): boolean;
  /** Addresses for identify: libp2p would omit public ones that no autonat confirmed, and include loopback ones. */
  advertised(): Multiaddr[];
}

interface ConnectionPolicyOptions {
  /** All agents that this node deals with are on this machine. */
  readonly isLocal: boolean;
  /** The operator's addresses to join, which are dialled without further rules. */
  readonly bootstrap: readonly Multiaddr[];
  refuses(agent: AgentId): boolean;
  /** Whether the agent is connected by loopback. */
  isOnThisMachine(agent: AgentId): boolean;
  advertised(): Multiaddr[];
}

export interface ConnectionPolicy {
  readonly rules: ConnectionRules;
  readonly book: AddressBook;
  /** Addresses that are dialled only to learn which agent answers there, and who wants to know. */
  readonly probes: Map<string, (agent: AgentId) => void>;
}

export function createConnectionPolicy(options: ConnectionPolicyOptions): ConnectionPolicy {
  const probes = new Map<string, (agent: AgentId) => void>();
  const named = new Set(options.bootstrap.map(bare));
  // A loopback address that another machine advertises leads to somebody else.
  const leadsTo = (agent: AgentId | "", text: string): boolean =>
    options.isLocal || !isLoopback(text) || (agent !== "" && options.isOnThisMachine(agent));
  const rules: ConnectionRules = {
    refuses: (agent) => options.refuses(agent),
    isAstray: (address) => !named.has(bare(address)) && !leadsTo(agentOfAddress(address), address.toString()),
    onAnonymousDial(address, agent) {
      const onAnswer = probes.get(bare(address));
      onAnswer?.(agent);
      return onAnswer !== undefined;
    },
    advertised: () => options.advertised(),
  };
  return { rules, book: new AddressBook(leadsTo), probes };
}
