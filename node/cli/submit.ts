/** `meshwork submit`: hands a job to a mesh. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { address, type CliContext, type Register } from "./context.ts";

export interface SubmitOptions {
  readonly to: string;
  readonly mesh: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork submit JOB.yaml --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork submit JOB.yaml --to ADDR --wait --out results`;

export const registerSubmit: Register = (program, act) => {
  program
    .command("submit <job>")
    .description("submit a job file to a mesh; prints the job id")
    .requiredOption("--to <addr>", "an agent of the mesh", address)
    .option("--mesh <name>", "the mesh of that agent", "default")
    .option("--key <file>", "the owner's key (default: owner.key in your configuration folder, made on first use)")
    .option("--wait", "wait for the job's end")
    .option("--out <dir>", "with --wait: where the result goes (default: .meshwork/runs/<time>-<seed>)")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runSubmit));
};

async function runSubmit(_context: CliContext, _jobFile: string, _options: SubmitOptions): Promise<number> {
  throw new MeshworkError("usage", "not available yet");
}
