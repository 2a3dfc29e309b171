/** What an agent keeps of jobs that are over, refused or given up: nothing but the mark that it must never vote there again. */

import { expect, test } from "vitest";
import type { JobId } from "../../../protocol/core/ids.ts";
import { map, single } from "../../../sim/parts/workloads/job-builder.ts";
import {
  awardItem,
  DrivenAgent,
  hashOf,
  type Job,
  jobOf,
  MEMBERS,
  offerBody,
  resultBody,
} from "../../support/driven-agent.ts";

const blobInput = {
  ...single("a", 1),
  input: { kind: "value" as const, data: { kind: "blob" as const, hash: hashOf(7), bytes: 1_000 } },
};
const withBlob = (): Job => jobOf("owner", { nodes: [blobInput] });
const HOUR_MS = 3_600_000;

const prune = (sizes: readonly (readonly [JobId, number])[], bytesMax: number, endedBeforeMs = 0) => ({
  ...{ kind: "prune" as const, sizes: new Map(sizes), bytesMax, endedBeforeMs },
});

test("an invitation whose input is not taken is refused in words, and what came of its inputs may go", () => {
  const m0 = new DrivenAgent("m0", { skills: [] });
  const { job, signed } = withBlob();
  const asked = m0.frame("owner", { kind: "invite", genesis: signed, vcvs: [] });
  expect(m0.of("fetchBlob", asked)).toMatchObject([{ hash: hashOf(7), needs: { job, owner: "owner" } }]);
  const out = m0.input({ kind: "blobFailed", job, hash: hashOf(7), reason: "its disk is full" });
  expect(m0.sent(out).map(({ message }) => message)).toMatchObject([
    { kind: "inviteReply", yes: false, reason: "its disk is full" },
  ]);
  expect(m0.of("releaseBlobs", out)).toEqual([{ kind: "releaseBlobs", job }]);
});

test("inputs of a job that never begins are released, and those of one that begins are kept", () => {
  for (const isBegun of [false, true]) {
    const m0 = new DrivenAgent("m0", { skills: [] });
    const { job, signed } = withBlob();
    m0.frame("owner", { kind: "invite", genesis: signed, vcvs: [] });
    m0.input({ kind: "blobStored", job, hash: hashOf(7) });
    if (isBegun) m0.frame("owner", { kind: "start", job });
    m0.pass(61_000, 1_000);
    expect(m0.of("releaseBlobs")).toEqual(isBegun ? [] : [{ kind: "releaseBlobs", job }]);
    expect(m0.of("forget")).toEqual([]);
  }
});

test("a blob that one job cannot have is no matter of another job", () => {
  const m0 = new DrivenAgent("m0", { skills: [] });
  const [bad, good] = [jobOf("mallory", { nodes: [blobInput] }), withBlob()];
  m0.frame("mallory", { kind: "invite", genesis: bad.signed, vcvs: [] });
  m0.frame("owner", { kind: "invite", genesis: good.signed, vcvs: [] });
  const failed = m0.input({ kind: "blobFailed", job: bad.job, hash: hashOf(7) });
  expect(m0.sent(failed)).toMatchObject([{ to: "mallory", message: { kind: "inviteReply", yes: false } }]);
  const stored = m0.input({ kind: "blobStored", job: good.job, hash: hashOf(7) });
  expect(m0.sent(stored)).toMatchObject([{ to: "owner", message: { kind: "inviteReply", yes: true } }]);
});

test("a guest's job with thousands of tiny inputs is refused in words, and that of a known owner is not", () => {
  const packs = Array.from({ length: 4_097 }, (_, i) => ({ hash: hashOf(i + 1), bytes: 1 }));
  const generator = { kind: "map" as const, batch: 1, items: { kind: "packs" as const, packs } };
  for (const owner of ["mallory", "m0"]) {
    const m0 = new DrivenAgent("m0", { skills: [] });
    const { signed } = jobOf(owner, { nodes: [{ ...map("m", [1]), generator }], committee: ["m0"] });
    const out = m0.frame(owner, { kind: "invite", genesis: signed, vcvs: [] });
    expect(m0.of("fetchBlob", out).length).toBe(owner === "m0" ? 4_097 : 0);
    if (owner === "mallory")
      expect(m0.sent(out)).toMatchObject([{ message: { yes: false, reason: expect.stringContaining("4097 blobs") } }]);
  }
});

/** A host of one finished job. */
function hostOfEnded(): { solo: DrivenAgent; job: JobId } {
  const made = jobOf("owner", { committee: ["solo"], standbys: [], nodes: [single("a", 1)] });
  const solo = new DrivenAgent("solo", { skills: [] });
  solo.host(made);
  solo.pass(200);
  solo.commands("w", made.job, [offerBody({ validUntilMs: solo.nowMs + 60_000 })]);
  solo.pass(500);
  solo.commands("w", made.job, [resultBody("a")]);
  solo.pass(500);
  expect(solo.of("event").some(({ event }) => event.kind === "taught")).toBe(true);
  solo.effects = [];
  return { solo, job: made.job };
}

test("jobs that ended go by age, and their mark stays, so that the agent never begins them again", () => {
  const { solo, job } = hostOfEnded();
  solo.input(prune([[job, 1_000]], 10_000, solo.nowMs - HOUR_MS));
  expect(solo.of("forget")).toEqual([]);
  solo.pass(2 * HOUR_MS, HOUR_MS);
  solo.input(prune([[job, 1_000]], 10_000, solo.nowMs - HOUR_MS));
  expect(solo.of("forget")).toEqual([{ kind: "forget", job }]);
  expect(solo.records().map(({ slot }) => slot)).toEqual(["retired"]);
});

test("jobs that ended go by size once their owners had time to collect the results; jobs that run stay", () => {
  const { solo, job } = hostOfEnded();
  const running = jobOf("ada", {
    committee: ["solo"],
    standbys: [],
    nodes: [single("b", 1)],
    deadlineMs: 24 * HOUR_MS,
  });
  solo.host(running);
  solo.pass(200);
  const sizes = [
    [job, 1_000],
    [running.job, 5_000],
  ] as const;
  solo.effects = [];
  solo.input(prune(sizes, 100));
  expect(solo.of("forget")).toEqual([]); // a moment after the end
  solo.pass(11 * 60_000, 60_000);
  solo.effects = [];
  solo.input(prune(sizes, 6_000));
  expect(solo.of("forget")).toEqual([]); // it fits
  solo.input(prune(sizes, 5_999));
  expect(solo.of("forget")).toEqual([{ kind: "forget", job }]);
});

const made = jobOf("owner", { committee: MEMBERS });

/** It has sealed an answer, and its root record stands on its disk. */
function seal(agent: DrivenAgent): void {
  const items = [awardItem("a", { sealed: true })];
  for (const member of MEMBERS) agent.frame(member, { kind: "notice", job: made.job, items });
  const { award } = agent.of("work")[0]!;
  const done = { output: Uint8Array.of(0), confidencePpm: 1, cost: 0, usage: null, nonce: new Uint8Array(32) };
  agent.input({ kind: "workDone", award, ...done });
}

const sayOver = (agent: DrivenAgent): void => {
  for (const member of MEMBERS.slice(0, 2)) agent.frame(member, { kind: "over", job: made.job });
};
const slotsOf = (agent: DrivenAgent): string[] =>
  agent.records().flatMap(({ job, slot }) => (job === made.job ? [slot] : []));

test("a worker forgets a job that is over", () => {
  const worker = new DrivenAgent("w", { hosts: false });
  worker.learn("m0", made);
  seal(worker);
  expect(slotsOf(worker)).toContain("genesis");
  sayOver(worker);
  expect(slotsOf(worker)).toEqual([]);
});

test("a worker does not forget that it gave the same job up as a host", () => {
  const both = new DrivenAgent("m3");
  both.host(made);
  seal(both);
  both.pass(3 * 60_000, 10_000); // no first block, so it gives the job up when it needs room
  both.host(jobOf("x", { committee: ["m3"], standbys: [] }));
  expect(slotsOf(both)).toEqual(["retired"]);
  sayOver(both);
  expect(slotsOf(both)).toEqual(["retired"]);
});
