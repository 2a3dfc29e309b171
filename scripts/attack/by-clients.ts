/** Attacks with what anybody has: the ordinary library, under as many keys as one likes. */

import { parseJob } from "../../node/job-file/parse-job.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import type { Attack } from "./attack.ts";
import { idleJob } from "./made-up.ts";
import { type Order, pause } from "./order.ts";

const MEET_MS = 30_000;

/** A client under a fresh key that has met all targets. */
export async function clientOf({ mesh, targets }: Order): Promise<MeshworkNode> {
  const joined = targets.map(({ address }) => address);
  const node = await createNode({ mesh, owner: makeIdentity(), listen: [], join: joined });
  await node.until((one) => targets.every(({ agent }) => one.peers().includes(agent)), MEET_MS, "meeting the nodes");
  return node;
}

/** Submits; a refusal is the attacker's problem. Never rejects. */
async function tryJob(node: MeshworkNode, yaml: string): Promise<void> {
  await parseJob(yaml, { file: "job.yaml", directory: "." })
    .then((job) => node.submit(job))
    .catch(() => undefined);
}

const PLACES = 64;
const PLACE_KEYS = 8;
/** Where nodes refuse, it goes on after this, ms. */
const FILLED_MS = 30_000;

const fillPlaces: Attack = {
  name: "fill-places",
  does: `${PLACE_KEYS} fresh owners submit ${PLACES / PLACE_KEYS} jobs each that wait for 30 days`,
  aims: "no node has a place left for a job",
  async start(order) {
    const clients = await Promise.all(Array.from({ length: PLACE_KEYS }, () => clientOf(order)));
    const fill = async (client: MeshworkNode, owner: number): Promise<void> => {
      for (let i = 0; i < PLACES / PLACE_KEYS; i++)
        await tryJob(client, idleJob(`idle-${owner}-${i}`, "30d", "input: 1"));
    };
    await Promise.race([Promise.all(clients.map(fill)), pause(FILLED_MS)]);
  },
};

const LONG_TASKS = 60;

const takeSlots: Attack = {
  name: "take-slots",
  does: `a fresh owner submits a job of ${LONG_TASKS} tasks of an hour each`,
  aims: "no worker has a slot left",
  async start(order) {
    const client = await clientOf(order);
    const waits = Array.from({ length: LONG_TASKS }, () => 3_600_000).join(", ");
    await tryJob(
      client,
      `name: long\nbudget: 100\ndeadline: 12h\npolicy: { timeout: 2h }\ntasks:\n  wait: { skill: wait, map: { over: [${waits}] } }\noutput: wait\n`,
    );
    await pause(3_000); // workers have their awards after the first window
  },
};

const SHORT_OWNERS = 4;
const SHORT_TASKS = 200;

const starveSlots: Attack = {
  name: "slot-starve",
  does: `${SHORT_OWNERS} fresh owners submit ${SHORT_TASKS} tasks of 50 s each, with leases of a minute`,
  aims: "no worker has a slot left, although no lease is long",
  async start(order) {
    const waits = Array.from({ length: SHORT_TASKS }, () => 50_000).join(", ");
    const starve = async (owner: number): Promise<void> =>
      tryJob(
        await clientOf(order),
        `name: short-${owner}\nbudget: 1000\ndeadline: 12h\npolicy: { timeout: 60s }\ntasks:\n  wait: { skill: wait, map: { over: [${waits}] } }\noutput: wait\n`,
      );
    await Promise.all(Array.from({ length: SHORT_OWNERS }, (_, owner) => starve(owner)));
    await pause(3_000); // workers have their awards after the first window
  },
};

const HOSTS = 3;
/** A mesh that is attacked has stood for a while: its agents know each other. */
const STANDING_MS = 35_000;

const sayYesAndGo: Attack = {
  name: "yes-and-gone",
  does: `${HOSTS} hosts join under fresh keys and stop, again and again, while jobs are drawn`,
  aims: "jobs wait for members that are gone",
  async start(order) {
    const joined = order.targets.map(({ address }) => address);
    const comeAndGo = async (): Promise<void> => {
      for (;;) {
        const node = await createNode({ mesh: order.mesh, join: joined, listen: [order.listen], mdns: false });
        await pause(4_000);
        await node.stop();
      }
    };
    await pause(STANDING_MS);
    for (let i = 0; i < HOSTS; i++) void comeAndGo().catch(() => undefined);
    await pause(2_000);
  },
};

export const BY_CLIENTS: readonly Attack[] = [fillPlaces, takeSlots, starveSlots, sayYesAndGo];
