/** A job that asks in words, over real libp2p: who can do it does it, under whatever name, and nobody else. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import type { Embedder } from "../../node/search/embedder.ts";
import { defineSkill } from "../../node/skills/skill.ts";
import { newMesh } from "../support/network-nodes.ts";

const JOB = `
name: in words
budget: 10
deadline: 60s
tasks:
  count: { like: count the words of a text, map: { over: [a b c, to be or not to be] } }
output: count
`;
const text = { input: z.string(), price: 0.001, expectedMs: 10 };
const counting = defineSkill({
  ...{ ...text, name: "wc", description: "counts the words of texts", output: z.number() },
  run: (input) => input.split(" ").length,
});
const shouting = defineSkill({
  ...{ ...text, name: "upper", description: "turns everything into capital letters", output: z.string() },
  run: (input) => input.toUpperCase(),
});

const mesh = newMesh();
const nodes: MeshworkNode[] = [];

beforeAll(async () => {
  for (const [name, skills] of Object.entries({ ada: [counting], bob: [shouting], cyd: [shouting], dot: [shouting] })) {
    const join = nodes.flatMap((node) => node.addresses().slice(0, 1));
    nodes.push(await createNode({ mesh, name, skills, join }));
  }
  const first = nodes[0]!;
  const isMet = async (): Promise<boolean> =>
    ((await first.status()) as unknown as { agents: readonly unknown[] }).agents.length === nodes.length;
  await first.until(isMet, 20_000, "meeting");
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
});

test("the one whose skill is like the words does all of it", async () => {
  const workers = new Set<string>();
  const forget = nodes[1]!.onJobEvent(({ events }) => {
    for (const event of events) if (event.kind === "award") workers.add(event.worker);
  });
  const handle = await nodes[1]!.submit(await parseJob(JOB, { file: "job.yaml", directory: "." }));
  expect(await handle.result()).toMatchObject({ status: "certified", result: [3, 6] });
  forget();
  expect([...workers]).toEqual([nodes[0]!.id]);
});

test("words of another embedder are understood by nobody, and questions are told so", async () => {
  const embedder: Embedder = { name: "another/1", embed: async (texts) => texts.map(() => new Int8Array(256).fill(8)) };
  const stranger = await createNode({ mesh, name: "stranger", host: false, embedder, join: nodes[0]!.addresses() });
  try {
    await stranger.until((node) => node.peers().length > 0, 10_000, "connecting");
    await expect(stranger.findAgents("count", 3, nodes[0]!.id)).rejects.toThrow(
      "the mesh compares skills by hashed-256/1, this command by another/1",
    );
  } finally {
    await stranger.stop();
  }
});
