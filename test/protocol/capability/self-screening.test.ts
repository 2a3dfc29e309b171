/** Who answers a beacon: each agent works it out for itself, from its own directory. */

import { expect, test } from "vitest";
import { hasher } from "../../../node/crypto.ts";
import { Directory } from "../../../protocol/capability/directory.ts";
import { SelfScreening } from "../../../protocol/capability/self-screening.ts";
import type { JobId } from "../../../protocol/core/ids.ts";
import type { Vcv, VcvContent } from "../../../protocol/wire/capability.ts";
import { plainSkill, signedVcv } from "../../support/capability-vectors.ts";
import { crypto, id, MESH } from "../../support/driven-agent.ts";

const NOW = 1_000_000;

const vcvOf = (name: string, { skill = "work", ...changes }: Partial<VcvContent> & { skill?: string } = {}): Vcv =>
  signedVcv(name, NOW, { skills: [plainSkill(skill)], ...changes });

const names = Array.from({ length: 400 }, (_, i) => `w${i}`);

function directoryOf(vcvs: readonly Vcv[]): Directory {
  const directory = new Directory(MESH, crypto, id("nobody"));
  for (const vcv of vcvs) expect(directory.take(NOW, vcv).verdict).toBe("accept");
  return directory;
}

const beaconOf = (job: string, calls: number, labels: readonly string[] = []) => ({
  job: hasher(new TextEncoder().encode(job)) as JobId,
  author: id("m0"),
  addresses: [],
  skill: "work",
  like: null,
  labels,
  calls,
  endsMs: NOW + 1_000,
});

test("about as many answer as are called, others for another job, and whoever was called stays called", () => {
  const screening = new SelfScreening(directoryOf(names.map((name) => vcvOf(name))), hasher);
  const called = (job: string, calls: number): string[] =>
    names.filter((name) => screening.isCalled(id(name), beaconOf(job, calls)));
  let answers = 0;
  for (let job = 0; job < 20; job++) {
    const first = called(`job ${job}`, 16);
    const wider = called(`job ${job}`, 32);
    expect(first.length).toBeGreaterThan(3);
    expect(first.length).toBeLessThan(36);
    expect(wider).toEqual(expect.arrayContaining(first));
    answers += first.length;
  }
  expect(answers / 20).toBeGreaterThan(12);
  expect(answers / 20).toBeLessThan(20);
  expect(called("job 1", 16)).not.toEqual(called("job 2", 16));
  expect(called("job 1", 400)).toEqual(names);
});

test("of few that match all are called, and only those; a change of the directory counts", () => {
  const gpu = names.slice(0, 10).map((name) => vcvOf(name, { labels: ["gpu"] }));
  const directory = directoryOf([...gpu, ...names.slice(10).map((name) => vcvOf(name))]);
  const screening = new SelfScreening(directory, hasher);
  const called = (): string[] => names.filter((name) => screening.isCalled(id(name), beaconOf("job", 16, ["gpu"])));
  expect(called()).toEqual(names.slice(0, 10));
  expect(screening.isCalled(id("stranger"), beaconOf("job", 16))).toBe(false);
  for (const name of names.slice(10, 14)) directory.take(NOW, vcvOf(name, { labels: ["gpu"], version: 2 }));
  expect(called()).toEqual(names.slice(0, 14));
  directory.take(NOW, vcvOf("w0", { skill: "other", version: 2 }));
  expect(called()).toEqual(names.slice(1, 14));
});
