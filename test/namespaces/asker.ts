/**
 * A peer that asks an agent to dial it back more often, and at other ports, than it may; prints what it was answered and
 * how often it was really dialled, as JSON. Arguments: mesh, the agent's address, its own port.
 */

import { createServer } from "node:net";
import { noise } from "@chainsafe/libp2p-noise";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { askDialBack } from "../../node/network/dial-back.ts";
import { dialBackProtocol, framesProtocol } from "../../node/network/protocol-names.ts";
import type { MeshId } from "../../protocol/core/ids.ts";

const [mesh, address, portText] = process.argv.slice(2);
const port = Number(portText);
let dialled = 0;
// Something that listens, and has no key.
const server = createServer((socket) => {
  dialled++;
  socket.destroy();
});
await new Promise<void>((resolve) => server.listen(port, "0.0.0.0", resolve));
const raw = await createLibp2p({
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify() },
});
await raw.handle(framesProtocol(mesh as MeshId), (stream) => void stream.closeRead());
const connection = await raw.dial(multiaddr(address!));
const answers: string[] = [];
for (const ports of [[22], [80, 443], [port], [port], [port + 1]]) {
  const signal = AbortSignal.timeout(20_000);
  const { outcome } = await askDialBack(connection, dialBackProtocol(mesh as MeshId), ports, signal);
  answers.push(outcome);
}
console.log(JSON.stringify({ answers, dialled }));
await raw.stop();
server.close();
