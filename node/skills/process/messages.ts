/**
 * The messages between an agent and the process of its skills file: frames on a socket of their own, so that nothing that
 * a skill prints can be mistaken for one. A frame is a header in JSON and a body of bytes.
 *
 * | to the process | body | |
 * | --- | --- | --- |
 * | `run` | the input, by `v8.serialize` | an attempt; answered by `begun`, then `done` |
 * | `abort` | | an attempt is no longer wanted; no reply is due |
 * | `ping` | | answered by `pong` as soon as the event loop turns |
 * | `close` | | the module's own `close()`, then `closed` |
 *
 * | to the agent | body | |
 * | --- | --- | --- |
 * | `loaded`, `refused` | | once, first: the skills, or what is wrong with the file |
 * | `begun` | | the attempt's code is called next: from here on it may be to blame |
 * | `done` | the output, in canonical bytes | |
 * | `print` | the text | what a skill wrote to its console |
 * | `log` | | what it gave to `context.log` |
 * | `uncaught` | | an error that nobody caught: the process ends next, unless the module handles it |
 *
 * Binding: the process may be in any state, so the agent checks every message; one that does not fit ends the process.
 */

import { z } from "zod";
import { utf8Length } from "../../../protocol/core/bytes.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { FAILURE_REASONS } from "../../../protocol/wire/command.ts";
import { areInOrder } from "../../../protocol/wire/usage.ts";

export type ToProcess =
  | {
      readonly kind: "run";
      readonly id: number;
      readonly skill: string;
      readonly job: string;
      readonly task: string;
      readonly attempt: number;
      readonly deadlineMs: number;
    }
  | { readonly kind: "abort"; readonly id: number; readonly reason: string }
  | { readonly kind: "ping" }
  | { readonly kind: "close" };

const id = z.int();
/** The attempt that it belongs to, where that is known. */
const whose = z.int().nullable();
const jsonSchema = z.record(z.string(), z.unknown());

const describedSchema = z.object({
  name: z.string(),
  description: z.string(),
  price: z.number(),
  expectedMs: z.number(),
  schemas: z.object({ input: jsonSchema, output: jsonSchema }),
});
/** A skill as its process describes it. */
export type Described = z.output<typeof describedSchema>;

const count = z.int().min(0).max(limits.usageCount);
const counterSchema = z.object({
  name: z.string().refine((name) => utf8Length(name) <= limits.usageNameBytes),
  count,
});
const usageSchema = z.object({
  inputTokens: count,
  outputTokens: count,
  microUsd: count,
  counters: z.array(counterSchema).max(limits.usageCounters).refine(areInOrder).readonly(),
});

const outcomeSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), confidencePpm: z.int(), cost: z.int(), usage: usageSchema.nullable() }),
  z.object({ ok: z.literal(false), reason: z.enum(FAILURE_REASONS), retryMs: z.int(), message: z.string() }),
]);

export const fromProcessSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("loaded"), skills: z.array(describedSchema) }),
  z.object({ kind: z.literal("refused"), message: z.string(), remedy: z.string() }),
  z.object({ kind: z.literal("begun"), id }),
  z.object({ kind: z.literal("done"), id, outcome: outcomeSchema }),
  z.object({ kind: z.literal("print"), id: whose, stream: z.enum(["stdout", "stderr"]) }),
  z.object({ kind: z.literal("log"), id: whose, message: z.string(), facts: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal("uncaught"), id: whose, text: z.string() }),
  z.object({ kind: z.literal("pong"), rssBytes: z.number() }),
  z.object({ kind: z.literal("closed") }),
]);
export type FromProcess = z.output<typeof fromProcessSchema>;

/** The file descriptor of the socket in the process. */
export const CHANNEL_FD = 3;
