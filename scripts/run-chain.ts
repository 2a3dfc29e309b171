/**
 * A chain of tasks over real nodes in this process: a committee of four, the workers and the owner, over libp2p on the loopback
 * device, with their stores on disk. Workers answer as they are told.
 *
 * Leaves to sim/experiments/ what the work is, and what comes of it.
 */

import { join } from "node:path";
import { z } from "zod";
import { parseJob } from "../node/job-file/parse-job.ts";
import { KNOWLEDGE_FILE, writeKnowledge } from "../node/knowledge.ts";
import { createNode, type MeshworkNode } from "../node/node.ts";
import { agentsOf } from "../node/node-status.ts";
import { nodeCrypto } from "../node/platform/crypto.ts";
import { temporaryFolder } from "../node/platform/files/temporary-folder.ts";
import { defineSkill } from "../node/skills/skill.ts";
import { verify } from "../protocol/job/certificate.ts";
import { EMPTY_WORLD } from "../protocol/selection/knowledge.ts";
import type { Value } from "../protocol/wire/value.ts";
import { ChainLog } from "../sim/experiments/chain-log.ts";
import type { ChainRun, ChainWork } from "../sim/model/chain.ts";
import type { RunChain } from "../sim/model/host.ts";

const MEMBERS = 4;
const SKILL = "chain.step";
const MEET_MS = 120_000;

/** Its own skill, since each worker answers for itself. */
const skillOf = ({ says }: ChainWork, place: number) =>
  defineSkill({
    name: SKILL,
    description: "The next step of a chain.",
    input: z.unknown(),
    output: z.unknown(),
    price: 1,
    expectedMs: 5,
    run: (input) => says(place, input as Value),
  });

interface Mesh {
  readonly workers: readonly MeshworkNode[];
  readonly owner: MeshworkNode;
}

/** `started`: gets each node at once, so that the caller can stop it. */
async function startMesh(work: ChainWork, folder: string, started: MeshworkNode[]): Promise<Mesh> {
  const mesh = `chain-${process.pid}-${performance.now()}`;
  const start = async (name: string, options: object): Promise<MeshworkNode> => {
    const joined = started.slice(0, MEMBERS).map((member) => member.addresses()[0]!);
    const node = await createNode({ mesh, mdns: false, name, data: join(folder, name), join: joined, ...options });
    started.push(node);
    return node;
  };
  for (let place = 0; place < MEMBERS; place++) await start(`member${place}`, {});
  const workers: MeshworkNode[] = [];
  for (let place = 0; place < work.workers; place++)
    workers.push(await start(`solver${place}`, { host: false, skills: [skillOf(work, place)] }));
  const records = workers.map(({ id }) => ({ agent: id, skill: SKILL, ...work.record }));
  const knowledge = join(folder, KNOWLEDGE_FILE);
  writeKnowledge(knowledge, { ...EMPTY_WORLD, records });
  const owner = await start("owner", { host: false, knowledge });
  // On a busy machine an agent may seem unreachable for a moment, and no committee is drawn of such ones.
  const everybody = async (node: MeshworkNode): Promise<boolean> => {
    const agents = agentsOf(await node.status());
    const isThere = agents.every(({ hosts, reach }) => !hosts || reach === "connected" || reach === "self");
    return isThere && agents.length === started.length;
  };
  for (const node of started) await node.until(everybody, MEET_MS, "the nodes meeting");
  return { workers, owner };
}

/** YAML takes JSON as it is. */
function jobOf({ name, steps, start, policy: { k, redundancyMax, schema } }: ChainWork): string {
  const policy = {
    redundancy: k,
    redundancyMax,
    accept: { rule: "ahead-by", k },
    flags: { schema },
    timeout: "60s",
    retries: 40,
    priceMax: 1,
  };
  return JSON.stringify({
    ...{ name, budget: steps * redundancyMax, deadline: "72h", selector: "round-robin", committee: MEMBERS, policy },
    tasks: { chain: { skill: SKILL, input: start, chain: { steps } } },
    output: "chain",
  });
}

export const runChain: RunChain = async (work): Promise<ChainRun> => {
  const temporary = temporaryFolder("meshwork-chain");
  const folder = temporary.path;
  const started: MeshworkNode[] = [];
  try {
    const { workers, owner } = await startMesh(work, folder, started);
    const places = new Map(workers.map(({ id }, place) => [id, place]));
    const log = new ChainLog((worker) => places.get(worker)!);
    const handle = await owner.submit(await parseJob(jobOf(work), { file: `${work.name}.yaml`, directory: "." }));
    for await (const { events, timeMs } of handle.events()) log.onDecided(events, timeMs);
    const outcome = await handle.result();
    if (outcome.status === "certified") {
      const checked = verify(nodeCrypto, outcome.certificate, { result: outcome.result, job: handle.id });
      if (!checked.ok) throw new Error(checked.message);
    }
    return log.run();
  } finally {
    for (const node of started.reverse()) await node.stop();
    temporary.remove();
  }
};
