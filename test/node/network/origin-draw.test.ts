/** Whom a node dials next (an eclipse needs many networks, not many agents). */

import { expect, test } from "vitest";
import { drawByOrigin } from "../../../node/network/origin-draw.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { createPrng } from "../../../protocol/core/prng.ts";

const at = (origin: string, ...names: string[]) => names.map((agent) => ({ agent: agent as AgentId, origin }));
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
