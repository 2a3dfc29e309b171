/** A map over a list in parts is only taken if its figures agree. */

import { expect, test } from "vitest";
import { ZERO_HASH } from "../../../protocol/core/ids.ts";
import { explainBadGenesis } from "../../../protocol/job/graph.ts";
import { map } from "../../../sim/parts/workloads/job-builder.ts";
import { jobOf } from "../../support/driven-agent.ts";

const MIB = 1024 * 1024;

test.each([
  [{ count: 10, each: 4, batch: 2, parts: 3 }, null],
  [{ count: 0, each: 1, batch: 1, parts: 0 }, null],
  [{ count: 3, each: 3, batch: 10, parts: 1, bytes: 60 * MIB }, null],
  [{ count: 20, each: 10, batch: 10, parts: 2, bytes: 60 * MIB }, null],
  [{ count: 10, each: 4, batch: 2, parts: 2 }, "bad-parts"],
  [{ count: 10, each: 4, batch: 2, parts: 4 }, "bad-parts"],
  [{ count: 10, each: 0, batch: 2, parts: 0 }, "bad-parts"],
  [{ count: 0, each: 1, batch: 1, parts: 1 }, "bad-parts"],
  [{ count: 10, each: 3, batch: 2, parts: 4 }, "bad-parts"],
  [{ count: 20, each: 20, batch: 10, parts: 1, bytes: 2 * MIB }, "bad-parts"],
])("%j: %s", ({ count, each, batch, parts, bytes = 100 }: Figures, code) => {
  const node = map("a", [], { batch });
  const pack = { hash: ZERO_HASH, bytes };
  const items = { kind: "parts" as const, count, each, parts: Array.from({ length: parts }, () => pack) };
  const { genesis } = jobOf("owner", { nodes: [{ ...node, generator: { kind: "map", items, batch } }] });
  expect(explainBadGenesis(genesis)?.code ?? null).toBe(code);
});

interface Figures {
  readonly count: number;
  readonly each: number;
  readonly batch: number;
  readonly parts: number;
  readonly bytes?: number;
}
