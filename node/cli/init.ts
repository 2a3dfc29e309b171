/** `meshwork init`: a skills file and a job file to start from. */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { makeFolder } from "../platform/files/private-files.ts";
import { commandLine } from "../platform/terminal/command-line.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import type { Register } from "./context.ts";
import { type InitFiles, jobTemplate, skillsTemplate } from "./init-templates.ts";

interface InitOptions {
  readonly json?: boolean;
}

/** A new folder rather than the current one: in a checkout git ignores it, and elsewhere it is easy to delete. */
const FOLDER = "my-mesh";

const EXAMPLES = `
Examples:
  $ meshwork init              into ./my-mesh/
  $ meshwork init my-agent`;

export const registerInit: Register = (program, act) => {
  program
    .command("init")
    .argument("[dir]", "where to write them", FOLDER)
    .description("write a commented skills file and job file to start from")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runInit));
};

async function runInit(context: CliContext, directory: string, _options: InitOptions): Promise<number> {
  makeFolder(directory);
  const files: InitFiles = { skills: join(directory, "skills.mjs"), job: join(directory, "JOB.yaml") };
  const written: string[] = [];
  for (const [file, content] of [
    [files.skills, skillsTemplate(files)],
    [files.job, jobTemplate(files)],
  ] as const) {
    try {
      await writeFile(file, content, { flag: "wx" });
    } catch (error) {
      // Leave both files or none.
      for (const done of written) await rm(done);
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      throw new MeshworkError("usage", `${file} exists already`, "choose another folder, or move it away");
    }
    written.push(file);
  }
  if (context.json) context.printJson({ files: written });
  else {
    context.print(`wrote ${written.join(" and ")}`);
    context.print(`run them:  ${commandLine(["run", files.job, "--skills", files.skills])}`);
  }
  return EXIT.ok;
}
