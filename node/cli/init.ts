/** `meshwork init`: a skills file and a job file to start from. */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { makeFolder } from "../store/files.ts";
import { COMMAND } from "../version.ts";
import { type CliContext, EXIT, type Register } from "./context.ts";
import { JOB_TEMPLATE, SKILLS_TEMPLATE } from "./init-templates.ts";

export interface InitOptions {
  readonly json?: boolean;
}

const FILES: readonly (readonly [name: string, content: string])[] = [
  ["skills.mjs", SKILLS_TEMPLATE],
  ["JOB.yaml", JOB_TEMPLATE],
];

const EXAMPLES = `
Examples:
  $ meshwork init
  $ meshwork init my-agent`;

export const registerInit: Register = (program, act) => {
  program
    .command("init")
    .argument("[dir]", "where to write them", ".")
    .description("write a commented skills file and job file to start from")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runInit));
};

async function runInit(context: CliContext, directory: string, _options: InitOptions): Promise<number> {
  makeFolder(directory);
  const written: string[] = [];
  for (const [name, content] of FILES) {
    const file = join(directory, name);
    try {
      await writeFile(file, content, { flag: "wx" });
    } catch (error) {
      // All or nothing: half of a start is worse than none.
      for (const done of written) await rm(done);
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      throw new MeshworkError("usage", `${file} exists already`, "choose another folder, or move it away");
    }
    written.push(file);
  }
  if (context.json) context.printJson({ files: written });
  else {
    context.print(`wrote ${written.join(" and ")}`);
    context.print(`run them:  ${COMMAND} run ${written[1]} --skills ${written[0]}`);
  }
  return EXIT.ok;
}
