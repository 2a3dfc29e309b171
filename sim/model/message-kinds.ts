/** What `ablate` can name: kinds of messages, topics of gossip, and self-screening. */

import type { MessageKind } from "../../protocol/wire/message.ts";
import { TOPIC_KINDS, type TopicKind } from "../../protocol/wire/topics.ts";

// A record, so that the compiler misses none.
const KINDS: { readonly [kind in MessageKind]: true } = {
  pulse: true,
  envelopes: true,
  proposal: true,
  votes: true,
  fetchBlocks: true,
  blocks: true,
  fetchBody: true,
  body: true,
  fetchCommands: true,
  haveCommands: true,
  haveBlobs: true,
  probe: true,
  probed: true,
  invite: true,
  inviteSeen: true,
  inviteReply: true,
  start: true,
  fetchGenesis: true,
  genesis: true,
  follow: true,
  withdraw: true,
  delegation: true,
  notice: true,
  fetchVcvs: true,
  vcvs: true,
  query: true,
  reply: true,
  over: true,
  committee: true,
  unsettled: true,
  held: true,
};

/** Agents answer every beacon that they could. */
export const SELF_SCREENING = "self-screening";

export const ABLATIONS: readonly (MessageKind | TopicKind | typeof SELF_SCREENING)[] = [
  ...(Object.keys(KINDS) as MessageKind[]),
  ...TOPIC_KINDS,
  SELF_SCREENING,
];
