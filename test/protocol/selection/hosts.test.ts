/** What an owner concludes from how agents hosted its jobs: their powers, and who is known. */

import { describe, expect, test } from "vitest";
import { knowledgeText, parseKnowledge } from "../../../node/knowledge.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { type HostRecord, knownHosts, mergeHosts, standingsOf } from "../../../protocol/selection/hosts.ts";
import { EMPTY_WORLD } from "../../../protocol/selection/knowledge.ts";

const DAY_MS = 86_400_000;
const A = "a" as AgentId;
const FRIEND = "friend" as AgentId;

const turnsOf = (agent: string, kept: number, lost = 0, equivocated = false) => ({
  agent: agent as AgentId,
  ...{ kept, lost, equivocated },
});
const at = (day: number, origins: { readonly [agent: string]: string } = {}) => ({
  nowMs: day * DAY_MS + 1,
  origins: new Map(Object.entries(origins) as [AgentId, string][]),
});
const met = (hosts: readonly HostRecord[], day: number, kept: number, lost = 0, owner: AgentId | null = null) =>
  mergeHosts(hosts, [turnsOf("a", kept, lost)], owner, at(day));
const powerOf = (hosts: readonly HostRecord[], agent = A) => standingsOf(hosts).get(agent)?.power;
const isKnown = (hosts: readonly HostRecord[], agent = A) => standingsOf(hosts).get(agent)?.isKnown === true;

describe("power", () => {
  test.each([
    [49, 1],
    [50, 2],
    [499, 2],
    [500, 3],
    [4_999, 3],
    [5_000, 4],
    [1e9, 4],
  ])("after %d turns kept is %d", (kept, power) => {
    expect(powerOf(met([], 1, kept))).toBe(power);
  });

  test("stays as it was while between 90 and 95 percent are kept, and falls to 1 below", () => {
    const good = met([], 1, 950, 50);
    expect(powerOf(good)).toBe(3);
    const worse = met(good, 2, 0, 50); // 950 of 1,050
    expect(powerOf(worse)).toBe(3);
    const bad = met(worse, 3, 0, 50); // 950 of 1,100
    expect(powerOf(bad)).toBe(1);
    const better = met(bad, 4, 200); // 1,150 of 1,300
    expect(powerOf(better)).toBe(1);
    const between = met(better, 5, 500); // 1,650 of 1,800: it must earn it again
    expect(powerOf(between)).toBe(1);
    expect(powerOf(met(between, 6, 2_000))).toBe(3);
  });

  test("grows by other owners' jobs up to a cap together, however many turns they claim", () => {
    let hosts: readonly HostRecord[] = [];
    for (let i = 0; i < 20; i++) hosts = met(hosts, i, 1e6, 0, `friend ${i}` as AgentId);
    expect(powerOf(hosts)).toBe(2);
    expect(isKnown(met(hosts, 40, 1e6, 0, FRIEND))).toBe(false);
    // What they say against it counts up to the same cap.
    const own = met([], 1, 5_000);
    expect(powerOf(met(own, 2, 0, 1e9, FRIEND))).toBe(4);
  });
});

describe("an equivocator", () => {
  test("is remembered, whoever's job showed it, and does not count as known", () => {
    let hosts: readonly HostRecord[] = [];
    for (const day of [1, 5, 9]) hosts = met(hosts, day, 10);
    expect(knownHosts(hosts).size).toBe(1);
    hosts = mergeHosts(hosts, [turnsOf("a", 0, 0, true)], FRIEND, at(10));
    expect(standingsOf(hosts).get(A)).toMatchObject({ equivocated: true });
    expect(knownHosts(hosts).size).toBe(0);
    expect(standingsOf(met(hosts, 11, 100)).get(A)).toMatchObject({ equivocated: true });
  });
});

describe("a host is known", () => {
  test("a week after its record began, if jobs of three days met it", () => {
    const two = met(met([], 1, 1), 8, 1);
    expect(isKnown(two)).toBe(false);
    expect(isKnown(met(two, 8, 100))).toBe(false); // the same day
    expect(isKnown(met(two, 9, 1))).toBe(true);
    let soon: readonly HostRecord[] = [];
    for (const day of [1, 2, 3, 4, 5, 6, 7]) soon = met(soon, day, 100);
    expect(isKnown(soon)).toBe(false);
    expect(isKnown(met(soon, 8, 1))).toBe(true);
  });

  test("not by being there: a day counts if it kept a turn", () => {
    let hosts = met([], 1, 1);
    for (const day of [5, 9, 12]) hosts = met(hosts, day, 0, 1);
    expect(isKnown(hosts)).toBe(false);
  });

  test("not by days that a clock went back to", () => {
    let hosts = met([], 100, 1);
    for (const day of [3, 4, 5, 6]) hosts = met(hosts, day, 1);
    expect(hosts[0]!.days).toBe(1);
  });

  test("one of each network a day; private networks are exempt", () => {
    const three = ["a", "b", "c"].map((agent) => turnsOf(agent, 5));
    const meet = (origins: { readonly [agent: string]: string }, days: readonly number[]) => {
      let hosts: readonly HostRecord[] = [];
      for (const day of days) hosts = mergeHosts(hosts, three, null, at(day, origins));
      return hosts;
    };
    const one = { a: "192.0.2.0/24", b: "192.0.2.0/24", c: "192.0.2.0/24" };
    expect(knownHosts(meet(one, [1, 2, 9])).size).toBe(1);
    expect(knownHosts(meet(one, [1, 2, 9, 9])).size).toBe(1);
    expect(knownHosts(meet(one, [1, 2, 9, 10])).size).toBe(2);
    expect(knownHosts(meet({ ...one, b: "198.51.100.0/24" }, [1, 2, 9])).size).toBe(2);
    expect(knownHosts(meet({}, [1, 2, 9])).size).toBe(3);
    // An origin that was seen once is not forgotten because nobody saw it later.
    const later = mergeHosts(meet(one, [1, 2]), three, null, at(9));
    expect(knownHosts(later).size).toBe(1);
  });
});

test("what is kept is bounded: newcomers of long ago go first, known hosts and equivocators last", () => {
  let hosts: readonly HostRecord[] = [];
  for (const day of [1, 5, 9]) hosts = met(hosts, day, 10);
  hosts = mergeHosts(hosts, [turnsOf("liar", 0, 0, true)], null, at(9));
  for (let day = 10; day < 20; day++) {
    const sybils = Array.from({ length: 1_000 }, (_, i) => turnsOf(`s${day}-${i}`, 1));
    hosts = mergeHosts(hosts, sybils, null, at(day));
  }
  expect(hosts.length).toBe(4_096);
  const there = new Set(hosts.map(({ agent }) => agent as string));
  expect([there.has("a"), there.has("liar"), there.has("s19-0"), there.has("s12-0")]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test("a file of hosts goes to text and back, and a file of an earlier version has none", () => {
  const host = {
    ...{ agent: "a" as AgentId, kept: 60, lost: 1, power: 2, equivocated: false, sinceMs: 5, days: 3, lastDay: 9 },
    ...{ knownSinceMs: null, origin: "192.0.2.0/24" },
  };
  const text = (changes: object): string =>
    JSON.stringify({ format: "meshwork-knowledge/1", records: [], learned: {}, ...changes });
  const met = { ...EMPTY_WORLD, hosts: [host, { ...host, owner: FRIEND, knownSinceMs: 7, equivocated: true }] };
  expect(parseKnowledge(knowledgeText(met), "f")).toEqual(met);
  expect(parseKnowledge(text({}), "f").hosts).toEqual([]);
  const twice = text({ hosts: [host, host] });
  expect(() => parseKnowledge(twice, "f")).toThrow(/says twice how a hosted jobs/);
  expect(() => parseKnowledge(text({ hosts: [{ ...host, power: 5 }] }), "f")).toThrow(/hosts\.0\.power/);
});
