/** `meshwork agents`: finds agents by a description of what they can do. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { totalsOf } from "../../protocol/selection/knowledge.ts";
import { type Reliability, reliabilityOf } from "../../protocol/selection/reliability.ts";
import type { FoundAgent } from "../found-agents.ts";
import { DEFAULT_SIMILARITY } from "../job-file/task-skill.ts";
import { readKnowledge } from "../knowledge.ts";
import { type CliContext, EXIT, integer } from "../platform/terminal/context.ts";
import { columnsOf, counted, padStart, plainText, wrap } from "../platform/terminal/terminal-text.ts";
import { formatCredits, formatDuration } from "../platform/text/quantities.ts";
import { EMBEDDER_HELP } from "../search/choose-embedder.ts";
import { ownerKnowledge, withClient } from "./client.ts";
import { address, MESH_OPTION, type Register } from "./context.ts";
import { reliabilityLines } from "./reliability.ts";

interface AgentsOptions {
  readonly to: string;
  readonly mesh: string;
  readonly most: number;
  readonly all?: boolean;
  readonly calibration?: boolean;
  readonly json?: boolean;
}

const MOST = 10;
/** How many agents it asks for: more than it shows, to say how many it hides. */
const ASKED = 100;
/** A less similar skill is something else: tasks that ask in words do not call its agents, either. */
const NEAR = DEFAULT_SIMILARITY;

const EXAMPLES = `
Examples:
  $ meshwork agents "count the words of a text" --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork agents translate --to ADDR --json | jq '.agents[0].skill'
  $ meshwork agents translate --to ADDR --calibration

The search compares words: "count words" finds "word count", but not "tally". Cheap agents rank a little
higher than expensive ones. Agents with a similarity below ${DEFAULT_SIMILARITY} are not shown (--all shows them).`;

export const registerAgents: Register = (program, act) => {
  program
    .command("agents")
    .argument("<query...>", "a description of what they should be able to do")
    .description("find agents by what they can do")
    .requiredOption("--to <addr>", "an agent of the mesh (required)", address)
    .option(...MESH_OPTION)
    .option("--most <n>", "how many agents to show at most", integer(1, ASKED), MOST)
    .option("--all", "also show those that are not similar")
    .option("--calibration", "show how well their stated confidence fitted their answers in your jobs")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .addHelpText("after", EMBEDDER_HELP)
    .action(act(findAgents));
};

async function findAgents(context: CliContext, words: readonly string[], options: AgentsOptions): Promise<number> {
  const query = words.join(" ").trim();
  if (query === "") throw new MeshworkError("usage", "say what the agents should be able to do");
  const found = await withClient(context, options, ({ node, target }) => node.findAgents(query, ASKED, target));
  const known = options.calibration === true ? calibrations(context) : () => ({});
  const near = options.all === true ? found : found.filter(({ similarity }) => similarity >= NEAR);
  const agents = near.slice(0, options.most).map((agent) => ({ ...agent, ...known(agent) }));
  const far = found.length - near.length;
  if (context.json) context.printJson({ query, agents, hidden: far });
  else
    for (const line of agents.flatMap((agent) => describe(agent, columnsOf(process.stdout, 100) - 1)))
      context.print(line);
  if (agents.length === 0 && !context.json) context.print("nobody says that it can do anything like that");
  if (far > 0)
    context.note(
      `${counted(far, "agent")} less near than ${NEAR} ${far === 1 ? "is" : "are"} not shown: --all shows them`,
    );
  return agents.length === 0 ? EXIT.no : EXIT.ok;
}

/** What the user's own jobs taught; null: nothing about this agent's confidence. */
interface Calibrated {
  readonly calibration?: Reliability | null;
}

/** Reads the knowledge beside the user's key; a record counts for the skill that was found. */
function calibrations(context: CliContext): (found: FoundAgent) => Calibrated {
  const records = totalsOf(readKnowledge(ownerKnowledge(context, undefined)));
  return ({ agent, skill }) => {
    const record = records.find((one) => one.agent === agent && one.skill === skill);
    return { calibration: reliabilityOf(record?.stated) };
  };
}

function describe(found: FoundAgent & Calibrated, width: number): string[] {
  const { agent, name, skill, description, similarity, price, expectedMs, labels, calibration } = found;
  const facts = [`${formatCredits(price)} credits, about ${formatDuration(expectedMs)}`, ...labels].join(", ");
  const text = description === "" ? facts : `${plainText(description)} (${plainText(facts)})`;
  return [
    `${padStart(similarity.toFixed(2), 5)}  ${plainText(skill)}  ${plainText(name)}`,
    `       ${plainText(agent)}`,
    ...wrap(text, width - 7).map((line) => `       ${line}`),
    ...calibrationLines(calibration, width - 7).map((line) => `       ${line}`),
  ];
}

const calibrationLines = (calibration: Reliability | null | undefined, width: number): string[] => {
  if (calibration === undefined) return [];
  if (calibration === null) return wrap("your jobs know of no answer of it with a stated confidence", width);
  return reliabilityLines(calibration, width);
};
