/** Attacks with invitations to jobs that are well made and properly signed, and are there to do harm. */

import { randomBytes } from "node:crypto";
import { makeIdentity } from "../../node/network/identity.ts";
import { toHex } from "../../protocol/core/bytes.ts";
import type { AgentId, Hash } from "../../protocol/core/ids.ts";
import type { Items } from "../../protocol/wire/genesis.ts";
import type { Message } from "../../protocol/wire/message.ts";
import type { Attack } from "./attack.ts";
import { type Intruder, intrudersFor, keepDoing } from "./intruder.ts";
import { idleDraft, makeInvitation, makeVector, makeWithdrawal, range } from "./made-up.ts";
import { pause } from "./order.ts";

const MIB = 1024 * 1024;

/** Items that are blobs which nobody has. */
const missingBlobs = (count: number, bytes: number): Items => ({
  kind: "list",
  items: range(count).map(() => ({ kind: "blob", hash: toHex(randomBytes(32)) as Hash, bytes })),
});

/** As many as fit into a genesis. */
const TINY_BLOBS = 27_500;
const TINY_EVERY_MS = 2_000;

const nameTinyBlobs: Attack = {
  name: "tiny-blobs",
  does: `invites each node, every ${TINY_EVERY_MS / 1_000} s, to a job with ${TINY_BLOBS.toLocaleString("en")} inputs of one byte each`,
  aims: "nodes do nothing but note which job needs which blob",
  async start(order) {
    const draft = await idleDraft();
    for (const intruder of await intrudersFor(order)) {
      const hosts = [intruder.target.agent];
      void keepDoing(TINY_EVERY_MS, () =>
        intruder.send((signer) => [
          makeInvitation(order.mesh, signer, draft, { hosts, items: missingBlobs(TINY_BLOBS, 1) }).invite,
        ]),
      );
    }
    await pause(1_000);
  },
};

const DECLARED_EVERY_MS = 1_000;
/** Large ones first, then smaller and smaller ones for what is left. */
const DECLARED_BYTES = [60 * MIB, 60 * MIB, 60 * MIB, 16 * MIB, 4 * MIB, MIB, 256 * 1_024, 64 * 1_024, 20 * 1_024];

const declareBytes: Attack = {
  name: "declared-bytes",
  does: `invites each node, every second, to ${DECLARED_BYTES.length} jobs with inputs of up to 240 MiB that it does not have, and is silent when asked for them`,
  aims: "the disk for blobs of guests is taken by bytes that never come",
  async start(order) {
    const draft = await idleDraft();
    const intruders = await intrudersFor(order, (peer) => peer.handleBlobs(() => undefined));
    for (const intruder of intruders) {
      const hosts = [intruder.target.agent];
      void keepDoing(DECLARED_EVERY_MS, () =>
        intruder.send((signer) =>
          DECLARED_BYTES.map((bytes) => {
            const items = missingBlobs(bytes > 16 * MIB ? 4 : 1, bytes);
            return makeInvitation(order.mesh, signer, draft, { hosts, items }).invite;
          }),
        ),
      );
    }
    await pause(4_000);
  },
};

const MARKS = 15_000;
const MARKS_AT_A_TIME = 64;
/** All of them, on a slow machine, ms. */
const MARKED_MS = 240_000;

const loopRetired: Attack = {
  name: "retire-loop",
  does: `has each node begin up to ${MARKS.toLocaleString("en")} jobs, and withdraws each at once`,
  aims: "nodes remember so many jobs that they gave up that they host no others for a day",
  startsWithinMs: MARKED_MS + 10_000,
  async start(order) {
    const draft = await idleDraft();
    // Most of the committee does not exist, so it decides nothing.
    const ghosts = range(3).map(() => makeIdentity().agent);
    const fill = async (intruder: Intruder): Promise<void> => {
      const hosts = [intruder.target.agent, ...ghosts];
      for (let marks = 0; marks < MARKS; ) {
        const sent = intruder.send((signer) =>
          range(MARKS_AT_A_TIME).flatMap((): readonly Message[] => {
            const { job, invite } = makeInvitation(order.mesh, signer, draft, { hosts });
            return [invite, { kind: "start", job }, makeWithdrawal(order.mesh, signer, job)];
          }),
        );
        await sent.then(() => (marks += MARKS_AT_A_TIME)).catch(() => pause(200));
        await pause(1);
      }
    };
    await Promise.race([Promise.all((await intrudersFor(order)).map(fill)), pause(MARKED_MS)]);
  },
};

const HEARD_JOBS = 16;
const HEARD_EVERY_MS = 5_000;

const letHear: Attack = {
  name: "heard-jobs",
  does: `has each node begin ${HEARD_JOBS} jobs whose committee are all nodes, and does not invite the others, again every ${HEARD_EVERY_MS / 1_000} s`,
  aims: "the places of each node are taken by jobs that other nodes told it of",
  async start(order) {
    const draft = await idleDraft();
    const hosts: readonly AgentId[] = order.targets.map(({ agent }) => agent);
    for (const intruder of await intrudersFor(order))
      void keepDoing(HEARD_EVERY_MS, () =>
        intruder.send((signer) =>
          range(HEARD_JOBS).flatMap((): readonly Message[] => {
            const { job, invite } = makeInvitation(order.mesh, signer, draft, { hosts });
            return [invite, { kind: "start", job }];
          }),
        ),
      );
    await pause(5_000);
  },
};

const GHOSTS = 120;
const GHOSTS_EVERY_MS = 200;

const bringVectors: Attack = {
  name: "vectors-in-invitations",
  does: `sends each node ${1_000 / GHOSTS_EVERY_MS} invitations a second, each with the vectors of ${2 * GHOSTS} hosts that do not exist`,
  aims: "the directory of each node holds made-up agents and no others",
  async start(order) {
    const draft = await idleDraft();
    const intruders = await intrudersFor(order);
    void keepDoing(GHOSTS_EVERY_MS, () => {
      const vcvs = range(2 * GHOSTS).map(() => makeVector(order.mesh));
      const ghosts = vcvs.map(({ agent }) => agent);
      const invite = (intruder: Intruder): Promise<void> =>
        intruder.send((signer) => {
          const hosts = [intruder.target.agent, ...ghosts.slice(0, GHOSTS)];
          const invitation = { hosts, standbys: ghosts.slice(GHOSTS), vcvs };
          return [makeInvitation(order.mesh, signer, draft, invitation).invite];
        });
      return Promise.allSettled(intruders.map(invite));
    });
    await pause(5_000);
  },
};

export const BY_JOBS: readonly Attack[] = [nameTinyBlobs, declareBytes, loopRetired, letHear, bringVectors];
