/**
 * One person with several terminals, on real processes: while `submit --wait` waits, the same user asks, submits and
 * cancels; and a waiting command continues after all members were killed and started again.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { endAll, launch, meshwork, type RunningNode, startNode } from "../support/cli.ts";
import { waitFor } from "../support/wait.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-waiting-"));
const key = join(folder, "owner.key");

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** A skill that waits until a file is there. */
const skills = file(
  "skills.mjs",
  `import { existsSync } from "node:fs";
export default ({ z, defineSkill }) => [defineSkill({
  name: "held", description: "waits for a file", input: z.string(), output: z.string(), price: 0.001, expectedMs: 500,
  run: (path, { signal }) => new Promise((resolve, reject) => {
    const timer = setInterval(() => existsSync(path) && (clearInterval(timer), resolve("there")), 100);
    signal.addEventListener("abort", () => (clearInterval(timer), reject(signal.reason)));
  }),
})];`,
);
const job = (name: string, path: string): string =>
  file(
    `${name}.yaml`,
    `name: ${name}\nbudget: 1\ndeadline: 10m\npolicy: { redundancy: 1, timeout: 2m, retries: 9 }\ntasks:\n  wait: { skill: held, input: ${JSON.stringify(path)} }\noutput: wait\n`,
  );

interface Waiting {
  err(): string;
  id(): Promise<string>;
  readonly ended: Promise<number | null>;
}

function submitAndWait(path: string, to: readonly string[], out: string): Waiting {
  const child = launch(["submit", path, ...to, "--key", key, "--wait", "--out", join(folder, out)]);
  let err = "";
  child.stderr!.on("data", (chunk) => (err += chunk));
  child.stdout!.resume();
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const find = (): string | undefined => /^job ([0-9a-f]{64})$/m.exec(err)?.[1];
  const id = async (): Promise<string> => {
    await waitFor(() => find() !== undefined || child.exitCode !== null, { timeoutMs: 60_000 });
    expect(find(), err).toBeDefined();
    return find()!;
  };
  return { err: () => err, id, ended };
}

test("while one command of a user waits, others of the same user are answered", async () => {
  const mesh = `several-${process.pid}`;
  const node = await startNode("solo", ["--mesh", mesh, "--skills", skills]);
  const to = ["--to", node.address, "--mesh", mesh];
  const waiting = submitAndWait(job("first", join(folder, "never")), to, "first");
  const id = await waiting.id();
  const other = await meshwork(["submit", job("second", join(folder, "never")), ...to, "--key", key]);
  expect(other.code, other.err).toBe(0);
  const status = await meshwork(["status", ...to, "--key", key, "--json"]);
  expect(status.code, status.err).toBe(0);
  const { jobs, agents } = JSON.parse(status.out) as { jobs: { job: string }[]; agents: unknown[] };
  expect(jobs.map((known) => known.job).sort()).toEqual([id, other.out.trim()].sort());
  expect(agents.length).toBe(1);
  const cancelled = await meshwork(["cancel", id, ...to, "--key", key]);
  expect(cancelled.code, cancelled.err).toBe(0);
  expect(cancelled.out).toContain(`job ${id} is cancelled`);
  expect(await waiting.ended).toBe(1);
  expect(waiting.err()).not.toContain("stuck");
  node.signal("SIGTERM");
  await node.ended();
});

test("all members are killed and started again: who waits has the result", async () => {
  const mesh = `restart-${process.pid}`;
  const data = (name: string): string[] => ["--mesh", mesh, "--data", join(folder, name), "--skills", skills];
  const names = ["n0", "n1", "n2", "n3"];
  const first = await startNode(names[0]!, data(names[0]!));
  const rest = await Promise.all(
    names.slice(1).map((name) => startNode(name, [...data(name), "--join", first.address])),
  );
  const nodes = [first, ...rest];
  const there = join(folder, "there");
  const waiting = submitAndWait(job("long", there), ["--to", first.address, "--mesh", mesh], "long");
  const id = await waiting.id();
  for (const node of nodes) node.signal("SIGKILL");
  await Promise.all(nodes.map((node) => node.ended()));
  await waitFor(() => waiting.err().includes("no member of the committee has been reachable"), { timeoutMs: 60_000 });
  // Where they were: the one who waits knows no other place.
  const again: RunningNode[] = [];
  for (const node of nodes) {
    const listen = ["--listen", node.address.replace(/\/p2p\/.*/, "")];
    again.push(await startNode(node.name, [...data(node.name), ...listen, "--join", first.address]));
  }
  await waitFor(() => waiting.err().includes("the job continues"), { timeoutMs: 60_000 });
  writeFileSync(there, "");
  expect(await waiting.ended, waiting.err()).toBe(0);
  expect(JSON.parse(readFileSync(join(folder, "long", "result.json"), "utf8"))).toBe("there");
  expect(waiting.err()).not.toMatch(/cancelled|STALLED/);
  const result = await meshwork(["result", id, "--to", again[1]!.address, "--mesh", mesh]);
  expect(JSON.parse(result.out)).toBe("there");
  for (const node of again) node.signal("SIGTERM");
  await Promise.all(again.map((node) => node.ended()));
}, 180_000);
