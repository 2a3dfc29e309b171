/** `meshwork sim schema`, `metrics`, `list`, `new`: what scenarios can say, and where to start. */

import { existsSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { commandLine } from "../../node/platform/terminal/command-line.ts";
import { type CliContext, EXIT } from "../../node/platform/terminal/context.ts";
import { padEnd, pageOf, wrap } from "../../node/platform/terminal/terminal-text.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { readLibrary } from "../batch/library.ts";
import { createRegistry } from "../load/built-in.ts";
import { scenarioTemplate } from "../load/scenario-template.ts";
import { scenarioSchema } from "../load/schema.ts";
import { METRICS, rangeOf } from "../run/metric-catalog.ts";
import type { Register } from "./context.ts";

/** As a file is written: durations as text, not as the numbers that they become. */
export const scenarioJsonSchema = (): object =>
  z.toJSONSchema(scenarioSchema(createRegistry()), { io: "input", unrepresentable: "any" });

export const registerSchema: Register = (sim, act) => {
  sim
    .command("schema")
    .description("print the JSON Schema of a scenario file, for editors")
    .addHelpText("after", "\nExample:\n  $ meshwork sim schema > scenario.schema.json")
    .action(
      act(async (context) => {
        context.printJson(scenarioJsonSchema());
        return EXIT.ok;
      }),
    );
};

const finite = (bound: number): number | null => (Number.isFinite(bound) ? bound : null);

export const registerMetrics: Register = (sim, act) => {
  sim
    .command("metrics")
    .description("list the metrics that expectations can name")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ meshwork sim metrics --json | jq -r '.[].name'")
    .action(
      act(async (context) => {
        // JSON has no infinity: null is no bound.
        if (context.json) context.printJson(METRICS.map((one) => ({ ...one, range: rangeOf(one).map(finite) })));
        else
          printNamed(
            context,
            METRICS.map(({ name, unit, summary }) => ({ name, text: `${summary} (${unit})` })),
          );
        return EXIT.ok;
      }),
    );
};

export const registerList: Register = (sim, act, _platform) => {
  sim
    .command("list")
    .description("list the scenarios of the library")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ meshwork sim list\n  $ meshwork sim run half-killed")
    .action(
      act(async (context) => {
        const library = readLibrary();
        if (context.json) context.printJson(library);
        else
          printNamed(
            context,
            library.map(({ name, summary }) => ({ name, text: summary })),
          );
        return EXIT.ok;
      }),
    );
};

export const registerNew: Register = (sim, act) => {
  sim
    .command("new <name>")
    .description("write a commented scenario file to start from")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ meshwork sim new my-mesh && meshwork sim run my-mesh.yaml")
    .action(act(async (context, name: string) => writeNew(context, name)));
};

function writeNew(context: CliContext, given: string): number {
  const name = given.replace(/\.ya?ml$/, "");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    const remedy = "use letters, digits, dots, dashes and underscores";
    throw new MeshworkError("usage", `"${given}" is no name for a scenario`, remedy);
  }
  const file = `${name}.yaml`;
  if (existsSync(file))
    throw new MeshworkError("usage", `${file} exists already`, "choose another name, or move it away");
  writeFileSync(file, scenarioTemplate(name, commandLine), { flag: "wx" });
  if (context.json) context.printJson({ files: [file] });
  else {
    context.print(`wrote ${file}`);
    context.print(`run it:  ${commandLine(["sim", "run", file])}`);
  }
  return EXIT.ok;
}

/** Names in bold, their texts beside them. */
export function printNamed(
  context: CliContext,
  items: readonly { readonly name: string; readonly text: string }[],
): void {
  const { width, paint } = pageOf(process.stdout, context.io.env);
  const label = Math.max(0, ...items.map(({ name }) => name.length)) + 2;
  for (const { name, text } of items) {
    const [first = "", ...more] = wrap(text, Math.max(20, width - label));
    context.print(`${paint(padEnd(name, label), "bold")}${first}`);
    for (const line of more) context.print(`${" ".repeat(label)}${line}`);
  }
}
