/**
 * A limits file: what it may say, and what is wrong with it, in one line. Whatever it does not say stays as it is.
 *
 * Leaves the rows to limits.ts.
 */

import { z } from "zod";
import type { AgentId } from "../../protocol/core/ids.ts";
import { limits as protocolLimits } from "../../protocol/core/limits.ts";
import { isAgentId } from "../platform/crypto.ts";
import { readTextFile } from "../platform/files/file-error.ts";
import { parseWith, parseYaml, partOf, type YamlSource } from "../platform/files/yaml-source.ts";
import { parseCredits, parseDuration, parseSize } from "../platform/text/quantities.ts";
import {
  DEFAULT_LIMITS,
  LIMIT_ROWS,
  type LimitKind,
  type LimitRow,
  type Limits,
  limitOf,
  writeLimit,
} from "./limits.ts";

function quantity(parse: (input: string | number) => number | null, wanted: string) {
  return z.union([z.number(), z.string()]).transform((input, context) => {
    const value = parse(input);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: `"${String(input)}" is not ${wanted}` });
    return z.NEVER;
  });
}

const owner = z.string().refine(isAgentId, "this is no owner's id – one has 52 characters, 12D3KooW first");

const KINDS: { readonly [K in LimitKind]: z.ZodType } = {
  count: z.int(),
  size: quantity(parseSize, "a size – write one like 512MiB or 4GiB"),
  duration: quantity(
    (input) => (typeof input === "string" ? parseDuration(input, Number.MAX_SAFE_INTEGER) : null),
    "a duration – write one like 30s, 5m, 1h or 30d",
  ),
  credits: quantity((input) => {
    const micro = parseCredits(input);
    return micro !== null && micro <= protocolLimits.budget ? micro : null;
  }, "an amount of credits – write a number with at most 6 decimals"),
  owners: z.array(owner),
  "owners-or-all": z.array(owner),
};

function schemaOf({ kind, least, most, what }: LimitRow): z.ZodType {
  const inWords = (value: number): string => writeLimit({ kind }, value);
  const schema = KINDS[kind]
    .refine((value) => typeof value !== "number" || value >= least, `it must be at least ${inWords(least)}`)
    .refine((value) => typeof value !== "number" || value <= most, `it may be at most ${inWords(most)}`);
  return schema.optional().describe(`${what[0]!.toUpperCase()}${what.slice(1)}.`);
}

const sections = [...new Set(LIMIT_ROWS.map(({ section }) => section))];

const sectionSchema = (section: keyof Limits): z.ZodType =>
  z
    .strictObject(
      Object.fromEntries(LIMIT_ROWS.filter((row) => row.section === section).map((row) => [row.key, schemaOf(row)])),
    )
    .optional();

/** `{}` says nothing. */
export const limitsFileSchema = z
  .strictObject(Object.fromEntries(sections.map((section) => [section, sectionSchema(section)])))
  .describe("What a node gives to others: places, slots, money, disk, memory and connections.");

type Said = {
  readonly [section: string]: { readonly [key: string]: number | readonly string[] | undefined } | undefined;
};

/** A bound and a larger one that contains it. */
const WITHIN: readonly (readonly [string, string])[] = [
  ["hosting.reserved", "hosting.jobs"],
  ["hosting.perOwner", "hosting.jobs"],
  ["hosting.perSource", "hosting.jobs"],
  ["hosting.jobRecords", "hosting.guestRecords"],
  ["work.reservedJobs", "work.jobs"],
  ["work.ownerSpend", "work.guestSpend"],
  ["disk.jobBlobs", "disk.ownerBlobs"],
  ["disk.ownerBlobs", "disk.jobs"],
  ["disk.guestSourceBlobs", "disk.guestBlobs"],
  ["memory.guestInbound", "memory.inbound"],
  ["memory.guestOutbound", "memory.outbound"],
  ["memory.guestPeerOutbound", "memory.guestOutbound"],
  ["memory.frameIdle", "memory.frame"],
  ["connections.outbound", "connections.total"],
  ["connections.perOrigin", "connections.total"],
  ["connections.pendingPerAddress", "connections.pending"],
];

const rowOf = (name: string): LimitRow => LIMIT_ROWS.find(({ section, key }) => `${section}.${key}` === name)!;

/** `own`: keys of this node's operator. Throws `invalid-file`. */
export async function readLimits(file: string, own: readonly AgentId[] = []): Promise<Limits> {
  return parseLimits(file, await readTextFile(file), own);
}

export function parseLimits(file: string, text: string, own: readonly AgentId[] = []): Limits {
  const source = withoutHeading(parseYaml(file, text));
  const said = (source.value === null ? {} : parseWith(source, limitsFileSchema)) as Said;
  const merged: { [section: string]: { [field: string]: unknown } } = {};
  for (const { section, key, field } of LIMIT_ROWS) {
    merged[section] ??= { ...(DEFAULT_LIMITS[section] as object) };
    const value = said[section]?.[key];
    if (value !== undefined) merged[section][field] = value;
  }
  const limits = merged as unknown as Limits;
  for (const pair of WITHIN) settle(source, said, limits, pair);
  checkInbound(source, limits);
  checkAllowed(source, limits, own);
  return limits;
}

/** A file may say everything below `limits:`, as it would stand in a file about more than this. */
function withoutHeading(source: YamlSource): YamlSource {
  const { value } = source;
  const keys = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  return keys.length === 1 && keys[0] === "limits" ? partOf(source, "limits") : source;
}

/** What is reserved, where the file says nothing of it, is the same share as by default. */
const SHARES: ReadonlySet<string> = new Set(["hosting.reserved", "work.reservedJobs", "connections.outbound"]);

/** A default gives way to what the file says; two values of the file that contradict each other are an error. */
function settle(source: YamlSource, said: Said, limits: Limits, [inner, outer]: readonly [string, string]): void {
  const [small, large] = [rowOf(inner), rowOf(outer)];
  const [value, most] = [limitOf(limits, small) as number, limitOf(limits, large) as number];
  if (said[small.section]?.[small.key] === undefined) {
    const share = (limitOf(DEFAULT_LIMITS, small) as number) / (limitOf(DEFAULT_LIMITS, large) as number);
    const settled = SHARES.has(inner) ? Math.floor(most * share) : Math.min(value, most);
    (limits[small.section] as unknown as { [field: string]: number })[small.field] = settled;
    return;
  }
  if (value <= most) return;
  const what = `${inner} is ${writeLimit(small, value)}, more than ${outer} with ${writeLimit(large, most)}`;
  throw source.error([small.section, small.key], what, `lower it, or raise ${outer}`);
}

function checkInbound(source: YamlSource, { connections: { total, outbound } }: Limits): void {
  if (outbound < total) return;
  const what = `connections.outbound takes all ${total} of connections.total: nobody could dial this node`;
  throw source.error(["connections", "outbound"], what, "lower it, or raise connections.total");
}

function checkAllowed(source: YamlSource, { owners: { allow, known } }: Limits, own: readonly AgentId[]): void {
  if (allow === null) return;
  const named = own.find((agent) => !allow.includes(agent));
  if (named !== undefined)
    throw source.error(["owners", "allow"], `owners.allow leaves out your own key ${named}`, "add it");
  const left = known.find((agent) => !allow.includes(agent));
  if (left === undefined) return;
  const what = `owners.allow leaves out ${left}, which owners.known names`;
  throw source.error(["owners", "allow"], what, "add it, or take it out of owners.known");
}
