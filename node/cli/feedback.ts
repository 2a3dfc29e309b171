/** `meshwork feedback`: what the owner thinks of a result. The selector learns from it about every agent whose answers the result rests on. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { BUILT_IN_SELECTORS } from "../../protocol/selection/catalog.ts";
import { UNSCORED_MAX } from "../../protocol/selection/knowledge.ts";
import { KNOWLEDGE_FILE, NodeKnowledge } from "../knowledge.ts";
import { LAST } from "../platform/runs.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import { counted } from "../platform/terminal/terminal-text.ts";
import { pickOne } from "../platform/text/pick-one.ts";
import { configFolder, type Register } from "./context.ts";
import { isWhole, JOB_ARGUMENT, jobName } from "./job-name.ts";

interface FeedbackOptions {
  readonly data?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork feedback JOB 1        the result is right
  $ meshwork feedback last 0.3     that of your newest job is mostly not

What agents agreed on can still be wrong. Your score is shared out among the agents whose answers the result rests on, in
your own knowledge (meshwork knowledge show), and your next jobs take it into account. The job itself stays as it is.
Each of your newest ${UNSCORED_MAX} jobs can be scored once.`;

/** A share from 0 to 1, for commander. */
function score(text: string): number {
  const value = /^(0|1|0?\.\d{1,6}|[01]\.\d{1,6})$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("it must be a number from 0 (wrong) to 1 (right)");
  return value;
}

export const registerFeedback: Register = (program, act) => {
  program
    .command("feedback")
    .argument("<job>", JOB_ARGUMENT, jobName)
    .argument("<score>", "how good its result is: 0 wrong to 1 right", score)
    .description("say how good the result of a job was; your next jobs take it into account")
    .option("--data <dir>", "data folder of the node that submitted it (default: your own, which submit uses)")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(feedback));
};

/** The id of the job that the user means, among those that wait for a score. `last` means the newest. */
function jobMeant(named: string, waiting: readonly { readonly job: string }[]): string {
  const newest = waiting.at(-1);
  if (named === LAST && newest !== undefined) return newest.job;
  return isWhole(named)
    ? named
    : pickOne(
        "job that waits for a score",
        named,
        waiting.map(({ job }) => ({ id: job })),
      ).id;
}

async function feedback(context: CliContext, named: string, given: number, options: FeedbackOptions): Promise<number> {
  const folder = options.data ?? configFolder(context.io.env);
  if (!existsSync(folder)) {
    const remedy = "jobs that you submitted with --wait can be scored; --data names the folder of a node";
    throw new MeshworkError("usage", `there is no folder ${folder}`, remedy);
  }
  const knowledge = new NodeKnowledge({ path: join(folder, KNOWLEDGE_FILE), self: null, trusted: new Set() });
  const job = jobMeant(named, knowledge.world.unscored);
  const { credits } = knowledge.score(job, given, BUILT_IN_SELECTORS);
  const agents = new Set(credits.map(({ agent }) => agent)).size;
  if (context.json) context.printJson({ job, score: given, agents });
  else context.print(`${counted(agents, "agent")} had a part in it: your next jobs know`);
  return EXIT.ok;
}
