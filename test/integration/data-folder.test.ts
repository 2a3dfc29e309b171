/** `meshwork data`: what a node keeps of its jobs, and what is left of those that were deleted. */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataFolder } from "../../node/data-folder.ts";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import { builtInSkills } from "../../node/skills/built-in.ts";
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
