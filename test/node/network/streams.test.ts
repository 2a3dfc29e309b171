/** Back-pressure over a real connection: a reader that is slower than its sender loses nothing. */

import { noise } from "@chainsafe/libp2p-noise";
import type { Stream } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p, type Libp2p } from "libp2p";
import { afterEach, expect, test } from "vitest";
import { networkLimits } from "../../../node/network/network-limits.ts";
import { chunksOf, sendAll } from "../../../node/network/streams.ts";

const PROTOCOL = "/test/streams";
const CHUNK = new Uint8Array(64 * 1024);
/** More than windows and buffers hold together. */
const CHUNKS = (4 * networkLimits.readBufferBytes) / CHUNK.length;
const IDLE_MS = 20_000;

const nodes: Libp2p[] = [];

const start = async (listen: readonly string[]): Promise<Libp2p> => {
  const node = await createLibp2p({
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        streamOptions: {
          maxStreamWindowSize: networkLimits.streamWindowBytes,
          maxReadBufferLength: networkLimits.readBufferBytes,
        },
      }),
    ],
  });
  nodes.push(node);
  return node;
};

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < CHUNKS; i++) yield CHUNK;
}

/** Turns of the event loop after which a window that is used up stays so: this process is both ends. */
const TURNS = 100;

/** The sender has used up its window for good, or has nothing left. */
async function isStuck(out: Stream, isDone: () => boolean): Promise<void> {
  for (let turns = 0; turns < TURNS && !isDone() && out.status === "open"; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if ((out as unknown as { readonly sendWindowCapacity: number }).sendWindowCapacity > 0) turns = 0;
  }
}

test("a reader that takes the next chunk only when its sender can send no more gets all of them", async () => {
  const receiver = await start(["/ip4/127.0.0.1/tcp/0"]);
  const incoming = new Promise<Stream>((resolve) => void receiver.handle(PROTOCOL, (stream) => resolve(stream)));
  const sender = await start([]);
  const out = await sender.dialProtocol(receiver.getMultiaddrs(), PROTOCOL);
  let isSent = false;
  const sending = sendAll(out, chunks(), IDLE_MS).then(() => {
    isSent = true;
    return out.close();
  });
  const failed = sending.then(() => null).catch((error: unknown) => error);
  let bytes = 0;
  for await (const chunk of chunksOf(await incoming, IDLE_MS)) {
    bytes += chunk.length;
    await isStuck(out, () => isSent);
  }
  expect(await failed).toBeNull();
  expect(bytes).toBe(CHUNKS * CHUNK.length);
});
