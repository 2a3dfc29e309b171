/** `meshwork data`: what a node keeps of its jobs, and what is left of those that were deleted. */

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DataFolder } from "../../node/data-folder.ts";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import { builtInSkills } from "../../node/skills/built-in.ts";
import { compactStore } from "../../node/store/compact-store.ts";
import { createRecordStore, STORE_FILE } from "../../node/store/record-store.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import { runInProcess } from "../support/in-process-cli.ts";

let data: string;
const run = (argv: readonly string[]) => runInProcess(argv, {});
const nodes: MeshworkNode[] = [];

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "meshwork-data-"));
});
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
  rmSync(data, { recursive: true, force: true });
});

const meshName = `data-${process.pid}`;

async function start(): Promise<MeshworkNode> {
  const node = await createNode({ local: true, mesh: meshName, data, skills: builtInSkills });
  nodes.push(node);
  return node;
}

/** Its input is large enough for a blob. */
const text = Array.from({ length: 20_000 }, (_, i) => `word${i}`).join(" ");
const job = parseJob(
  `name: words\nbudget: 1\ndeadline: 5m\ntasks:\n  count: { skill: text.words, input: "${text}" }\noutput: count\n`,
  { file: "job.yaml", directory: "." },
);

const blobFiles = (): string[] =>
  readdirSync(join(data, "blobs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

test("a finished job is listed with what it takes, and deleted but for the mark that it was", async () => {
  const node = await start();
  const handle = await node.submit(await job);
  const result = await handle.result();
  expect(result.status).toBe("certified");
  expect(blobFiles().length).toBeGreaterThan(0);
  const refused = await run(["data", "list", "--data", data]);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain("another node is using it");
  await node.stop();

  const listed = await run(["data", "list", "--data", data, "--json"]);
  expect(JSON.parse(listed.out)).toMatchObject({ jobs: [{ job: handle.id, name: "words", state: "certified" }] });
  const tooYoung = await run(["data", "prune", "--data", data, "--older", "1d", "--to-size", "1B"]);
  expect(tooYoung.out).toContain("no job that is over has to go"); // its owner may still collect the result

  const dry = await run(["data", "prune", "--data", data, "--older", "0s", "--dry-run"]);
  expect(dry.out).toMatch(/would delete 1 job, /);
  expect(blobFiles().length).toBeGreaterThan(0);
  const pruned = await run(["data", "prune", "--data", data, "--older", "0s"]);
  expect(pruned.out).toMatch(/deleted 1 job, /);
  expect(blobFiles()).toEqual([]);
  const folder = new DataFolder(data);
  const [left] = folder.list();
  folder.close();
  expect(left).toMatchObject({ job: handle.id, state: "given up" });
  expect(left!.bytes).toBeLessThan(500);

  const again = await start();
  expect(await again.status()).toMatchObject({ jobs: [] });
});

test("the room of deleted records goes back to the disk, if that has room to write the file anew", () => {
  const store = createRecordStore({ folder: data, onError: () => {} });
  const file = join(data, STORE_FILE);
  const JOB = "a job" as JobId;
  for (let i = 0; i < 64; i++)
    store.write([
      { kind: "persist", job: JOB, slot: `block/${i}`, bytes: new Uint8Array(512 * 1024).fill(i), durable: true },
    ]);
  store.write([{ kind: "forget", job: JOB }]);
  store.close();
  const before = statSync(file).size;
  expect(before).toBeGreaterThan(32 * 1024 ** 2);
  const kept = compactStore(data, 1024);
  expect(kept).toMatchObject({ bytes: expect.any(Number), neededBytes: expect.any(Number) });
  expect(statSync(file).size).toBe(before);
  expect(compactStore(data, kept!.neededBytes!)).toEqual({ bytes: kept!.bytes, neededBytes: null });
  expect(statSync(file).size).toBeLessThan(1024 ** 2);
  expect(compactStore(data)).toBe(null);
});

test("blobs go before records are written, which a full disk has room for only then", async () => {
  const node = await start();
  await (await node.submit(await job)).result();
  await node.stop();
  const folder = new DataFolder(data);
  const write = vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (this: DatabaseSync, sql: string) {
    if (sql.startsWith("BEGIN")) throw new Error("database or disk is full");
    return this.prepare(sql).run() as never;
  });
  try {
    await expect(folder.prune({ bytesMax: Infinity, endedBeforeMs: Date.now(), isDry: false })).rejects.toMatchObject({
      code: "storage",
    });
  } finally {
    write.mockRestore();
    folder.close();
  }
  expect(blobFiles()).toEqual([]);
  expect((await run(["data", "prune", "--data", data, "--older", "0s"])).out).toMatch(/deleted 1 job, /);
});

test("what cannot be is said in one line", async () => {
  const nothing = await run(["data", "list", "--data", join(data, "none")]);
  expect(nothing.code).toBe(2);
  expect(nothing.err).toContain("is no data folder of a node");
  await (await start()).stop();
  const everything = await run(["data", "prune", "--data", data]);
  expect(everything.code).toBe(2);
  expect(everything.err).toContain("nothing says which jobs are to go");
  const age = await run(["data", "prune", "--data", data, "--older", "yesterday"]);
  expect(age.code).toBe(2);
  expect(age.err).toContain("it must be an age such as 30d or 12h");
  expect(await run(["data", "list", "--data", data])).toEqual({ code: 0, err: "", out: `${data} holds no jobs\n` });
});
