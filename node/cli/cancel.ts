/** `meshwork cancel`: ends a job of one's own. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { address, type CliContext, jobId, type Register } from "./context.ts";

export interface CancelOptions {
  readonly to: string;
  readonly mesh: string;
  readonly key?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Example:
  $ meshwork cancel JOB --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…`;

export const registerCancel: Register = (program, act) => {
  program
    .command("cancel")
    .argument("<job>", "the job's id, 64 hexadecimal digits", jobId)
    .description("end a job that you own")
    .requiredOption("--to <addr>", "an agent of the mesh", address)
    .option("--mesh <name>", "the mesh of that agent", "default")
    .option("--key <file>", "the owner's key (default: owner.key in your configuration folder)")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runCancel));
};

async function runCancel(_context: CliContext, _job: string, _options: CancelOptions): Promise<number> {
  throw new MeshworkError("usage", "not available yet");
}
