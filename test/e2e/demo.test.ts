/**
 * `meshwork demo` and what follows it, as a user runs them: seven processes, a killed agent, a liar, a certified
 * answer, and the offline check that accepts the answer and refuses a tampered one.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunSummary } from "../../node/run/summary.ts";
import type { SurveyReport } from "../../node/skills/survey.ts";
import type { CheckedTraces } from "../../sim/traces/check-traces.ts";
import { endAll, meshwork, type Ran } from "../support/cli.ts";
import { runInProcess, type Said } from "../support/in-process-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-demo-"));
const input = join(folder, "input");
const out = join(folder, "out");
let ran: Ran;

const FILES: { readonly [path: string]: string | Uint8Array } = {
  "a.txt": "one two two\nthree\n",
  "empty.txt": "",
  "b/copy.txt": "one two two\nthree\n",
  "b/no-newline.md": "the last line has no end",
  "c/crlf.txt": "x\r\ny\r\n",
  "d/binary.bin": new Uint8Array([0xff, 0xfe, 0x00, 0x80, 0x0a]),
  "𝒜stral/🦊 fox.txt": "Füchse füchse\nplain\n",
  "node_modules/skipped.txt": "not this\n",
  ".hidden/skipped.txt": "nor this\n",
  "e/node_modules/skipped.txt": "at any depth\n",
};
const isSurveyed = (path: string): boolean => !path.includes("node_modules") && !path.startsWith(".");

beforeAll(async () => {
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(join(input, path, ".."), { recursive: true });
    writeFileSync(join(input, path), content);
  }
  for (let i = 0; i < 40; i++) writeFileSync(join(input, `z${i}.txt`), `${"word ".repeat(i + 1)}\n`.repeat(50));
  ran = await meshwork(["demo", "--input", input, "--out", out, "--seed", "7", "--json"]);
}, 180_000);

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

const said = (args: readonly string[]): Promise<Said> => runInProcess(args, process.env);
const read = (name: string): unknown => JSON.parse(readFileSync(join(out, name), "utf8"));

test("ends certified, and both faults show by name", () => {
  expect(ran.code, ran.err).toBe(0);
  const summary = JSON.parse(ran.out) as RunSummary;
  expect(summary).toEqual(read("summary.json"));
  expect(summary.status).toBe("certified");
  expect(summary.agents).toHaveLength(7);
  expect(summary.committee.length).toBeGreaterThanOrEqual(4);
  expect(summary.tasks.accepted).toBe(summary.tasks.total);
  const killed = summary.faults.find((fault) => fault.kind === "killed");
  const { awards, results } = summary.agents.find(({ agent }) => agent === killed?.agent)!;
  // It was at work, and its seats were filled; on a slow machine the job may have ended while it was being killed.
  expect(awards).toBeGreaterThanOrEqual(results);
  const lying = summary.faults.find((fault) => fault.kind === "lying");
  const names = summary.agents.map((agent) => agent.name);
  expect(names).toContain(killed?.name);
  expect(names).toContain(lying?.name);
  expect(summary.agents.find((agent) => agent.agent === lying?.agent)?.rejected).toBeGreaterThanOrEqual(1);
});

test("its trace breaks no invariant: neither the killed agent nor the liar is taken for a Byzantine one", async () => {
  const checked = await meshwork(["sim", "check", join(out, "trace.jsonl"), "--json"]);
  expect(checked.code, checked.out + checked.err).toBe(0);
  const { invariants, jobs, cutOff } = JSON.parse(checked.out) as CheckedTraces;
  const undecided = invariants.filter(({ verdict }) => verdict !== "ok").map(({ id }) => id);
  expect([undecided, cutOff]).toEqual([["11 liveness"], []]);
  expect(jobs).toMatchObject([{ status: "certified" }]);
});

test("its page says how it ended, what was done to whom, and what repeats it", () => {
  const summary = read("summary.json") as RunSummary;
  expect(summary.report).toBe(join(out, "report.html"));
  const page = readFileSync(join(out, "report.html"), "utf8");
  expect(page).toContain("Meshwork run report: real nodes, not simulated");
  expect(page).toContain("CERTIFIED");
  expect(page).toContain("none broken");
  for (const { name } of summary.agents) expect(page).toContain(`<th scope="row">${name}</th>`);
  expect(page).toContain("killed, with what it held");
  expect(page).toContain(`demo --agents 7 --seed 7 --input ${input}`);
  expect(page).not.toMatch(/\bNaN\b|undefined|Infinity/);
});

test("the result is what wc and sha256sum say", () => {
  const report = read("result.json") as SurveyReport;
  const paths = [...Object.keys(FILES).filter(isSurveyed), ...Array.from({ length: 40 }, (_, i) => `z${i}.txt`)];
  expect(new Set(report.files.map((file) => file.path))).toEqual(new Set(paths));
  /** What a command says of each file, in their order. */
  const linesOf = (command: string, ...args: string[]): string[] =>
    execFileSync(command, [...args, ...report.files.map(({ path }) => join(input, path))], { encoding: "utf8" }).split(
      "\n",
    );
  const [counts, sums] = [linesOf("wc", "-lc"), linesOf("sha256sum")];
  for (const [place, { path, bytes, lines, sha256 }] of report.files.entries()) {
    const [newlines, size] = counts[place]!.trim().split(/\s+/).map(Number);
    expect(bytes, path).toBe(size);
    if (lines !== null) expect(lines, path).toBe(newlines);
    expect(sums[place]!.slice(0, 64), path).toBe(sha256);
  }
  expect(report.files.find((file) => file.path === "d/binary.bin")).toMatchObject({ lines: null, words: null });
  expect(report.duplicates).toEqual([["a.txt", "b/copy.txt"]]);
  expect(report.totals.files).toBe(paths.length);
});

test("verify accepts it offline, and refuses a tampered result, a tampered certificate, another job", async () => {
  const certificate = join(out, "certificate.json");
  const result = join(out, "result.json");
  const fine = await said(["verify", certificate, "--result", result]);
  expect(fine.code, fine.err).toBe(0);
  expect(fine.out).toContain("the proof rests on that choice");

  const report = read("result.json") as { totals: { lines: number } };
  report.totals.lines++;
  const lie = join(folder, "lie.json");
  writeFileSync(lie, JSON.stringify(report));
  const refused = await said(["verify", certificate, "--result", lie]);
  expect(refused.code).toBe(1);
  expect(refused.out).toContain("not the certified one");
  expect(refused.out).toMatch(/ – is .*lie\.json the result\.json of the same run\?\n$/);
  expect(fine.out).toMatch(/^✓ the certificate is valid: the job has this result\n/);
  // Nothing was compared: nothing of a result is claimed.
  expect((await said(["verify", certificate])).out).toMatch(/^✓ .*: the job has a result; none was compared with it/);

  const file = read("certificate.json") as { certificate: string };
  const bytes = Buffer.from(file.certificate, "base64");
  bytes[bytes.length >> 1]! ^= 1;
  const forged = join(folder, "forged.json");
  writeFileSync(forged, JSON.stringify({ ...file, certificate: bytes.toString("base64") }));
  expect((await said(["verify", forged])).code).toBe(1);
  expect((await said(["verify", certificate, "--job", "0".repeat(64)])).code).toBe(1);
  expect((await said(["verify", join(folder, "missing.json")])).code).toBe(2);
}, 60_000);
