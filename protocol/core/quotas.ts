/**
 * How much of its places, slots and money an agent gives to the owners of jobs. Agents of one mesh may differ in all of it, and
 * an operator may set it (`meshwork node --limits FILE`); what every agent must hold to stands in limits.ts.
 *
 * Identities cost nothing, so guests (owners that the operator does not know) share one budget, of which each source gets
 * a part (agent/admission.ts). Times are in ms, money is in micro-credits.
 */

import type { AgentId } from "./ids.ts";

export interface Quotas {
  readonly owners: {
    /** Owners that the operator knows: what is reserved is for them, and bounds of guests are not for them. */
    readonly known: readonly AgentId[];
    /** Works for these owners only; null: for everybody. */
    readonly allow: readonly AgentId[] | null;
  };
  readonly hosting: {
    /** Jobs that it hosts at the same time, and how many of these places guests cannot have. */
    readonly jobs: number;
    readonly reserved: number;
    /** Jobs of one owner; of all guests of one source. */
    readonly perOwner: number;
    readonly perSource: number;
    /** The longest deadline and the longest offer window of a guest's job. */
    readonly guestDeadlineMs: number;
    readonly guestWindowMs: number;
    /** Bytes of the blocks of one guest's job, and of all guests' jobs. */
    readonly jobRecordBytes: number;
    readonly guestRecordBytes: number;
    /** If all places are taken, a guest's job that had no result for this long may lose its place to another job. */
    readonly idleMs: number;
  };
  readonly work: {
    /** Slots that guests cannot have. */
    readonly reserved: number;
    /** The longest lease that it takes from a guest. */
    readonly guestLeaseMs: number;
    /** The prices of all tasks that it takes within a day: of one guest, and of all guests together. */
    readonly ownerSpend: number;
    readonly guestSpend: number;
    /** Jobs that it works for or has heard of, and how many of these places guests cannot have. */
    readonly jobs: number;
    readonly reservedJobs: number;
  };
}

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** No bound on money: more than any job's budget allows. */
export const UNLIMITED_SPEND = Number.MAX_SAFE_INTEGER;

export const DEFAULT_QUOTAS: Quotas = {
  owners: { known: [], allow: null },
  hosting: {
    jobs: 64,
    reserved: 16,
    perOwner: 16,
    perSource: 16,
    guestDeadlineMs: 7 * 24 * HOUR_MS,
    guestWindowMs: MINUTE_MS,
    jobRecordBytes: 256 * MIB,
    guestRecordBytes: 2_048 * MIB,
    idleMs: MINUTE_MS,
  },
  work: {
    reserved: 0,
    guestLeaseMs: HOUR_MS,
    ownerSpend: UNLIMITED_SPEND,
    guestSpend: UNLIMITED_SPEND,
    jobs: 256,
    reservedJobs: 64,
  },
};
