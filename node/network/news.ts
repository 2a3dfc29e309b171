/** What the transport tells whoever runs a node: who can reach it, and what is wrong with whom it joins. */

import type { AgentId } from "../../protocol/core/ids.ts";

export type NetworkNews =
  /** Another agent dialled this one there. */
  | { readonly kind: "reachable"; readonly address: string; readonly by: AgentId }
  /** Another agent tried to, and could not; nobody else could so far. */
  | { readonly kind: "unreachable"; readonly addresses: readonly string[]; readonly by: AgentId }
  /** An address to join names one agent, and another one answers there. It is not joined. */
  | {
      readonly kind: "other-key";
      readonly address: string;
      readonly expected: AgentId;
      readonly answers: AgentId;
    }
  /** An address to join names no agent, and another one than before answers there. It is joined. */
  | { readonly kind: "new-key"; readonly address: string; readonly before: AgentId; readonly answers: AgentId }
  /** The last connection to an agent of the mesh is gone; this node goes on looking for them. */
  | { readonly kind: "alone" }
  /** The first agent after that. */
  | { readonly kind: "company"; readonly agent: AgentId };

const portOf = (address: string): string => /\/tcp\/(\d+)/.exec(address)?.[1] ?? "?";

/** In one line. */
export function describeNews(news: NetworkNews): string {
  switch (news.kind) {
    case "reachable":
      return `reachable at ${news.address} (agent ${news.by} dialled back)`;
    case "unreachable": {
      const ports = [...new Set(news.addresses.map(portOf))].join(" and ");
      const where = news.addresses.join(" and ");
      return `nobody could dial this agent back at ${where}: open TCP port ${ports} in the firewall of this machine, or give the address that leads here with --announce; until then it works over the connections that it opens itself`;
    }
    case "other-key":
      return `${news.address} answers as ${news.answers}, not ${news.expected}: it is not joined. If the agent there was given a new key on purpose, join ${news.address}/p2p/${news.answers}; trying again`;
    case "new-key":
      return `${news.address} answers as ${news.answers} now, before as ${news.before}`;
    case "alone":
      return "connected to no other agent any more; trying to reach those that it knows and those to join";
    case "company":
      return `connected to agent ${news.agent}`;
  }
}

/** Whether somebody should do something about it. */
export const isWarning = ({ kind }: NetworkNews): boolean =>
  kind === "unreachable" || kind === "other-key" || kind === "alone";
