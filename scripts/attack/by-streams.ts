/** Attacks with sockets and streams that are opened and left. */

import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stream } from "@libp2p/interface";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { encodeRequest } from "../../node/network/blob-messages.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { chunksOf, pauseReading } from "../../node/network/streams.ts";
import { createNode } from "../../node/node.ts";
import { jobsOf } from "../../node/node-status.ts";
import type { Hash, JobId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Attack } from "./attack.ts";
import { clientOf } from "./by-clients.ts";
import { Intruder, keepDoing } from "./intruder.ts";
import { idleJob, range } from "./made-up.ts";
import { type Order, pause, type Target } from "./order.ts";
import type { Peer } from "./peer.ts";

const IDENTITIES = 60;
const STREAMS = 4;
/** How often each looks whether the node has hung up on it, ms. */
const HELD_MS = 500;
/** What a frame lacks of the longest length. */
const LACKING = 16;

/** A frame's length, and all of its bytes but the last few. */
function unfinishedFrame(): Uint8Array {
  const length = limits.frameBytes;
  const bytes = new Uint8Array(8 + length - LACKING);
  let at = 0;
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
  bytes[at++] = rest;
  return bytes.subarray(0, at + length - LACKING);
}

const finishNoFrames: Attack = {
  name: "unfinished-frames",
  does: `${IDENTITIES} identities open ${STREAMS} streams each to one node and stop ${LACKING} bytes short of a frame of 4 MiB, and come again when it hangs up`,
  aims: "the node holds a gigabyte of parts of frames",
  async start(order) {
    const target = order.targets[0]!;
    const frame = unfinishedFrame();
    const hold = (): void => {
      const intruder = new Intruder(order, target);
      let held: Peer | null = null;
      void keepDoing(HELD_MS, async () => {
        const peer = await intruder.come();
        if (peer === held) return;
        held = peer;
        for (let i = 0; i < STREAMS; i++) (await peer.openFrames(target)).send(frame);
      });
    };
    for (let i = 0; i < IDENTITIES; i++) hold();
    await pause(5_000);
  },
};

const DEAF = 40;

/** A job that a node hosts, with blocks to ask for. */
async function findJob(order: Order, target: Target): Promise<JobId | null> {
  const spy = await createNode({ mesh: order.mesh, owner: makeIdentity(), listen: [], join: [target.address] });
  try {
    await spy.until((node) => node.peers().includes(target.agent), 30_000, "meeting the node");
    for (let attempt = 0; attempt < 50; attempt++) {
      const [job] = jobsOf(await spy.status(target.agent));
      if (job !== undefined) return job.job as JobId;
      await pause(200);
    }
    return null;
  } finally {
    await spy.stop();
  }
}

const readNothing: Attack = {
  name: "deaf-readers",
  does: `${DEAF} identities ask one node for a job's blocks again and again, and read nothing`,
  aims: "the node holds the answers for them",
  async start(order) {
    const target = order.targets[0]!;
    const ask = async (): Promise<void> => {
      const job = await findJob(order, target);
      if (job === null) return;
      for (let i = 0; i < DEAF; i++) void askOn(order, target, job);
    };
    void ask().catch(() => undefined);
    await pause(1_000);
  },
};

function askOn(order: Order, target: Target, job: JobId): Promise<never> {
  const intruder = new Intruder(order, target, (peer) => peer.handleFrames(pauseReading));
  return keepDoing(50, () => intruder.send(() => [{ kind: "fetchBlocks", job, from: 1 }]));
}

const SOCKETS = 64;

const saySilent: Attack = {
  name: "silent-sockets",
  does: `keeps ${SOCKETS} sockets open to each node that say nothing`,
  aims: "nobody else can join",
  async start({ targets }) {
    for (const { address } of targets) {
      const [, , host, , port] = address.split("/");
      const open = (): Socket => {
        const socket = connect(Number(port), host!);
        socket.on("error", () => undefined);
        socket.on("close", () => setTimeout(open, 20));
        return socket;
      };
      for (let i = 0; i < SOCKETS; i++) open();
    }
    await pause(1_000);
  },
};

const SLOW = 40;
const SLOW_STREAMS = 4;
const SLOW_BLOB = 24 * 1024 * 1024;
/** Just above what a requester must read, bytes a second. */
const SLOW_PACE = 80 * 1024;

/** Reads one transfer to its end, no faster than it must. */
async function readSlowly(stream: Stream, blob: Hash): Promise<void> {
  stream.send(encodeRequest({ hash: blob, offset: 0 }));
  await stream.close();
  for await (const chunk of chunksOf(stream, 60_000)) await pause((1_000 * chunk.length) / SLOW_PACE);
}

const transferSlowly: Attack = {
  name: "slow-transfers",
  does: `${SLOW} identities open ${SLOW_STREAMS} transfers each of a blob, and read as slowly as they may`,
  aims: "nodes have no place left for the transfers of honest jobs",
  async start(order) {
    const folder = mkdtempSync(join(tmpdir(), "meshwork-attack-"));
    writeFileSync(join(folder, "blob.bin"), randomBytes(SLOW_BLOB));
    const job = await parseJob(idleJob("slow", "1d", "input: { file: blob.bin }"), {
      ...{ file: join(folder, "job.yaml"), directory: folder },
    });
    const client = await clientOf(order);
    await client.submit(job);
    const [blob] = job.blobs.keys();
    for (const i of range(SLOW)) {
      const target = order.targets[i % order.targets.length]!;
      const intruder = new Intruder(order, target);
      for (let stream = 0; stream < SLOW_STREAMS; stream++)
        void keepDoing(500, async () => readSlowly(await (await intruder.come()).openBlobs(target), blob!));
    }
    await pause(3_000);
  },
};

export const BY_STREAMS: readonly Attack[] = [finishNoFrames, readNothing, saySilent, transferSlowly];
