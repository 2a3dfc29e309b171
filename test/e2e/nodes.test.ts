/**
 * Five `meshwork node` processes joined by address: a submitted job continues while one agent that holds a lease is
 * killed, a member is stopped and continued, and another member is killed, restarted, and continues from its disk.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { endAll, meshwork, type RunningNode, startNode } from "../support/cli.ts";
import { runInProcess, type Said } from "../support/in-process-cli.ts";
import { waitFor } from "../support/wait.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-nodes-"));
const mesh = `e2e-${process.pid}-${Date.now()}`;
const key = join(folder, "owner.key");
const names = ["n0", "n1", "n2", "n3", "n4"];
let nodes: RunningNode[];

const data = (name: string): string => join(folder, name);
const argsOf = (name: string): string[] => [
  "--mesh",
  mesh,
  "--data",
  data(name),
  "--skills",
  join(folder, "skills.mjs"),
];
/** The node that is asked: one that lives through all of it. */
let contact: RunningNode;
const to = (): string[] => ["--to", contact.address, "--mesh", mesh];

interface Job {
  readonly job: string;
  readonly status: string;
  readonly height: number;
  readonly tasks: { readonly accepted: number; readonly reassigned: number };
  readonly agents: readonly { readonly agent: string; readonly live: number; readonly dead: boolean }[];
  readonly committee: readonly { readonly agent: string }[];
}

/** A command that needs no process of its own: the nodes that it talks to have theirs. */
const said = (args: readonly string[]): Promise<Said> => runInProcess(args, process.env);

/** Asks by one node for all questions: each command starts one. */
let observer: MeshworkNode;

async function jobOf(id: string, at: RunningNode = contact): Promise<Job | undefined> {
  const status = (await observer.status(at.id as AgentId)) as unknown as { jobs: Job[] };
  return status.jobs.find((job) => job.job === id);
}

/** Asks seldom: each answer costs the node that is asked. */
async function until(id: string, holds: (job: Job) => boolean, at?: RunningNode): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const job = await jobOf(id, at ?? contact);
    return job !== undefined && holds(job);
  };
  await waitFor(isSo, { timeoutMs: 90_000, everyMs: 100 });
}
const isCertified = ({ status }: Job): boolean => status === "certified";

const squares = (count: number): string =>
  `name: squares\nbudget: 10\ndeadline: 3m\ncommittee: 4\npolicy: { redundancy: 1, timeout: 20s }\ntasks:\n  square: { skill: slow.square, map: { over: [${Array.from({ length: count }, (_, i) => i).join(", ")}] } }\noutput: square\n`;

beforeAll(async () => {
  writeFileSync(
    join(folder, "skills.mjs"),
    `export default ({ z, defineSkill }) => [defineSkill({
      name: "slow.square", description: "squares a number, slowly", input: z.number(), output: z.number(),
      price: 0.001, expectedMs: 1_500,
      run: (n, { signal }) => new Promise((resolve, reject) => {
        const timer = setTimeout(() => resolve(n * n), 1_500);
        signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
      }),
    })];`,
  );
  writeFileSync(join(folder, "job.yaml"), squares(60));
  writeFileSync(join(folder, "long.yaml"), squares(400)); // it runs for as long as commands need to end it
  const first = await startNode("n0", argsOf("n0"));
  nodes = [
    first,
    ...(await Promise.all(names.slice(1).map((name) => startNode(name, [...argsOf(name), "--join", first.address])))),
  ];
  contact = first;
  observer = await createNode({ mesh, name: "observer", host: false, join: nodes.map((node) => node.address) });
  await observer.until((node) => node.peers().length >= nodes.length, 30_000, "meeting the nodes");
}, 60_000);

afterEach(({ task }) => {
  if (task.result?.state !== "fail") return;
  for (const node of nodes)
    console.error(`${node.name} (${node.process.exitCode ?? node.process.signalCode ?? "runs"}): ${node.log()}`);
});

afterAll(async () => {
  await observer?.stop();
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

test("whoever stops waiting is told that the job continues, and how to fetch or end it; its owner can", async () => {
  const waiting = [
    "submit",
    join(folder, "long.yaml"),
    ...to(),
    "--key",
    key,
    "--wait",
    "--out",
    join(folder, "waited"),
  ];
  const { code, err } = await meshwork(waiting, { interruptAt: /accepted/ });
  expect(code, err).toBe(130);
  const id = /^job ([0-9a-f]{64})$/m.exec(err)![1]!;
  const where = `${id} --to ${contact.address} --mesh ${mesh}`;
  expect(err).toContain("the job continues without you\n");
  expect(err).toContain(` result ${where}\n`);
  expect(err).toContain(` cancel ${where} --key ${key}\n`);
  expect((await jobOf(id))?.status).toBe("running");

  // By its owner, and by nobody else.
  const cancel = (by: string): Promise<Said> => said(["cancel", id, ...to(), "--key", by]);
  expect((await cancel(join(folder, "stranger.key"))).code).toBe(1);
  const cancelled = await cancel(key);
  expect(cancelled.code, cancelled.err).toBe(0);
  expect((await jobOf(id))?.status).toBe("cancelled");
}, 120_000);

test("inputs travel as blobs: the submitter's files may go once the job is taken", async () => {
  const corpus = join(folder, "corpus.txt");
  writeFileSync(corpus, "to be counted\n".repeat(500));
  const job = join(folder, "count.yaml");
  writeFileSync(
    job,
    `name: count\nbudget: 1\ntasks:\n  wait: { skill: wait, input: 300 }\n  count: { skill: hash.sha256, needs: [wait], input: { file: corpus.txt } }\noutput: count\n`,
  );
  const submitted = await said(["submit", job, ...to(), "--key", key]);
  expect(submitted.code, submitted.err).toBe(0);
  rmSync(corpus);
  const id = submitted.out.trim();
  await until(id, isCertified);
}, 120_000);

test("a job is found wherever it is asked for, and an unfinished one says how far it is", async () => {
  const submit = async (waitMs: number): Promise<{ id: string; keeper: RunningNode; other: string[] }> => {
    const job = join(folder, `wait-${waitMs}.yaml`);
    const wait = `{ skill: wait, input: ${waitMs} }`;
    writeFileSync(job, `name: one\nbudget: 1\ncommittee: 1\ntasks:\n  wait: ${wait}\noutput: wait\n`);
    const id = (await said(["submit", job, ...to(), "--key", key])).out.trim();
    const keepers: RunningNode[] = [];
    for (const node of nodes) if ((await jobOf(id, node)) !== undefined) keepers.push(node);
    expect(keepers.length).toBe(1);
    const [keeper] = keepers;
    const other = nodes.find((node) => node !== keeper)!;
    return { id, keeper: keeper!, other: ["--to", other.address, "--mesh", mesh] };
  };
  const short = await submit(10);
  const long = await submit(60_000);
  const early = await said(["result", long.id, ...long.other]);
  expect(early.code).toBe(1);
  expect(early.err).toMatch(/the job is running: 0 of 1 tasks are accepted – ask again later/);
  expect((await said(["cancel", long.id, ...long.other, "--key", key])).code).toBe(0);
  await until(short.id, isCertified, short.keeper);
  const found = await said(["result", short.id, ...short.other]);
  expect(found.code, found.err).toBe(0);
}, 120_000);

test("nobody there, and no such job, are well-formed noes", async () => {
  expect((await said(["status", "--to", "/ip4/127.0.0.1/tcp/1", "--mesh", mesh])).code).toBe(1);
  expect((await said(["result", "0".repeat(64), ...to()])).code).toBe(1);
}, 60_000);

// The last one: after it, whoever asks all agents waits for one that is gone.
test("a job survives a killed worker, a stopped member and a restarted one", async () => {
  const submitted = await meshwork(["submit", join(folder, "job.yaml"), ...to(), "--key", key]);
  expect(submitted.code, submitted.err).toBe(0);
  const id = submitted.out.trim();
  expect(id).toMatch(/^[0-9a-f]{64}$/);

  const started = (await jobOf(id))!;
  const members = new Set(started.committee.map((member) => member.agent));
  const outsider = nodes.find((node) => !members.has(node.id))!;
  const inside = nodes.filter((node) => members.has(node.id));

  contact = inside[2]!;

  // The fifth, while it holds a lease.
  const isAtWork = ({ agents }: Job): boolean => (agents.find(({ agent }) => agent === outsider.id)?.live ?? 0) > 0;
  await until(id, isAtWork);
  outsider.signal("SIGSTOP");
  outsider.signal("SIGKILL");
  await outsider.ended();

  // One member stops for a while; the others continue without it.
  const [stopped, restarted] = inside as [RunningNode, RunningNode];
  stopped.signal("SIGSTOP");
  const before = (await jobOf(id))!.height;
  await until(id, ({ height }) => height > before + 1);
  stopped.signal("SIGCONT");

  // Another one is killed, and continues from its disk.
  restarted.signal("SIGKILL");
  await restarted.ended();
  const again = await startNode(restarted.name, [...argsOf(restarted.name), "--join", contact.address]);
  nodes[nodes.indexOf(restarted)] = again;
  await observer.until((node) => node.peers().includes(again.id as AgentId), 30_000, "meeting the restarted node");
  await until(id, isCertified);
  await until(id, isCertified, again);

  const ended = (await jobOf(id))!;
  expect(ended.tasks.accepted).toBe(60);
  expect(ended.tasks.reassigned).toBeGreaterThanOrEqual(1);

  // The answer from the restarted member, checked offline.
  const out = join(folder, "result");
  const fetched = await meshwork(["result", id, "--to", again.address, "--mesh", mesh, "--out", out]);
  expect(fetched.code, fetched.err).toBe(0);
  expect(JSON.parse(readFileSync(join(out, "result.json"), "utf8"))).toEqual(
    Array.from({ length: 60 }, (_, i) => i * i),
  );
  const checked = await meshwork([
    "verify",
    join(out, "certificate.json"),
    "--result",
    join(out, "result.json"),
    "--job",
    id,
  ]);
  expect(checked.code, checked.out).toBe(0);
}, 240_000);
