/** A stranger's end of connections: libp2p as nodes have it, under a fresh key, and whatever bytes it likes. */

import { lookup } from "node:dns";
import type { Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { encodeFrames } from "../../node/network/frame-codec.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { createLibp2pNode, type MeshNode } from "../../node/network/libp2p-node.ts";
import { blobsProtocol, framesProtocol, topicName } from "../../node/network/protocol-names.ts";
import { drained } from "../../node/network/streams.ts";
import { createSigner } from "../../node/platform/crypto.ts";
import type { Signer } from "../../protocol/core/crypto.ts";
import type { MeshId } from "../../protocol/core/ids.ts";
import { encodeMessage, type Message } from "../../protocol/wire/message.ts";
import type { GossipTopic } from "../../protocol/wire/topics.ts";
import type { Target } from "./order.ts";

/** A node that reads nothing is left alone after this, ms. */
const DRAIN_MS = 5_000;

const ANYTHING_GOES = {
  refuses: () => false,
  isAstray: () => false,
  onAnonymousDial: () => false,
  advertised: () => [],
};

export class Peer {
  readonly signer: Signer;
  readonly #node: MeshNode;
  readonly #mesh: MeshId;
  #frames: Stream | null = null;

  private constructor(mesh: MeshId, node: MeshNode, signer: Signer) {
    this.#mesh = mesh;
    this.#node = node;
    this.signer = signer;
  }

  static async start(mesh: MeshId): Promise<Peer> {
    const identity = makeIdentity();
    const options = { meshId: mesh, identity, listen: [], local: false, lookup };
    const node = await createLibp2pNode(options, ANYTHING_GOES);
    await node.start();
    // A node hangs up on a peer to which it cannot talk, so what it says is taken, and forgotten.
    await node.handle(framesProtocol(mesh), (stream) => stream.addEventListener("message", () => undefined));
    return new Peer(mesh, node, createSigner(identity));
  }

  async connect({ address }: Target): Promise<void> {
    await this.#node.dial(multiaddr(address));
  }

  /** Whether any node still has a connection to it. */
  get isConnected(): boolean {
    return this.#node.getConnections().length > 0;
  }

  /** A stream of frames of its own; a node expects one. */
  async openFrames({ address }: Target): Promise<Stream> {
    const connection = await this.#node.dial(multiaddr(address));
    return connection.newStream(framesProtocol(this.#mesh));
  }

  /** A stream on which one blob can be asked for. */
  async openBlobs({ address }: Target): Promise<Stream> {
    const connection = await this.#node.dial(multiaddr(address));
    return connection.newStream(blobsProtocol(this.#mesh));
  }

  /** Sends over one stream, opened on first use and again when the node has closed it. */
  async send(target: Target, messages: readonly Message[]): Promise<void> {
    if (this.#frames?.status !== "open") this.#frames = await this.openFrames(target);
    const isTaken = this.#frames.send(encodeFrames(messages.map(encodeMessage)));
    if (!isTaken) await drained(this.#frames, DRAIN_MS);
  }

  /** The node's own frames to this peer; by default it reads and forgets them. */
  async handleFrames(onStream: (stream: Stream) => void): Promise<void> {
    await this.#node.handle(framesProtocol(this.#mesh), onStream, { force: true });
  }

  /** What nodes ask of this peer's blobs. */
  async handleBlobs(onStream: (stream: Stream) => void): Promise<void> {
    await this.#node.handle(blobsProtocol(this.#mesh), onStream);
  }

  listenTo(topic: GossipTopic): void {
    this.#node.services.pubsub.subscribe(topicName(this.#mesh, topic));
  }

  async publish(topic: GossipTopic, bytes: Uint8Array): Promise<void> {
    await this.#node.services.pubsub.publish(topicName(this.#mesh, topic), bytes);
  }

  async stop(): Promise<void> {
    await this.#node.stop();
  }
}
