/** What agents stated of their answers is a part of what an owner knows of them. */

import { expect, test } from "vitest";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { skillsOf } from "../../../protocol/job/graph.ts";
import { EMPTY_WORLD, knowledgeFor, merge, priorOf } from "../../../protocol/selection/knowledge.ts";
import { sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";

const NONE = new Uint8Array(0);

/** Two answers that were stated as certain, one of them wrong; by bin. */
const statedOnce = (certain: { accepted: number; rejected: number; stated: number }) =>
  Array.from({ length: limits.confidenceBins }, (_, bin) =>
    bin === limits.confidenceBins - 1 ? certain : { accepted: 0, rejected: 0, stated: 0 },
  );

test("what was stated is known as long as the answers are, and fades with them", () => {
  const one = { agent: "a" as AgentId, skill: "work", accepted: 1, rejected: 1 };
  const given = { ...one, stated: statedOnce({ accepted: 1, rejected: 1, stated: 2 }) };
  const lessons = { records: [given], selector: "linucb", learned: NONE, credits: [], hosts: [] };
  const now = { nowMs: 0, origins: new Map() };
  const twice = merge(merge(EMPTY_WORLD, lessons, null, now), lessons, null, now);
  const [record] = knowledgeFor(twice, new Set(["work"]), "linucb").records;
  const { accepted, rejected, stated } = record!;
  expect(accepted).toBeLessThan(2_000);
  expect(stated).toEqual(statedOnce({ accepted, rejected, stated: accepted + rejected }));
  expect(
    priorOf({ records: [record!], learned: NONE })
      .get("a\nwork")
      ?.stated?.at(-1)?.stated,
  ).toBeCloseTo(3.94, 1);
});

test("a genesis carries what is known of the verifiers too", () => {
  const accept = { kind: "verified", skill: "check", verifiers: 3, quorum: 2 } as const;
  const nodes = [single("a", 1, { policy: sealedPolicy({ accept }) })];
  expect([...skillsOf(nodes)]).toEqual(["work", "check"]);
});
