/**
 * What a directory counts as it goes (how large the mesh is, who is known of each shard) against the same counted anew
 * from what it holds, after any run of vectors, expiries, merges and splits.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { Directory } from "../../protocol/capability/directory.ts";
import { EMBEDDER_NAME } from "../../protocol/capability/embedding.ts";
import { outsidersOf, shardOf } from "../../protocol/capability/shards.ts";
import { statementMessage } from "../../protocol/core/crypto.ts";
import { limits, RULES_VERSION } from "../../protocol/core/limits.ts";
import { type Vcv, vcvHash } from "../../protocol/wire/capability.ts";
import { shardAt } from "../../protocol/wire/topics.ts";
import { crypto, id, MESH, signerOf } from "../support/driven-agent.ts";

const SELF = "a0";
/** Many of the own shard, however deep the mesh is split, and of others. */
const NEAR = 60;
const AGENTS = 120;
const LIFE_MS = 60_000;

const shardOfName = (name: string): number => shardOf(hasher, id(name));
const named = Array.from({ length: 64 * NEAR }, (_, i) => `a${i}`);
const near = named.filter((name) => shardOfName(name) === shardOfName(SELF)).slice(0, NEAR);
const names = [...near, ...named.filter((name) => !near.includes(name)).slice(0, AGENTS - near.length)];

type Step =
  | { readonly kind: "take"; readonly agent: number; readonly depth: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "mergeShards" | "adoptUsualDepth" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant("take" as const),
      agent: fc.nat(AGENTS - 1),
      depth: fc.nat(limits.shardBits),
    }),
  },
  {
    weight: 30,
    arbitrary: fc.record({ kind: fc.constant("take" as const), agent: fc.nat(AGENTS - 1), depth: fc.nat(1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(LIFE_MS) }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ kind: "mergeShards" }, { kind: "adoptUsualDepth" }) },
);

function vcvOf(name: string, depth: number, version: number, expiresMs: number): Vcv {
  const content = {
    ...{ agent: id(name), incarnation: 1, version, name, embedder: EMBEDDER_NAME, skills: [], slots: 1, labels: [] },
    ...{ addresses: [], hosts: true, rulesVersion: RULES_VERSION, depth, expiresMs },
  };
  const message = statementMessage(MESH, "vcv", vcvHash(hasher, content));
  return { ...content, signature: signerOf(name).sign(message) };
}

/** As the decision says it, without the code's own helpers: who is heard, and for how many. */
function countAnew(directory: Directory, self: string): { readonly meshAgents: number; readonly outsiders: number[] } {
  const { depth } = directory.place;
  const own = shardOf(hasher, id(self));
  let meshAgents = 2 ** depth;
  const outsiders = new Array<number>(2 ** depth).fill(0);
  for (const vcv of directory.entries()) {
    if (vcv.agent === self) continue;
    const shard = shardOf(hasher, vcv.agent);
    const counted = Math.min(vcv.depth, depth + 1);
    const bits = limits.shardBits - counted;
    if (vcv.depth >= depth - 1 && shard >> bits === own >> bits) meshAgents += 2 ** counted;
    else outsiders[shardAt(shard, depth)]!++;
  }
  return { meshAgents, outsiders };
}

test("a directory's counts are those of its entries, whatever it was told", () => {
  const depths = new Set<number>();
  fc.assert(
    fc.property(
      fc.constantFrom(4, 8, 64, 256, 400),
      fc.array(step, { minLength: 100, maxLength: 500, size: "max" }),
      (shardAgents, steps) => {
        const directory = new Directory(MESH, crypto, id(SELF), { shardAgents });
        let nowMs = 1_000_000;
        for (const [version, next] of steps.entries()) {
          if (next.kind === "take")
            directory.take(nowMs, vcvOf(names[next.agent]!, next.depth, version, nowMs + LIFE_MS));
          else if (next.kind === "pass") {
            nowMs += next.ms;
            directory.expire(nowMs);
          } else directory[next.kind]();
          depths.add(directory.place.depth);
          const { meshAgents, outsiders } = countAnew(directory, SELF);
          expect(directory.meshAgents).toBe(meshAgents);
          for (const known of outsiders) expect(known).toBeLessThanOrEqual(outsidersOf(shardAgents));
          expect(new Set([...directory.entries()].map((vcv) => vcv.agent)).size).toBe(directory.size);
        }
        // All that goes leaves nothing behind.
        directory.expire(Number.POSITIVE_INFINITY);
        directory.mergeShards();
        expect([directory.size, directory.meshAgents, directory.place.depth]).toEqual([0, 1, 0]);
        directory.adoptUsualDepth();
        expect(directory.place.depth).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
  expect(depths.size).toBe(limits.shardBits + 1);
});
