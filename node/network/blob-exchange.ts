/** Both directions of the blob protocol, with who counts as a guest in them. */

import type { Logger } from "pino";
import type { AgentId, MeshId } from "../../protocol/core/ids.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { BlobClient } from "./blob-client.ts";
import { BlobServer } from "./blob-server.ts";
import type { Dialer } from "./dialer.ts";
import type { Peers } from "./peers.ts";
import { blobsProtocol } from "./protocol-names.ts";
import type { Partner } from "./transfer-places.ts";

interface BlobExchangeOptions {
  readonly meshId: MeshId;
  readonly blobs: BlobStore;
  readonly dialer: Dialer;
  readonly peers: Peers;
  /** The network from which the agent is connected; "": a private one. */
  readonly originOf: (agent: AgentId) => string;
  readonly offend: (agent: AgentId, code: string) => void;
  /** How long a peer may read nothing of what it asked for, ms. */
  readonly writeIdleMs: number;
  readonly log: Logger;
}

export class BlobExchange {
  readonly server: BlobServer;
  readonly client: BlobClient;

  constructor({ meshId, peers, originOf, ...options }: BlobExchangeOptions) {
    const partnerOf = (agent: AgentId): Partner => {
      const origin = originOf(agent);
      return { agent, source: origin || agent, isGuest: origin !== "" && peers.isGuest(agent) };
    };
    this.server = new BlobServer({
      ...{ ...options, partnerOf },
      rateOf: (agent) => peers.peerOf(agent).rates.blobRequests,
      hangUp: (agent) => void options.dialer.hangUp(agent),
    });
    this.client = new BlobClient({ ...options, partnerOf, protocol: blobsProtocol(meshId) });
  }

  async stop(): Promise<void> {
    this.server.stop();
    await this.client.stop();
  }
}
