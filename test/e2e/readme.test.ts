/**
 * The README's commands, run as they stand: the two-machine quick start as two processes of this machine. The programs of
 * the pages: package.test.ts.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { endAll, meshwork, startNode } from "../support/cli.ts";
import { codeBlocks } from "../support/code-blocks.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const blocks = (language: string): string[] => codeBlocks(join(root, "README.md"), language);

const folder = mkdtempSync(join(tmpdir(), "meshwork-readme-"));

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

test("the job file parses", async () => {
  for (const text of blocks("yaml")) {
    expect((await parseJob(text, { file: "README.md", directory: root })).nodes).not.toHaveLength(0);
  }
});

test("two machines: the second joins by the line of the first, a job runs, its certificate is checked", async () => {
  const commands = blocks("sh")
    .flatMap((block) => block.split("\n"))
    .filter((line) => line.startsWith("meshwork "));
  const find = (start: string): string[] => {
    const line = commands.find((command) => command.startsWith(`meshwork ${start}`));
    expect(line, `the README shows "meshwork ${start}"`).toBeDefined();
    return line!
      .replace(/\s+#.*$/, "")
      .split(/\s+/)
      .slice(1);
  };
  mkdirSync(join(folder, "my-mesh"));
  writeFileSync(
    join(folder, "my-mesh", "JOB.yaml"),
    blocks("yaml")[0]!.replace("redundancy: 3", "redundancy: 1").replace("accept: { rule: majority }, ", ""),
  );
  const mesh = ["--mesh", `readme-${process.pid}`];
  // A free port of this machine stands for the other machine's address.
  const listen = find("node --listen")
    .slice(1)
    .map((arg) => arg.replace("/ip4/0.0.0.0/tcp/4001", "/ip4/127.0.0.1/tcp/0"));
  const first = await startNode("first", [...mesh, ...listen]);
  const fill = (args: string[]): string[] =>
    args.map((arg) =>
      arg === "ADDR" ? first.address : /^(my-mesh\/JOB\.yaml|results.*)$/.test(arg) ? join(folder, arg) : arg,
    );
  await startNode("second", [...mesh, ...fill(find("node --join")).slice(1)]);
  const submitted = await meshwork([...fill(find("submit")), ...mesh, "--key", join(folder, "owner.key"), "--json"]);
  expect(submitted.code, submitted.err).toBe(0);
  expect(JSON.parse(readFileSync(join(folder, "results", "result.json"), "utf8"))).toBe("TO\nBE\nOR\nNOT");
  const verified = await meshwork(fill(find("verify")));
  expect(verified.code, verified.err).toBe(0);
}, 120_000);
