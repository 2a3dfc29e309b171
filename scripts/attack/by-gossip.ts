/** Attacks with gossip: what a node takes, it hands on to all others. */

import { randomBytes } from "node:crypto";
import { nodeCrypto } from "../../node/platform/crypto.ts";
import { type Signer, statementMessage } from "../../protocol/core/crypto.ts";
import type { AgentId, Hash, JobId, MeshId } from "../../protocol/core/ids.ts";
import { type BeaconContent, beaconHash } from "../../protocol/wire/capability.ts";
import { encodeBeacon, encodeVcv } from "../../protocol/wire/message.ts";
import type { Attack } from "./attack.ts";
import { Intruder, intrudersFor, keepDoing } from "./intruder.ts";
import { makeVector } from "./made-up.ts";
import { pause, type Target } from "./order.ts";

const { hash } = nodeCrypto;
/** Gossip notices its neighbours once a second. */
const NOTICED_MS = 2_000;

const BEACONS_A_SECOND = 560;
const BURST = 28;

function makeBeacon(mesh: MeshId, signer: Signer, agent: AgentId): Uint8Array {
  const content: BeaconContent = {
    ...{ job: randomBytes(32).toString("hex") as Hash as JobId, author: agent, addresses: [], skill: "text.upper" },
    ...{ like: null, labels: [], calls: 20, endsMs: Date.now() + 5_000 },
  };
  return encodeBeacon({
    ...content,
    signature: signer.sign(statementMessage(mesh, "beacon", beaconHash(hash, content))),
  });
}

const callInVain: Attack = {
  name: "beacon-flood",
  does: `publishes ${BEACONS_A_SECOND} beacons a second, for jobs that do not exist`,
  aims: "all nodes check them, ask for the jobs, and pass them on",
  async start(order) {
    const intruders = await intrudersFor(order, (peer) => peer.listenTo("beacons"));
    await pause(NOTICED_MS);
    for (const intruder of intruders)
      void keepDoing((1_000 * BURST * intruders.length) / BEACONS_A_SECOND, async () => {
        const peer = await intruder.come();
        for (let i = 0; i < BURST; i++)
          await peer.publish("beacons", makeBeacon(order.mesh, peer.signer, peer.signer.agent));
      });
  },
};

const FLOODED = 2;
const FLOODERS = 4;
const VECTORS_A_SECOND = 400;
const VECTORS_AT_A_TIME = 20;

const floodVectors: Attack = {
  name: "gossip-flood",
  does: `${FLOODERS} identities give each of ${FLOODED} nodes ${VECTORS_A_SECOND} vectors a second to hand on, each vector of another made-up agent`,
  aims: "all nodes hold made-up agents, and take their honest neighbour for the source of the flood",
  async start(order) {
    const flood = async (target: Target): Promise<void> => {
      const intruder = new Intruder(order, target, (peer) => peer.listenTo("caps"));
      await keepDoing((1_000 * VECTORS_AT_A_TIME) / VECTORS_A_SECOND, async () => {
        const peer = await intruder.come();
        for (let i = 0; i < VECTORS_AT_A_TIME; i++) await peer.publish("caps", encodeVcv(makeVector(order.mesh)));
      });
    };
    for (const target of order.targets.slice(0, FLOODED)) for (let i = 0; i < FLOODERS; i++) void flood(target);
    await pause(NOTICED_MS + 5_000); // what a node may hand on at once has gone out by then
  },
};

export const BY_GOSSIP: readonly Attack[] = [callInVain, floodVectors];
