/** The transport over real libp2p on loopback: who is there, frames, gossip, floods, offences (protocol.md 2, 9). */

import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, test, vi } from "vitest";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNetwork } from "../../node/network/network.ts";
import { networkLimits } from "../../node/network/network-limits.ts";
import { framesProtocol } from "../../node/network/protocol-names.ts";
import { createMemoryBlobStore } from "../../node/store/blob-store.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../../protocol/wire/verdict.ts";
import { newMesh, silent, startNode, stopNodes, type TestNode } from "../support/network-nodes.ts";
import { startRaw, stopRaws } from "../support/raw-peer.ts";
import { waitFor } from "../support/wait.ts";

vi.setConfig({ testTimeout: 40_000 }); // above the deadlines of `waitFor`, so that those are what fails

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const kindsAbout = (node: TestNode, agent: AgentId): string[] =>
  node.inputs.flatMap((input) =>
    (input.kind === "connected" || input.kind === "disconnected") && input.agent === agent ? [input.kind] : [],
  );

/** A frame that carries a number, so that order can be checked. */
function numbered(number: number, bytes = 64): Uint8Array {
  const frame = new Uint8Array(bytes);
  new DataView(frame.buffer).setUint32(0, number);
  return frame;
}
const numberOf = (frame: Uint8Array): number => new DataView(frame.buffer, frame.byteOffset).getUint32(0);

afterEach(async () => {
  await stopNodes();
  await stopRaws();
});

/** Two nodes; the first knows where the second is. */
async function startPair(meshId = newMesh()): Promise<[TestNode, TestNode]> {
  const [a, b] = await Promise.all([startNode({ meshId }), startNode({ meshId })]);
  a.meet(b);
  return [a, b];
}

describe("direct streams", () => {
  test("the first frame dials; both sides are told, frames name their sender", async () => {
    const [a, b] = await startPair();
    a.network.send(b.agent, "main", text("hello"));
    await waitFor(() => b.frames(a.agent).length === 1);
    b.network.send(a.agent, "pulse", text("hello yourself"));
    await waitFor(() => a.frames(b.agent).length === 1);

    expect(b.frames(a.agent).map(textOf)).toEqual(["hello"]);
    expect(a.frames(b.agent).map(textOf)).toEqual(["hello yourself"]);
    expect(kindsAbout(a, b.agent)).toEqual(["connected"]);
    expect(kindsAbout(b, a.agent)).toEqual(["connected"]);
    expect(b.inputs.findIndex(({ kind }) => kind === "connected")).toBeLessThan(
      b.inputs.findIndex(({ kind }) => kind === "frame"),
    );
  });

  test("frames of all sizes arrive whole and in order", async () => {
    const [a, b] = await startPair();
    const sizes = [4, 127, 128, 16_383, 16_384, 70_000, 2_097_151, 2_097_152, limits.frameBytes, 4];
    for (const [number, size] of sizes.entries()) a.network.send(b.agent, "main", numbered(number, size));
    for (let number = sizes.length; number < 5_000; number++) a.network.send(b.agent, "main", numbered(number));
    await waitFor(() => b.frames().length === 5_000);
    expect(b.frames().map(numberOf)).toEqual(Array.from({ length: 5_000 }, (_, number) => number));
    expect(
      b
        .frames()
        .slice(0, sizes.length)
        .map(({ length }) => length),
    ).toEqual(sizes);
  });

  test("of waiting pulses only the newest leaves, and before what waits in the main queue", async () => {
    const [a, b] = await startPair();
    a.network.send(b.agent, "main", text("main"));
    a.network.send(b.agent, "pulse", text("older"));
    a.network.send(b.agent, "pulse", text("newer"));
    await waitFor(() => b.frames().length === 2);
    expect(b.frames().map(textOf)).toEqual(["newer", "main"]);
  });

  test("a peer that stops is disconnected, and connected again when it is back", async () => {
    const meshId = newMesh();
    const identity = makeIdentity();
    const a = await startNode({ meshId });
    const b = await startNode({ meshId, identity });
    const [address] = b.network.addresses();
    a.meet(b);
    a.network.send(b.agent, "main", text("one"));
    await waitFor(() => kindsAbout(a, b.agent).length === 1);
    await b.network.stop();
    await waitFor(() => kindsAbout(a, b.agent).length === 2);

    const again = await startNode({ meshId, identity, listen: address!.replace(/\/p2p\/.*/, "") });
    await waitFor(() => {
      a.network.send(b.agent, "main", text("two")); // dropped while the way is closed, as every send may be
      return again.frames(a.agent).length > 0;
    });
    expect(kindsAbout(a, b.agent)).toEqual(["connected", "disconnected", "connected"]);
  });

  test("frames to a peer out of reach are dropped, without a queue that grows", async () => {
    const meshId = newMesh();
    const a = await startNode({ meshId });
    const nobody = makeIdentity().agent;
    a.network.address(nobody, ["/ip4/127.0.0.1/tcp/9"]);
    a.network.send(nobody, "main", text("one"));
    await waitFor(() => a.network.stats().dropped === 1);
    for (let i = 0; i < 100; i++) a.network.send(nobody, "main", text("more"));
    expect(a.network.stats().dropped).toBe(101); // at once: it backs off
    expect(kindsAbout(a, nobody)).toEqual([]);
  });

  test("text that is no agent and no address is refused where it comes in", async () => {
    const a = await startNode({ meshId: newMesh() });
    a.network.address("somebody" as AgentId, ["/ip4/127.0.0.1/tcp/9"]);
    a.network.address(makeIdentity().agent, ["not an address", "/ip4/127.0.0.1/tcp/99999999"]);
    a.network.send("somebody" as AgentId, "main", text("one"));
    await waitFor(() => a.network.stats().dropped === 1);
    await expect(a.network.fetchBlob("0".repeat(64) as never, 10, ["nobody" as AgentId], "")).resolves.toBe(false);
  });

  test("while it has little room a node reads those with whom it shares a job, and guests later", async () => {
    const meshId = newMesh();
    const [member, node] = await startPair(meshId);
    const guest = await startNode({ meshId });
    guest.meet(node);
    node.network.sharing(new Set([member.agent]));
    node.network.setReading("sharing");
    guest.network.send(node.agent, "main", text("first"));
    await waitFor(() => guest.network.stats().sent.direct === 1);
    member.network.send(node.agent, "main", text("second"));
    await waitFor(() => node.frames(member.agent).length === 1);
    expect(node.frames(guest.agent)).toEqual([]);
    node.network.setReading("all");
    await waitFor(() => node.frames(guest.agent).length === 1);
  });

  test("a node that is not read holds its frames, and loses none", async () => {
    const [a, b] = await startPair();
    a.network.send(b.agent, "main", numbered(0));
    await waitFor(() => b.frames().length === 1);
    b.network.setReading("nobody");
    const count = 4_000; // with 4 KiB each more than the windows and buffers on the way, less than the queue
    for (let number = 1; number < count; number++) a.network.send(b.agent, "main", numbered(number, 4_096));
    await waitFor(() => a.network.stats().sent.bytes > networkLimits.streamWindowBytes / 10);
    expect(b.frames().length).toBe(1);
    b.network.setReading("all");
    await waitFor(() => b.frames().length === count);
    expect(b.frames().map(numberOf)).toEqual(Array.from({ length: count }, (_, number) => number));
    expect(kindsAbout(a, b.agent)).toEqual(["connected"]);
  });

  test("a flood fills the queue: the stream closes, what waited is gone, and it heals", async () => {
    const [a, b] = await startPair();
    a.network.send(b.agent, "main", numbered(0));
    await waitFor(() => b.frames().length === 1);
    b.network.setReading("nobody");
    let sent = 1;
    await waitFor(() => {
      for (let i = 0; i < 500; i++) a.network.send(b.agent, "main", numbered(sent++, 8_192));
      return kindsAbout(a, b.agent).includes("disconnected");
    });
    expect(a.network.stats().dropped).toBeGreaterThan(1_000);

    b.network.setReading("all");
    await waitFor(() => kindsAbout(a, b.agent).length === 3);
    expect(kindsAbout(a, b.agent)).toEqual(["connected", "disconnected", "connected"]);
    a.network.send(b.agent, "main", text("after the flood"));
    await waitFor(() => b.frames().some((frame) => textOf(frame) === "after the flood"));
  });

  test("a send to oneself is a bug of ours", async () => {
    const a = await startNode({ meshId: newMesh() });
    expect(() => a.network.send(a.agent, "main", text("me"))).toThrow("nothing to itself");
  });
});

describe("who is there", () => {
  test("nodes of another mesh stay strangers", async () => {
    const a = await startNode({ meshId: newMesh() });
    const b = await startNode({ meshId: newMesh(), bootstrap: a.network.addresses() });
    a.meet(b);
    a.network.send(b.agent, "main", text("hello?"));
    await waitFor(() => a.network.stats().dropped === 1);
    expect(a.network.peers()).toEqual([]);
    expect(b.network.peers()).toEqual([]);
    expect(b.frames()).toEqual([]);
  });

  test("a bootstrap address is dialled until it answers, with or without its peer id", async () => {
    const meshId = newMesh();
    const identity = makeIdentity();
    const first = await startNode({ meshId, identity });
    const [address] = first.network.addresses();
    const bare = address!.replace(/\/p2p\/.*/, "");
    await first.network.stop();

    const a = await startNode({ meshId, bootstrap: [address!] });
    const b = await startNode({ meshId, bootstrap: [bare] });
    const later = await startNode({ meshId, identity, listen: bare });
    await waitFor(() => a.network.peers().includes(later.agent) && b.network.peers().includes(later.agent));
    await waitFor(() => later.network.peers().length === 2);
  });

  test("a node seeks more peers than its bootstrap", async () => {
    const meshId = newMesh();
    const a = await startNode({ meshId });
    const b = await startNode({ meshId });
    a.meet(b); // as a capability vector would tell it
    await waitFor(() => a.network.peers().includes(b.agent));
  });

  test("addresses that are none are the operator's mistake", async () => {
    const options = { meshId: newMesh(), identity: makeIdentity(), blobs: createMemoryBlobStore(), local: true };
    const wrong = { ...options, listen: ["127.0.0.1:4001"], bootstrap: [], log: silent };
    await expect(createNetwork(wrong)).rejects.toMatchObject({ code: "usage" });

    const a = await startNode({ meshId: newMesh() });
    const taken = a.network.addresses()[0]!.replace(/\/p2p\/.*/, "");
    const second = await createNetwork({ ...options, listen: [taken], bootstrap: [], log: silent });
    await expect(second.start(() => {})).rejects.toMatchObject({ code: "usage" });
  });
});

describe("gossip", () => {
  test("14 nodes on one address all receive each other's messages", async () => {
    // More than 10: beyond it gossipsub's default score mutes peers on one address, silently.
    const meshId = newMesh();
    const first = await startNode({ meshId });
    const others = await Promise.all(
      Array.from({ length: 13 }, () => startNode({ meshId, bootstrap: first.network.addresses() })),
    );
    const nodes = [first, ...others];
    await waitFor(() => nodes.every((node) => node.network.peers().length > 0));
    const heard = nodes.map(() => new Set<string>());
    const collect = (): void => {
      for (const [i, node] of nodes.entries()) for (const { bytes } of node.of("gossip")) heard[i]!.add(textOf(bytes));
    };
    // A node that joined a moment ago may not be subscribed everywhere yet: said again, as advertisements are.
    let round = 0;
    await waitFor(
      () => {
        for (const [i, node] of nodes.entries()) node.network.publish("caps", text(`round ${round} of node ${i}`));
        round++;
        collect();
        return heard.every((set, i) => {
          const senders = new Set([...set].map((message) => message.replace(/.* /, "")));
          return senders.size === nodes.length - 1 && !senders.has(String(i));
        });
      },
      { timeoutMs: 30_000 },
    );
  });

  test("a message is passed on only when it is accepted, and rejects count against the forwarder", async () => {
    const meshId = newMesh();
    const judge = (bytes: Uint8Array): Verdict => {
      const said = textOf(bytes);
      return said === "bad" ? reject("test-bad") : said === "old" ? ignore("test-old") : ACCEPT;
    };
    const middle = await startNode({ meshId, judge });
    const left = await startNode({ meshId, bootstrap: middle.network.addresses() });
    const right = await startNode({ meshId, bootstrap: middle.network.addresses() });
    await waitFor(() => middle.network.peers().length === 2);
    const heard = (node: TestNode): string[] => node.of("gossip").map(({ bytes }) => textOf(bytes));
    await waitFor(() => {
      left.network.publish("beacons", text(`ping ${performance.now()}`));
      return heard(right).length > 0;
    });
    for (const said of ["bad", "old", "good"]) left.network.publish("beacons", text(said));
    await waitFor(() => heard(right).includes("good"));

    expect(heard(middle)).toEqual(expect.arrayContaining(["bad", "old", "good"]));
    expect(heard(right)).not.toContain("bad");
    expect(heard(right)).not.toContain("old");
    expect(right.of("gossip").at(-1)).toMatchObject({ topic: "beacons", from: middle.agent });
    expect(middle.network.stats().offences.get("test-bad")).toBe(1);
    expect(left.of("gossip")).toEqual([]);
  });
});

describe("offences", () => {
  test("damaged frames are counted, and a peer with too many is refused", async () => {
    const meshId = newMesh();
    const a = await startNode({ meshId });
    const raw = await startRaw(meshId);
    const agent = raw.peerId.toString() as AgentId;
    const address = multiaddr(a.network.addresses()[0]!);
    const damaged = [
      Uint8Array.of(0), // an empty frame
      Uint8Array.of(0xff, 0xff, 0xff, 0x7f), // longer than any frame
      Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0x01), // a length without an end
      Uint8Array.of(0x81, 0x00, 0x01), // a length that is not in its shortest form
    ];
    const connection = await raw.dial(address);
    for (let i = 0; connection.status === "open"; i++) {
      const stream = await connection.newStream(framesProtocol(meshId)).catch(() => null);
      if (stream === null) break; // refused between two streams
      stream.send(damaged[i % damaged.length]!);
      await waitFor(() => stream.status !== "open");
    }
    await waitFor(() => a.network.stats().refused === 1);
    const { offences } = a.network.stats();
    for (const code of ["frame-empty", "frame-too-long", "frame-length-not-shortest"]) {
      expect(offences.get(code)).toBeGreaterThanOrEqual(networkLimits.offences / 4);
    }
    expect(a.frames()).toEqual([]);
    expect(kindsAbout(a, agent)).toEqual(["connected", "disconnected"]);

    await raw.dial(address).catch(() => null); // refused while encrypting or right after: either is fine
    await waitFor(() => raw.getConnections().every(({ status }) => status !== "open"));
    a.network.send(agent, "main", text("no"));
    await waitFor(() => a.network.stats().dropped === 1);
  });

  test("unknown protocols and strangers leave the node as it is", async () => {
    const meshId = newMesh();
    const a = await startNode({ meshId });
    const address = multiaddr(a.network.addresses()[0]!);
    const member = await startRaw(meshId);
    await expect(member.dialProtocol(address, `/meshwork/1/${meshId}/nonsense`)).rejects.toThrow();

    const stranger = await startRaw(null);
    const connection = await stranger.dial(address);
    await waitFor(() => connection.status !== "open");
    expect(a.network.peers()).not.toContain(stranger.peerId.toString());

    const b = await startNode({ meshId, bootstrap: a.network.addresses() });
    b.network.send(a.agent, "main", text("still here"));
    await waitFor(() => a.frames(b.agent).length === 1);
  });

  test("a peer that the agent reports is refused, too", async () => {
    const [a, b] = await startPair();
    a.network.send(b.agent, "main", text("hello"));
    await waitFor(() => kindsAbout(b, a.agent).length === 1 && kindsAbout(a, b.agent).length === 1);
    for (let i = 0; i < networkLimits.offences; i++) b.network.misbehaved(a.agent, "bad-signature");
    await waitFor(() => kindsAbout(b, a.agent).length === 2);
    expect(kindsAbout(b, a.agent)).toEqual(["connected", "disconnected"]);
    await waitFor(() => kindsAbout(a, b.agent).includes("disconnected"));
    expect(b.network.stats().refused).toBe(1);
  });
});
