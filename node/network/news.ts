/** What the transport tells the operator of a node: whether others can reach it, and what is wrong with the agents that it joins. */

import type { Logger } from "pino";
import type { AgentId } from "../../protocol/core/ids.ts";
import { type ClockState, describeOtherClock, describeOwnClock } from "./clock-findings.ts";

export type NetworkNews =
  /** Another agent dialled this one there. */
  | { readonly kind: "reachable"; readonly address: string; readonly by: AgentId }
  /** Another agent tried to dial this one and failed; no other agent has succeeded so far. */
  | { readonly kind: "unreachable"; readonly addresses: readonly string[]; readonly by: AgentId }
  /** An address to join names one agent, but another one answers there. This node does not join it. */
  | {
      readonly kind: "other-key";
      readonly address: string;
      readonly expected: AgentId;
      readonly answers: AgentId;
      /** That agent is connected anyway, because multicast or another agent announced it. */
      readonly isConnected: boolean;
    }
  /** An address to join names no agent, and a different one than before answers there. This node joins it. */
  | { readonly kind: "new-key"; readonly address: string; readonly before: AgentId; readonly answers: AgentId }
  /** This node's store lacks votes that were cast with its key. */
  | { readonly kind: "lost-votes"; readonly folder: string }
  /** The last connection to an agent of the mesh is gone; this node keeps looking for them. */
  | { readonly kind: "alone" }
  /** The first agent of all. */
  | { readonly kind: "met"; readonly agent: AgentId }
  /** The first agent after that. */
  | { readonly kind: "company"; readonly agent: AgentId }
  /** A peer's clock differs from this machine's by `offMs`; those of `agreeing` others do not. */
  | { readonly kind: "other-clock"; readonly agent: AgentId; readonly offMs: number; readonly agreeing: number }
  /** The clocks of most peers differ from this machine's by the same amount. `offMs`: by how much this one is ahead. */
  | ({ readonly kind: "own-clock" } & Pick<ClockState, "agents" | "differing" | "offMs">)
  /** They no longer do. */
  | { readonly kind: "clock-agrees" };

const portOf = (address: string): string => /\/tcp\/(\d+)/.exec(address)?.[1] ?? "?";

/** The news in one line, with the remedy where there is one. */
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
      return `${news.address} answers as ${news.answers}, not ${news.expected}: ${news.isConnected ? "that agent is connected all the same, since this one heard of it in another way" : "not joining anybody by this address, but trying again"}. If the agent there was given a new key on purpose, join ${news.address}/p2p/${news.answers}`;
    case "new-key":
      return `${news.address} now answers as ${news.answers}; before, it answered as ${news.before}`;
    case "lost-votes":
      return `the store in ${news.folder} is gone or older than the last use of its key, so votes of this agent are lost. In jobs made before now it does not vote where it may have voted: it waits until the other members have said where they are. To be sure, or where it is the only member, start with a new data folder, which gives the agent a new key`;
    case "alone":
      return "no longer connected to any agent; trying to reach the agents that it knows and the addresses to join";
    case "met":
      return `met the first agent: ${news.agent}`;
    case "company":
      return `connected to agent ${news.agent}`;
    case "other-clock":
      return describeOtherClock(news.agent, news.offMs, news.agreeing);
    case "own-clock":
      return describeOwnClock(news);
    case "clock-agrees":
      return "this machine's clock agrees with those of other agents again";
  }
}

/** To whoever wants to hear it, else to the log. */
export function tellNews(news: NetworkNews, onNews: ((news: NetworkNews) => void) | undefined, log: Logger): void {
  if (onNews !== undefined) onNews(news);
  else if (isWarning(news)) log.warn(describeNews(news));
  else log.info(describeNews(news));
}

/** Whether the operator should act. */
const isWarning = ({ kind }: NetworkNews): boolean => WARNINGS.has(kind);

const WARNINGS: ReadonlySet<NetworkNews["kind"]> = new Set([
  "unreachable",
  "other-key",
  "lost-votes",
  "alone",
  "other-clock",
  "own-clock",
]);
