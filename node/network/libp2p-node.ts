/**
 * The configuration of libp2p: TCP, Noise, yamux, identify, ping, gossipsub, its limits, and whom it admits.
 * A comment at each setting says what it defends against; the measurements are repeatable with the benchmarks.
 */

import type { LookupFunction } from "node:net";
import { noise } from "@chainsafe/libp2p-noise";
import { type GossipSub, gossipsub } from "@libp2p/gossipsub";
import { type Identify, identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { mdns } from "@libp2p/mdns";
import { type Ping, ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import type { Multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import type { AgentId, MeshId } from "../../protocol/core/ids.ts";
import { DEFAULT_NODE_LIMITS, type NodeLimits } from "../limits/node-limits.ts";
import type { ConnectionRules } from "./connection-policy.ts";
import { gossipOptions } from "./gossip.ts";
import type { Identity } from "./identity.ts";
import { InboundPlaces } from "./inbound-places.ts";
import { networkLimits } from "./network-limits.ts";

export type MeshNode = Libp2p<{ identify: Identify; ping: Ping; pubsub: GossipSub; listeners: Listeners }>;

/** The part of libp2p's transport manager, which libp2p hides, that tells on which addresses it really listens. */
export interface Listeners {
  getAddrs(): Multiaddr[];
  listen(addresses: Multiaddr[]): Promise<void>;
}

interface Libp2pOptions {
  readonly meshId: MeshId;
  readonly identity: Identity;
  readonly listen: readonly string[];
  readonly local: boolean;
  readonly mdns?: boolean;
  readonly limits?: NodeLimits;
  /** Looks up the names that it dials. */
  readonly lookup: LookupFunction;
}

/** inbound-places.ts says which connections of others stand; libp2p's own bounds are above that. */
const connectionLimits = ({ total, upgradeMs }: NodeLimits["connections"]) => ({
  maxConnections: total,
  inboundConnectionThreshold: networkLimits.uncounted,
  maxIncomingPendingConnections: networkLimits.uncounted,
  inboundUpgradeTimeout: upgradeMs,
  inboundStreamProtocolNegotiationTimeout: networkLimits.protocolTimeoutMs,
});

/** Made, not started. */
export function createLibp2pNode(options: Libp2pOptions, rules: ConnectionRules): Promise<MeshNode> {
  const { meshId, local } = options;
  const { connections } = options.limits ?? DEFAULT_NODE_LIMITS;
  const places = new InboundPlaces(connections);
  const refused = (peerId: { toString(): string }): boolean => rules.refuses(peerId.toString() as AgentId);
  const dialOpts = { noDelay: true, lookup: options.lookup }; // goes to net.connect whole, which its type does not say
  return createLibp2p({
    start: false,
    privateKey: options.identity.privateKey,
    addresses: { listen: [...options.listen], announceFilter: () => rules.advertised() },
    transports: [tcp({ listenOpts: { noDelay: true }, dialOpts })],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: networkLimits.muxedStreams,
        streamOptions: {
          maxStreamWindowSize: networkLimits.streamWindowBytes,
          // A paused stream is reset when its buffer overflows: the buffer must hold more than a whole window.
          maxReadBufferLength: networkLimits.readBufferBytes,
        },
      }),
    ],
    connectionManager: connectionLimits(connections),
    // On one machine a closed socket is noticed at once, and a busy event loop must not look like a dead peer.
    connectionMonitor: local ? { enabled: false } : { pingTimeout: { minTimeout: 10_000 } },
    connectionGater: {
      denyDialPeer: refused,
      denyInboundConnection: async (connection) => {
        if (places.onSocket(connection, performance.now())) return false;
        await places.keepWaiting(connection);
        return true;
      },
      denyInboundEncryptedConnection: (peerId, connection) => refused(peerId) || !places.onProved(connection),
      denyOutboundEncryptedConnection: (peerId, { remoteAddr }) =>
        refused(peerId) || rules.onAnonymousDial(remoteAddr, peerId.toString() as AgentId),
      denyDialMultiaddr: (address) => rules.isAstray(address),
    },
    peerDiscovery: options.mdns === true ? [mdns({ serviceTag: `meshwork-${meshId}.local` })] : [],
    services: {
      identify: identify(),
      ping: ping(),
      listeners: ({ transportManager }: { readonly transportManager: Listeners }): Listeners => ({
        // An object of its own: libp2p starts each service, and would start the transports twice.
        getAddrs: () => transportManager.getAddrs(),
        listen: (addresses) => transportManager.listen(addresses),
      }),
      pubsub: gossipsub(gossipOptions(meshId, local)),
    },
  });
}
