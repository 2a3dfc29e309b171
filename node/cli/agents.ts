/** `meshwork agents`: finds agents by what they can do, in words. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import type { FoundAgent } from "../found-agents.ts";
import { formatCredits, formatDuration } from "../job-file/duration.ts";
import { EMBEDDER_HELP } from "../search/embedder.ts";
import { withClient } from "./client.ts";
import { address, type CliContext, EXIT, integer, type Register, shortName } from "./context.ts";
import { columnsOf, padStart, plainText, wrap } from "./terminal-text.ts";

interface AgentsOptions {
  readonly to: string;
  readonly mesh: string;
  readonly most: number;
  readonly json?: boolean;
}

const MOST = 10;

const EXAMPLES = `
Examples:
  $ meshwork agents "count the words of a text" --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork agents translate --to ADDR --json | jq '.agents[0].skill'

By words, "count words" finds "word count", but not "tally". Cheap agents rank a little higher than expensive ones.`;

export const registerAgents: Register = (program, act) => {
  program
    .command("agents")
    .argument("<query...>", "what they should be able to do, in words")
    .description("find agents by what they can do")
    .requiredOption("--to <addr>", "an agent of the mesh", address)
    .option("--mesh <name>", "the mesh of that agent", shortName, "default")
    .option("--most <n>", "the most agents to show", integer(1, 100), MOST)
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .addHelpText("after", EMBEDDER_HELP)
    .action(act(findAgents));
};

async function findAgents(context: CliContext, words: readonly string[], options: AgentsOptions): Promise<number> {
  const query = words.join(" ").trim();
  if (query === "") throw new MeshworkError("usage", "say what the agents should be able to do");
  const agents = await withClient(context, options, ({ node, target }) => node.findAgents(query, options.most, target));
  if (context.json) context.printJson({ query, agents });
  else if (agents.length === 0) context.print("nobody says that it can do anything like that");
  else
    for (const line of agents.flatMap((agent) => describe(agent, columnsOf(process.stdout, 100) - 1)))
      context.print(line);
  return agents.length === 0 ? EXIT.no : EXIT.ok;
}

function describe(found: FoundAgent, width: number): string[] {
  const { agent, name, skill, description, similarity, price, expectedMs, labels } = found;
  const facts = [`${formatCredits(price)} credits, about ${formatDuration(expectedMs)}`, ...labels].join(", ");
  const text = description === "" ? facts : `${plainText(description)} (${plainText(facts)})`;
  return [
    `${padStart(similarity.toFixed(2), 5)}  ${plainText(skill)}  ${plainText(name)}  ${plainText(agent)}`,
    ...wrap(text, width - 7).map((line) => `       ${line}`),
  ];
}
