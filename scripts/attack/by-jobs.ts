/** Attacks with invitations to jobs that are well made and properly signed, and are there to do harm. */

import { makeIdentity } from "../../node/network/identity.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import type { Message } from "../../protocol/wire/message.ts";
import type { Attack } from "./attack.ts";
import { type Intruder, intrudersFor, keepDoing } from "./intruder.ts";
import { idleDraft, makeInvitation, makeVector, makeWithdrawal, range } from "./made-up.ts";
import { pause } from "./order.ts";

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

export const BY_JOBS: readonly Attack[] = [loopRetired, letHear, bringVectors];
