/** `meshwork verify`: checks a certificate offline, and says in words what it rests on. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { type CliContext, jobId, type Register } from "./context.ts";

export interface VerifyOptions {
  readonly result?: string;
  readonly job?: string;
  readonly owner?: string;
  readonly trust?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork verify certificate.json --result result.json
  $ meshwork verify certificate.json --result result.json --job JOB --trust agents.txt`;

export const registerVerify: Register = (program, act) => {
  program
    .command("verify <certificate>")
    .description("check a certificate, offline")
    .option("--result <file>", "the result that it should be about, compared by value")
    .option("--job <id>", "the job that it should be of", jobId)
    .option("--owner <id>", "the owner that the job should have")
    .option(
      "--trust <file>",
      "agents that you trust, one id a line: more than 1/3 of every committee must be among them",
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runVerify));
};

async function runVerify(_context: CliContext, _certificate: string, _options: VerifyOptions): Promise<number> {
  throw new MeshworkError("usage", "not available yet");
}
