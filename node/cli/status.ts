/** `meshwork status`: what an agent knows of its mesh and its jobs. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { address, type CliContext, type Register } from "./context.ts";

export interface StatusOptions {
  readonly to: string;
  readonly mesh: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork status --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork status --to ADDR --json | jq .jobs`;

export const registerStatus: Register = (program, act) => {
  program
    .command("status")
    .description("show the agents and jobs that an agent knows")
    .requiredOption("--to <addr>", "an agent of the mesh", address)
    .option("--mesh <name>", "the mesh of that agent", "default")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runStatus));
};

async function runStatus(_context: CliContext, _options: StatusOptions): Promise<number> {
  throw new MeshworkError("usage", "not available yet");
}
