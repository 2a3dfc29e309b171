/** `meshwork sim calibrate`: what inputs cost the agents of this machine, as a preset that scenarios can name. */

import { resolve } from "node:path";
import { commandLine } from "../../node/platform/terminal/command-line.ts";
import { EXIT } from "../../node/platform/terminal/context.ts";
import { padEnd } from "../../node/platform/terminal/terminal-text.ts";
import { CALIBRATED, CALIBRATION_FILE } from "../load/service-costs.ts";
import type { Measured } from "../model/calibration.ts";
import type { Register } from "./context.ts";
import { writeWhole } from "./run-files.ts";

const EXAMPLES = `
Examples:
  $ meshwork sim calibrate                                   about a minute, on an idle machine
  $ meshwork sim run half-killed --costs calibrated          with what was measured
  $ meshwork sim calibrate --out laptop.json
  $ meshwork sim run half-killed --costs laptop.json --set network.service.sharedCores=2

Seven real nodes in this process do eight small jobs over libp2p, on ports of 127.0.0.1, with their stores on disk. The
file is plain data: runs with the same file are the same on every machine.`;

export const registerCalibrate: Register = (sim, act, host) => {
  sim
    .command("calibrate")
    .description("measure what inputs cost agents on this machine, for sim run --costs calibrated")
    .option("--out <file>", "where to write the figures", CALIBRATION_FILE)
    .option("--json", "print the figures as one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, { out }: { readonly out: string }) => {
        const { loadCalibrate } = await host();
        const calibrate = await loadCalibrate();
        const { signal } = context;
        let measured: Measured;
        try {
          measured = await calibrate({ signal, onStage: (stage) => context.note(`measuring: ${stage}`) });
        } catch (error) {
          if (signal.aborted) return EXIT.interrupted;
          throw error;
        }
        writeWhole(out, `${JSON.stringify(measured, null, 2)}\n`);
        if (context.json) context.printJson(measured);
        else for (const line of render(measured, out)) context.print(line);
        return EXIT.ok;
      }),
    );
};

function render({ baseMs, perKibMs, forcedWriteMs, measured }: Measured, out: string): string[] {
  const { processor, cores, agents, inputs, signMs, verifyMs, loopbackMs, node } = measured;
  const isUsual = resolve(out) === resolve(CALIBRATION_FILE);
  const line = (label: string, text: string): string => ` ${padEnd(label, 16)}${text}`;
  return [
    "",
    line("an input", `${baseMs} ms, and ${perKibMs} ms for each KiB of it (ideal: 0.2 and 0.02)`),
    line("a forced write", `${forcedWriteMs} ms (ideal: none)`),
    line("a signature", `${signMs} ms to sign, ${verifyMs} ms to verify: within an input's cost`),
    line("one way", `${loopbackMs} ms over the loopback device (network.latencyMs)`),
    line("measured", `${inputs} inputs of ${agents} nodes, Node ${node}, ${cores} cores, ${processor}`),
    line("file", out),
    line("use it", commandLine(["sim", "run", "half-killed", "--costs", isUsual ? CALIBRATED : out])),
    "",
  ];
}
