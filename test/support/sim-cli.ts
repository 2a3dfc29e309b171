/** `meshwork sim` inside this process, for tests of its commands, and a scenario that runs in a moment. */

import type { CliIo } from "../../node/cli/context.ts";
import { runCli } from "../../node/cli/main.ts";
import { simPlatform } from "../../scripts/sim-host.ts";
import { registerSim } from "../../sim/cli/register.ts";
import { scenarioTemplate } from "../../sim/scenario/scenario-template.ts";

export async function sim(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const io: CliIo = {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    terminal: null,
    env: {},
  };
  const code = await runCli(["sim", ...argv], io, {
    commands: [(program, act) => registerSim(program, act, async () => simPlatform)],
  });
  return { code, ...written };
}

/** One small job and no faults. */
export const smallScenario = (expected: string): string =>
  scenarioTemplate("small")
    .replace("count: 5", "count: 1")
    .replace("width: 10", "width: 3")
    .replace(/faults:\n(?: {2}.*\n)+/, "")
    .replace("completion >= 0.99", expected);
