/**
 * Floors: what the same machine does at the same time without agreement. A bare coordinator that hands out the same
 * work over the same streams, message delays on those streams, and forced writes to the same disk.
 */

import { pino } from "pino";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNetwork, type Network } from "../../node/network/network.ts";
import { hasher } from "../../node/platform/crypto.ts";
import { temporaryFolder } from "../../node/platform/files/temporary-folder.ts";
import { createMemoryBlobStore } from "../../node/store/blob-store.ts";
import { createRecordStore } from "../../node/store/record-store.ts";
import type { MeshId } from "../../protocol/core/ids.ts";
import { ZERO_HASH } from "../../protocol/core/ids.ts";
import type { Input } from "../../protocol/input.ts";

type Frame = Extract<Input, { kind: "frame" }>;

async function startPair(onFrame: (self: Network, frame: Frame) => void): Promise<Network[]> {
  const meshId = `floor-${process.pid}-${performance.now()}` as MeshId;
  const networks: Network[] = [];
  let met = 0;
  for (let i = 0; i < 2; i++) {
    const bootstrap = networks.map((other) => other.addresses()[0]!);
    const options = {
      meshId,
      identity: makeIdentity(),
      blobs: createMemoryBlobStore(),
      listen: ["/ip4/127.0.0.1/tcp/0"],
      bootstrap,
      local: true,
    };
    const network = await createNetwork({ ...options, log: pino({ level: "silent" }) });
    await network.start((input) => {
      if (input.kind === "connected") met++;
      else if (input.kind === "frame") onFrame(network, input);
    });
    networks.push(network);
  }
  while (met < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  return networks;
}

/** Tasks a second through a bare coordinator: 100 bytes out, SHA-256, 32 bytes back; `window` under way at a time. */
export async function coordinatorRate(tasks: number, window: number): Promise<number> {
  let done = 0;
  let sent = 0;
  let finish: () => void = () => undefined;
  const networks = await startPair((self, { from, bytes }) => {
    if (self === networks[1]) {
      self.send(from, "main", Buffer.from(hasher(bytes), "hex"));
      return;
    }
    done++;
    if (sent < tasks) give();
    if (done === tasks) finish();
  });
  const give = (): void => {
    sent++;
    networks[0]!.send(networks[1]!.agent, "main", new Uint8Array(100).fill(sent & 255));
  };
  const started = performance.now();
  await new Promise<void>((resolve) => {
    finish = resolve;
    for (let i = 0; i < Math.min(window, tasks); i++) give();
  });
  const rate = tasks / ((performance.now() - started) / 1_000);
  for (const network of networks) await network.stop();
  return rate;
}

/** One message delay on these streams, ms: half of a round trip, the median of many. */
export async function messageDelayMs(rounds: number): Promise<number> {
  const times: number[] = [];
  let startedMs = 0;
  let finish: () => void = () => undefined;
  const networks = await startPair((self, { from, bytes }) => {
    if (self === networks[1]) {
      self.send(from, "main", bytes);
      return;
    }
    times.push(performance.now() - startedMs);
    if (times.length === rounds) finish();
    else ping();
  });
  const ping = (): void => {
    startedMs = performance.now();
    networks[0]!.send(networks[1]!.agent, "main", new Uint8Array(200));
  };
  await new Promise<void>((resolve) => {
    finish = resolve;
    ping();
  });
  for (const network of networks) await network.stop();
  return times.sort((a, b) => a - b)[times.length >> 1]! / 2;
}

/** Forced writes a second. */
export function durableWrites(count: number): number {
  const temporary = temporaryFolder("meshwork-floor");
  const folder = temporary.path;
  const store = createRecordStore({
    folder,
    onError: (error) => {
      throw error;
    },
  });
  const bytes = new Uint8Array(500);
  const started = performance.now();
  for (let i = 0; i < count; i++)
    store.write([{ kind: "persist", job: ZERO_HASH, slot: `s${i % 16}`, bytes, durable: true }]);
  const rate = count / ((performance.now() - started) / 1_000);
  store.close();
  temporary.remove();
  return rate;
}
