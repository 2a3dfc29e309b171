/**
 * A mesh over real libp2p that is split into shards of a few agents: nobody knows everybody, and jobs are done, workers
 * are found, and questions in words are answered all the same.
 */

import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { type Identity, makeIdentity } from "../../node/network/identity.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import { nodeCrypto } from "../../node/platform/crypto.ts";
import { defineSkill } from "../../node/skills/skill.ts";
import { shardOf } from "../../protocol/capability/shards.ts";
import { shardAt } from "../../protocol/wire/topics.ts";
import { newMesh } from "../support/network-nodes.ts";

/** As many agents of each eighth of the mesh: few agents are not spread evenly by themselves. */
const EIGHTHS = 8;
const IN_EACH = 2;
const NODES = EIGHTHS * IN_EACH;
/** Too few for all, and for halves of the mesh; enough for a quarter. */
const SHARD = 6;
const FEW = "abcdefghijklmnop";

function identities(): Identity[] {
  const made: Identity[] = [];
  const left = new Array<number>(EIGHTHS).fill(IN_EACH);
  while (made.length < NODES) {
    const identity = makeIdentity();
    const eighth = shardAt(shardOf(nodeCrypto.hash, identity.agent), 3);
    if (left[eighth]!-- > 0) made.push(identity);
  }
  return made;
}
const JOB = (tag: string): string => `
name: everywhere ${tag}
budget: 100
deadline: 60s
tasks:
  count: { skill: wc, map: { over: [a b c, to be or not to be, one two] } }
policy: { redundancy: 3 }
output: count
`;
const counting = defineSkill({
  ...{ name: "wc", description: "counts the words of texts", input: z.string(), output: z.number() },
  ...{ price: 0.001, expectedMs: 10 },
  run: (input) => input.split(" ").length,
});
/** Each has one more that nobody else has. */
const own = (i: number) =>
  defineSkill({
    ...{ name: `own${i}`, description: `grows ${FEW[i]!.repeat(5)} trees`, input: z.string() },
    ...{ output: z.string(), price: 0.001, expectedMs: 10 },
    run: (input) => input,
  });

interface Status {
  readonly meshAgents: number;
  readonly agents: readonly { readonly agent: string }[];
}

const mesh = newMesh();
const nodes: MeshworkNode[] = [];
/** Some are counted twice for a while: what they said before they were split deeper, and those they stand for now. */
const isAbout = ({ meshAgents }: Status): boolean => meshAgents >= NODES - 2 && meshAgents <= 1.5 * NODES;
const statusOf = async (node: MeshworkNode): Promise<Status> => (await node.status()) as unknown as Status;

beforeAll(async () => {
  const all = identities();
  for (const [i, identity] of all.entries()) {
    const skills = i < 9 ? [counting, own(i)] : [own(i)];
    const join = nodes.slice(-2).flatMap((node) => node.addresses().slice(0, 1));
    nodes.push(await createNode({ mesh, name: `n${i}`, identity, skills, join, shardAgents: SHARD }));
  }
  for (const node of nodes) await node.until(async () => isAbout(await statusOf(node)), 90_000, "splitting");
}, 150_000);

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
});

test("each knows a part of the mesh, and about how large it is", async () => {
  const all = await Promise.all(nodes.map(statusOf));
  for (const { meshAgents, agents } of all) {
    expect(agents.length, `of ${meshAgents}`).toBeLessThan(NODES);
  }
});

test.each([0, 5, 13])(
  "a job of node %i is done by agents of several shards",
  async (owner) => {
    const workers = new Set<string>();
    const node = nodes[owner]!;
    const forget = node.onJobEvent(({ events }) => {
      for (const event of events) if (event.kind === "award") workers.add(event.worker);
    });
    const handle = await node.submit(await parseJob(JOB(String(owner)), { file: "job.yaml", directory: "." }));
    expect(await handle.result()).toMatchObject({ status: "certified", result: [3, 6, 2] });
    forget();
    expect(workers.size).toBeGreaterThan(2);
  },
  60_000,
);

test("an agent is found by words wherever it is", async () => {
  let found = 0;
  for (let i = 0; i < NODES; i++) {
    const agents = await nodes[3]!.findAgents(`grows ${FEW[i]!.repeat(5)} trees`, 3);
    if (agents[0]?.agent === nodes[i]!.id) found++;
  }
  expect(found).toBe(NODES);
}, 150_000);
