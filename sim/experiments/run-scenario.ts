/**
 * A scenario inside a computed experiment: one run under the checkers, watched by the caller. For figures about parts
 * of a run, which metrics do not give, and for plugins that are objects.
 */

import type { KnownWorld } from "../../protocol/selection/knowledge.ts";
import { loadScenarioSource } from "../load/load-scenario.ts";
import type { ScenarioInput } from "../load/scenario-source.ts";
import type { SimHost } from "../model/host.ts";
import type { Plugin } from "../model/registry.ts";
import type { RunResult } from "../model/result.ts";
import type { DrawnJob } from "../model/submitted-job.ts";
import type { Checker } from "../parts/checkers/checker.ts";
import { simulate } from "../run/simulate.ts";

interface RunScenario {
  readonly seed: number;
  readonly host: SimHost;
  readonly plugins?: readonly Plugin[];
  /** What clients know before their first job. */
  readonly known?: KnownWorld;
  /** Whole ledger states are compared on every block. Default: with up to 100 agents. */
  readonly thorough?: boolean;
  /** Makes a checker for each job, which sees its blocks as they are decided. */
  readonly watch?: (job: DrawnJob) => Checker;
}

/** Throws where an invariant broke, or where a run did less than its scenario asks for: its figures would mean nothing. */
export async function runScenario(scenario: ScenarioInput, options: RunScenario): Promise<RunResult> {
  const { seed, host, plugins = [], known, thorough, watch } = options;
  const source = { file: scenario.name, content: { object: scenario } };
  const loaded = await loadScenarioSource(source, host, { plugins });
  const checkers = watch === undefined ? {} : { checkers: (job: DrawnJob) => [watch(job)] };
  const result = simulate(loaded.scenario, {
    ...loaded,
    seed,
    host,
    known,
    ...(thorough === undefined ? {} : { thorough }),
    ...checkers,
  });
  const broken = result.invariants.find(({ first }) => first !== null);
  if (broken !== undefined) throw new Error(`${scenario.name}: ${broken.id}: ${broken.first!.message}`);
  const [short] = result.shortfalls;
  if (short !== undefined) throw new Error(`${scenario.name}: ${short.what}: ${short.why}`);
  return result;
}
