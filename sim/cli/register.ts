/** `meshwork sim`: the simulator's commands, added to a program. */

import type { Command } from "commander";
import type { Act } from "../../node/platform/terminal/context.ts";
import { registerCalibrate } from "./calibrate.ts";
import { registerCheck } from "./check.ts";
import { registerCompare } from "./compare.ts";
import type { LoadHost, Register } from "./context.ts";
import { registerDiff } from "./diff.ts";
import { registerExplore } from "./explore.ts";
import { registerList, registerMetrics, registerNew, registerSchema } from "./reference.ts";
import { registerReplay } from "./replay.ts";
import { registerRun } from "./run.ts";
import { registerSweep } from "./sweep.ts";
import { registerTrace } from "./trace.ts";

const COMMANDS: readonly Register[] = [
  registerRun,
  registerSweep,
  registerCompare,
  registerCalibrate,
  registerExplore,
  registerReplay,
  registerCheck,
  registerDiff,
  registerTrace,
  registerList,
  registerNew,
  registerMetrics,
  registerSchema,
];

const EXAMPLES = `
Examples:
  $ meshwork sim list                              the library of scenarios
  $ meshwork sim run half-killed --runs 5          one of them: verdict, figures, plots
  $ meshwork sim explore --seeds 1000              does any property break?
  $ meshwork sim check last                        did any break in the newest run of real nodes?
  $ meshwork sim new my-mesh                       a commented file to start from`;

export function registerSim(program: Command, act: Act, host: LoadHost): void {
  const sim = program
    .command("sim")
    .description("simulate meshes: scenarios, faults, verdicts")
    .addHelpText("after", EXAMPLES);
  for (const register of COMMANDS) register(sim, act, host);
}
