/** The whole program with all its commands, as they are registered: to be looked at, not to be run. */

import { Command } from "commander";
import { COMMANDS } from "../../node/cli/commands.ts";
import type { Act } from "../../node/platform/terminal/context.ts";
import type { RunContext } from "../../node/run/run-page.ts";
import { registerExperiment } from "../../sim/cli/experiment.ts";
import { registerSim } from "../../sim/cli/register.ts";

const act: Act<RunContext> = () => () => {};

export async function wholeProgram(): Promise<Command> {
  const program = new Command("meshwork").option("-V, --version");
  for (const { load } of COMMANDS) (await load())(program, act);
  const host = (): never => {
    throw new Error("nothing is run");
  };
  registerSim(program, act, host);
  registerExperiment(program, act, host);
  return program;
}
