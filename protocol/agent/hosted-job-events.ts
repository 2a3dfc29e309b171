/** What a hosted job tells the agent around it. */

import type { AgentId } from "../core/ids.ts";
import type { EventOf } from "../job/event.ts";
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
