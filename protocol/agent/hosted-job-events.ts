/** What a hosted job tells the agent around it. */

import type { AgentId } from "../core/ids.ts";
import type { EventOf } from "../job/event.ts";
import type { Certificate } from "../wire/certificate.ts";
import type { Header } from "../wire/consensus.ts";
import type { Message } from "../wire/message.ts";

export interface HostedJobEvents<Hosted> {
  /** Tells the agent's own worker what the members decided, without waiting for notices. */
  onNotices(hosted: Hosted, notices: readonly { readonly to: AgentId; readonly message: Message }[]): void;
  /** A need for offers opened: a beacon may be due. */
  onWindow(hosted: Hosted, event: EventOf<"window">, header: Header): void;
  onCommittee(hosted: Hosted): void;
  /** A block was applied. */
  onBlock(hosted: Hosted): void;
  /** Where an agent connects from (admission.ts). */
  sourceOf(agent: AgentId): string;
  /** What people call an agent; "" if nobody said. */
  nameOf(this: void, agent: AgentId): string;
  /** The network from which it was connected last (capability/addresses.ts); "": nobody saw it, or a private one. */
  originOf(this: void, agent: AgentId): string;
  /** A peer asked for blocks that are only in the store. */
  onReadBlocks(hosted: Hosted, to: AgentId, slots: readonly string[]): void;
}

/** What a hosted job tells the other parts of itself. */
export interface HostedJobFacts {
  /** Proves the job's last event. */
  readonly certificate: Certificate | null;
  /** Members that this agent does not hear, as of its last pulse. */
  readonly silent: readonly AgentId[];
  /** When this agent began to host it in this run, and when it ended; 0: not yet. */
  readonly startedWallMs: number;
  readonly endedWallMs: number;
  /** Whether this agent may have voted in it, in this run or an earlier one. */
  readonly hasVoted: boolean;
  /** When it wants to be woken, until something happens to it; null: to be computed. */
  readonly knownWakeMs: number | null;
}

export const NO_FACTS: HostedJobFacts = {
  certificate: null,
  silent: [],
  startedWallMs: 0,
  endedWallMs: 0,
  hasVoted: false,
  knownWakeMs: null,
};
