/** What a node keeps is for its user alone, whatever the umask and whatever modes an earlier version left. */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { createNode, type MeshworkNode, type NodeOptions } from "../../node/node.ts";
import { RunFolder } from "../../node/run/run-folder.ts";
import { builtInSkills } from "../../node/skills/built-in.ts";
import { STORE_FILE } from "../../node/store/record-store.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-private-"));
let umask = 0;
beforeAll(() => {
  umask = process.umask(0);
});
afterAll(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true, force: true });
});

/** Everything at and below `path` that others may look at. */
const open = (path: string): string[] => {
  const entry = statSync(path);
  const mine = (entry.mode & 0o077) === 0 ? [] : [`${path} ${(entry.mode & 0o777).toString(8)}`];
  return entry.isDirectory() ? [...mine, ...readdirSync(path).flatMap((name) => open(join(path, name)))] : mine;
};

const LONG = "long ".repeat(2_000); // a blob

/** Runs one job on a node with `data`. */
async function work(options: NodeOptions & { readonly data: string }): Promise<void> {
  let node: MeshworkNode | null = null;
  try {
    node = await createNode({ mesh: `private-${process.pid}`, skills: builtInSkills, ...options });
    const text = `name: x\nbudget: 1\npolicy: { redundancy: 1 }\noutput: t\ntasks:\n  t: { skill: text.upper, input: "${LONG}" }\n`;
    const submitted = await node.submit(await parseJob(text, { file: "job.yaml", directory: "." }));
    expect((await submitted.result()).status).toBe("certified");
    expect(open(options.data)).toEqual([]);
  } finally {
    await node?.stop();
  }
}

test("a new data folder and all that is written into it", async () => {
  const data = join(folder, "above", "data");
  await work({ data, trace: join(folder, "trace.jsonl") });
  expect(open(join(folder, "above"))).toEqual([]);
  expect(open(join(folder, "trace.jsonl"))).toEqual([]);
});

test("one that an earlier version left open is closed", async () => {
  const data = join(folder, "old");
  await work({ data });
  for (const name of readdirSync(data)) chmodSync(join(data, name), name === "blobs" ? 0o755 : 0o644);
  chmodSync(data, 0o755);
  const node = await createNode({ mesh: "private-old", data });
  await node.stop();
  expect(statSync(data).mode & 0o777).toBe(0o700);
  expect(open(join(data, STORE_FILE))).toEqual([]);
  expect(open(join(data, "agent.key"))).toEqual([]);
});

test("a folder that holds other things keeps its mode; what a node writes there is private", async () => {
  const shared = join(folder, "shared");
  mkdirSync(shared, { mode: 0o755 });
  writeFileSync(join(shared, "other.txt"), "");
  const node = await createNode({ mesh: "private-shared", data: shared });
  await node.stop();
  expect(statSync(shared).mode & 0o777).toBe(0o755);
  expect(readdirSync(shared).filter((name) => open(join(shared, name)).length > 0)).toEqual(["other.txt"]);
});

test("the folder of a run", () => {
  const run = new RunFolder(join(folder, "runs", "one"));
  run.writeText("report.html", "x");
  expect(statSync(run.path).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "runs")).mode & 0o777).toBe(0o700);
});
