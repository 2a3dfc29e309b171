/**
 * `meshwork demo`: a mesh of agents surveys a folder, survives a killed agent and a lying one, and ends with a
 * certified answer.
 */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { type CliContext, integer, type Register } from "./context.ts";

export interface DemoOptions {
  readonly input?: string;
  readonly agents: number;
  readonly out?: string;
  readonly seed?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork demo
  $ meshwork demo --input ~/papers --agents 9
  $ meshwork demo --json | jq .status`;

export const registerDemo: Register = (program, act) => {
  program
    .command("demo")
    .description("survey a folder with a mesh of agents, one of which is killed and one of which lies")
    .option("--input <dir>", "the folder to survey (default: this repository)")
    .option("--agents <n>", "agents of the mesh", integer(5, 64), 7)
    .option("--out <dir>", "where the run leaves its files (default: .meshwork/runs/<time>-<seed>)")
    .option("--seed <n>", "chooses names and which agents fail (default: a random one)", integer(0, 2 ** 32 - 1))
    .option("--json", "print the summary as one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runDemo));
};

async function runDemo(_context: CliContext, _options: DemoOptions): Promise<number> {
  throw new MeshworkError("usage", "not available yet");
}
