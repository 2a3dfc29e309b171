/**
 * Standard output and error that close: whoever reads them may leave at any time, and that costs neither a job, nor its
 * result, nor the exit code.
 */

import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { STORE_FILE } from "../../node/store/record-store.ts";
import { endAll, launch, meshwork, startNode } from "../support/cli.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "meshwork-streams-"));
  const job = (name: string, redundancy: number): string =>
    `name: ${name}\nbudget: 1\npolicy: { redundancy: ${redundancy}, timeout: 20s }\ntasks:\n  w: { skill: wait, input: 300 }\noutput: w\n`;
  await writeFile(join(directory, "one.yaml"), job("one", 1));
  await writeFile(join(directory, "two.yaml"), job("two", 2)); // fails with one agent
});
afterAll(async () => {
  endAll();
  await rm(directory, { recursive: true, force: true });
});

/** `within` of a command whose descriptors are closed from the start. */
const without = (redirections: string): readonly string[] => ["sh", "-c", `exec "$@" ${redirections}`, "sh"];

/** Its exit code, when its readers leave: at once, or with the first that they get. */
function leaving(args: readonly string[], when: "at once" | "at the first line"): Promise<number | null> {
  const child = launch(args, { MESHWORK_LOG: "debug" });
  for (const stream of [child.stdout!, child.stderr!])
    if (when === "at once") stream.destroy();
    else stream.once("data", () => stream.destroy());
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

describe("readers that leave", () => {
  const out = (name: string): string => join(directory, name);
  const commands: readonly (readonly [words: readonly string[], code: number])[] = [
    [["skills"], 0],
    [["skills", "no-such-file.mjs"], 2],
    [["verify", "no-such-file.json"], 2],
    [["status", "--to", "/ip4/127.0.0.1/tcp/9"], 1],
    [["doctor", "/ip4/127.0.0.1/tcp/9"], 1],
    [["sim", "list"], 0],
    [["sim", "metrics", "--json"], 0],
    [["experiment", "--list"], 0],
    [["sim", "explore", "--seeds", "1", "--from", "1"], 0],
  ];
  test.each(commands)("%j", async (words, code) => {
    expect(await leaving(words, "at once")).toBe(code);
    expect(await leaving(words, "at the first line")).toBe(code);
  });

  test("a simulation and a sweep leave their files", async () => {
    await meshwork(["sim", "new", "small", "--json"], { within: ["sh", "-c", `cd ${directory} && exec "$@"`, "sh"] });
    const scenario = join(directory, "small.yaml");
    const few = ["--set", "workload.jobs.count=1"];
    expect(await leaving(["sim", "run", scenario, ...few, "--out", out("sim")], "at once")).toBe(0);
    expect(existsSync(join(out("sim"), "summary.json"))).toBe(true);
    const vary = ["--vary", "network.lossPct=0,1", "--runs", "1"];
    expect(await leaving(["sim", "sweep", scenario, ...few, ...vary, "--out", out("sweep")], "at the first line")).toBe(
      0,
    );
    expect(existsSync(join(out("sweep"), "report.html"))).toBe(true);
  });

  test.each(["at once", "at the first line"] as const)("a run whose readers leave %s has its result", async (when) => {
    const folder = out(`run ${when}`);
    const run = ["run", join(directory, "one.yaml"), "--agents", "1", "--out", folder];
    expect(await leaving(run, when)).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, "summary.json"), "utf8"))).toMatchObject({ status: "certified" });
    expect(
      await meshwork(["verify", join(folder, "certificate.json"), "--result", join(folder, "result.json")]),
    ).toEqual(expect.objectContaining({ code: 0 }));
  });

  test("a job that fails is still a well-formed no", async () => {
    const run = ["run", join(directory, "two.yaml"), "--agents", "1", "--out", out("failed")];
    expect(await leaving(run, "at the first line")).toBe(1);
  });

  test("a node continues, and submit --wait has its result", async () => {
    const node = await startNode("lonely", []);
    node.process.stdout!.destroy();
    node.process.stderr!.destroy();
    const submit = ["submit", join(directory, "one.yaml"), "--to", node.address, "--key", join(directory, "owner.key")];
    expect(await leaving([...submit, "--wait", "--out", out("submitted")], "at the first line")).toBe(0);
    expect(existsSync(join(out("submitted"), "certificate.json"))).toBe(true);
    node.signal("SIGTERM");
    expect(await node.ended()).toBe(0);
  });
});

describe("descriptors that are closed from the start", () => {
  test.each([["2>&-"], [">&- 2>&- <&-"]])("%s", async (redirections) => {
    const folder = join(directory, `closed-${redirections.length}-${redirections.charCodeAt(0)}`);
    const run = ["run", join(directory, "one.yaml"), "--agents", "1", "--out", folder];
    const { code } = await meshwork(run, { within: without(redirections), env: { MESHWORK_LOG: "debug" } });
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, "result.json"), "utf8"))).toBeDefined();
  });

  test.skipIf(process.platform !== "linux")("no file of an agent gets their numbers", async () => {
    const data = join(directory, "data");
    const child = launch(["node", "--data", data], {}, without(">&- 2>&- <&-"));
    const exit = new Promise((resolve) => child.once("exit", resolve));
    await expect.poll(() => existsSync(join(data, STORE_FILE)), { timeout: 20_000 }).toBe(true);
    for (const descriptor of [0, 1, 2]) expect(readlinkSync(`/proc/${child.pid}/fd/${descriptor}`)).toBe("/dev/null");
    child.kill("SIGTERM");
    await exit;
  });
});

describe("output that cannot be written although somebody wants it", () => {
  test.skipIf(!existsSync("/dev/full"))("is told, and keeps the result", async () => {
    const folder = join(directory, "full");
    const run = ["run", join(directory, "one.yaml"), "--agents", "1", "--out", folder, "--json"];
    const { code, err } = await meshwork(run, { within: without(">/dev/full") });
    expect(code).toBe(2);
    expect(err).toContain("standard output cannot be written: ENOSPC");
    expect(existsSync(join(folder, "certificate.json"))).toBe(true);
  });
});
