/** Runs the YAML of a scenario in this thread, with a small mesh as its beginning. */

import { simHost } from "../../scripts/sim-host.ts";
import { createRegistry } from "../../sim/load/built-in.ts";
import { loadScenarioText } from "../../sim/load/load-scenario.ts";
import type { Plugin } from "../../sim/model/registry.ts";
import type { RunResult, Summary } from "../../sim/model/result.ts";
import type { Scenario } from "../../sim/model/scenario.ts";
import { judge } from "../../sim/run/judge.ts";
import type { RunOptions } from "../../sim/run/run-options.ts";
import { simulate } from "../../sim/run/simulate.ts";

export interface TextRun {
  readonly scenario: Scenario;
  readonly result: RunResult;
  readonly summary: Summary;
}

/** Eight agents that solve and host, four that keep logs only; jobs of six tasks from 5 s on. */
export const SMALL = `
name: small
agents:
  - { name: keeper, count: 4, skills: [keep] }
  - { name: worker, count: 8, hosts: false, skills: [solve], profile: { latencyMs: 800 } }
workload:
  selector: least-loaded
  committee: 4
  shape: { kind: bag, width: 6 }
  policy: { redundancy: 1, retries: 40 }
`;

export async function runText(
  text: string,
  options: Partial<RunOptions> & { readonly plugins?: readonly Plugin[] } = {},
): Promise<TextRun> {
  const { plugins = [], ...rest } = options;
  const loaded = await loadScenarioText("small.yaml", text, simHost, { plugins });
  const registry = plugins.length > 0 ? loaded.registry : createRegistry();
  const result = simulate(loaded.scenario, { seed: 3, host: simHost, ...loaded, registry, ...rest });
  return { scenario: loaded.scenario, result, summary: judge(loaded.scenario, [result]) };
}
