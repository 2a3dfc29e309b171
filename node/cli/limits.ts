/** `meshwork limits`: what a node gives to others, as it is by default or as a limits file says. */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { Quotas } from "../../protocol/core/quotas.ts";
import { DEFAULT_LIMITS, LIMIT_ROWS, type Limits, limitOf, writeLimit } from "../limits/limits.ts";
import { readLimits } from "../limits/limits-file.ts";
import type { NodeLimits } from "../limits/node-limits.ts";
import { loadIdentity } from "../network/identity.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import { columnsOf, wrap } from "../platform/terminal/terminal-text.ts";
import { defaultKeyFile, type Register } from "./context.ts";

const EXAMPLES = `
Examples:
  $ meshwork limits
  $ meshwork limits --limits limits.yaml
  $ meshwork limits --json | jq '.[] | select(.section == "work")'

A limits file for a node that works for one owner, and hosts few jobs of others:
  owners: { allow: [12D3KooW…] }
  hosting: { jobs: 16, reserved: 8, guestDeadline: 1h }
  disk: { guestBlobs: 256MiB }

Guests are owners that the node does not know: all but your own key, those of --trust, and owners.known.
A source is the network that a connection comes from (IPv4 /24, IPv6 /48); within private networks, the connection itself.`;

export const registerLimits: Register = (program, act) => {
  program
    .command("limits")
    .description("show what a node gives to others, and what happens at each bound")
    .option("--limits <file>", "as this file changes it")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(showLimits));
};

/** The key of this machine's user, if there is one: whose jobs are no guest's on the user's own nodes. */
export function ownKeys(env: NodeJS.ProcessEnv): AgentId[] {
  try {
    const own = loadIdentity(defaultKeyFile(env));
    return own === null ? [] : [own.agent];
  } catch {
    return []; // whoever submits with it is told what is wrong with it
  }
}

/** What a file says, or the default. `own`: owners that it must not leave out. */
export async function limitsFrom(
  file: string | undefined,
  own: readonly AgentId[],
): Promise<{ readonly limits: NodeLimits; readonly quotas: Quotas }> {
  const all = file === undefined ? DEFAULT_LIMITS : await readLimits(file, own);
  const { disk, memory, connections, ...quotas } = all;
  return { limits: { disk, memory, connections }, quotas };
}

async function showLimits(context: CliContext, { limits: file }: { readonly limits?: string }): Promise<number> {
  const all: Limits = file === undefined ? DEFAULT_LIMITS : await readLimits(file, ownKeys(context.io.env));
  const shown = LIMIT_ROWS.map((row) => {
    const { section, key, kind, what, atBound } = row;
    const value = limitOf(all, row);
    const standard = writeLimit(row, limitOf(DEFAULT_LIMITS, row));
    return { section, key, kind, value, text: writeLimit(row, value), default: standard, what, atBound };
  });
  if (context.json) {
    context.printJson(shown);
    return EXIT.ok;
  }
  const width = columnsOf(process.stdout, 100) - 1;
  for (const one of shown) {
    const changed = one.text === one.default ? "" : ` (default ${one.default})`;
    context.print(`${one.section}.${one.key}: ${one.text}${changed}`);
    const bound = one.atBound === "" ? "" : ` – at the bound: ${one.atBound}`;
    for (const line of wrap(`${one.what}${bound}`, width - 4)) context.print(`    ${line}`);
  }
  return EXIT.ok;
}
