/**
 * The schema of a line of `trace.jsonl`, for those who read traces and for `meshwork schema trace`.
 *
 * The events are those of protocol/core/trace.ts; a test holds them together. Readers must ignore keys and kinds that they
 * do not know: a newer version may add some.
 */

import { z } from "zod";
import { TRACE_FORMAT } from "../../../protocol/core/trace.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const agent = z.string();
const base64 = z.string();

/** What the writer adds to every event. */
const stamp = {
  t: z.number().describe("When, in milliseconds: since 1970 by that agent's clock, or of virtual time."),
  agent: agent.describe("The name of the agent that wrote the line."),
  step: count.optional().describe("Number of the step, over all agents, in simulated traces."),
};

const start = {
  format: z.literal(TRACE_FORMAT),
  meshId: z.string(),
  startedAt: z.number().describe("In milliseconds since 1970; 0 in simulated traces."),
};

const oneAgent = z
  .looseObject({
    ...start,
    agent: agent.describe("The agent's id."),
    name: z.string().describe("What people call it; `agent` of the lines."),
    version: z.string(),
  })
  .describe("The first line of one agent's trace.");

const manyAgents = z
  .looseObject({
    ...start,
    agents: z.array(z.looseObject({ agent, name: z.string(), byzantine: z.boolean().optional() })),
    simulated: z
      .looseObject({
        seed: z.union([z.number(), z.string()]),
        signatures: z.enum(["simulated", "real"]),
        messages: z.boolean().describe("Whether lines of kind `sent` are written."),
      })
      .optional(),
  })
  .describe("The first line of a trace of several agents.");

export const traceHeadSchema = z.union([manyAgents, oneAgent]);

const events = {
  hosting: { job: hash, role: z.enum(["member", "follower"]) },
  retired: { job: hash },
  forgot: { job: hash },
  abstains: { job: hash, untilHeight: count },
  proposed: { job: hash, height: count, round: count, block: hash, validRound: z.int().min(-1) },
  voted: { job: hash, vote: z.enum(["prevote", "precommit"]), height: count, round: count, block: hash.nullable() },
  applied: {
    job: hash,
    height: count,
    round: count,
    block: hash,
    timeMs: count,
    state: z.string().describe("Running digest of what each block changed in the ledger; empty where digests are off."),
    commands: z.array(hash),
    events: z.array(z.looseObject({ kind: z.string() })).describe("The ledger's decisions."),
  },
  chosen: {
    job: hash,
    height: count,
    task: z.string(),
    attempt: count,
    choice: z.looseObject({}).describe("Candidates, what was known of them, their scores, and who was picked."),
  },
  tallied: {
    job: hash,
    height: count,
    task: z.string(),
    tally: z.looseObject({}).describe("Who gave which answer, what each counted for, and what came of it."),
  },
  lost: {
    job: hash,
    height: count,
    task: z.string(),
    attempt: count,
    worker: agent,
    reason: z.string(),
    message: z.string().describe("What the worker said; empty if it said nothing, or its job is redacted."),
  },
  evidence: { job: hash, culprit: agent },
  diverged: { job: hash, reason: z.string().describe("Why the agent no longer takes part in the job.") },
  fault: { reason: z.string().describe("How the program failed at what a peer sent.") },
  suspected: { suspect: agent.describe("Who is suspected."), suspected: z.boolean() },
  refused: { from: agent, code: z.string() },
  work: { job: hash, task: z.string(), attempt: count, phase: z.enum(["started", "done", "failed", "stopped"]) },
  stored: { job: hash, slot: z.string(), bytes: base64.describe("What became part of the agent's store.") },
  certified: { job: hash, bytes: base64.describe("A certificate that the agent was given, with the result.") },
  sent: {
    to: agent,
    arrives: z.number().nullable().describe("Null: it was lost."),
    message: z.string().describe("Its kind."),
    about: z.string(),
  },
};

/** Kinds of events, for the test that compares them with protocol/core/trace.ts. */
export const TRACE_KINDS = Object.keys(events) as (keyof typeof events)[];

/** By the kind of the event; a kind that is not in it is a newer version's. */
export const traceEventSchemas: ReadonlyMap<string, z.ZodType> = new Map(
  Object.entries(events).map(([kind, fields]) => [kind, z.looseObject({ ...stamp, kind: z.literal(kind), ...fields })]),
);

/** What every event has, for kinds that are not known. */
export const anyEventSchema = z.looseObject({ ...stamp, kind: z.string() });

export const traceLineSchema = z
  .union([manyAgents, oneAgent, ...traceEventSchemas.values()])
  .describe("One line of trace.jsonl: first one about the file, then one event a line.");
