/** The schema of a scenario's network: its keys, units and defaults. */

import { z } from "zod";
import { SHARD_AGENTS } from "../../protocol/capability/shards.ts";
import { AGENTS_MAX, countSchema, durationSchema, latencySchema, percentSchema, shareSchema } from "./schema-values.ts";

export const networkSchema = z.strictObject({
  overlay: z
    .strictObject({
      kind: z.enum(["full", "random", "ring", "scale-free", "small-world"]),
      degree: countSchema(0, 10_000).optional().describe("About how many neighbours each has. Default 6."),
      rewire: shareSchema
        .optional()
        .describe("The share of a small world's edges that lead to random agents. Default 0.1."),
    })
    .optional()
    .describe("Who is connected from the start. Default { kind: random, degree: 6 }."),
  latencyMs: latencySchema.optional().describe("How long a frame travels, one way. Default { p50: 20, p95: 60 }."),
  latencySpread: durationSchema
    .optional()
    .describe("Adds to the latency of each pair of agents, drawn evenly from 0 to this. Default 0s."),
  lossPct: percentSchema.optional().describe("Percent of frames and gossip messages that are lost. Default 0."),
  gossipLossPct: percentSchema.optional().describe("The same for gossip messages alone. Default: lossPct."),
  duplicatePct: percentSchema.optional().describe("Percent of frames that arrive twice. Default 0."),
  reorder: z.boolean().optional().describe("Frames of a pair may overtake each other. Default false."),
  bandwidth: z.number().positive().optional().describe("Bytes per millisecond in each direction. Default: no limit."),
  queueBytes: countSchema(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("How many bytes may wait in one direction; beyond that the stream closes. Default: as in nodes."),
  detect: durationSchema
    .optional()
    .describe("How long until an agent closes the connection of a silent peer. Default 10s."),
  redial: durationSchema
    .optional()
    .describe("Agents dial again within this time after they lost a connection. Default 1s."),
  blobIdle: durationSchema
    .optional()
    .describe("How long an agent waits for a holder of a blob that sends nothing. Default 10s."),
  gossip: z
    .enum(["mesh", "full"])
    .optional()
    .describe(
      "mesh: one event for each receiver, at the computed time of first arrival. full: one for each hop. Default mesh.",
    ),
  shardAgents: countSchema(1, AGENTS_MAX)
    .optional()
    .describe(
      `The most agents in a shard: in a larger mesh not everybody hears of everybody. Default ${SHARD_AGENTS}.`,
    ),
  signatures: z
    .enum(["fast", "real"])
    .optional()
    .describe("fast: a table of the simulator; real: Ed25519. Default fast."),
  service: z
    .strictObject({
      preset: z
        .string()
        .min(1)
        .optional()
        .describe("ideal (default), calibrated (by meshwork sim calibrate), or a file that it wrote."),
      baseMs: z.number().min(0).optional().describe("The cost of an input, ms. Default: the preset's; ideal has 0.2."),
      perKibMs: z
        .number()
        .min(0)
        .optional()
        .describe(
          "The additional cost of each KiB of an input, ms. Default: the preset's; ideal has 0.02. 0 if baseMs is given.",
        ),
      forcedWrites: z
        .boolean()
        .optional()
        .describe("Whether agents wait for their disks before a step's messages leave. Default false."),
      forcedWriteMs: z
        .number()
        .positive()
        .optional()
        .describe("How long a forced write takes, ms. Default: the preset's; ideal has none."),
      sharedCores: countSchema(1, 10_000)
        .optional()
        .describe("All agents share this many cores, as nodes on one machine do. Default: one for each agent."),
    })
    .optional()
    .describe("What it costs an agent to process an input."),
});
export type NetworkFile = z.output<typeof networkSchema>;
