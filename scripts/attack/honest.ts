/**
 * The honest side of an attack: owners with fresh keys, each with a client of its own that joins, submits one small job,
 * waits for its certified result and leaves. Prints a line (`HonestJob`) for each.
 */

import { parseJob } from "../../node/job-file/parse-job.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNode } from "../../node/node.ts";
import { nodeCrypto } from "../../node/platform/crypto.ts";
import { verify } from "../../protocol/job/certificate.ts";
import { type HonestJob, type Order, readOrder, type Target } from "./order.ts";

/** Owners at the same time. */
const OWNERS = 2;
const MEET_MS = 30_000;
/** The last one is too long for a log: it travels as a blob, and so do two outputs. */
const WORDS = ["to", "be", "or", "not".repeat(8_000)];
const RIGHT = WORDS.join("\n").toUpperCase();
const JOB = `name: honest
budget: 1
deadline: 90s
policy: { redundancy: 3, accept: { rule: majority }, timeout: 20s }
tasks:
  shout: { skill: text.upper, map: { over: [${WORDS.join(", ")}] } }
  join: { skill: text.join, input: { from: shout } }
output: join
`;

async function runJob(order: Order, target: Target): Promise<string> {
  const node = await createNode({ mesh: order.mesh, owner: makeIdentity(), listen: [], join: [target.address] });
  try {
    await node.until((one) => one.peers().includes(target.agent), MEET_MS, "meeting an agent");
    const handle = await node.submit(await parseJob(JOB, { file: "honest.yaml", directory: "." }));
    const outcome = await handle.result();
    if (outcome.status !== "certified") return `${outcome.status}: ${outcome.reason}`;
    const checked = verify(nodeCrypto, outcome.certificate, { result: outcome.result, job: handle.id });
    if (!checked.ok) return checked.message;
    return outcome.result === RIGHT ? "" : "the result is wrong";
  } finally {
    await node.stop();
  }
}

async function keepOwning(order: Order, first: number): Promise<void> {
  const endMs = performance.now() + order.seconds * 1_000;
  for (let turn = first; performance.now() < endMs; turn += OWNERS) {
    const startedMs = performance.now();
    const target = order.targets[turn % order.targets.length]!;
    const problem = await runJob(order, target).catch((error: unknown) => String(error));
    const job: HonestJob = { ms: Math.round(performance.now() - startedMs), problem };
    process.stdout.write(`${JSON.stringify(job)}\n`);
  }
}

const given = readOrder<Order>();
await Promise.all(Array.from({ length: OWNERS }, (_, owner) => keepOwning(given, owner)));
