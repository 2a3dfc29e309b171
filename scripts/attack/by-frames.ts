/** Attacks with frames that no honest node sends. */

import { randomBytes } from "node:crypto";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNode } from "../../node/node.ts";
import { jobsOf } from "../../node/node-status.ts";
import { createSigner, nodeCrypto } from "../../node/platform/crypto.ts";
import { type Signer, statementMessage } from "../../protocol/core/crypto.ts";
import type { JobId, MeshId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { type Envelope, encodeCommand, envelopeHash } from "../../protocol/wire/command.ts";
import type { Message } from "../../protocol/wire/message.ts";
import type { Attack } from "./attack.ts";
import { intrudersFor, keepDoing } from "./intruder.ts";
import { makeVector, range } from "./made-up.ts";
import { pause } from "./order.ts";

const { hash } = nodeCrypto;

// --- vectors --------------------------------------------------------------------------------------------

const VECTORS = 2_000;

const makeUpHosts: Attack = {
  name: "made-up-hosts",
  does: `sends ${VECTORS} capability vectors of hosts that do not exist, to each node, again and again`,
  aims: "committees are drawn of agents that never answer",
  async start(order) {
    const vcvs = range(VECTORS).map(() => makeVector(order.mesh));
    for (const intruder of await intrudersFor(order))
      void keepDoing(5_000, () => intruder.send(() => [{ kind: "vcvs", vcvs, metS: [] }]));
    await pause(3_000);
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
    const intruders = await intrudersFor(order);
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
          await Promise.allSettled(intruders.map((intruder) => intruder.send(() => [message])));
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
    const bytes = randomBytes(limits.genesisBytes - 1);
    const message: Message = {
      kind: "invite",
      genesis: { bytes, signature: randomBytes(limits.signatureBytes) },
      vcvs: [],
    };
    for (const intruder of await intrudersFor(order))
      void keepDoing(1_000 / INVITATIONS_A_SECOND, () => intruder.send(() => [message]));
  },
};

const ASKING = 200;

const askEndlessly: Attack = {
  name: "question-flood",
  does: `asks each node for its status and its vectors ${ASKING} times a second`,
  aims: "nodes do nothing but answer",
  async start(order) {
    const questions: readonly Message[] = range(ASKING / 10).flatMap((id): readonly Message[] => [
      { kind: "query", id, query: { kind: "status", job: null } },
      { kind: "fetchVcvs", depth: 0, known: [] },
    ]);
    for (const intruder of await intrudersFor(order)) void keepDoing(100, () => intruder.send(() => questions));
  },
};

export const BY_FRAMES: readonly Attack[] = [makeUpHosts, offerUselessly, inviteWrongly, askEndlessly];
