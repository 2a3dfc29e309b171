/** Plans of seeds: fair, whatever is drawn, and all together of everything that there is. */

import { describe, expect, test } from "vitest";
import { STRATEGIES } from "../../sim/adversaries/catalog.ts";
import { FAULT_KINDS } from "../../sim/faults/fault.ts";
import { drawPlan } from "../../sim/search/draw-plan.ts";
import { SUBMIT_MS } from "../../sim/search/plan.ts";

const PLANS = Array.from({ length: 1_500 }, (_, seed) => drawPlan(seed));

describe("a plan is fair", () => {
  test("Byzantine agents have less than 1/3 of the power, whoever takes whose seat", () => {
    for (const { members, byzantine } of PLANS) {
      const powers = new Map(members.map(({ agent, power }) => [agent, power]));
      const greatest = Math.max(...powers.values());
      const total = [...powers.values()].reduce((sum, power) => sum + power, 0);
      const lying = byzantine.reduce((sum, { name }) => sum + (powers.get(name) ?? greatest), 0);
      expect(3 * lying).toBeLessThan(total);
    }
  });

  test("faults come between the submission and the healing, in order", () => {
    for (const { faults, healAtMs, cancelAtMs } of PLANS) {
      const times = faults.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const atMs of [...times, cancelAtMs ?? SUBMIT_MS]) {
        expect(atMs).toBeGreaterThanOrEqual(SUBMIT_MS);
        expect(atMs).toBeLessThan(healAtMs);
      }
    }
  });

  test("two workers do as they say", () => {
    for (const { workers } of PLANS) {
      expect(workers.length).toBeGreaterThanOrEqual(2);
      for (const { lies, lie, withholdsBlobs } of workers.slice(0, 2)) {
        expect([lies, lie, withholdsBlobs]).toEqual([0, null, false]);
      }
    }
  });
});

describe("the plans together", () => {
  const count = (has: (plan: (typeof PLANS)[number]) => boolean): number => PLANS.filter(has).length;

  test.each(FAULT_KINDS)("have %s: in some, and not in most", (kind) => {
    const having = count(({ faults }) => faults.some((fault) => fault.kind === kind));
    expect(having).toBeGreaterThan(50);
    expect(having).toBeLessThan(PLANS.length / 2);
  });

  test.each(STRATEGIES.filter((name) => name !== "alter-bodies"))("have %s", (name) => {
    const having = count(({ byzantine }) => byzantine.some(({ strategies }) => strategies.includes(name)));
    expect(having).toBeGreaterThan(50);
  });

  test("have every condition of the network, and calm ones", () => {
    for (const key of ["loss", "gossipLoss", "duplication", "spreadMs", "serviceMs"] as const) {
      expect(count(({ network }) => network[key] > 0)).toBeGreaterThan(50);
    }
    expect(count(({ network }) => network.reorder)).toBeGreaterThan(50);
    expect(count(({ network }) => network.bandwidth !== null)).toBeGreaterThan(50);
    expect(count(({ network }) => network.degree !== null)).toBeGreaterThan(50);
    expect(count(({ network }) => network.shardAgents < 10)).toBeGreaterThan(50);
    expect(count(({ faults, byzantine }) => faults.length + byzantine.length === 0)).toBeGreaterThan(50);
  });

  test("are the same for the same seed", () => {
    expect(drawPlan(7)).toEqual(PLANS[7]);
    expect(drawPlan(8)).not.toEqual(PLANS[7]);
  });
});
