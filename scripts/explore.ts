/**
 * Searches seeds for one that breaks a property: `explore --seeds N --from K [--events N] [--failures N]`.
 *
 * Ends with a line `{"counts":{…}}`: how often each fault, each adversary and each rare branch occurred. Exit code 3 if
 * a seed failed.
 */

import { parseArgs } from "node:util";
import { hasher } from "../node/crypto.ts";
import { createAgent } from "../protocol/agent/agent.ts";
import { OCCURRENCES, type Occurrence } from "../sim/explore/coverage.ts";
import { describeFailure } from "../sim/explore/seed-report.ts";
import { runSeed } from "../sim/explore/seed-run.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    events: { type: "string", default: "30" },
    failures: { type: "string", default: "5" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(`node scripts/explore.ts [options]

  --seeds N     how many seeds (default 100)
  --from K      the first of them (default 1)
  --failures N  ends after so many failed seeds (default 5)
  --events N    how many of the last events a failure shows (default 30)
`);
  process.exit(0);
}

const from = Number(values.from);
const count = Number(values.seeds);
const failuresMax = Number(values.failures);
const totals = new Map<Occurrence, number>();
const failed: number[] = [];
let done = 0;
let steps = 0;
const startedMs = performance.now();

while (done < count && failed.length < failuresMax) {
  const result = runSeed(from + done, { hasher, createMachine: createAgent });
  done++;
  steps += result.steps;
  for (const [occurrence, times] of result.coverage) totals.set(occurrence, (totals.get(occurrence) ?? 0) + times);
  if (result.failure !== null) {
    failed.push(result.seed);
    process.stdout.write(`${describeFailure(result, Number(values.events))}\n`);
  }
  if (done % 50 === 0 || done === count) {
    const seconds = (performance.now() - startedMs) / 1000;
    const speed = `${seconds.toFixed(0)} s, ${(done / seconds).toFixed(1)} seeds/s`;
    process.stderr.write(
      `${done} of ${count} seeds, ${steps} steps, ${speed}, failed: ${failed.join(" ") || "none"}\n`,
    );
  }
}
const occurrences = Object.fromEntries(OCCURRENCES.map((occurrence) => [occurrence, totals.get(occurrence) ?? 0]));
process.stdout.write(`${JSON.stringify({ counts: { seeds: done, failed: failed.length, steps, ...occurrences } })}\n`);
process.exitCode = failed.length > 0 ? 3 : 0;
