/**
 * What the commands of nodes and meshes share beside the terminal (platform/terminal/context.ts): arguments that name
 * meshes, agents and jobs, and where their files are.
 */

import { homedir } from "node:os";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { isHash } from "../../protocol/core/ids.ts";
import { DEFAULT_MESH } from "../platform/terminal/command-line.ts";
import { type Act, integer } from "../platform/terminal/context.ts";
import { parseSize } from "../platform/text/quantities.ts";
import type { RunContext } from "../run/run-page.ts";

/** Adds one command to the program. */
export type Register = (program: Command, act: Act<RunContext>) => void;

/** Node does not start in less, bytes. */
const SKILLS_MEMORY_MIN = 64 * 1024 ** 2;

/** The memory of a process, for commander: bytes. */
function memorySize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === null || bytes < SKILLS_MEMORY_MIN)
    throw new InvalidArgumentError("it must be a size such as 512MiB or 2GiB, at least 64MiB");
  return bytes;
}

/** For commands that start agents with a skills file. */
export const SKILLS_MEMORY_OPTION = [
  "--skills-memory <size>",
  "the most that the process of a skills module may take, half of it for JavaScript objects (default: 1GiB)",
  memorySize,
] as const;

/** Larger meshes belong in the simulator. */
export const LOCAL_AGENTS_MAX = 256;

/** For commands that start a local mesh. */
export const PER_PROCESS_OPTION = [
  "--per-process <n>",
  "agents that share a process: less memory, but they stop together (default: 1)",
  integer(1, LOCAL_AGENTS_MAX),
] as const;

const PORT_MAX = 65_535;
/** The text of an Ed25519 PeerId: a mistyped one is not worth a search for whoever answers. */
const AGENT_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/;

/** A multiaddr with an IP or DNS part and TCP, e.g. /ip4/127.0.0.1/tcp/4001/p2p/12D3…; its syntax only. */
export function address(text: string): string {
  if (!/^\/(ip4|ip6|dns|dns4|dns6|dnsaddr)\/[^/\s]+(\/[^/\s]+)*$/.test(text)) {
    throw new InvalidArgumentError("it must be a multiaddr like /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…");
  }
  const port = /\/tcp\/(\d+)(?:\/|$)/.exec(text)?.[1];
  for (const [, id] of text.matchAll(/\/p2p\/([^/]*)/g))
    if (!AGENT_ID.test(id!))
      throw new InvalidArgumentError(
        "the part after /p2p/ must be an agent's id, 52 characters that begin with 12D3KooW",
      );
  if (Number(port ?? 0) > PORT_MAX) throw new InvalidArgumentError(`a port must be at most ${PORT_MAX}`);
  return text;
}

/** A name that people read: of a mesh, of an agent. */
export function shortName(text: string): string {
  if (!/^\S(.{0,62}\S)?$/u.test(text)) throw new InvalidArgumentError("it must have 1 to 64 characters");
  return text;
}

export function jobId(text: string): string {
  if (!isHash(text)) throw new InvalidArgumentError("a job's id has 64 hexadecimal digits");
  return text;
}

/** For commands that talk to an agent. */
export const MESH_OPTION = ["--mesh <name>", "the mesh of that agent", shortName, DEFAULT_MESH] as const;

/** The folder of the user's own settings: `$XDG_CONFIG_HOME/meshwork`, else `~/.config/meshwork`. */
export function configFolder(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CONFIG_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".config") : base, "meshwork");
}

/** The owner's key unless `--key` names another. */
export const defaultKeyFile = (env: NodeJS.ProcessEnv): string => join(configFolder(env), "owner.key");
