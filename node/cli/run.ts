/** `meshwork run`: a local mesh for one job file. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { type CliContext, integer, type Register } from "./context.ts";

export interface RunOptions {
  readonly agents: number;
  readonly skills?: string;
  readonly allowCommands?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork run JOB.yaml
  $ meshwork run JOB.yaml --agents 4 --skills skills.mjs
  $ meshwork run JOB.yaml --json | jq .tasks`;

export const registerRun: Register = (program, act) => {
  program
    .command("run <job>")
    .description("run one job file on a local mesh")
    .option("--agents <n>", "agents of the mesh", integer(1, 64), 5)
    .option("--skills <file>", "skills of the agents beside the built-in ones")
    .option("--allow-commands", "let skills of the skills file run commands")
    .option("--out <dir>", "where the run leaves its files (default: .meshwork/runs/<time>-<seed>)")
    .option("--json", "print the summary as one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runJob));
};

async function runJob(_context: CliContext, _jobFile: string, _options: RunOptions): Promise<number> {
  throw new MeshworkError("usage", "not available yet");
}
