/** `meshwork cancel`: ends a job of one's own. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { jobsOf } from "../node-status.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import { findJob, ownerIdentity, withClient } from "./client.ts";
import { address, MESH_OPTION, type Register } from "./context.ts";
import { JOB_ARGUMENT, jobName } from "./job-name.ts";

interface CancelOptions {
  readonly to: string;
  readonly mesh: string;
  readonly key?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork cancel JOB --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork cancel last --to ADDR      your newest job`;

export const registerCancel: Register = (program, act) => {
  program
    .command("cancel")
    .argument("<job>", JOB_ARGUMENT, jobName)
    .description("end a job that you own")
    .requiredOption("--to <addr>", "an agent of the mesh (required)", address)
    .option(...MESH_OPTION)
    .option("--key <file>", "the owner's key (default: ~/.config/meshwork/owner.key)")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runCancel));
};

/** A cancel is a command of the job's log: it needs a block. */
const CANCEL_MS = 20_000;
/** The request is sent again after this, ms: the host may be gone, or the request was lost. */
const AGAIN_MS = 3_000;

async function runCancel(context: CliContext, given: string, options: CancelOptions): Promise<number> {
  const owner = ownerIdentity(context, options.key);
  const { job, status } = await withClient(context, { ...options, owner }, async (client) => {
    const { node } = client;
    const { job: id, host } = await findJob(client, given);
    const find = async () => jobsOf(await node.status(host)).find((known) => known.job === id);
    const before = await find();
    if (before === undefined) throw new MeshworkError("refused", `that agent does not host job ${id}`);
    if (before.owner !== owner.agent) {
      throw new MeshworkError(
        "refused",
        `the job is owned by ${before.owner}, not by ${owner.agent}`,
        "give the owner's key with --key",
      );
    }
    if (before.status !== "running") return { job: id, status: before.status };
    let after = before.status;
    let saidMs = Number.NEGATIVE_INFINITY;
    const isOver = async (): Promise<boolean> => {
      if (performance.now() - saidMs > AGAIN_MS) {
        node.cancel(id, host);
        saidMs = performance.now();
      }
      after = (await find())?.status ?? after;
      return after !== "running";
    };
    await node.until(isOver, CANCEL_MS, "cancelling").catch((error: unknown) => {
      if (!(error instanceof MeshworkError) || error.code !== "unreachable") throw error;
      const problem = `the job did not end within ${CANCEL_MS / 1_000} s: its committee is deciding nothing`;
      const remedy = "it is cancelled once its members are back, if the request reached them; repeat the command then";
      throw new MeshworkError("unreachable", problem, remedy);
    });
    return { job: id, status: after };
  });
  if (context.json) context.printJson({ job, status });
  else context.print(`job ${job} is ${status}`);
  return status === "cancelled" ? EXIT.ok : EXIT.no;
}
