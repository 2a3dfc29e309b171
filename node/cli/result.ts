/** `meshwork result`: fetches the result of a job with its certificate. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import { toCertificateFile } from "../certificate-file.ts";
import { RunFolder } from "../run/run-folder.ts";
import { keeperOf, withClient } from "./client.ts";
import { address, type CliContext, EXIT, jobId, type Register, shortName } from "./context.ts";
import { jobsOf } from "./status.ts";

export interface ResultOptions {
  readonly to: string;
  readonly mesh: string;
  readonly key?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork result JOB --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork result JOB --to ADDR --out results`;

export const registerResult: Register = (program, act) => {
  program
    .command("result")
    .argument("<job>", "the job's id, 64 hexadecimal digits", jobId)
    .description("fetch the result of a job and its certificate")
    .requiredOption("--to <addr>", "an agent of the mesh", address)
    .option("--mesh <name>", "the mesh of that agent", shortName, "default")
    .option("--key <file>", "the owner's key (default: owner.key in your configuration folder, if there is one)")
    .option("--out <dir>", "write result.json and certificate.json here (default: print the result)")
    .option("--force", "replace what an earlier run left in --out")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runResult));
};

async function runResult(context: CliContext, job: string, options: ResultOptions): Promise<number> {
  const folder = options.out === undefined ? null : new RunFolder(options.out, options); // before anybody is asked
  const { result, certificate } = await withClient(context, options, async (client) => {
    const keeper = await keeperOf(client, job as JobId);
    const status = jobsOf(await client.node.status(keeper)).find((known) => known.job === job);
    if (status === undefined || status.status === "certified") return client.node.certified(job as JobId, keeper);
    const { tasks, reason } = status;
    const done = status.status === "running" ? `${tasks.accepted} of ${tasks.total} tasks are accepted` : reason;
    throw new MeshworkError(
      "refused",
      `the job is ${status.status}: ${done}`,
      status.status === "running" ? "ask again later" : "",
    );
  });
  folder?.writeResult(result);
  folder?.writeCertificate(certificate);
  if (context.json) context.printJson({ job, result, certificate: toCertificateFile(certificate) });
  else if (folder === null) context.print(JSON.stringify(result, null, 2));
  else context.print(`result.json and certificate.json are in ${folder.path}`);
  return EXIT.ok;
}
