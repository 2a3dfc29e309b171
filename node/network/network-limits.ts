/**
 * What one peer may make this node's transport do, in one place (protocol.md 9). The protocol's own bounds
 * are in protocol/core/limits.ts; these are the node's, and nodes of one mesh may differ in them.
 */

const MIB = 1024 * 1024;

export const networkLimits = {
  // --- rates by message class, a peer: over them this node reads slower, it drops nothing ------------------
  /** Direct frames: more than one connection carries in practice, so that only a flood of tiny ones meets it. */
  framesPerSecond: 100_000,
  framesBurst: 200_000,
  /** Bytes of direct frames: a committee member that sends full blocks stays far below. */
  frameBytesPerSecond: 64 * MIB,
  frameBytesBurst: 64 * MIB,
  /** The same of all peers of one source that share no job with this node: an invitation to each of some jobs a second. */
  guestBytesPerSecond: 2 * MIB,
  guestBytesBurst: 16 * MIB,
  /** Sources whose rate is remembered: more than there are connections. */
  guestSources: 4_096,
  /** Gossip messages by one forwarder: it forwards everybody's, so this is more than what a node takes in. */
  gossipPerSecond: 200,
  gossipBurst: 600,
  /** The same of a peer that came after one of its network was refused, and for how long that is remembered, ms. */
  suspectGossipPerSecond: 20,
  suspectGossipBurst: 40,
  suspectMs: 60_000,
  /**
   * Gossip that a node takes in of all forwarders, less than one of them may send; and of one source while there is little room.
   * Honest agents say a few messages a minute each, and a mesh is split into shards of some thousand.
   */
  gossipTakenPerSecond: 120,
  gossipTakenBurst: 240,
  gossipPartPerSecond: 60,
  gossipPartBurst: 120,
  /** The part of a source whose agents share no job with this node. */
  gossipGuestPerSecond: 5,
  gossipGuestBurst: 40,
  /** Sources whose part is remembered. */
  gossipSources: 4_096,
  /** Gossip over the rate waits up to this long; beyond it, it is a flood: ignored, and an offence, ms. */
  gossipDelayMsMax: 1_000,
  /** Blob requests. */
  blobRequestsPerSecond: 50,
  blobRequestsBurst: 200,

  // --- offences ----------------------------------------------------------------------------------------------
  /** Offences at which a peer is dropped. One is forgiven a second: an honest peer of another version survives. */
  offences: 20,
  offencesForgivenPerSecond: 1,
  /** How long a dropped peer is refused, ms: twice as long each time, until this was not needed for as long as the longest. */
  refusedMs: 60_000,
  refusedMsMax: 24 * 3_600_000,
  /** Peers whose offences and refusals are remembered, each: some 100 bytes. */
  offendersRemembered: 4_096,

  // --- direct streams ---------------------------------------------------------------------------------------
  /** Frames up to this many bytes leave as one chunk: fewer, fuller writes. */
  batchBytes: 64 * 1024,
  /** Inbound streams of one connection for a protocol: one is used, a second exists while the first is being replaced. */
  inboundStreams: 2,
  /** A peer with whom this node shared a job until now is no guest for this long, ms: what it answers is still to come. */
  sharedMs: 10_000,
  /** How often it looks for frames that do not come to their end and for peers that do not read, ms. */
  stallLookMs: 1_000,
  /** Time to dial, or to open a stream, ms. */
  openTimeoutMs: 10_000,
  /** Wait after a failure to reach a peer, doubled with each, ms. */
  backoffMs: 250,
  backoffMsMax: 10_000,
  /** A stream that lived this long was no failure, ms. */
  streamProvenMs: 10_000,
  /** How long stopping waits for what still has to leave, ms. */
  flushMs: 1_000,

  // --- yamux ------------------------------------------------------------------------------------------------
  /** Bytes in flight on a stream: 2 MiB fill 100 Mbit/s over 160 ms. The read buffer must hold a whole window. */
  streamWindowBytes: 2 * MIB,
  readBufferBytes: 4 * MIB,

  /** Inbound streams of one connection over all protocols, and those that have not said which one they are for. */
  muxedStreams: 64,
  /** Time for a stream to say which protocol it is for, ms. */
  protocolTimeoutMs: 5_000,

  // --- gossip -----------------------------------------------------------------------------------------------
  /** Messages, and their bytes, that wait for their verdict: beyond it new ones are ignored (others pass them on). */
  gossipWaiting: 4_096,
  gossipWaitingBytes: 32 * MIB,
  /** Bytes of gossip that may wait for one peer to read them; beyond it its stream is closed. */
  gossipQueueBytes: 2 * MIB,
  /** A verdict that did not come in this time counts as "ignore", ms. */
  verdictTimeoutMs: 30_000,

  // --- blobs ------------------------------------------------------------------------------------------------
  /** Transfers at the same time, in each direction: with one peer, and over all. */
  blobTransfersPerPeer: 4,
  blobTransfers: 16,
  /** Fetches that may wait for a place; beyond it they fail at once. */
  blobFetchesWaiting: 4_096,
  /** Requests of others that may wait for a place; beyond it the answer is "busy". */
  blobServesWaiting: 64,
  /** A holder that sends nothing for this long is given up, ms. */
  blobIdleMs: 10_000,
  /** Bytes a second, over a whole transfer, below which another holder is asked. */
  blobBytesPerSecondMin: 64 * 1024,
  /** Times that a fetch gives its place up to others and begins its rounds anew. */
  blobDisplaced: 64,
  /** Times that all holders are asked, and the wait between, ms: for those that were busy or cut us off. */
  blobRounds: 4,
  blobRoundWaitMs: 500,

  // --- dialling back ----------------------------------------------------------------------------------------
  /** Ports that one question may name (one each for IPv4 and IPv6), and the lowest that is dialled: privileged ones are not. */
  dialBackPorts: 2,
  dialBackPortMin: 1_024,
  /** Dial-backs at the same time, and their rate and burst overall. */
  dialBacks: 4,
  dialBacksPerSecond: 2,
  dialBacksBurst: 20,
  /** Time between two dial-backs for one agent, and to one host, ms: agents of one machine come up together. */
  dialBackAgainMs: 30_000,
  dialBackHostMs: 500,
  dialBackTimeoutMs: 3_000,
  /** Agents that are asked at once after the addresses change, and the time between later questions, ms. */
  dialBackAsks: 8,
  dialBackAskMs: 60_000,
  /** Time until an agent is asked whether an address still works, ms. */
  dialBackRecheckMs: 10 * 60_000,
  /** When this many agents confirmed each address, no more are asked. */
  dialBackEnough: 3,

  // --- discovery --------------------------------------------------------------------------------------------
  /** Peers that a node wants to be connected to: enough for gossip (D = 6) to survive the loss of half of them. */
  peersWanted: 12,
  /** How many of them it has dialled itself, where there are enough: those that dial it may all belong to one stranger. */
  peersDialled: 4,
  /** An agent that did not answer is not dialled again for this long, doubled each time, ms. */
  missedMs: 1_000,
  missedMsMax: 60_000,

  // --- connections ------------------------------------------------------------------------------------------
  /** New connections of one address of a public network: each costs a handshake of a millisecond or two. */
  connectionsPerSecond: 10,
  connectionsBurst: 40,
  /** Sockets over the rate that are kept waiting before they are closed. */
  keptWaiting: 1_024,
  /** What libp2p would count by itself, by address and without regard to who waits: inbound-places.ts does that instead. */
  uncounted: 100_000,
} as const;
