/** `meshwork node`: one agent as a process. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { address, type CliContext, collect, integer, type Register } from "./context.ts";

export interface NodeOptions {
  readonly mesh: string;
  readonly name?: string;
  readonly listen?: readonly string[];
  readonly join?: readonly string[];
  readonly skills?: string;
  readonly allowCommands?: boolean;
  readonly slots: number;
  readonly data?: string;
  /** False with `--no-host`. */
  readonly host: boolean;
  readonly trace?: string;
}

const EXAMPLES = `
Examples:
  $ meshwork node
  $ meshwork node --skills skills.mjs --data ~/agent
  $ meshwork node --listen /ip4/0.0.0.0/tcp/4001
  $ meshwork node --join /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…`;

export const registerNode: Register = (program, act) => {
  program
    .command("node")
    .description("run one agent until it is interrupted; prints the line that another machine runs to join it")
    .option("--mesh <name>", "the mesh to be part of", "default")
    .option("--name <name>", "what people call this agent (default: made of its id)")
    .option("--listen <addr>", "listen here; may be repeated (default: /ip4/127.0.0.1/tcp/0)", collect(address))
    .option("--join <addr...>", "addresses of agents to join", collect(address))
    .option("--skills <file>", "its skills: a module or YAML (default: the built-in ones)")
    .option("--allow-commands", "let skills of the skills file run commands")
    .option("--slots <n>", "tasks that it works on at the same time", integer(1, 1_024), 2)
    .option("--data <dir>", "key, log and blobs; a restart with the same folder goes on (default: a temporary one)")
    .option("--no-host", "serve on no committee")
    .option("--trace <file>", "write what it does to this file, for the checkers")
    .addHelpText("after", EXAMPLES)
    .action(act(runNode));
};

async function runNode(_context: CliContext, _options: NodeOptions): Promise<number> {
  throw new MeshworkError("usage", "not available yet");
}
