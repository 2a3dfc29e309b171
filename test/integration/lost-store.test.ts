/** A node whose store is gone or was put back from a copy notices it, says so, and does not vote where it may have voted. */

import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { checkVotes } from "../../node/cli/doctor.ts";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { describeNews, type NetworkNews } from "../../node/network/news.ts";
import { createNode, type MeshworkNode, type NodeOptions } from "../../node/node.ts";
import { defineSkill } from "../../node/skills/skill.ts";
import { STORE_FILE } from "../../node/store/record-store.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import type { TraceEvent } from "../../protocol/core/trace.ts";
import type { Machine } from "../../protocol/machine.ts";

let folder: string;
let count = 0;
const nodes: MeshworkNode[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meshwork-lost-"));
});
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: NodeOptions): Promise<MeshworkNode> {
  const node = await createNode({ local: true, ...options });
  nodes.push(node);
  return node;
}

/** Starts and stops a node; what it was told. */
async function startOnce(data: string): Promise<string[]> {
  const news: NetworkNews[] = [];
  const node = await start({ data, onNews: (one) => void news.push(one) });
  await node.stop();
  return news.map(({ kind }) => kind);
}

/** The store and what SQLite keeps beside it. */
const storeFiles = (data: string): string[] => readdirSync(data).filter((name) => name.startsWith(STORE_FILE));
const dropStore = (data: string): void => {
  for (const name of storeFiles(data)) rmSync(join(data, name));
};
function putBack(from: string, to: string): void {
  dropStore(to);
  for (const name of storeFiles(from)) cpSync(join(from, name), join(to, name));
}

test("stores that are gone or old are noticed; those that are not, are not", async () => {
  const data = join(folder, "node");
  const copy = join(folder, "copy");
  expect(await startOnce(data)).toEqual([]);
  expect(await startOnce(data)).toEqual([]);
  expect(await checkVotes(data)).toMatchObject({ state: "ok" });

  cpSync(data, copy, { recursive: true });
  expect(await startOnce(copy)).toEqual([]); // the whole folder: nobody can see that from here
  expect(await startOnce(data)).toEqual([]);
  putBack(copy, data);
  expect(await checkVotes(data)).toMatchObject({ state: "ok" }); // as many uses: it was used once, too
  expect(await startOnce(data)).toEqual([]);
  putBack(copy, data);
  expect(await checkVotes(data)).toMatchObject({ state: "warn", remedy: expect.stringContaining("new key") as string });
  expect(await startOnce(data)).toEqual(["lost-votes"]);
  expect(await startOnce(data)).toEqual([]); // told once
  expect(await checkVotes(data)).toMatchObject({
    state: "warn",
    detail: expect.stringContaining("are lost") as string,
  });
});

test.each([true, false])(
  "a store that was deleted beside its key is noticed (with the counter: %s)",
  async (hasCounter) => {
    const data = join(folder, "node");
    await startOnce(data);
    dropStore(data);
    if (!hasCounter) rmSync(join(data, "agent.uses"));
    expect(await startOnce(data)).toEqual(["lost-votes"]);
    expect(describeNews({ kind: "lost-votes", folder: data })).toMatch(/does not vote where it may have.*new key/);
  },
);

test("a new key in an old folder is no lost store", async () => {
  const data = join(folder, "node");
  await startOnce(data);
  dropStore(data);
  rmSync(join(data, "agent.key"));
  expect(await startOnce(data)).toEqual([]);
  expect(existsSync(join(data, "agent.uses"))).toBe(true);
});

/** An agent whose votes are written down. */
function watched(said: Map<string, string>, doubles: string[]): NodeOptions["createMachine"] {
  const note = (event: TraceEvent): void => {
    if (event.kind !== "voted") return;
    const key = `${event.job} ${event.height}/${event.round} ${event.vote}`;
    const block = event.block ?? "nil";
    if ((said.get(key) ?? block) !== block) doubles.push(key);
    said.set(key, block);
  };
  return (config, records): Machine => {
    const agent = createAgent(config, records);
    return {
      step(now, input) {
        const effects = agent.step(now, input);
        for (const effect of effects) if (effect.kind === "trace") note(effect.event);
        return effects;
      },
    };
  };
}

test("a member that begins anew under its key follows its job, never votes twice, and votes again", async () => {
  const mesh = `lost-store-${process.pid}-${count++}`;
  const gate = Promise.withResolvers<void>();
  const skill = defineSkill({
    name: "step",
    description: "adds one when it may",
    input: z.number(),
    output: z.number(),
    price: 0.001,
    expectedMs: 50,
    run: async (n) => {
      if (n === 10) await gate.promise;
      return n + 1;
    },
  });
  const said = new Map<string, string>();
  const doubles: string[] = [];
  const data = join(folder, "node");
  const worker = await start({ mesh, skills: [skill], host: false });
  const join_ = worker.addresses();
  const hosts = await Promise.all([0, 1, 2].map(() => start({ mesh, join: join_ })));
  const options = { mesh, join: join_, data, createMachine: watched(said, doubles)! };
  let lost = await start(options);
  const knownHosts = async (): Promise<number> => {
    const { agents } = (await worker.status()) as unknown as { agents: { hosts: boolean }[] };
    return agents.filter((agent) => agent.hosts).length;
  };
  await worker.until(async () => (await knownHosts()) === 4, 20_000, "all are known");
  const job = await parseJob(
    "name: steps\nbudget: 1\ndeadline: 5m\ncommittee: 4\ntasks:\n  steps: { skill: step, input: 0, chain: { steps: 30 } }\noutput: steps\n",
    { file: "job.yaml", directory: "." },
  );
  const handle = await worker.submit(job);
  const heightOf = async (node: MeshworkNode): Promise<number> => {
    const { jobs } = (await node.status()) as unknown as { jobs: { height: number }[] };
    return jobs[0]?.height ?? 0;
  };
  await worker.until(async () => (await heightOf(hosts[0]!)) >= 6, 20_000, "some blocks");
  const before = said.size;
  expect(before).toBeGreaterThan(0);
  await lost.stop();
  dropStore(data);
  const news: NetworkNews[] = [];
  lost = await start({ ...options, onNews: (one) => void news.push(one) });
  expect(news.map(({ kind }) => kind)).toContain("lost-votes");
  await worker.until(async () => (await heightOf(lost)) >= 6, 20_000, "it has followed");
  gate.resolve();
  const outcome = await handle.result();
  expect(outcome.status).toBe("certified");
  await worker.until(async () => (await heightOf(lost)) >= (await heightOf(hosts[0]!)), 20_000, "it has the end");
  expect(doubles).toEqual([]);
  expect(said.size).toBeGreaterThan(before); // it took part again
});
