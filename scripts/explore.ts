/**
 * Searches seeds for one that breaks a property: `explore --seeds N --from K [--events N] [--failures N]`.
 * Ends with a line `{"counts":{…}}` that says which rare branches were hit; exit code 3 if a seed failed.
 */

import { parseArgs } from "node:util";
import { hasher } from "../node/crypto.ts";
import { createAgent } from "../protocol/agent/agent.ts";
import { BRANCHES, type Branch } from "../sim/seeds/coverage.ts";
import { describeFailure, runSeed } from "../sim/seeds/seed-run.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    events: { type: "string", default: "30" },
    failures: { type: "string", default: "5" },
  },
});

const from = Number(values.from);
const count = Number(values.seeds);
const failuresMax = Number(values.failures);
const totals = new Map<Branch, number>();
const failed: number[] = [];
let steps = 0;
const started = performance.now();

for (let seed = from; seed < from + count; seed++) {
  const result = runSeed(seed, { hasher, createMachine: createAgent });
  steps += result.steps;
  for (const [branch, times] of result.coverage) totals.set(branch, (totals.get(branch) ?? 0) + times);
  if (result.failure !== null) {
    failed.push(seed);
    process.stdout.write(`${describeFailure(result, Number(values.events))}\n`);
  }
  if (failed.length >= failuresMax) break;
  const done = seed - from + 1;
  if (done % 50 === 0 || done === count) {
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stderr.write(
      `${done} of ${count} seeds, ${steps} steps, ${seconds} s, failed: ${failed.join(" ") || "none"}\n`,
    );
  }
}
const branches = Object.fromEntries(BRANCHES.map((branch) => [branch, totals.get(branch) ?? 0]));
process.stdout.write(`${JSON.stringify({ counts: { seeds: count, failed: failed.length, steps, ...branches } })}\n`);
process.exitCode = failed.length > 0 ? 3 : 0;
