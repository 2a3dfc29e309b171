/**
 * What a node gives to others, row by row: where a limits file sets it, who counts against it, and what happens at the bound.
 * The schema of the file, `meshwork limits` and docs/limits.md come from these rows.
 *
 * Leaves the meaning of the values to protocol/core/quotas.ts and node-limits.ts, the file to limits-file.ts.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { limits as protocolLimits } from "../../protocol/core/limits.ts";
import { DEFAULT_QUOTAS, type Quotas, UNLIMITED_SPEND } from "../../protocol/core/quotas.ts";
import { formatCredits, writeMs } from "../platform/text/quantities.ts";
import { DEFAULT_NODE_LIMITS, type NodeLimits } from "./node-limits.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** All that an operator may set. */
export interface Limits extends NodeLimits, Quotas {}

export const DEFAULT_LIMITS: Limits = { ...DEFAULT_NODE_LIMITS, ...DEFAULT_QUOTAS };

interface QuotaOptions {
  readonly quotas?: Quotas;
  readonly knownOwners?: readonly AgentId[];
  readonly trust?: readonly AgentId[];
}

/** A node's quotas. Owners whose jobs its operator trusts are no guests either. */
export function quotasOf({ quotas = DEFAULT_QUOTAS, knownOwners = [], trust = [] }: QuotaOptions): Quotas {
  const { known, allow } = quotas.owners;
  return { ...quotas, owners: { known: [...known, ...knownOwners, ...trust], allow } };
}

export type LimitKind = "count" | "size" | "duration" | "credits" | "owners" | "owners-or-all";

export interface LimitRow {
  readonly section: keyof Limits;
  /** In a limits file. */
  readonly key: string;
  /** In `Limits`. */
  readonly field: string;
  readonly kind: LimitKind;
  /** The least and the most that make sense: with less nothing works, and with more nothing is bounded. */
  readonly least: number;
  readonly most: number;
  /** What is counted, and of whom. */
  readonly what: string;
  readonly atBound: string;
}

/** No job and no lease is longer than this; only what ended may be kept for years. */
const DURATION_MS_MAX = protocolLimits.durationMs;
const MOST: { readonly [name: string]: number } = {
  "disk.ended": 3_650 * 86_400_000,
  "memory.frameIdle": 10 * MINUTE_MS,
  "memory.frame": 60 * MINUTE_MS,
  "memory.writeIdle": 10 * MINUTE_MS,
  "connections.upgrade": MINUTE_MS,
};

function mostOf(kind: LimitKind, name: string): number {
  if (kind === "duration") return MOST[name] ?? DURATION_MS_MAX;
  return kind === "count" ? protocolLimits.directoryAgents : Number.POSITIVE_INFINITY;
}

const limit = (
  section: keyof Limits,
  [key, field]: readonly [string, string],
  kind: LimitKind,
  least: number,
  what: string,
  atBound: string,
): LimitRow => ({ section, key, field, kind, least, most: mostOf(kind, `${section}.${key}`), what, atBound });
const same = (key: string): readonly [string, string] => [key, key];
const ms = (key: string): readonly [string, string] => [key, `${key}Ms`];
const bytes = (key: string): readonly [string, string] => [key, `${key}Bytes`];

const FULL = "refused: the host says that it is full";
const REFUSED = "refused, in words";
const GIVEN_UP = "this host gives the job up and says so; its other hosts go on";
const BUSY = "the task goes to somebody else: busy";
const NOT_FETCHED = "the input is not fetched, and the job is refused";
const STREAM = "the peer loses its stream";
const CONNECTION = "the connection is closed";

export const LIMIT_ROWS: readonly LimitRow[] = [
  limit(
    "owners",
    same("known"),
    "owners",
    0,
    "owners that are no guests, beside your own key and those of --trust",
    "",
  ),
  limit("owners", same("allow"), "owners-or-all", 0, "owners that it works for", REFUSED),
  limit("hosting", same("jobs"), "count", 1, "jobs that it hosts, of all owners", `${FULL}, if no guest's job may go`),
  limit("hosting", same("reserved"), "count", 0, "of these, places that guests cannot have", FULL),
  limit("hosting", same("perOwner"), "count", 1, "jobs of one owner", FULL),
  limit("hosting", same("perSource"), "count", 1, "jobs of guests of one source", FULL),
  limit("hosting", ms("guestDeadline"), "duration", SECOND_MS, "deadline of a guest's job", REFUSED),
  limit("hosting", ms("guestWindow"), "duration", SECOND_MS, "offer window of a guest's job", REFUSED),
  limit("hosting", ["jobRecords", "jobRecordBytes"], "size", MIB, "blocks of one guest's job", GIVEN_UP),
  limit(
    "hosting",
    ["guestRecords", "guestRecordBytes"],
    "size",
    MIB,
    "blocks of all guests' jobs",
    "those that ended first are deleted, then the largest is given up",
  ),
  limit(
    "hosting",
    ms("idle"),
    "duration",
    SECOND_MS,
    "time without a result, of a guest's job",
    "its place goes to another job if all are taken",
  ),
  limit("work", same("reserved"), "count", 0, "slots that guests cannot have", BUSY),
  limit("work", ms("guestLease"), "duration", SECOND_MS, "lease of a guest's task", REFUSED),
  limit("work", same("ownerSpend"), "credits", 0, "prices of the tasks of one guest within a day", REFUSED),
  limit("work", same("guestSpend"), "credits", 0, "prices of the tasks of all guests within a day", REFUSED),
  limit(
    "work",
    same("jobs"),
    "count",
    1,
    "jobs that it works for or has heard of",
    "the guest's job that gave no work for longest is forgotten",
  ),
  limit("work", same("reservedJobs"), "count", 0, "of these, places that guests cannot have", "the same"),
  limit("disk", ["jobBlobs", "jobBlobBytes"], "size", 64 * KIB, "blobs of one job", NOT_FETCHED),
  limit("disk", ["ownerBlobs", "ownerBlobBytes"], "size", 64 * KIB, "blobs of all jobs of one owner", NOT_FETCHED),
  limit("disk", ["guestSourceBlobs", "guestSourceBlobBytes"], "size", 0, "blobs of guests of one source", NOT_FETCHED),
  limit("disk", ["guestBlobs", "guestBlobBytes"], "size", 0, "blobs of all jobs of guests", NOT_FETCHED),
  limit("disk", bytes("free"), "size", 0, "space on the disk that stays free", NOT_FETCHED),
  limit("disk", ms("ended"), "duration", 10 * MINUTE_MS, "time since a job ended", "the job is deleted"),
  limit("disk", bytes("jobs"), "size", MIB, "records and blobs of all jobs", "jobs that ended first are deleted"),
  limit(
    "memory",
    bytes("inbound"),
    "size",
    2 * protocolLimits.frameBytes,
    "frames that are not whole yet, of all peers",
    STREAM,
  ),
  limit(
    "memory",
    bytes("guestInbound"),
    "size",
    protocolLimits.frameBytes,
    "the same, of peers that share no job with it",
    STREAM,
  ),
  limit(
    "memory",
    bytes("outbound"),
    "size",
    2 * protocolLimits.frameBytes,
    "frames that wait to be read, by all peers",
    STREAM,
  ),
  limit(
    "memory",
    bytes("guestOutbound"),
    "size",
    protocolLimits.frameBytes,
    "the same, by peers that share no job with it",
    STREAM,
  ),
  limit("memory", bytes("guestPeerOutbound"), "size", protocolLimits.frameBytes, "the same, by one of these", STREAM),
  limit("memory", ms("frameIdle"), "duration", SECOND_MS, "time in which nothing of a begun frame comes", STREAM),
  limit("memory", ms("frame"), "duration", SECOND_MS, "time until a begun frame is whole", STREAM),
  limit(
    "memory",
    ms("writeIdle"),
    "duration",
    SECOND_MS,
    "time in which a peer reads nothing of what waits for it",
    "the peer is hung up on",
  ),
  limit("connections", same("total"), "count", 8, "open connections", CONNECTION),
  limit("connections", same("outbound"), "count", 0, "of these, places for its own dials", CONNECTION),
  limit("connections", same("perOrigin"), "count", 1, "connections of one network", CONNECTION),
  limit("connections", same("pending"), "count", 8, "connections that have not proved whose they are", CONNECTION),
  limit("connections", same("pendingPerAddress"), "count", 1, "the same, of one address", CONNECTION),
  limit("connections", ms("upgrade"), "duration", 500, "time for that proof", CONNECTION),
];

type LimitValue = number | null | readonly string[];

export const limitOf = (limits: Limits, row: Pick<LimitRow, "section" | "field">): LimitValue =>
  (limits[row.section] as unknown as { readonly [field: string]: LimitValue })[row.field]!;

const UNITS = [
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
] as const;

function writeSize(size: number): string {
  for (const [unit, unitBytes] of UNITS) if (size > 0 && size % unitBytes === 0) return `${size / unitBytes}${unit}`;
  return `${size}B`;
}

/** As one writes it in a limits file. */
export function writeLimit({ kind }: Pick<LimitRow, "kind">, value: LimitValue): string {
  if (value === null) return "all";
  if (typeof value !== "number") return value.length === 0 ? "none" : value.join(", ");
  if (kind === "size") return writeSize(value);
  if (kind === "credits") return value === UNLIMITED_SPEND ? "no bound" : formatCredits(value);
  if (kind !== "duration") return String(value);
  return value % 86_400_000 === 0 ? `${value / 86_400_000}d` : writeMs(value);
}

/** The table of docs/limits.md. */
export function limitsTable(): string[] {
  const rows = LIMIT_ROWS.map((one) => {
    const standard = writeLimit(one, limitOf(DEFAULT_LIMITS, one));
    return `| \`${one.section}.${one.key}\` | ${one.what} | ${standard} | ${one.atBound} |`;
  });
  return ["| key | what counts | default | at the bound |", "| --- | --- | --- | --- |", ...rows];
}
