/** `meshwork schema`: JSON Schemas of the files, for editors and other programs. */

import { Argument } from "commander";
import { z } from "zod";
import { jobFileSchema } from "../job-file/schema.ts";
import { limitsFileSchema } from "../limits/limits-file.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import { traceLineSchema } from "../platform/traces/trace-schema.ts";
import { skillsFileSchema } from "../skills/load-yaml.ts";
import type { Register } from "./context.ts";

const SCHEMAS: { readonly [kind: string]: z.ZodType } = {
  job: jobFileSchema,
  limits: limitsFileSchema,
  skills: skillsFileSchema,
  trace: traceLineSchema,
};

const EXAMPLES = `
Examples:
  $ meshwork schema job > job.schema.json
  $ meshwork schema trace | jq .description`;

export const registerSchema: Register = (program, act) => {
  program
    .command("schema")
    .description("print the JSON Schema of a job file, a skills file in YAML, a limits file, or a line of a trace")
    .addArgument(new Argument("<kind>", "which schema").choices(Object.keys(SCHEMAS)))
    .addHelpText("after", EXAMPLES)
    .action(act(printSchema));
};

async function printSchema(context: CliContext, kind: string): Promise<number> {
  context.printJson(jsonSchemaOf(kind));
  return EXIT.ok;
}

/** As a file is written: quantities as text, not as the numbers that they become. */
const jsonSchemaOf = (kind: string): object => z.toJSONSchema(SCHEMAS[kind]!, { io: "input", unrepresentable: "any" });
