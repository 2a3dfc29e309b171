/** What the transport keeps for one peer: the ways to and from it, whether it is connected, and how fast it may send. */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { InboundFrames } from "./inbound-frames.ts";
import type { OutboundLink } from "./outbound-link.ts";
import type { PeerRates } from "./peer-rates.ts";

export interface Peer {
  readonly agent: AgentId;
  readonly link: OutboundLink;
  rates: PeerRates;
  /** Whether it is connected and speaks our protocol. */
  present: boolean;
  /** Whether the agent was told `connected`, and not `disconnected` since. */
  announced: boolean;
  /** The stream on which its frames come. */
  inbound: InboundFrames | null;
}
