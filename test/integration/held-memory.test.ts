/** What strangers can make a node hold: frames that do not end, frames that they do not read (protocol.md 9). */

import type { Libp2p, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, expect, test, vi } from "vitest";
import { DEFAULT_NODE_LIMITS, type NodeLimits } from "../../node/limits/node-limits.ts";
import { framesProtocol } from "../../node/network/protocol-names.ts";
import type { AgentId, MeshId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { newMesh, startNode, stopNodes, type TestNode } from "../support/network-nodes.ts";
import { startRaw, stopRaws } from "../support/raw-peer.ts";
import { waitFor } from "../support/wait.ts";

vi.setConfig({ testTimeout: 40_000 });

const MIB = 1024 * 1024;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

afterEach(async () => {
  await stopNodes();
  await stopRaws();
});

const withMemory = (memory: Partial<NodeLimits["memory"]>): NodeLimits => ({
  ...DEFAULT_NODE_LIMITS,
  memory: { ...DEFAULT_NODE_LIMITS.memory, ...memory },
});

const openFrames = (raw: Libp2p, node: TestNode, meshId: MeshId): Promise<Stream> =>
  raw.dialProtocol(multiaddr(node.network.addresses()[0]!), framesProtocol(meshId));

/** A length of nearly the longest frame, and all but its end. */
function endlessFrame(): Uint8Array {
  const bytes = new Uint8Array(limits.frameBytes - 16);
  bytes.set([0x80, 0x80, 0x80, 0x02]); // 4 MiB
  return bytes;
}

test("frames that never end hold no more than guests may, whoever sends them, and others are heard", async () => {
  const meshId = newMesh();
  const node = await startNode({ meshId, limits: withMemory({ guestInboundBytes: 12 * MIB }) });
  let most = 0;
  for (let i = 0; i < 8; i++) {
    const stream = await openFrames(await startRaw(meshId, () => {}), node, meshId);
    stream.send(endlessFrame());
    await waitFor(() => {
      most = Math.max(most, node.network.stats().held.inbound);
      return stream.writeBufferLength === 0 || stream.status !== "open";
    });
  }
  expect(most).toBeGreaterThan(4 * MIB);
  expect(most).toBeLessThan(12 * MIB + 1);

  const honest = await startNode({ meshId });
  honest.meet(node);
  honest.network.send(node.agent, "main", text("hello"));
  await waitFor(() => node.frames(honest.agent).length === 1);
});

test("a peer has one stream of frames: a newer one takes the older one's place, with what that holds", async () => {
  const meshId = newMesh();
  const node = await startNode({ meshId });
  const raw = await startRaw(meshId, () => {});
  const older = await openFrames(raw, node, meshId);
  older.send(endlessFrame());
  await waitFor(() => node.network.stats().held.inbound > MIB);
  const newer = await openFrames(raw, node, meshId);
  newer.send(Uint8Array.from([1, 7]));
  await waitFor(() => node.frames().length === 1);
  await waitFor(() => older.status !== "open");
  expect(newer.status).toBe("open");
  expect(node.network.stats().held.inbound).toBe(0);
});

test.each([
  ["of which nothing more comes", withMemory({ frameIdleMs: 50 })],
  ["that takes too long", withMemory({ frameMs: 50 })],
])("a frame %s costs its sender the stream, and no more than that", async (_, nodeLimits) => {
  const meshId = newMesh();
  const node = await startNode({ meshId, limits: nodeLimits });
  const raw = await startRaw(meshId, () => {});
  const stream = await openFrames(raw, node, meshId);
  stream.send(endlessFrame().subarray(0, 1_000));
  await waitFor(() => stream.status !== "open");
  expect(node.network.stats().held.inbound).toBe(0);
  const again = await openFrames(raw, node, meshId);
  again.send(Uint8Array.from([1, 7]));
  await waitFor(() => node.frames().length === 1);
});

test("what a stranger does not read is bounded, and so is the time that it may not read", async () => {
  const meshId = newMesh();
  const guestPeerOutboundBytes = 4 * MIB;
  const node = await startNode({ meshId, limits: withMemory({ guestPeerOutboundBytes, writeIdleMs: 1_500 }) });
  const raw = await startRaw(meshId, (stream) => stream.pause());
  await raw.dial(multiaddr(node.network.addresses()[0]!));
  const stranger = raw.peerId.toString() as AgentId;
  await waitFor(() => node.network.peers().includes(stranger));
  const held = (): number => node.network.stats().held.outbound;

  node.network.send(stranger, "main", new Uint8Array(MIB)); // fills the window
  await waitFor(() => held() > 0);
  for (let i = 0; i < 2; i++) node.network.send(stranger, "main", new Uint8Array(MIB));
  expect(held()).toBeGreaterThan(2 * MIB);
  await waitFor(() => node.of("disconnected").length === 1); // it read nothing
  expect(held()).toBe(0);
  await waitFor(() => raw.getConnections().length === 0); // nothing is left in the connection either

  await raw.dial(multiaddr(node.network.addresses()[0]!));
  await waitFor(() => node.network.peers().includes(stranger));
  for (let i = 0; i < 20; i++) {
    node.network.send(stranger, "main", new Uint8Array(MIB));
    expect(held()).toBeLessThan(guestPeerOutboundBytes + 1);
  }
  expect(node.network.stats().dropped).toBeGreaterThan(10);
});

test("a peer with whom a job is shared is told more than a stranger", async () => {
  const meshId = newMesh();
  const node = await startNode({ meshId, limits: withMemory({ guestPeerOutboundBytes: 2 * MIB }) });
  const raw = await startRaw(meshId, (stream) => stream.pause());
  await raw.dial(multiaddr(node.network.addresses()[0]!));
  const member = raw.peerId.toString() as AgentId;
  await waitFor(() => node.network.peers().includes(member));
  node.network.sharing(new Set([member]));
  for (let i = 0; i < 8; i++) node.network.send(member, "main", new Uint8Array(MIB));
  expect(node.network.stats().dropped).toBe(0);
  expect(node.network.stats().held.outbound).toBeGreaterThan(6 * MIB);
});
