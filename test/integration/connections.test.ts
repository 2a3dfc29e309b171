/** Strangers that open sockets do not keep others out (protocol.md 9). */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, expect, test, vi } from "vitest";
import { DEFAULT_NODE_LIMITS, type NodeLimits } from "../../node/limits/node-limits.ts";
import { newMesh, startNode, stopNodes, type TestNode } from "../support/network-nodes.ts";
import { waitFor } from "../support/wait.ts";

vi.setConfig({ testTimeout: 40_000 });

const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await stopNodes();
});

const withConnections = (connections: Partial<NodeLimits["connections"]>): NodeLimits => ({
  ...DEFAULT_NODE_LIMITS,
  connections: { ...DEFAULT_NODE_LIMITS.connections, ...connections },
});

/** Opens sockets that never say anything. */
async function openSilent(node: TestNode, count: number): Promise<Socket[]> {
  const [address] = node.network.addresses();
  const tcp = multiaddr(address!).getComponents();
  const port = Number(tcp.find(({ name }) => name === "tcp")!.value);
  const opened = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
  for (const socket of opened) socket.on("error", () => {});
  sockets.push(...opened);
  await Promise.all(opened.map((socket) => once(socket, "connect")));
  return opened;
}

test.each([true, false])("twelve sockets that say nothing do not delay whoever joins (local: %s)", async (local) => {
  const meshId = newMesh();
  const limits = withConnections({ pending: 12, upgradeMs: 60_000 }); // all places taken for a minute
  const node = await startNode({ meshId, local, limits });
  const silent = await openSilent(node, 12);
  const joiner = await startNode({ meshId, local, bootstrap: node.network.addresses() });
  await waitFor(() => node.network.peers().includes(joiner.agent), { timeoutMs: 5_000 });
  expect(silent.filter(({ destroyed }) => !destroyed).length).toBeGreaterThanOrEqual(10);
});

test("a socket that says nothing is closed when its time is over", async () => {
  const node = await startNode({ meshId: newMesh(), limits: withConnections({ upgradeMs: 100 }) });
  const [socket] = await openSilent(node, 1);
  socket!.resume();
  await waitFor(() => socket!.destroyed);
});

test("the places of those that it dials stay free when others take theirs", async () => {
  const meshId = newMesh();
  const node = await startNode({ meshId, limits: withConnections({ total: 4, outbound: 2 }) });
  const guests = await Promise.all([0, 1, 2].map(() => startNode({ meshId, bootstrap: node.network.addresses() })));
  await waitFor(() => node.network.peers().length === 2); // the third is refused
  const wanted = await startNode({ meshId });
  node.meet(wanted);
  node.network.send(wanted.agent, "main", Uint8Array.of(1));
  await waitFor(() => wanted.frames(node.agent).length === 1);
  expect(node.network.peers().filter((peer) => guests.some(({ agent }) => agent === peer)).length).toBe(2);
});
