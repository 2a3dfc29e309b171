/** A stop says good-bye: others drop the agent at once, and believe nobody else about it (protocol.md 3). */

import { expect, test } from "vitest";
import { Directory, GOODBYE } from "../../../protocol/capability/directory.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { Vcv, VcvContent } from "../../../protocol/wire/capability.ts";
import { decodeVcv } from "../../../protocol/wire/message.ts";
import { decodeValue } from "../../../protocol/wire/value.ts";
import { signedVcv } from "../../support/capability-vectors.ts";
import { crypto, DrivenAgent, id, MESH } from "../../support/driven-agent.ts";

const NOW = 1_000_000;

const goodbye = (name: string, changes: Partial<VcvContent> = {}): Vcv =>
  signedVcv(name, NOW, { version: 2, skills: [], hosts: false, expiresMs: GOODBYE, ...changes });

const newDirectory = (): Directory => new Directory(MESH, crypto, id("me"));
const names = (directory: Directory): string =>
  directory
    .list(NOW)
    .map(({ name }) => name)
    .join();

test("who says good-bye is gone at once, and what it said before does not bring it back", () => {
  const directory = newDirectory();
  for (const name of ["a", "b"]) directory.take(NOW, signedVcv(name, NOW));
  expect(directory.take(NOW, goodbye("a")).verdict).toBe("accept");
  expect(names(directory)).toBe("b");
  expect(directory.take(NOW, signedVcv("a", NOW))).toEqual({ verdict: "ignore", code: "left" });
  expect(directory.take(NOW, goodbye("a"))).toEqual({ verdict: "ignore", code: "left" });
  expect(names(directory)).toBe("b");
});

test("who is started again is there again", () => {
  const directory = newDirectory();
  directory.take(NOW, signedVcv("a", NOW));
  directory.take(NOW, goodbye("a"));
  expect(directory.take(NOW, signedVcv("a", NOW, { incarnation: 2 })).verdict).toBe("accept");
  expect(names(directory)).toBe("a");
});

test("a good-bye that comes before what it ends holds, too", () => {
  const directory = newDirectory();
  expect(directory.take(NOW, goodbye("a")).verdict).toBe("accept");
  expect(directory.take(NOW, signedVcv("a", NOW)).verdict).toBe("ignore");
});

test("nobody says good-bye for another one", () => {
  const directory = newDirectory();
  directory.take(NOW, signedVcv("a", NOW));
  const forged = { ...goodbye("b"), agent: id("a") };
  expect(directory.take(NOW, forged)).toEqual({ verdict: "reject", code: "bad-signature" });
  expect(names(directory)).toBe("a");
});

test("it is handed to a neighbour that takes the agent to be there, and to no other", () => {
  const directory = newDirectory();
  directory.take(NOW, goodbye("a"));
  const told = (known: readonly Vcv[]): string[] => directory.newerThan(NOW, id("n"), 0, known).map(({ name }) => name);
  expect(told([signedVcv("a", NOW)])).toEqual(["a"]);
  expect(told([])).toEqual([]);
  expect(told([goodbye("a")])).toEqual([]);
});

test("it is forgotten when nothing of before can come any more; strangers cannot fill the memory", () => {
  const directory = newDirectory();
  directory.take(NOW, goodbye("a"));
  const laterMs = NOW + 16 * 60_000;
  directory.expire(laterMs);
  expect(directory.take(laterMs, signedVcv("a", laterMs, { version: 2 })).verdict).toBe("accept");
  const full = newDirectory();
  for (let n = 0; n <= limits.goodbyes; n++) full.take(NOW, goodbye(`s${n}`));
  const known = Array.from({ length: limits.goodbyes + 1 }, (_, n) => signedVcv(`s${n}`, NOW));
  expect(full.newerThan(NOW, id("n"), 0, known).length).toBe(limits.goodbyes);
});

test("an agent that stops tells its neighbours, and the others by gossip", () => {
  const agent = new DrivenAgent("me");
  expect(agent.input({ kind: "stop" })).toEqual([]); // nobody to tell
  agent.input({ kind: "connected", agent: id("n"), origin: "" });
  agent.effects = [];
  agent.input({ kind: "stop" });
  expect(agent.sent()).toMatchObject([
    { to: "n", message: { kind: "vcvs", vcvs: [{ expiresMs: GOODBYE }], metS: [] } },
  ]);
  const published = agent.of("publish").map(({ bytes }) => decodeVcv(bytes));
  expect(published).toMatchObject([{ ok: true, value: { agent: "me", expiresMs: GOODBYE, hosts: false } }]);
});

interface Told {
  readonly agents: readonly {
    readonly agent: string;
    readonly reach: string;
    readonly why: string;
    readonly heardMs: number | null;
  }[];
}

test("the status says of each agent whether it can be reached, and when it was last heard", () => {
  const agent = new DrivenAgent("me");
  const vcvs = ["a", "b", "c"].map((name) => signedVcv(name, agent.nowMs));
  agent.input({ kind: "connected", agent: id("a"), origin: "" });
  agent.frame("a", { kind: "vcvs", vcvs, metS: [] });
  agent.input({ kind: "unreachable", agent: id("b"), reason: "nobody answers at B" });
  agent.nowMs += 3_000;
  const out = agent.input({ kind: "ask", id: 1, to: id("me"), query: { kind: "status", job: null } });
  const reply = agent.of("event", out).flatMap(({ event }) => (event.kind === "reply" ? [event.bytes] : []));
  const decoded = decodeValue(reply[0]!);
  const told = (decoded.ok ? decoded.value : null) as unknown as Told;
  expect(told.agents.map(({ agent, reach, why, heardMs }) => [agent, reach, why, heardMs])).toEqual([
    ["a", "connected", "", 3_000],
    ["b", "unreachable", "nobody answers at B", null],
    ["c", "unknown", "", null],
    ["me", "self", "", null],
  ]);
});
