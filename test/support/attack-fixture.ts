/** Results of attacks for tests of their pages. */

import type { Measured } from "../../scripts/attack/measure.ts";
import type { AttackResults } from "../../scripts/attack/results.ts";

export const measured = (changes: Partial<Measured> = {}): Measured => ({
  ...{ attack: "take-slots", jobs: 100, certified: 100, p50Ms: 900, p95Ms: 1_000, usualP95Ms: 1_000, problem: "" },
  ...{ nodesUp: 5, peakMib: 200, diskMib: 10, ...changes },
});

export const attackResults = (changes: Partial<AttackResults> = {}): AttackResults => ({
  ...{ date: "2026-01-02", commit: "c0ffee", machine: "2 cores (a CPU), 8 GiB, Node v24.0.0", seconds: 30 },
  ...{ baseline: measured({ attack: null }), measured: [measured()], before: null, ...changes },
});
