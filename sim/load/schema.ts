/**
 * The schema of a scenario file: which keys there are, their types, units and ranges, for the parser and for
 * `meshwork sim schema`. Faults, behaviours and shapes of jobs are those of a registry, each with its own options.
 *
 * Leaves to parse-scenario.ts what the parts mean together. Source: the format of docs/scenarios.md.
 */

import { z } from "zod";
import {
  acceptSchema,
  compareSchema,
  redundancyMaxSchema,
  redundancySchema,
} from "../../node/platform/files/acceptance.ts";
import { flagsSchema } from "../../node/platform/files/flags.ts";
import { hedgeSchema } from "../../node/platform/files/hedge.ts";
import { limits } from "../../protocol/core/limits.ts";
import { DEFAULT_SELECTOR } from "../../protocol/selection/catalog.ts";
import { ABLATIONS } from "../model/message-kinds.ts";
import type { FaultType, Registry } from "../model/registry.ts";
import { ORACLE } from "../run/oracle.ts";
import type { DistributionSpec } from "../world/distribution.ts";
import { networkSchema } from "./schema-network.ts";
import {
  AGENTS_MAX,
  countSchema,
  creditsSchema,
  difficultySchema,
  durationSchema,
  latencySchema,
  nameSchema,
  shareSchema,
} from "./schema-values.ts";

const JOBS_MAX = 1_000_000;

// --- agents -------------------------------------------------------------------------------------------

const profileSchema = z
  .strictObject({
    accuracy: z
      .union([shareSchema, z.record(nameSchema, shareSchema)])
      .optional()
      .describe("Chance of a right answer at difficulty 0.5, for all kinds of tasks or by kind. Default 0.9."),
    latencyMs: latencySchema.optional().describe("How long a task takes. Default { p50: 400, p95: 1500 }."),
    price: creditsSchema(limits.price).optional().describe("Credits for one result. Default 1."),
    expectedMs: durationSchema
      .optional()
      .describe("The time that it states in its offers. Default: the median of its latency."),
    slots: countSchema(1, limits.slots).optional().describe("How many tasks it works on at the same time. Default 4."),
    load: z
      .strictObject({
        perCall: shareSchema.describe("The share of a full load that a task adds."),
        keep: shareSchema.describe("The share of the load that is left at the workload's next task."),
        slowdown: z.number().min(0).default(0).describe("At full load, work takes (1 + this) times as long."),
        errors: shareSchema.default(0).describe("At full load, answers are right (1 - this) times as often."),
        busyAt: shareSchema.default(1).describe("From this load on it takes no work."),
      })
      .optional()
      .describe("Load that results from its work and fades. Its offers state it. Default: none."),
    calibration: z
      .enum(["honest", "overconfident", "underconfident", "random"])
      .optional()
      .describe("How its stated confidence depends on its chance of being right. Default honest."),
    correlation: z
      .strictObject({ group: nameSchema, rho: shareSchema })
      .optional()
      .describe("With probability rho all agents of this group are right or wrong together, in the same way."),
    wrongAnswers: countSchema(1, 1_000_000).optional().describe("Different wrong answers to a task. Default 1000."),
    replay: z
      .union([z.string().min(1), z.strictObject({ file: z.string().min(1), agent: z.string().min(1).optional() })])
      .optional()
      .describe(
        "Recorded answers of a real model (answers.jsonl) instead of draws; with agent those of one agent of the file.",
      ),
    errors: z
      .strictObject({
        busy: shareSchema.default(0).describe("It cannot work now, and can again after `retryMs`."),
        retryMs: durationSchema.default(1_000),
        unavailable: shareSchema.default(0).describe("What its skill rests on is down."),
        invalidInput: shareSchema.default(0).describe("It says that the input is wrong for its skill."),
        error: shareSchema.default(0),
      })
      .refine(
        ({ busy, unavailable, invalidInput, error }) => busy + unavailable + invalidInput + error <= 1,
        "the shares of errors are more than 1 together",
      )
      .optional()
      .describe("How often it gives no answer, and says why. Default: never."),
    usage: z
      .strictObject({
        inputTokens: countSchema(0, limits.usageCount).default(0),
        outputTokens: countSchema(0, limits.usageCount).default(0),
        usd: z.number().min(0).max(1_000).default(0).describe("Dollars."),
      })
      .optional()
      .describe("What it says that each result used. Default: nothing."),
  })
  .describe("Stands in for an agent that works with a language model.");
export type ProfileFile = z.output<typeof profileSchema>;

const groupSchema = (registry: Registry) =>
  z.strictObject({
    name: nameSchema.optional().describe("Its agents are <name>1, <name>2, …. Default a, b, c, … by place."),
    count: countSchema(1, AGENTS_MAX),
    skills: z.array(nameSchema).max(limits.skills).optional().describe("Default [work]."),
    descriptions: z
      .record(nameSchema, z.string().max(limits.textBytes / 4))
      .optional()
      .describe("Descriptions of the skills, by name, for jobs that ask in words."),
    labels: z.array(nameSchema).max(limits.labels).optional(),
    hosts: z.boolean().optional().describe("Whether they host jobs. Default true."),
    hosted: z
      .strictObject({
        kept: countSchema(0, 1_000_000_000),
        lost: countSchema(0, 1_000_000_000).optional(),
        known: z.boolean().optional().describe("Whether they are known hosts by now. Default true."),
        equivocated: z.boolean().optional().describe("Whether they were caught equivocating. Default false."),
      })
      .optional()
      .describe("How they hosted each client's earlier jobs: turns as a proposer. Default: clients do not know them."),
    origin: z
      .string()
      .max(64)
      .optional()
      .describe(
        "The network that they connect from, like 192.0.2.0/24. Default: a private one, which no bound counts.",
      ),
    profile: profileSchema.optional(),
    behave: z
      .strictObject(shapeOf(registry.behaviours.values(), ({ options, summary }) => options.describe(summary)))
      .optional()
      .describe("Adversaries and other unusual behaviour, by name, with options."),
    clock: z
      .strictObject({ skewMs: durationSchema.optional(), driftPpm: z.number().min(0).max(1_000_000).optional() })
      .optional()
      .describe("How wrong each clock is, drawn evenly between minus and plus these."),
    crashLoss: z
      .enum(["random", "all", "none"])
      .optional()
      .describe("Which unforced writes a crash loses. Default random."),
    start: durationSchema.optional().describe("When they start. Default 0s."),
    startWithin: durationSchema
      .optional()
      .describe("They start one after the other within this time. Default: all at once."),
  });
export type GroupFile = Omit<z.output<ReturnType<typeof groupSchema>>, "behave"> & {
  readonly behave?: { readonly [name: string]: Record<string, unknown> };
};

function shapeOf<T extends { readonly name: string }>(
  types: Iterable<T>,
  schemaOf: (type: T) => z.ZodType,
): { [name: string]: z.ZodOptional<z.ZodType> } {
  return Object.fromEntries([...types].map((type) => [type.name, schemaOf(type).optional()]));
}

// --- workload -----------------------------------------------------------------------------------------

const policySchema = z.strictObject({
  redundancy: redundancySchema,
  redundancyMax: redundancyMaxSchema,
  accept: acceptSchema,
  compare: compareSchema,
  flags: flagsSchema,
  timeout: durationSchema.optional().describe("How long a worker may hold a task. Default 1m."),
  retries: countSchema(0, limits.seats).optional().describe("How many leases may end without a result. Default 5."),
  priceMax: creditsSchema(limits.price)
    .optional()
    .describe("Credits. Default: twice the price of the most expensive agent."),
  hedge: hedgeSchema,
});
export type PolicyFile = z.output<typeof policySchema>;

const tasks = {
  skill: nameSchema.optional().describe("Default: the one that most agents have."),
  kinds: z.record(nameSchema, z.number().min(0)).optional().describe("Kinds of tasks, with their shares."),
  difficulty: difficultySchema
    .optional()
    .describe(
      "From 0 to 1: at 0 answers are always right, at 0.5 as often as the profile's accuracy says. Default 0.5.",
    ),
  like: z
    .string()
    .min(1)
    .max(limits.textBytes / 4)
    .optional()
    .describe("A description of the skill, instead of its name."),
};
const width = countSchema(1, limits.mapItems);

const stageSchema = z.strictObject({
  kind: z.enum(["single", "chain", "map"]),
  tasks: width.optional().describe("How many tasks a chain or a map has. Default 1."),
  batch: countSchema(1, 1_000).optional().describe("How many tasks of a map a worker gets together. Default 1."),
  input: z
    .enum(["own", "output"])
    .optional()
    .describe("output: the output of the previous stage. Default: own of the first stage and of maps, else output."),
});
export type StageFile = z.output<typeof stageSchema>;

const shapeSchema = (registry: Registry) =>
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("single"), ...tasks }).describe("One task."),
    z.strictObject({ kind: z.literal("bag"), width, ...tasks }).describe("Independent tasks."),
    z
      .strictObject({ kind: z.literal("map-reduce"), width, ...tasks })
      .describe("Tasks, and one task that reads all of their outputs."),
    z
      .strictObject({ kind: z.literal("chain"), steps: countSchema(1, limits.chainSteps), ...tasks })
      .describe("Tasks that each get the output of the previous one."),
    z
      .strictObject({ kind: z.literal("stages"), stages: z.array(stageSchema).min(1).max(100), ...tasks })
      .describe("Stages of tasks; each stage waits for the previous one."),
    ...[...registry.shapes.values()].map(({ name, summary, options }) =>
      options.extend({ kind: z.literal(name) }).describe(summary),
    ),
  ]);
export type ShapeFile = {
  readonly kind: string;
  readonly width?: number;
  readonly steps?: number;
  readonly stages?: readonly StageFile[];
  readonly skill?: string;
  readonly like?: string;
  readonly kinds?: { readonly [kind: string]: number };
  readonly difficulty?: DistributionSpec;
};

const summaries = ({ selectors }: Registry): string =>
  [...selectors.values(), ORACLE].map(({ name, summary }) => `${name}: ${summary}`).join("; ");

const workloadSchema = (registry: Registry) =>
  z.strictObject({
    jobs: z
      .strictObject({
        count: countSchema(1, JOBS_MAX).optional().describe("Default 1; with a trace, all of it."),
        upTo: z
          .boolean()
          .optional()
          .describe(
            "Whether fewer jobs are enough if the run ends before all have come. Default false: then the run fails.",
          ),
        arrival: z
          .strictObject({
            poisson: z.strictObject({ perSecond: z.number().positive() }).optional(),
            every: durationSchema.optional(),
            atOnce: durationSchema.optional().describe("All jobs come at this time after the first one could."),
            trace: z.string().min(1).optional().describe("A file with times of submission, ms, one on each line."),
          })
          .optional()
          .describe("When jobs come: one of the four. Default { atOnce: 0s }."),
      })
      .optional(),
    shape: shapeSchema(registry).optional().describe("What each job looks like. Default { kind: single }."),
    job: z.string().min(1).optional().describe("A job file instead of a shape and a policy."),
    policy: policySchema.optional().describe("What the workers of each task must deliver."),
    selector: z
      .enum([...registry.selectors.keys(), ORACLE.name])
      .optional()
      .describe(`How workers are chosen among the offers: ${summaries(registry)}. Default ${DEFAULT_SELECTOR}.`),
    knowledge: z.boolean().optional().describe("Whether clients use what earlier jobs taught them. Default true."),
    budget: creditsSchema(limits.budget)
      .optional()
      .describe("Credits of each job. Default: the most that it can cost."),
    deadline: durationSchema.optional().describe("Default 5m."),
    window: durationSchema.optional().describe("How long a ready task collects offers. Default 1500ms."),
    redact: z.boolean().optional().describe("Keep outputs out of explanations, traces and pages. Default false."),
    committee: z
      .union([countSchema(1, limits.members), z.record(nameSchema, countSchema(1, limits.power))])
      .optional()
      .describe("The members: how many, or agents with their powers. Default: as nodes choose."),
    standbys: z
      .union([
        countSchema(0, limits.standbys),
        z.array(nameSchema).max(limits.standbys),
        z.record(nameSchema, countSchema(1, limits.power)),
      ])
      .optional()
      .describe(
        `Who takes a lost member's place: how many, or agents, with the most power that each may come to hold (${limits.power} where none stands). Default: as nodes choose.`,
      ),
    cancelAfter: durationSchema
      .optional()
      .describe("The client cancels each job this long after it submitted it. Default: never."),
    outputBytes: countSchema(0, 1_000_000)
      .optional()
      .describe(`Answers are padded to this: beyond ${limits.inlineBytes} they travel as blobs. Default 0.`),
  });
export type WorkloadFile = Omit<z.output<ReturnType<typeof workloadSchema>>, "shape"> & { readonly shape?: ShapeFile };

// --- faults -------------------------------------------------------------------------------------------

const targetShape = {
  which: z
    .union([z.enum(["any", "members", "non-members", "workers"]), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe("Which agents it hits: drawn from this set when it begins, or a list of agents and groups. Default any."),
  share: shareSchema.optional().describe("How many: a share of all agents, or of those that a list names."),
  count: countSchema(0, AGENTS_MAX).optional().describe("How many."),
};

function faultSchema({ options, summary, isTargeted, lasts }: FaultType): z.ZodType {
  const extended = options.extend({
    ...(isTargeted ? targetShape : {}),
    upTo: z
      .boolean()
      .optional()
      .describe(
        "Whether it may hit fewer agents, if it hits at least one. Default false: a fault that falls short fails the run.",
      ),
    ...(lasts ? { for: durationSchema.optional().describe("How long. Default: to the end of the run.") } : {}),
  });
  return extended.describe(summary);
}

const faultLineSchema = (registry: Registry) =>
  z
    .strictObject({
      at: durationSchema.optional().describe("When, in virtual time."),
      between: z.tuple([durationSchema, durationSchema]).optional().describe("From when to when."),
      ...shapeOf(registry.faults.values(), faultSchema),
    })
    .describe("When it happens, and one fault.");

/** Checked: one of `at` and `between`, and one fault, are the parser's matter. */
export type FaultLine = { readonly at?: number; readonly between?: readonly [number, number] } & {
  readonly [kind: string]: unknown;
};

// --- the file -----------------------------------------------------------------------------------------

export const scenarioSchema = (registry: Registry) =>
  z
    .strictObject({
      name: nameSchema,
      description: z.string().optional().describe("What it shows. Lists print the first sentence."),
      mechanism: z
        .strictObject({ name: z.string().min(1), off: z.record(z.string(), z.json()) })
        .optional()
        .describe(
          "The mechanism that it exercises, and what switches it off (paths in this file); without the mechanism the verdict must be fail.",
        ),
      seed: countSchema(0, 0xffffffff).optional().describe("Default 1."),
      maxTime: durationSchema.optional().describe("When the run ends at the latest. Default: at the last deadline."),
      agents: z.array(groupSchema(registry)),
      clients: z
        .union([countSchema(1, 1_000), z.array(nameSchema).min(1)])
        .optional()
        .describe("Who submits the jobs: how many clients, which no fault touches, or which agents. Default 2."),
      network: networkSchema.optional(),
      workload: workloadSchema(registry),
      faults: z.array(faultLineSchema(registry)).optional(),
      heal: z
        .strictObject({
          at: durationSchema,
          within: durationSchema.optional().describe("How long after that all jobs must have ended. Default 4m."),
        })
        .optional()
        .describe(
          "From then on no fault is active; only liars remain. A job that does not end then violates liveness.",
        ),
      mayFallShort: z
        .boolean()
        .optional()
        .describe(
          "Faults that hit fewer agents, and fewer jobs, than the file asks for do not fail the run. Default false.",
        ),
      expect: z
        .array(z.string())
        .optional()
        .describe("Lines like completion >= 0.99; meshwork sim metrics lists names."),
      plugins: z.array(z.string().min(1)).optional().describe("Modules that register behaviours, faults, shapes, …."),
      ablate: z
        .array(z.enum(ABLATIONS))
        .optional()
        .describe(
          "Kinds of messages and gossip topics that no agent sends. self-screening: every agent answers beacons.",
        ),
    })
    .describe("A scenario of the Meshwork simulator: agents, network, workload, faults, and the expected outcome.");

export interface ScenarioFile
  extends Omit<z.output<ReturnType<typeof scenarioSchema>>, "agents" | "workload" | "faults"> {
  readonly agents: readonly GroupFile[];
  readonly workload: WorkloadFile;
  readonly faults?: readonly FaultLine[];
}
