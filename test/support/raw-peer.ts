/** Peers that speak libp2p but are none of ours: what they do on a stream is up to the test. */

import { noise } from "@chainsafe/libp2p-noise";
import { identify } from "@libp2p/identify";
import type { Libp2p, Stream } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";
import { makeIdentity } from "../../node/network/identity.ts";
import { framesProtocol } from "../../node/network/protocol-names.ts";
import type { MeshId } from "../../protocol/core/ids.ts";

const raws: Libp2p[] = [];

/** `meshId` null: it does not speak our protocol at all. `onStream`: what it does with the frames that it is sent. */
export async function startRaw(
  meshId: MeshId | null,
  onStream: (stream: Stream) => void = (stream) => void stream.closeRead(),
): Promise<Libp2p> {
  const raw = await createLibp2p({
    privateKey: makeIdentity().privateKey,
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  });
  raws.push(raw);
  if (meshId !== null) await raw.handle(framesProtocol(meshId), onStream);
  return raw;
}

/** For `afterEach`. */
export async function stopRaws(): Promise<void> {
  await Promise.all(raws.splice(0).map((raw) => raw.stop()));
}
