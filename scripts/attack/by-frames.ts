/** Attacks with frames and gossip that no honest node sends. */

import { randomBytes } from "node:crypto";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNode } from "../../node/node.ts";
import { jobsOf } from "../../node/node-status.ts";
import { createSigner, nodeCrypto } from "../../node/platform/crypto.ts";
import { EMBEDDER_NAME } from "../../protocol/capability/embedding.ts";
import { type Signer, statementMessage } from "../../protocol/core/crypto.ts";
import type { AgentId, Hash, JobId, MeshId } from "../../protocol/core/ids.ts";
import { limits, RULES_VERSION } from "../../protocol/core/limits.ts";
import { type BeaconContent, beaconHash, type Vcv, type VcvContent, vcvHash } from "../../protocol/wire/capability.ts";
import { type Envelope, encodeCommand, envelopeHash } from "../../protocol/wire/command.ts";
import { encodeBeacon, type Message } from "../../protocol/wire/message.ts";
import type { Attack } from "./attack.ts";
import { type Order, pause, type Target } from "./order.ts";
import { Peer } from "./peer.ts";

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const { hash } = nodeCrypto;

/** One peer for each target, connected. */
const peersFor = ({ mesh, targets }: Order): Promise<(readonly [Peer, Target])[]> =>
  Promise.all(
    targets.map(async (target) => {
      const peer = await Peer.start(mesh);
      await peer.connect(target);
      return [peer, target] as const;
    }),
  );

/** Does `act` over and over with at least `everyMs` between two starts; a node that hangs up is no reason to stop. */
async function keepDoing(everyMs: number, act: () => Promise<void>): Promise<void> {
  for (;;) {
    const startedMs = performance.now();
    await act().catch(() => pause(200));
    await pause(Math.max(1, everyMs - (performance.now() - startedMs)));
  }
}

// --- vectors --------------------------------------------------------------------------------------------

const VECTORS = 2_000;

function makeVector(mesh: MeshId): Vcv {
  const signer = createSigner(makeIdentity());
  const content: VcvContent = {
    ...{ agent: signer.agent, incarnation: Date.now(), version: 1, name: "made-up", embedder: EMBEDDER_NAME },
    ...{ skills: [], slots: 1, labels: [], addresses: [], hosts: true, rulesVersion: RULES_VERSION, depth: 0 },
    expiresMs: Date.now() + 500_000,
  };
  return { ...content, signature: signer.sign(statementMessage(mesh, "vcv", vcvHash(hash, content))) };
}

const makeUpHosts: Attack = {
  name: "made-up-hosts",
  does: `sends ${VECTORS} capability vectors of hosts that do not exist, to each node, again and again`,
  aims: "committees are drawn of agents that never answer",
  async start(order) {
    const vcvs = range(VECTORS).map(() => makeVector(order.mesh));
    const peers = await peersFor(order);
    const tell = (): Promise<unknown> =>
      Promise.all(peers.map(([peer, target]) => peer.send(target, [{ kind: "vcvs", vcvs }])));
    await Promise.race([tell().catch(() => undefined), pause(3_000)]); // a node that hangs up reads nothing more
    void keepDoing(5_000, async () => void (await tell()));
  },
};

// --- commands -------------------------------------------------------------------------------------------

const OFFER_KEYS = 64;
const OFFERS = 64;

function useless(mesh: MeshId, signer: Signer, job: JobId, offers: number): Envelope {
  const commands = range(offers).map((i) =>
    encodeCommand({
      ...{ job, author: signer.agent, counter: i + 1 },
      body: {
        ...{ kind: "offer", skill: `useless.${i}`, price: 1, slots: 1, labels: [], load: 0, expectedMs: 1 },
        ...{ validUntilMs: Date.now() + 60_000, similarity: 1_000_000 },
      },
    }),
  );
  const content = { job, author: signer.agent, hashes: commands.map((bytes) => hash(bytes)) };
  const message = statementMessage(mesh, "commands", envelopeHash(hash, content));
  return { ...content, signature: signer.sign(message), commands };
}

const offerUselessly: Attack = {
  name: "useless-offers",
  does: `${OFFER_KEYS} keys send ${OFFERS} offers each, for skills that no task needs, into every job that they hear of`,
  aims: "pools have no place for the offers of real workers",
  async start(order) {
    const { mesh, targets } = order;
    const joined = targets.map(({ address }) => address);
    const spy = await createNode({ mesh, owner: makeIdentity(), listen: [], join: joined });
    await spy.until((node) => targets.every(({ agent }) => node.peers().includes(agent)), 30_000, "meeting the nodes");
    const peers = await peersFor(order);
    const signers = range(OFFER_KEYS).map(() => createSigner(makeIdentity()));
    const filled = new Set<string>();
    void keepDoing(300, async () => {
      const told = await Promise.all(targets.map(async ({ agent }) => jobsOf(await spy.status(agent))));
      const running = told.flat().filter(({ status }) => status === "running");
      for (const job of new Set(running.map((one) => one.job as JobId))) {
        if (filled.has(job)) continue;
        filled.add(job);
        for (const signer of signers) {
          const message: Message = { kind: "envelopes", job, envelopes: [useless(mesh, signer, job, OFFERS)] };
          await Promise.all(peers.map(([peer, target]) => peer.send(target, [message])));
        }
      }
    });
  },
};

// --- floods ---------------------------------------------------------------------------------------------

const INVITATIONS_A_SECOND = 35;

const inviteWrongly: Attack = {
  name: "wrong-invitations",
  does: `sends each node ${INVITATIONS_A_SECOND} invitations of 1 MiB a second, with wrong signatures`,
  aims: "a core of each node is busy with checking them",
  async start(order) {
    const peers = await peersFor(order);
    const bytes = randomBytes(limits.genesisBytes - 1);
    const message: Message = {
      kind: "invite",
      genesis: { bytes, signature: randomBytes(limits.signatureBytes) },
      vcvs: [],
    };
    for (const [peer, target] of peers)
      void keepDoing(1_000 / INVITATIONS_A_SECOND, () => peer.send(target, [message]));
  },
};

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
    const peer = await Peer.start(order.mesh);
    peer.listenTo("beacons");
    for (const target of order.targets) await peer.connect(target);
    await pause(2_000); // gossip notices its neighbours once a second
    void keepDoing((1_000 * BURST) / BEACONS_A_SECOND, async () => {
      for (let i = 0; i < BURST; i++)
        await peer.publish("beacons", makeBeacon(order.mesh, peer.signer, peer.signer.agent));
    });
  },
};

const ASKING = 200;

const askEndlessly: Attack = {
  name: "question-flood",
  does: `asks each node for its status and its vectors ${ASKING} times a second`,
  aims: "nodes do nothing but answer",
  async start(order) {
    const peers = await peersFor(order);
    const questions: readonly Message[] = range(ASKING / 10).flatMap((id): readonly Message[] => [
      { kind: "query", id, query: { kind: "status", job: null } },
      { kind: "fetchVcvs", depth: 0, known: [] },
    ]);
    for (const [peer, target] of peers) void keepDoing(100, () => peer.send(target, questions));
  },
};

export const BY_FRAMES: readonly Attack[] = [makeUpHosts, offerUselessly, inviteWrongly, callInVain, askEndlessly];
