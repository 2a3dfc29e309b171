/**
 * The README's examples, run as they stand: the TypeScript blocks as programs (those of docs/ too), the two-machine quick
 * start as two processes of this machine.
 */

import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseJob } from "../../node/job-file/parse-job.ts";
import { endAll, meshwork, startNode } from "../support/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const blocks = (language: string, page = "README.md"): string[] =>
  [...readFileSync(join(root, page), "utf8").matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    (match) => match[1]!,
  );

const folder = mkdtempSync(join(tmpdir(), "meshwork-readme-"));
mkdirSync(join(root, ".build"), { recursive: true });

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

describe("TypeScript", () => {
  const all = ["README.md", "docs/scenarios.md", "docs/plugins.md"].flatMap((page) =>
    blocks("ts", page).map((code, index) => [page, index, code] as const),
  );

  const fileOf = (page: string, index: number): string =>
    join(root, ".build", `${page.replace(/\W/g, "-")}-${process.pid}-${index}.ts`);
  const files = all.map(([page, index]) => fileOf(page, index));

  beforeAll(() => {
    for (const [page, index, code] of all) writeFileSync(fileOf(page, index), code);
  });
  afterAll(() => {
    for (const file of files) rmSync(file);
  });

  // All at once: the compiler reads the sources of the package for each of its runs.
  test("all blocks compile", () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const options =
      "--noEmit --strict --skipLibCheck --target es2023 --module nodenext --types node --allowImportingTsExtensions --customConditions meshwork-source --moduleDetection force";
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, ...options.split(" "), "--ignoreConfig", ...files], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stdout + stderr).toBe("");
  }, 120_000);

  test.each(all)(
    "%s, block %i runs",
    async (page, index) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--conditions=meshwork-source", fileOf(page, index)],
        { cwd: root, timeout: 110_000 },
      );
      expect(stdout).not.toBe("");
    },
    120_000,
  );
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
