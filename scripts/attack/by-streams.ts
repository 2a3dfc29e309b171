/** Attacks with sockets and streams that are opened and left. */

import { connect, type Socket } from "node:net";
import { makeIdentity } from "../../node/network/identity.ts";
import { pauseReading } from "../../node/network/streams.ts";
import { createNode } from "../../node/node.ts";
import { jobsOf } from "../../node/node-status.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Attack } from "./attack.ts";
import { type Order, pause, type Target } from "./order.ts";
import { Peer } from "./peer.ts";

const IDENTITIES = 60;
const STREAMS = 4;
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
  does: `${IDENTITIES} identities open ${STREAMS} streams each to one node and stop ${LACKING} bytes short of a frame of 4 MiB`,
  aims: "the node holds a gigabyte of parts of frames",
  async start(order) {
    const target = order.targets[0]!;
    const frame = unfinishedFrame();
    const hold = async (): Promise<void> => {
      const peer = await Peer.start(order.mesh);
      for (let i = 0; i < STREAMS; i++) {
        const stream = await peer.openFrames(target);
        stream.send(frame);
      }
    };
    await Promise.allSettled(Array.from({ length: IDENTITIES }, hold));
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
      for (let i = 0; i < DEAF; i++) void askOn(order, target, job).catch(() => undefined);
    };
    void ask().catch(() => undefined);
    await pause(1_000);
  },
};

async function askOn(order: Order, target: Target, job: JobId): Promise<void> {
  const peer = await Peer.start(order.mesh);
  await peer.handleFrames((stream) => pauseReading(stream));
  for (;;) {
    await peer.send(target, [{ kind: "fetchBlocks", job, from: 1 }]).catch(() => undefined);
    await pause(50);
  }
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

export const BY_STREAMS: readonly Attack[] = [finishNoFrames, readNothing, saySilent];
