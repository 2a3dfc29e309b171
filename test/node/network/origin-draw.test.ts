/** Whom a node dials next (an eclipse needs many networks, not many agents). */

import { expect, test } from "vitest";
import { AddressBook } from "../../../node/network/address-book.ts";
import { makeIdentity } from "../../../node/network/identity.ts";
import { drawByOrigin } from "../../../node/network/origin-draw.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { createPrng } from "../../../protocol/core/prng.ts";

const toldBy = (source: string, origin: string, ...names: string[]) =>
  names.map((agent) => ({ agent: agent as AgentId, origin, source }));
const at = (origin: string, ...names: string[]) => toldBy("neighbour", origin, ...names);
const many = Array.from({ length: 1_000 }, (_, i) => `liar-${i}`);

function shares(candidates: Parameters<typeof drawByOrigin>[0], met: readonly string[]): Map<string, number> {
  const random = createPrng(7);
  const counts = new Map<string, number>();
  for (let i = 0; i < 600; i++) {
    const drawn = drawByOrigin(candidates, new Set(met), () => random.unit()) ?? "";
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  return counts;
}

test("a thousand agents of one network are drawn as often as the one agent of another", () => {
  const counts = shares([...at("a", ...many), ...at("b", "honest")], []);
  expect(counts.get("honest")).toBeGreaterThan(240);
  expect(counts.get("honest")).toBeLessThan(360);
});

test("networks in which somebody is connected come last", () => {
  const candidates = [...at("a", ...many), ...at("b", "honest")];
  expect(shares(candidates, ["a"])).toEqual(new Map([["honest", 600]]));
  expect(shares(candidates, ["a", "b"]).size).toBeGreaterThan(100); // all are met: any will do
});

test("agents of private networks are as good as those of new ones", () => {
  const counts = shares([...at("", "x", "y"), ...at("c", "z")], ["c"]);
  expect([...counts.keys()].sort()).toEqual(["x", "y"]);
  expect(shares([], [])).toEqual(new Map([["", 600]]));
});

test("a source that claims a thousand networks, or that all are private, is one source of claims", () => {
  const networks = many.flatMap((name, i) => toldBy("203.0.113.0/24", `10.${i}.0.0/24`, name));
  for (const claims of [networks, toldBy("203.0.113.0/24", "", ...many)]) {
    const counts = shares([...claims, ...toldBy("198.51.100.0/24", "b", "honest")], []);
    expect(counts.get("honest")).toBeGreaterThan(240);
  }
  const mixed = [...toldBy("203.0.113.0/24", "", ...many), ...toldBy("203.0.113.0/24", "b", "honest")];
  expect(shares(mixed, []).get("honest")).toBeGreaterThan(240);
});

test("a source that hands on many addresses displaces its own in the book", () => {
  const book = new AddressBook(undefined, 20);
  const agents = Array.from({ length: 30 }, () => makeIdentity().agent);
  const [honest, ...liars] = agents as [AgentId, ...AgentId[]];
  book.learn(honest, ["/ip4/192.0.2.1/tcp/1"], "198.51.100.0/24");
  for (const liar of liars) book.learn(liar, ["/ip4/192.0.2.2/tcp/1"], "203.0.113.0/24");
  expect([...book.agents()].length).toBe(20);
  expect(book.addressesOf(honest).length).toBe(1);
});
