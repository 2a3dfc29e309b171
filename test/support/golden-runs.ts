/**
 * A few small runs, and their digests as one line of JSON with the version of Node: two scenarios and two seeds of the exploration. A program, to be
 * run by any Node that can strip types: every version must print the same.
 */

import { join } from "node:path";
import { simHost } from "../../scripts/sim-host.ts";
import { loadScenario } from "../../sim/load/load-scenario.ts";
import { simulate } from "../../sim/run/simulate.ts";
import { randomSubject } from "../../sim/search/subject.ts";

const SCENARIOS = join(import.meta.dirname, "../../sim/library");

async function scenario(name: string): Promise<string> {
  const overrides = [{ path: "workload.jobs.count", value: 2 }];
  const { scenario, registry, files } = await loadScenario(join(SCENARIOS, `${name}.yaml`), simHost, { overrides });
  return simulate(scenario, { seed: 1, host: simHost, registry, files }).digest;
}

const subject = randomSubject(simHost);
const seed = (number: number): string => subject.run(number, subject.draw(number), { events: 0 })!.digest;

const digests = {
  "rolling-restarts, seed 1": await scenario("rolling-restarts"),
  "equivocating-member, seed 1": await scenario("equivocating-member"),
  "explore, seed 11": seed(11),
  "explore, seed 12": seed(12),
};
process.stdout.write(`${JSON.stringify({ version: process.version, digests })}\n`);
