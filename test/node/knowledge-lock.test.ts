/** Nodes of one owner that run at the same time share a knowledge file. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { KNOWLEDGE_FILE, readKnowledge } from "../../node/knowledge.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-knowledge-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const JOB = "0".repeat(64);

test("two processes that learn at the same time lose nothing of each other", async () => {
  const path = join(folder, KNOWLEDGE_FILE);
  const count = 40;
  const url = pathToFileURL(join(import.meta.dirname, "../../node/knowledge.ts")).href;
  const learn = (name: string) =>
    promisify(execFile)(process.execPath, [
      ...["--no-warnings", "--input-type=module", "-e"],
      `const { NodeKnowledge } = await import(${JSON.stringify(url)});
       const known = new NodeKnowledge({ path: ${JSON.stringify(path)}, self: "me", trusted: new Set() });
       for (let i = 0; i < ${count}; i++) {
         const records = [{ agent: "${name}" + i, skill: "work", accepted: 1, rejected: 0 }];
         const lessons = { records, selector: "linucb", learned: new Uint8Array(0), credits: [], hosts: [] };
         known.onTaught({ job: "${JOB}", owner: "me", lessons, names: new Map(), origins: new Map() });
       }`,
    ]);
  await Promise.all(["a", "b", "c"].map(learn));
  expect(readKnowledge(path).records).toHaveLength(3 * count);
});
