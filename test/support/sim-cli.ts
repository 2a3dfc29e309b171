/** `meshwork sim` inside this process, for tests of its commands, and a scenario that runs in a moment. */

import type { Register } from "../../node/cli/context.ts";
import { runCli } from "../../node/cli/main.ts";
import type { CliIo } from "../../node/platform/terminal/context.ts";
import { simHost } from "../../scripts/sim-host.ts";
import { registerSim } from "../../sim/cli/register.ts";
import { scenarioTemplate } from "../../sim/load/scenario-template.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command line with the commands that `register` adds. */
export async function inProcess(argv: readonly string[], register: Register): Promise<Said> {
  const written = { out: "", err: "" };
  const io: CliIo = {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    terminal: null,
    env: {},
  };
  return {
    code: await runCli(argv, io, {
      commands: [{ name: argv[0]!, takes: "", summary: "", load: async () => register }],
    }),
    ...written,
  };
}

export const sim = (...argv: string[]): Promise<Said> =>
  inProcess(["sim", ...argv], (program, act) => registerSim(program, act, async () => simHost));

/** One small job and no faults. */
export const smallScenario = (expected: string): string =>
  scenarioTemplate("small")
    .replace("count: 16", "count: 8")
    .replace("count: 5", "count: 1")
    .replace("width: 10", "width: 3")
    .replace(/faults:\n(?: {2}.*\n)+/, "")
    .replace("completion >= 0.99", expected);
