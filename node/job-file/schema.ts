/**
 * The schema of JOB.yaml.
 *
 * Responsible for: which keys there are, their types, units and ranges, for the parser and for
 * `meshwork schema job`. What the parts mean together (references, cycles, files, prices) is checked in
 * parse-job.ts.
 */

import { z } from "zod";
import { utf8Length } from "../../protocol/core/bytes.ts";
import { limits } from "../../protocol/core/limits.ts";
import { NODE_NAME } from "../../protocol/job/graph.ts";
import { DEFAULT_SELECTOR, SELECTORS } from "../../protocol/selection/catalog.ts";
import { acceptSchema, compareSchema, redundancyMaxSchema, redundancySchema } from "../platform/files/acceptance.ts";
import { flagsSchema } from "../platform/files/flags.ts";
import { hedgeSchema } from "../platform/files/hedge.ts";
import { NAME_PATTERN } from "../platform/text/name-pattern.ts";
import { parseCredits, parseDuration, parseSize } from "../platform/text/quantities.ts";

/** A quantity that is written as text or a number and read by `parse`; `wanted` says what would be right. */
function quantity<S extends z.ZodType>(schema: S, parse: (input: z.output<S>) => number | null, wanted: string) {
  return schema.transform((input, context) => {
    const value = parse(input);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: `"${String(input)}" is not ${wanted}` });
    return z.NEVER;
  });
}

const numberOrText = z.union([z.number(), z.string()]);

export const durationSchema = quantity(z.string(), parseDuration, "a duration – write one like 250ms, 30s, 5m or 1h");

export const creditsSchema = (max: number) =>
  quantity(
    numberOrText,
    (input) => {
      const micro = parseCredits(input);
      return micro !== null && micro <= max ? micro : null;
    },
    `an amount of credits – write a number from 0 to ${max / 1_000_000} with at most 6 decimals`,
  );

export const sizeSchema = quantity(numberOrText, parseSize, "a size – write one like 64KiB or 1MiB");

export const nameSchema = z
  .string()
  .regex(NAME_PATTERN, "use letters, digits, dots, dashes and underscores, a letter or digit first")
  .max(limits.nameBytes);

/** Names of tasks. No `/` and no dot: `<task>/<index>` names an item of a map, and tasks name files. */
const taskNameSchema = z
  .string()
  .regex(NODE_NAME, "use letters, digits, dashes and underscores, a letter or digit first")
  .max(limits.nameBytes);

/** Text that the wire takes: well-formed, at most `bytesMax` bytes of UTF-8. */
const textSchema = (bytesMin: number, bytesMax: number) =>
  z.string().refine((text) => {
    const bytes = utf8Length(text);
    return bytes >= bytesMin && bytes <= bytesMax;
  }, `must have ${bytesMin} to ${bytesMax} bytes of UTF-8`);

const labelsSchema = z.array(nameSchema).max(limits.labels);

const shareSchema = quantity(
  z.number(),
  (input) => {
    const ppm = Math.round(input * 1_000_000);
    return ppm >= 0 && ppm <= 1_000_000 ? ppm : null;
  },
  "a share – write a number from 0 to 1",
);

const policySchema = z.strictObject({
  redundancy: redundancySchema,
  redundancyMax: redundancyMaxSchema,
  accept: acceptSchema,
  compare: compareSchema,
  flags: flagsSchema,
  timeout: durationSchema.optional().describe("How long a worker may hold a task. Default 1m."),
  retries: z
    .int()
    .min(0)
    .max(limits.seats)
    .optional()
    .describe("How many workers may fail before the task fails. Default 5."),
  priceMax: creditsSchema(limits.price)
    .optional()
    .describe("The most that one result may cost, in credits. Default 1, or the budget if that is less."),
  hedge: hedgeSchema,
});
export type PolicyFile = z.output<typeof policySchema>;

const patternsSchema = z.union([z.string(), z.array(z.string()).min(1)]);
/** A part of an output: `items[2].name`. "" is the whole. */
const partSchema = textSchema(0, limits.textBytes);

const fileInputSchema = z
  .strictObject({ file: z.string().min(1) })
  .describe("One file. It is packed when the job is submitted.");
const filesInputSchema = z
  .strictObject({ files: patternsSchema })
  .describe(
    "Files by path, folder or glob (**, *, ?), relative to this file. They are packed when the job is submitted.",
  );
const fromInputSchema = z
  .strictObject({ from: z.string(), path: partSchema.optional() })
  .describe("The output of another task, or a part of it.");

/**
 * Any JSON value is an input; one that is exactly a reference is a reference. The union is for the printed
 * schema: parse-job.ts tells the cases apart, because here the last one takes everything.
 */
const inputSchema = z.union([
  fileInputSchema,
  filesInputSchema,
  fromInputSchema,
  z.unknown().describe("Any other value is itself the input."),
]);

const overFilesSchema = z.strictObject({
  files: patternsSchema,
  batchFiles: z.int().min(1).max(limits.mapItems).optional().describe("Files per task. Default 16."),
  batchBytes: sizeSchema.optional().describe("Bytes per task; a larger file gets its own task. Default 1MiB."),
});
export type OverFiles = z.output<typeof overFilesSchema>;

const mapSchema = z.strictObject({
  over: z
    .union([z.array(z.unknown()).max(limits.mapItems), overFilesSchema, fromInputSchema])
    .describe(
      "A list, files, or the output of another task. An empty list makes no tasks, and the output is an empty list.",
    ),
  batch: z
    .int()
    .min(1)
    .max(limits.mapItems)
    .optional()
    .describe("Items per task; with 2 or more, a task gets a list. Default 1."),
});

const chainSchema = z.strictObject({
  steps: z.int().min(1).max(limits.chainSteps).describe("How many tasks; each gets the output of the previous one."),
});

const taskSchema = z.strictObject({
  skill: nameSchema.optional().describe("The name of the skill that the task needs. Give either skill or like."),
  like: textSchema(1, limits.textBytes)
    .optional()
    .describe("A description of the skill that the task needs: agents with a similar skill offer."),
  similarity: shareSchema.optional().describe("With like: how similar the skill must be, 0 to 1. Default 0.4."),
  input: inputSchema.optional(),
  needs: z.array(z.string()).max(limits.nodes).optional().describe("Tasks that must be accepted first."),
  map: mapSchema.optional().describe("One task for each item."),
  chain: chainSchema.optional().describe("Tasks that run one after the other."),
  policy: policySchema.optional().describe("Replaces parts of the job's policy."),
  labels: labelsSchema.optional().describe("Labels that a worker must carry."),
});
export type TaskFile = z.output<typeof taskSchema>;

/** `selectors`: names of those that the node brings beside the built-in ones. */
export const createJobFileSchema = (selectors: readonly string[] = []) =>
  z
    .strictObject({
      name: textSchema(1, limits.nameBytes).describe("What people call the job."),
      budget: creditsSchema(limits.budget).describe("The most that the whole job may cost, in credits."),
      deadline: durationSchema
        .optional()
        .describe("The job fails if it takes longer. Default 5m, plus 100 ms for each task beyond 1,000."),
      labels: labelsSchema.optional().describe("Labels of the job."),
      committee: z
        .union([
          z.int().min(1).max(limits.members),
          z.array(textSchema(1, limits.agentIdBytes)).min(1).max(limits.members),
        ])
        .optional()
        .describe(
          "How many members host the job (1, or 4 and more), or which agents, by id or name. Default: depends on the size of the mesh.",
        ),
      strangers: z
        .boolean()
        .optional()
        .describe("Let agents that your jobs do not know hold any part of the committee's power. Default false."),
      policy: policySchema.optional(),
      tasks: z.record(taskNameSchema, taskSchema),
      output: z.string().describe("The task whose output is the job's result."),
      selector: z
        .enum([...new Set([...SELECTORS.map(({ name }) => name), ...selectors])])
        .optional()
        .describe(`How workers are chosen among the offers. Default ${DEFAULT_SELECTOR}.`),
      redact: z
        .boolean()
        .optional()
        .describe(
          "Keep inputs, outputs and the words of errors out of traces, summaries, pages and explanations: hashes stand there. Default false.",
        ),
      window: durationSchema.optional().describe("How long a ready task collects offers. Default 1500ms."),
    })
    .describe("A job for a mesh of agents: tasks, how they depend on each other, and what their workers must deliver.");
export const jobFileSchema = createJobFileSchema();
export type JobFile = z.output<typeof jobFileSchema>;
