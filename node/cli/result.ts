/** `meshwork result`: fetches the result of a job with its certificate. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { toCertificateFile } from "../certificate-file.ts";
import { jobsOf } from "../node-status.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import { shownUsage } from "../platform/terminal/usage-text.ts";
import { RunFolder } from "../run/run-folder.ts";
import { findJob, withClient } from "./client.ts";
import { address, MESH_OPTION, type Register } from "./context.ts";
import { JOB_ARGUMENT, jobName } from "./job-name.ts";

interface ResultOptions {
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
  $ meshwork result 3f9c --to ADDR --out results       the first digits of its id are enough
  $ meshwork result last --to ADDR                     your newest job`;

export const registerResult: Register = (program, act) => {
  program
    .command("result")
    .argument("<job>", JOB_ARGUMENT, jobName)
    .description("fetch the result of a job and its certificate")
    .requiredOption("--to <addr>", "an agent of the mesh (required)", address)
    .option(...MESH_OPTION)
    .option("--key <file>", "the owner's key (default: ~/.config/meshwork/owner.key, if there is one)")
    .option("--out <dir>", "write result.json and certificate.json here (default: print the result)")
    .option("--force", "replace what an earlier run left in --out")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runResult));
};

async function runResult(context: CliContext, given: string, options: ResultOptions): Promise<number> {
  const folder = options.out === undefined ? null : new RunFolder(options.out, options); // before anybody is asked
  const { job, usage, result, certificate } = await withClient(context, options, async (client) => {
    const { job: id, host } = await findJob(client, given);
    const status = jobsOf(await client.node.status(host)).find((known) => known.job === id);
    if (status === undefined || status.status === "certified") {
      const used = status?.usage == null ? null : shownUsage(status.usage);
      return { job: id, usage: used, ...(await client.node.certified(id, host)) };
    }
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
  if (context.json) context.printJson({ job, usage, result, certificate: toCertificateFile(certificate) });
  else if (folder === null) context.print(JSON.stringify(result, null, 2));
  else context.print(`result.json and certificate.json are in ${folder.path}`);
  return EXIT.ok;
}
