/**
 * Results that do not fit a frame: hosts hand them out in parts, workers get long inputs in parts, and whoever asks
 * checks each part and the whole.
 */

import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { Inquiries } from "../../node/inquiries.ts";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNode, type MeshworkNode, type NodeOptions } from "../../node/node.ts";
import { BUILT_IN_EMBEDDER } from "../../node/search/embedder.ts";
import { defineSkill } from "../../node/skills/skill.ts";
import { certifiedCodec } from "../../protocol/agent/certified-result.ts";
import { type AgentId, ZERO_HASH } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { encodeCertificate } from "../../protocol/wire/certificate.ts";
import { encode } from "../../protocol/wire/codec.ts";
import type { Data } from "../../protocol/wire/genesis.ts";
import { encodePart } from "../../protocol/wire/parcel.ts";

const nodes: MeshworkNode[] = [];
const mesh = `wide-results-${process.pid}`;
const ITEMS = 200;
const LENGTH = 12_000;

async function start(options: Omit<NodeOptions, "mesh">): Promise<MeshworkNode> {
  const node = await createNode({ mesh, local: true, ...options });
  nodes.push(node);
  return node;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

const pricing = { description: "for this test", price: 0.001, expectedMs: 10 };
const long = defineSkill({
  ...pricing,
  name: "long",
  input: z.number(),
  output: z.string(),
  run: async (n) => `${n} `.repeat(LENGTH).slice(0, LENGTH),
});
const lengths = defineSkill({
  ...pricing,
  name: "lengths",
  input: z.array(z.string()),
  output: z.array(z.number()),
  run: async (texts) => texts.map((text) => text.length),
});

const yaml = (output: string): string => `
name: wide
budget: 10
policy: { redundancy: 1, timeout: 60s }
tasks:
  work: { skill: long, map: { over: [${Array.from({ length: ITEMS }, (_, i) => i).join(", ")}] } }
${output === "work" ? "" : "  join: { skill: lengths, input: { from: work } }\n"}output: ${output}
`;

test("a result of more than a frame is fetched by a client that knows nothing but an address", async () => {
  expect(ITEMS * LENGTH).toBeGreaterThan(limits.frameBytes / 2);
  const host = await start({ skills: [long], slots: 32 });
  const owner = await start({ host: false, owner: makeIdentity(), listen: [], join: host.addresses() });
  await owner.until((node) => node.peers().length > 0, 10_000, "meeting");
  const handle = await owner.submit(await parseJob(yaml("work"), { file: "job.yaml", directory: "." }));
  expect((await handle.result()).status).toBe("certified");
  await owner.stop();
  const stranger = await start({ listen: [], join: host.addresses() });
  await stranger.until((node) => node.peers().length > 0, 10_000, "meeting");
  const found = await stranger.hostOf(handle.id, host.id as AgentId);
  const { result } = await stranger.certified(handle.id, found!);
  expect(result).toEqual(Array.from({ length: ITEMS }, (_, i) => `${i} `.repeat(LENGTH).slice(0, LENGTH)));
}, 60_000);

test("nothing is fetched from a host that lies about the outputs", async () => {
  const host = await start({ skills: [long], slots: 32 });
  const handle = await host.submit(
    await parseJob(yaml("work").replace(/over: \[.*\]/, "over: [1, 2]"), { file: "job.yaml", directory: "." }),
  );
  await handle.result();
  const { certificate } = await host.certified(handle.id, host.id as AgentId);
  const lie: Data = { kind: "blob", hash: ZERO_HASH, bytes: limits.blobBytes };
  const answer = encode(certifiedCodec, {
    certificate: { kind: "inline", bytes: encodeCertificate(certificate) },
    shape: "list",
    outputs: [{ kind: "inline", bytes: encodePart([lie, lie]) }],
  });
  const fetched: string[] = [];
  const inquiries: Inquiries = new Inquiries({
    self: "asker" as AgentId,
    embedder: BUILT_IN_EMBEDDER,
    onCertified: () => undefined,
    ask: ({ id }) => queueMicrotask(() => inquiries.onReply({ kind: "reply", id, ok: true, bytes: answer })),
    blobs: { has: async () => false } as never,
    network: { fetchBlob: async (hash: string) => fetched.push(hash) < 0 } as never,
  });
  await expect(inquiries.certified(handle.id, host.id as AgentId)).rejects.toThrow("its outputs are not those");
  expect(fetched).toEqual([]);
}, 60_000);

test("a task that reads all of a wide map gets its items in a few blobs", async () => {
  const host = await start({ skills: [long], slots: 32 });
  const worker = await start({ host: false, skills: [lengths], join: host.addresses() });
  await worker.until((node) => node.peers().length > 0, 10_000, "meeting");
  const handle = await host.submit(await parseJob(yaml("join"), { file: "job.yaml", directory: "." }));
  const outcome = await handle.result();
  expect(outcome).toMatchObject({ status: "certified", result: Array.from({ length: ITEMS }, () => LENGTH) });
  const { fetched, failed } = worker.stats().network.blobs;
  expect(failed).toBe(0);
  expect(fetched).toBeGreaterThan(1);
  expect(fetched).toBeLessThan(10);
}, 60_000);

test("a literal list that no genesis holds is handed to workers in parts, batch by batch", async () => {
  const host = await start({ skills: [lengths] });
  const worker = await start({ host: false, skills: [lengths], join: host.addresses() });
  await worker.until((node) => node.peers().length > 0, 10_000, "meeting");
  const [items, batch] = [7_030, 100];
  const over = Array.from({ length: items }, (_, i) => "x".repeat(300 + (i % 7)));
  const job = await parseJob(
    `name: wide\nbudget: 10\npolicy: { redundancy: 1 }\ntasks:\n  work: { skill: lengths, map: { over: ${JSON.stringify(over)}, batch: ${batch} } }\noutput: work\n`,
    { file: "job.yaml", directory: "." },
  );
  expect(items * 300).toBeGreaterThan(limits.genesisBytes);
  expect(job.blobs.size).toBeGreaterThan(2);
  const outcome = await (await worker.submit(job)).result();
  if (outcome.status !== "certified") throw new Error(outcome.reason);
  expect((outcome.result as number[][]).flat()).toEqual(over.map((text) => text.length));
}, 60_000);
