/**
 * Machines whose clocks differ: both ends are told by how much, and beyond what is accepted why nobody is heard. Real
 * processes; a wrong clock is a `Date` that is shifted, from the start or in mid-run.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endAll, meshwork, type RunningNode, startNode } from "../support/cli.ts";
import { waitFor } from "../support/wait.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-clocks-"));
const mesh = `clocks-${process.pid}-${Date.now()}`;
const HOUR_MS = 3_600_000;
const shift = join(folder, "shift.mjs");
const flag = join(folder, "set-the-clock");

/** The environment of a process whose clock is off by so much, at once or as soon as the file `flag` is there. */
const wrongBy = (ms: number, when: "now" | "later" = "now"): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import ${pathToFileURL(shift).href}`,
  SHIFT_MS: String(ms),
  SHIFT_FLAG: when === "now" ? "" : flag,
});

let first: RunningNode;
let second: RunningNode;
const data = (name: string): string[] => ["--mesh", mesh, "--data", join(folder, name)];

beforeAll(async () => {
  writeFileSync(
    shift,
    `import { existsSync } from "node:fs";
const real = Date, off = Number(process.env.SHIFT_MS), flag = process.env.SHIFT_FLAG;
let isOn = flag === "";
if (!isOn) setInterval(() => { isOn ||= existsSync(flag); }, 50).unref();
const now = () => real.now() + (isOn ? off : 0);
globalThis.Date = class extends real {
  constructor(...given) { if (given.length === 0) super(now()); else super(...given); }
  static now() { return now(); }
};
`,
  );
  writeFileSync(
    join(folder, "job.yaml"),
    "name: x\nbudget: 1\npolicy: { redundancy: 1 }\noutput: t\ntasks:\n  t: { skill: echo, input: 1 }\n",
  );
  first = await startNode("first", data("first"));
  second = await startNode("second", [...data("second"), "--join", first.address]);
});

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

const to = (node: RunningNode): string[] => ["--to", node.address, "--mesh", mesh];
const env = (): NodeJS.ProcessEnv => ({ XDG_CONFIG_HOME: join(folder, "config") });

test("clocks that agree: a status and doctor say so, and nobody is warned", async () => {
  const status = await meshwork(["status", ...to(first)], { env: env() });
  expect(status.out).toMatch(/^clock: within \d+ ms of \d+ agents?$/m);
  const doctor = await meshwork(["doctor", first.address, "--mesh", mesh], { env: env() });
  expect(doctor.out).toMatch(/clock of .*\n?.*within \d+ ms of this one/);
  expect(first.log() + second.log()).not.toContain("the clock of");
});

test("an agent an hour ahead: it and the others are told, its status says so, and so does doctor", async () => {
  const late = await startNode(
    "late",
    [...data("late"), "--join", first.address, "--join", second.address],
    wrongBy(HOUR_MS),
  );
  await waitFor(() => /this machine's clock is 1 h 00 m ahead of those of all 2 agents.*\(NTP\)/.test(late.log()));
  expect(late.log()).toContain("the others take no notice of what it says of itself");
  for (const node of [first, second])
    await waitFor(() => node.log().includes(`the clock of ${late.id} is 1 h 00 m ahead of this machine's`));
  const status = await meshwork(["status", ...to(late)], { env: env() });
  expect(status.out).toMatch(/^clock: .*1 h 00 m ahead/m);
  const doctor = await meshwork(["doctor", late.address, "--mesh", mesh], { env: env() });
  expect(doctor.out).toMatch(/it is 1 h 00 m ahead of the clock of this machine/);
  expect(doctor.code).not.toBe(0);
  late.process.kill("SIGTERM");
});

test.each([
  ["ahead of", HOUR_MS],
  ["behind", -HOUR_MS],
])("an owner an hour %s it learns why nobody takes its job", async (side, ms) => {
  const ran = await meshwork(["submit", join(folder, "job.yaml"), ...to(first)], { env: { ...env(), ...wrongBy(ms) } });
  expect(ran.code).not.toBe(0);
  expect(ran.err).toContain(`this machine's clock is 1 h 00 m ${side}`);
  expect(ran.err).toContain("NTP");
  expect(ran.err).not.toContain("not within");
});

test("an owner a few seconds off is warned, and its job runs", async () => {
  const args = ["submit", join(folder, "job.yaml"), ...to(first), "--wait", "--out", join(folder, "out")];
  const ran = await meshwork(args, { env: { ...env(), ...wrongBy(3_000) } });
  expect(ran.err).toMatch(/the clock of \S+ is 3\.\d s behind this machine's|this machine's clock is 3\.\d s ahead/);
  expect(ran.code).toBe(0);
});

test("a clock that is set in mid-run is noticed at once", async () => {
  const set = await startNode(
    "set",
    [...data("set"), "--join", first.address, "--join", second.address],
    wrongBy(10_000, "later"),
  );
  const isMet = async (): Promise<boolean> =>
    /clock: within .* of [2-9] agents/.test((await meshwork(["status", ...to(set)], { env: env() })).out);
  await waitFor(isMet, { timeoutMs: 30_000 });
  expect(set.log()).not.toContain("this machine's clock");
  writeFileSync(flag, "");
  await waitFor(() => set.log().includes("this machine's clock is 10.0 s ahead"), { timeoutMs: 30_000 });
});
