/**
 * The schema of a scenario file: which keys there are, their types, units and ranges, for the parser and for
 * `meshwork sim schema`. Faults, behaviours and shapes of jobs are those of a registry, each with its own options.
 *
 * Leaves to parse-scenario.ts what the parts mean together. Source: the format of docs/scenarios.md.
 */

import { z } from "zod";
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
    expectedMs: durationSchema.optional().describe("What it says that it takes. Default: the median of its latency."),
    slots: countSchema(1, limits.slots).optional().describe("Tasks at the same time. Default 4."),
    load: z
      .strictObject({
        perCall: shareSchema.describe("What a task adds, of a full load."),
        keep: shareSchema.describe("Share of it that is left at the workload's next task."),
        slowdown: z.number().min(0).default(0).describe("At full load work takes 1 + this times as long."),
        errors: shareSchema.default(0).describe("At full load answers are right 1 - this times as often."),
        busyAt: shareSchema.default(1).describe("It takes no work from this load on."),
      })
      .optional()
      .describe("Load of its own, that comes of its work and fades. It says it in its offers. Default: none."),
    calibration: z
      .enum(["honest", "overconfident", "underconfident", "random"])
      .optional()
      .describe("How its stated confidence goes with its chance of being right. Default honest."),
    correlation: z
      .strictObject({ group: nameSchema, rho: shareSchema })
      .optional()
      .describe("With probability rho all agents of this group are right or wrong together, in the same way."),
    wrongAnswers: countSchema(1, 1_000_000).optional().describe("Different wrong answers to a task. Default 1000."),
    replay: z.string().min(1).optional().describe("Recorded answers of a real model (answers.jsonl) instead of draws."),
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
      .describe("What the skills say of themselves, by name: for jobs that ask in words."),
    labels: z.array(nameSchema).max(limits.labels).optional(),
    hosts: z.boolean().optional().describe("Serve on committees. Default true."),
    profile: profileSchema.optional(),
    behave: z
      .strictObject(shapeOf(registry.behaviours.values(), ({ options, summary }) => options.describe(summary)))
      .optional()
      .describe("Adversaries and oddities, by name, with their options."),
    clock: z
      .strictObject({ skewMs: durationSchema.optional(), driftPpm: z.number().min(0).max(1_000_000).optional() })
      .optional()
      .describe("Each clock is wrong by an even draw between minus and plus these."),
    crashLoss: z
      .enum(["random", "all", "none"])
      .optional()
      .describe("What a crash takes of unforced writes. Default random."),
    start: durationSchema.optional().describe("When they start. Default 0s."),
    startWithin: durationSchema
      .optional()
      .describe("They start one after the other in this time. Default: all at once."),
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

/** `majority` for `{ rule: majority }`, as in job files. */
const plainRuleSchema = z.enum(["first", "majority"]).transform((rule) => ({ rule }));

const acceptSchema = z.discriminatedUnion("rule", [
  z.strictObject({ rule: z.literal("first") }).describe("The first result counts."),
  z.strictObject({ rule: z.literal("majority") }).describe("More than half of the results agree."),
  z.strictObject({ rule: z.literal("quorum"), q: countSchema(1, limits.seats) }).describe("q results agree."),
]);

const policySchema = z.strictObject({
  redundancy: countSchema(1, limits.seats).optional().describe("Workers of a task's first batch. Default 1."),
  redundancyMax: countSchema(1, limits.seats)
    .optional()
    .describe("Results a task may collect. Default: as in job files."),
  accept: z
    .union([plainRuleSchema, acceptSchema])
    .optional()
    .describe("Default: first for redundancy 1, else majority."),
  compare: z
    .discriminatedUnion("as", [
      z.strictObject({ as: z.literal("exact") }),
      z.strictObject({
        as: z.literal("number"),
        absolute: z.number().min(0).optional(),
        relative: shareSchema.optional(),
      }),
    ])
    .optional()
    .describe("When two outputs are the same answer. Default exact."),
  timeout: durationSchema.optional().describe("How long a worker may hold a task. Default 1m."),
  retries: countSchema(0, limits.seats).optional().describe("Leases that may end without a result. Default 5."),
  priceMax: creditsSchema(limits.price).optional().describe("Credits. Default: twice the dearest agent's price."),
});
export type PolicyFile = z.output<typeof policySchema>;

const tasks = {
  skill: nameSchema.optional().describe("Default: the one that most agents have."),
  kinds: z.record(nameSchema, z.number().min(0)).optional().describe("Kinds of tasks with their shares."),
  difficulty: difficultySchema
    .optional()
    .describe("In [0, 1]: 0 is always right, 0.5 the profile's accuracy. Default 0.5."),
  like: z
    .string()
    .min(1)
    .max(limits.textBytes / 4)
    .optional()
    .describe("Words that ask for the skill instead of its name."),
};
const width = countSchema(1, limits.mapItems);

const stageSchema = z.strictObject({
  kind: z.enum(["single", "chain", "map"]),
  tasks: width.optional().describe("How many, of a chain or a map. Default 1."),
  batch: countSchema(1, 1_000).optional().describe("Tasks of a map that a worker is given together. Default 1."),
  input: z
    .enum(["own", "output"])
    .optional()
    .describe("output: what the stage before gave. Default: own of the first stage and of maps, else output."),
});
export type StageFile = z.output<typeof stageSchema>;

const shapeSchema = (registry: Registry) =>
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("single"), ...tasks }).describe("One task."),
    z.strictObject({ kind: z.literal("bag"), width, ...tasks }).describe("Independent tasks."),
    z.strictObject({ kind: z.literal("map-reduce"), width, ...tasks }).describe("Tasks, and one over their outputs."),
    z
      .strictObject({ kind: z.literal("chain"), steps: countSchema(1, limits.chainSteps), ...tasks })
      .describe("Each task gets the output of the one before."),
    z
      .strictObject({ kind: z.literal("stages"), stages: z.array(stageSchema).min(1).max(100), ...tasks })
      .describe("Tasks that wait for those of the stage before."),
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
          .describe("As many as come before the run ends are enough. Default false: fewer fail the run."),
        arrival: z
          .strictObject({
            poisson: z.strictObject({ perSecond: z.number().positive() }).optional(),
            every: durationSchema.optional(),
            atOnce: durationSchema.optional().describe("All at this time after the first could come."),
            trace: z.string().min(1).optional().describe("A file with times of submission, ms, one a line."),
          })
          .optional()
          .describe("One of the four. Default { atOnce: 0s }."),
      })
      .optional(),
    shape: shapeSchema(registry).optional().describe("What each job looks like. Default { kind: single }."),
    job: z.string().min(1).optional().describe("A job file instead of a shape and a policy."),
    policy: policySchema.optional().describe("What is asked of every task's workers."),
    selector: z
      .enum([...registry.selectors.keys(), ORACLE.name])
      .optional()
      .describe(`How workers are chosen among the offers: ${summaries(registry)}. Default ${DEFAULT_SELECTOR}.`),
    knowledge: z
      .boolean()
      .optional()
      .describe("Whether clients carry what their jobs taught to the next. Default true."),
    budget: creditsSchema(limits.budget).optional().describe("Credits of each job. Default: what it can cost at most."),
    deadline: durationSchema.optional().describe("Default 5m."),
    window: durationSchema.optional().describe("How long a ready task collects offers. Default 1500ms."),
    committee: z
      .union([countSchema(1, limits.members), z.record(nameSchema, countSchema(1, limits.power))])
      .optional()
      .describe("Members that keep a job's log: how many, or agents with their powers. Default: as nodes choose."),
    standbys: z
      .union([countSchema(0, limits.standbys), z.array(nameSchema).max(limits.standbys)])
      .optional()
      .describe("Who takes a lost member's place: how many, or agents. Default: as nodes choose."),
    cancelAfter: durationSchema
      .optional()
      .describe("The client ends each job so long after submitting it. Default: never."),
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
    .describe("Whom it hits: drawn among these when it begins, or a list of agents and groups. Default any."),
  share: shareSchema.optional().describe("How many: a share of all agents, or of those that a list names."),
  count: countSchema(0, AGENTS_MAX).optional().describe("How many."),
};

function faultSchema({ options, summary, isTargeted, lasts }: FaultType): z.ZodType {
  const extended = options.extend({
    ...(isTargeted ? targetShape : {}),
    upTo: z
      .boolean()
      .optional()
      .describe("As many as there are is enough, if it is one. Default false: a fault that falls short fails the run."),
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
    .describe("When, and one fault.");

/** Checked: one of `at` and `between`, and one fault, are the parser's matter. */
export type FaultLine = { readonly at?: number; readonly between?: readonly [number, number] } & {
  readonly [kind: string]: unknown;
};

// --- the file -----------------------------------------------------------------------------------------

export const scenarioSchema = (registry: Registry) =>
  z
    .strictObject({
      name: nameSchema,
      description: z.string().optional().describe("What it shows; its first sentence stands in lists."),
      mechanism: z
        .strictObject({ name: z.string().min(1), off: z.record(z.string(), z.json()) })
        .optional()
        .describe("What it exercises, and what switches that off (paths in this file): then its verdict must be fail."),
      seed: countSchema(0, 0xffffffff).optional().describe("Default 1."),
      maxTime: durationSchema.optional().describe("The run ends at the latest then. Default: the last deadline."),
      agents: z.array(groupSchema(registry)),
      clients: z
        .union([countSchema(1, 1_000), z.array(nameSchema).min(1)])
        .optional()
        .describe("Who submits the jobs: how many beside the agents, whom no fault touches; or agents. Default 2."),
      network: networkSchema.optional(),
      workload: workloadSchema(registry),
      faults: z.array(faultLineSchema(registry)).optional(),
      heal: z
        .strictObject({
          at: durationSchema,
          within: durationSchema.optional().describe("Jobs must have ended so long after that. Default 4m."),
        })
        .optional()
        .describe("From then on nothing goes wrong but what liars do, and a job that does not end breaks liveness."),
      mayFallShort: z
        .boolean()
        .optional()
        .describe("Faults and jobs that come to less than they ask for do not fail the run. Default false."),
      expect: z
        .array(z.string())
        .optional()
        .describe("Lines like completion >= 0.99; meshwork sim metrics lists names."),
      plugins: z.array(z.string().min(1)).optional().describe("Modules that register behaviours, faults, shapes, …."),
      ablate: z
        .array(z.enum(ABLATIONS))
        .optional()
        .describe(
          "Kinds of messages and topics of gossip that no agent sends; self-screening: everybody answers beacons.",
        ),
    })
    .describe("A scenario of the Meshwork simulator: agents, network, workload, faults, and what is expected of them.");

export interface ScenarioFile
  extends Omit<z.output<ReturnType<typeof scenarioSchema>>, "agents" | "workload" | "faults"> {
  readonly agents: readonly GroupFile[];
  readonly workload: WorkloadFile;
  readonly faults?: readonly FaultLine[];
}
