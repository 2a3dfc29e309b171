/**
 * One person with several processes: clients of one owner beside each other, and two nodes that were given one key.
 */

import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { createNode, type MeshworkNode, type NodeOptions } from "../../node/node.ts";
import { defineSkill } from "../../node/skills/skill.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";

const nodes: MeshworkNode[] = [];
let count = 0;

async function start(options: NodeOptions): Promise<MeshworkNode> {
  const node = await createNode({ local: true, ...options });
  nodes.push(node);
  return node;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

const meshName = (): string => `one-owner-${process.pid}-${count++}`;

/** Ends when it is told to. */
function heldSkill(): { skill: ReturnType<typeof defineSkill>; release: () => void } {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const skill = defineSkill({
    name: "held",
    description: "waits until it may continue",
    input: z.number(),
    output: z.number(),
    price: 0.001,
    expectedMs: 100,
    run: async (n) => {
      await held;
      return n;
    },
  });
  return { skill, release };
}

const job = (name: string): ReturnType<typeof parseJob> =>
  parseJob(
    `name: ${name}\nbudget: 1\ndeadline: 5m\npolicy: { redundancy: 1, timeout: 2m }\ntasks:\n  wait: { skill: held, input: 7 }\noutput: wait\n`,
    { file: "job.yaml", directory: "." },
  );

test("while one client of an owner waits, others submit, ask and cancel", async () => {
  const mesh = meshName();
  const { skill, release } = heldSkill();
  const agent = await start({ mesh, skills: [skill] });
  const owner = makeIdentity();
  const client = (): Promise<MeshworkNode> => start({ mesh, owner, listen: [], join: agent.addresses() });
  const [waiting, second, third] = await Promise.all([client(), client(), client()]);
  expect(new Set([waiting!.id, second!.id, third!.id, owner.agent]).size).toBe(4);
  for (const node of [waiting!, second!, third!])
    await node.until((one) => one.peers().includes(agent.id), 20_000, "meeting the agent");

  const first = await waiting!.submit(await job("first"));
  expect(first.genesis.owner).toBe(owner.agent);
  const outcome = first.result();
  const other = await second!.submit(await job("other"));
  const status = (await third!.status(agent.id)) as unknown as { jobs: { job: string; owner: string }[] };
  expect(status.jobs.map((known) => known.job).sort()).toEqual([first.id, other.id].sort());
  expect(new Set(status.jobs.map((known) => known.owner))).toEqual(new Set([owner.agent]));

  third!.cancel(first.id, agent.id);
  expect(await outcome).toMatchObject({ status: "cancelled" });
  release();
  expect(await other.result()).toMatchObject({ status: "certified", result: 7 });
  // Clients are no agents of the mesh.
  const { agents } = (await agent.status()) as unknown as { agents: { agent: string }[] };
  expect(agents.map((known) => known.agent)).toEqual([agent.id]);
});

test("only the owner of a job cancels it", async () => {
  const mesh = meshName();
  const { skill, release } = heldSkill();
  const agent = await start({ mesh, skills: [skill] });
  const client = (): Promise<MeshworkNode> =>
    start({ mesh, owner: makeIdentity(), listen: [], join: agent.addresses() });
  const [mine, foreign] = await Promise.all([client(), client()]);
  for (const node of [mine!, foreign!])
    await node.until((one) => one.peers().includes(agent.id), 20_000, "meeting the agent");
  const handle = await mine!.submit(await job("mine"));
  foreign!.cancel(handle.id, agent.id);
  await foreign!.status(agent.id); // asked later, on the same stream
  release();
  expect(await handle.result()).toMatchObject({ status: "certified" });
});

test("of two nodes with one key the second says so and ends", async () => {
  const mesh = meshName();
  const between = await start({ mesh });
  const identity = makeIdentity();
  const ended: Error[] = [];
  const first = await start({ mesh, identity, join: between.addresses(), onFatal: (error) => ended.push(error) });
  await first.until((one) => one.peers().includes(between.id), 20_000, "meeting the agent");
  const told = Promise.withResolvers<Error>();
  const second = await start({ mesh, identity, join: between.addresses(), onFatal: (error) => told.resolve(error) });
  const error = await told.promise;
  expect(error).toBeInstanceOf(MeshworkError);
  expect(error.message).toMatch(new RegExp(`another node has run with the key of this one \\(${second.id}\\)`));
  expect(ended).toEqual([]);
  expect(first.peers()).toContain(between.id);
});
