/**
 * What users call things, on real processes: jobs by the first digits of their ids and `last`, agents by their names, tasks
 * by the beginning of theirs; and what commands say of them.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../node/platform/own-files.ts";
import { endAll, meshwork, type RunningNode, startNode } from "../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-named-"));
const env = { XDG_CONFIG_HOME: join(folder, "config") };
const nodes: RunningNode[] = [];
const jobs: string[] = [];

/** A command of the user in its folder. */
const typed = (...args: string[]) => meshwork(args, { env, within: ["sh", "-c", `cd ${folder} && exec "$@"`, "sh"] });
const at = (): readonly string[] => ["--to", nodes[0]!.address, "--mesh", "the mesh"];

const jobFile = (name: string): string =>
  `name: ${name}\nbudget: 1\ncommittee: 1\npolicy: { redundancy: 1 }\ntasks:\n  shout: { skill: text.upper, map: { over: [to, be, or] } }\n  join: { skill: text.join, input: { from: shout } }\noutput: join\n`;

beforeAll(async () => {
  nodes.push(await startNode("ada", ["--mesh", "the mesh"]));
  nodes.push(await startNode("bob", ["--mesh", "the mesh", "--join", nodes[0]!.address]));
  for (const name of ["first", "second"]) {
    writeFileSync(join(folder, `${name}.yaml`), jobFile(name));
    const { code, err } = await typed("submit", `${name}.yaml`, ...at(), "--wait");
    expect(code, err).toBe(0);
    jobs.push(/^job ([0-9a-f]{64})$/m.exec(err)![1]!);
  }
});
afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

test("a job by the first digits of its id, and the newest as last", async () => {
  expect(await typed("result", jobs[0]!.slice(0, 8), ...at())).toMatchObject({ code: 0, out: '"TO\\nBE\\nOR"\n' });
  const last = await typed("result", "last", ...at(), "--json");
  expect(JSON.parse(last.out)).toMatchObject({ job: jobs[1] });
  const unknown = await typed("result", "0123", ...at());
  expect(unknown).toMatchObject({ code: 1 });
  for (const job of jobs) expect(unknown.err).toContain(`${job} "`); // the candidates
});

test("status says who keeps a job, and where an agent is", async () => {
  const job = await typed("status", jobs[0]!.slice(0, 8), ...at(), "--json");
  const { keptBy } = JSON.parse(job.out) as { readonly keptBy: readonly { readonly agent: string }[] };
  expect(keptBy.length).toBeGreaterThan(0);
  for (const { agent } of keptBy) {
    const other = nodes.find(({ id }) => id === agent)!;
    const own = JSON.parse(
      (await meshwork(["status", "--to", other.address, "--mesh", "the mesh", "--json"], { env })).out,
    );
    expect((own as { jobs: readonly { job: string }[] }).jobs.map((known) => known.job)).toContain(jobs[0]);
  }
  expect((await typed("status", "bob", ...at())).out).toContain(nodes[1]!.address);
  expect(await typed("status", "nobody", ...at())).toMatchObject({ code: 1, err: expect.stringContaining('"nobody"') });
});

test("explain lists tasks, and takes the beginning of a name", async () => {
  const listed = await typed("explain", jobs[1]!.slice(0, 6), ...at());
  expect(listed.out).toMatch(/^task +newest workers\n/);
  for (const task of ["shout/0", "shout/1", "shout/2", "join"]) expect(listed.out).toContain(`\n${task} `);
  expect((await typed("explain", "last", "jo", ...at())).out).toMatch(/^attempt 1, block \d+: 1 seat/);
  const several = await typed("explain", "last", "shout", ...at());
  expect(several).toMatchObject({
    code: 1,
    err: expect.stringContaining("name one of them: shout/0; shout/1; shout/2"),
  });
});

test("agents hides what is not near, and says how much", async () => {
  const near = JSON.parse((await typed("agents", "turn a text to upper case", ...at(), "--json")).out);
  const { agents, hidden } = near as {
    readonly agents: readonly { readonly skill: string }[];
    readonly hidden: number;
  };
  expect(new Set(agents.map(({ skill }) => skill))).toEqual(new Set(["text.upper"]));
  const far = await typed("agents", "paint a violin", ...at());
  expect(far).toMatchObject({ code: 1, out: "nobody says that it can do anything like that\n" });
  expect(far.err).toMatch(/2 agents less near than 0\.4 are not shown: --all shows them/);
  expect((await typed("agents", "paint a violin", ...at(), "--all")).code).toBe(0);
  expect(hidden).toBe(0);
});

test("knowledge shows names, ages and meshes", async () => {
  const { out } = await typed("knowledge", "show");
  expect(out).toMatch(/^agent +id ends in +skill +accepted +rejected +brier +last +mesh\n/);
  expect(out).toMatch(/^(ada|bob) .* text\.\S+ .* today +the mesh$/m);
  const one = /^(ada|bob) /m.exec(out)![1]!;
  const node = nodes.find(({ name }) => name === one)!;
  expect((await typed("knowledge", "show", one)).out).toContain(node.id);
});

test("remedies name the mesh, and quote it", async () => {
  const { err } = await typed("status", "--to", "/ip4/127.0.0.1/tcp/9", "--mesh", "the mesh");
  expect(err).toContain("doctor /ip4/127.0.0.1/tcp/9 --mesh 'the mesh'");
});

test("an agent that ends names the jobs that rest on it", async () => {
  writeFileSync(
    join(folder, "long.yaml"),
    jobFile("long").replace("text.join, input: { from: shout }", "wait, input: 60000"),
  );
  const { out, code } = await typed("submit", "long.yaml", ...at());
  expect(code).toBe(0);
  const found = JSON.parse((await typed("status", out.trim(), ...at(), "--json")).out);
  const [first] = (found as { readonly keptBy: readonly { readonly agent: string }[] }).keptBy;
  const node = nodes.find(({ id }) => id === first!.agent)!;
  node.signal("SIGTERM");
  await node.ended();
  expect(node.log()).toMatch(/job [0-9a-f]{12} "long" rests on this agent alone, and stands still for good/);
});

test("npm scripts take paths from where the user is, and what init prints can be pasted there", async () => {
  const npm = (...words: string[]): string =>
    execFileSync("npm", ["--prefix", PACKAGE_ROOT, "run", "-s", "meshwork", "--", ...words], {
      cwd: folder,
      encoding: "utf8",
    });
  const said = npm("init");
  expect(said).toContain("wrote my-mesh/skills.mjs and my-mesh/JOB.yaml");
  const command = /^run them: {2}(.*)$/m.exec(said)![1]!;
  expect(readFileSync(join(folder, "my-mesh/JOB.yaml"), "utf8")).toContain(`#   ${command.split(" --skills")[0]}\n`);
  const out = execFileSync("sh", ["-c", `${command} --out "my run" --json`], { cwd: folder, encoding: "utf8" });
  expect(JSON.parse(out)).toMatchObject({ status: "certified" });
  const explained = npm("explain", "last");
  expect(explained).toContain("\nwords/0 ");
  expect(readFileSync(join(PACKAGE_ROOT, ".gitignore"), "utf8").split("\n")).toContain("my-mesh/");
});
