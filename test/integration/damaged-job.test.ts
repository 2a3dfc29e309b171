/**
 * A node whose disk damaged one job of two: it starts, leaves that job alone, tells its operator so, and continues with the
 * other. Real store, real command line.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { createNode, type MeshworkNode } from "../../node/node.ts";
import { builtInSkills } from "../../node/skills/built-in.ts";
import { STORE_FILE } from "../../node/store/record-store.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { runInProcess } from "../support/in-process-cli.ts";
import { newMesh } from "../support/network-nodes.ts";

/** Pino's level for errors. */
const ERROR = 50;

const folder = mkdtempSync(join(tmpdir(), "meshwork-damaged-"));
const data = join(folder, "ada");
const mesh = newMesh();
const nodes: MeshworkNode[] = [];
const lines: { readonly level: number; readonly job?: string; readonly msg: string }[] = [];

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<MeshworkNode> {
  const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const node = await createNode({ mesh, name: "ada", data, skills: builtInSkills, log });
  nodes.push(node);
  return node;
}

async function run(node: MeshworkNode, name: string): Promise<JobId> {
  const text = `name: ${name}\nbudget: 10\ndeadline: 60s\ntasks:\n  shout: { skill: text.upper, input: ${name} }\noutput: shout\n`;
  const handle = await node.submit(await parseJob(text, { file: "job.yaml", directory: "." }));
  expect(await handle.result()).toMatchObject({ status: "certified" });
  return handle.id;
}

/** What the disk did: the second block of a job is half of what it was. */
function damage(job: JobId): void {
  const store = new DatabaseSync(join(data, STORE_FILE));
  const slot = `block/${"2".padStart(12, "0")}`;
  store
    .prepare("UPDATE records SET bytes = substr(bytes, 1, length(bytes) / 2) WHERE job = ? AND slot = ?")
    .run(job, slot);
  store.close();
}

interface Told {
  readonly jobs: readonly { readonly job: string }[];
  readonly diverged: readonly { readonly job: string; readonly reason: string }[];
}
const told = (status: Value): Told => status as unknown as Told;

test("one damaged job is set aside with its records, and the node and its other job continue", async () => {
  const first = await start();
  const [lost, kept] = [await run(first, "lost"), await run(first, "kept")];
  await first.stop();
  damage(lost);
  for (const times of [1, 2]) {
    const again = await start();
    const { jobs, diverged } = told(await again.status());
    expect(jobs.map(({ job }) => job)).toContain(kept);
    expect(jobs.map(({ job }) => job)).not.toContain(lost);
    expect(diverged).toMatchObject([{ job: lost, reason: expect.stringContaining("block/000000000002") }]);
    expect((await again.certified(kept)).result).toBe("KEPT");
    await expect(again.certified(lost)).rejects.toMatchObject({ code: "refused" });
    await run(again, `more${times}`);
    const [to] = again.addresses();
    const said = await runInProcess(["status", "--to", to!, "--mesh", mesh], { XDG_CONFIG_HOME: folder });
    expect(said.out).toContain(`${lost}\n    lost\n    diverged: `);
    await again.stop();
    const store = new DatabaseSync(join(data, STORE_FILE));
    expect(
      store.prepare("SELECT count(*) AS n FROM records WHERE job = ? AND slot LIKE 'block/%'").get(lost)?.n,
    ).toBeGreaterThan(1);
    store.close();
    // The operator is told once, when it is found.
    expect(lines.filter(({ job, level }) => job === lost && level === ERROR).length).toBe(1);
  }
});
