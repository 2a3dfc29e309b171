/** Kinds of messages, and topics of gossip, that `ablate` can name. */

import { GOSSIP_TOPICS, type GossipTopic, type MessageKind } from "../../protocol/wire/message.ts";

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
  invite: true,
  inviteSeen: true,
  inviteReply: true,
  start: true,
  fetchGenesis: true,
  genesis: true,
  follow: true,
  notice: true,
  fetchVcvs: true,
  vcvs: true,
  query: true,
  reply: true,
  over: true,
  committee: true,
};

export const MESSAGE_KINDS: readonly (MessageKind | GossipTopic)[] = [
  ...(Object.keys(KINDS) as MessageKind[]),
  ...GOSSIP_TOPICS,
];
