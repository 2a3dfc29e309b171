/**
 * The schema of a line of `trace.jsonl`, for `meshwork schema trace`.
 *
 * The events are those of protocol/trace.ts, the first line and the stamps those of node/trace-file.ts; a test
 * holds them together. Readers must ignore keys that they do not know: a newer version may add some.
 */

import { z } from "zod";
import { TRACE_FORMAT } from "../protocol/trace.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const agent = z.string();

/** What the writer adds to every event. */
const stamp = {
  t: z.number().describe("When, in milliseconds since 1970 by that agent's clock."),
  agent: agent.describe("The name of the agent that wrote the line."),
};

const header = z
  .looseObject({
    format: z.literal(TRACE_FORMAT),
    meshId: z.string(),
    agent: agent.describe("The agent's id."),
    name: z.string().describe("What people call it; `agent` of the lines."),
    startedAt: z.number(),
    version: z.string(),
  })
  .describe("The first line.");

const events = {
  hosting: { job: hash, role: z.enum(["member", "follower"]) },
  proposed: { job: hash, height: count, round: count, block: hash, validRound: z.int().min(-1) },
  voted: { job: hash, vote: z.enum(["prevote", "precommit"]), height: count, round: count, block: hash.nullable() },
  applied: {
    job: hash,
    height: count,
    round: count,
    block: hash,
    timeMs: count,
    state: z.string().describe("Digest of the whole ledger state; empty where digests are off."),
    commands: z.array(hash),
    events: z.array(z.unknown()).describe("The ledger's decisions."),
  },
  evidence: { job: hash, culprit: agent },
  suspected: { suspect: agent.describe("Who is suspected."), suspected: z.boolean() },
  refused: { from: agent, code: z.string() },
  work: { job: hash, task: z.string(), attempt: count, phase: z.enum(["started", "done", "failed", "stopped"]) },
};

/** Kinds of events, for the test that compares them with protocol/trace.ts. */
export const TRACE_KINDS = Object.keys(events) as (keyof typeof events)[];

export const traceLineSchema = z
  .union([
    header,
    ...Object.entries(events).map(([kind, fields]) => z.looseObject({ ...stamp, kind: z.literal(kind), ...fields })),
  ])
  .describe("One line of trace.jsonl: first the header, then one event a line.");
