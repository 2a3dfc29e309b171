/** Random meshes, jobs and faults as the subject of a search. */

import type { Hasher } from "../../protocol/core/crypto.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import { OCCURRENCES, RARE } from "./coverage.ts";
import { drawPlan } from "./draw-plan.ts";
import type { SeedPlan } from "./plan.ts";
import { describeFailure } from "./seed-report.ts";
import { runSeed } from "./seed-run.ts";
import { smallerPlans } from "./smaller-plan.ts";
import type { Subject } from "./subject.ts";

export const meshSubject = (hasher: Hasher, createMachine: CreateMachine): Subject<SeedPlan> => ({
  occurrences: { all: OCCURRENCES, rare: RARE },
  draw: drawPlan,
  run(seed, plan, events, _shouldStop, tap = {}) {
    const result = runSeed(seed, { hasher, createMachine, alter: () => plan, tap });
    const { digest, steps, coverage, failure } = result;
    if (failure === null) return { seed, digest, steps, coverage, failure };
    const { property, message } = failure;
    return { seed, digest, steps, coverage, failure: { property, message, text: describeFailure(result, events) } };
  },
  smaller: smallerPlans,
  describe: ({ faults, byzantine, workers }) =>
    `${faults.length} faults, ${byzantine.length} liars, ${workers.length} workers`,
});
