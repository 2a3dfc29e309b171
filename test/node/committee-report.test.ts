/** Why a committee is smaller than the mesh allows, agent by agent. */

import { expect, test } from "vitest";
import { describeLeftOut, leftOut } from "../../node/committee-report.ts";
import type { KnownAgent } from "../../node/node-status.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { RULES_VERSION } from "../../protocol/core/limits.ts";

const id = (name: string): AgentId => `id-${name}` as AgentId;

const agent = (name: string, changes: Partial<KnownAgent> = {}): KnownAgent => ({
  agent: id(name),
  name,
  hosts: true,
  rulesVersion: RULES_VERSION,
  skills: [{ name: "text.upper", price: 0.001 }],
  heardMs: 100,
  addresses: [`/ip4/10.0.0.1/tcp/4001/p2p/${id(name)}`],
  reach: "connected",
  why: "",
  ...changes,
});

const whyOf = (all: readonly KnownAgent[], declined: ReadonlyMap<AgentId, string> = new Map()) =>
  Object.fromEntries(
    leftOut({ agents: all, hosts: [id("m")], size: 1, declined }).map(({ name, why, detail }) => [name, [why, detail]]),
  );

test("each agent that is left out has its reason", () => {
  const all = [
    agent("m"),
    agent("busy"),
    agent("mute", { reach: "unknown" }),
    agent("far", { reach: "unreachable", why: "connection refused" }),
    agent("hidden", { addresses: [] }),
    agent("worker", { hosts: false }),
    agent("spare"),
    agent("observer", { hosts: false, skills: [] }),
  ];
  const declined = new Map([
    [id("busy"), "it hosts too many jobs"],
    [id("mute"), ""],
  ]);
  expect(whyOf(all, declined)).toEqual({
    busy: ["refused", "it hosts too many jobs"],
    mute: ["silent", `/ip4/10.0.0.1/tcp/4001/p2p/${id("mute")}`],
    far: ["unreachable", "connection refused"],
    hidden: ["hidden", ""],
    worker: ["keeps-no-jobs", ""],
    spare: ["not-drawn", ""],
  });
});

test("where nobody was told of addresses, none is hidden", () => {
  const all = ["m", "a", "b", "c"].map((name) => agent(name, { addresses: [] }));
  expect(whyOf(all)).toEqual({ a: ["not-drawn", ""], b: ["not-drawn", ""], c: ["not-drawn", ""] });
});

test("a committee as large as all agents make it needs no reasons", () => {
  const all = ["m", "a", "b", "c", "d"].map((name) => agent(name));
  const hosts = ["m", "a", "b", "c"].map(id);
  expect(leftOut({ agents: all, hosts, size: 4, declined: new Map([[id("d"), "full"]]) })).toEqual([]);
});

test("in words: one line each, with what to look at", () => {
  const lines = describeLeftOut([
    { agent: id("a"), name: "a", why: "refused", detail: "it hosts too many jobs" },
    { agent: id("b"), name: "b", why: "silent", detail: "/ip4/10.0.0.2/tcp/4001" },
  ]);
  expect(lines[0]).toMatch(/^a \(id-a\) refused.*: it hosts too many jobs$/);
  expect(lines[1]).toMatch(/^b \(id-b\) .* at \/ip4\/10\.0\.0\.2\/tcp\/4001$/);
});

test("a mesh of several versions says so", () => {
  const old = ["o1", "o2", "o3"].map((name) => agent(name, { rulesVersion: RULES_VERSION - 1 }));
  const all = [agent("m"), ...old];
  expect(whyOf(all)).toMatchObject({ o1: ["other-rules", `rules ${RULES_VERSION - 1}`] });
  const [line] = describeLeftOut(leftOut({ agents: all, hosts: [id("m")], size: 1, declined: new Map() }));
  expect(line).toContain("run the same version of Meshwork on all nodes");
});
