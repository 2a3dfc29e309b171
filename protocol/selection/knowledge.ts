/**
 * What an owner learned from its jobs, and carries to the next one: how often an agent's answers for a skill were
 * accepted, what its selector learned, and how agents hosted its jobs (hosts.ts). Plain data and pure functions; the node keeps it (node/knowledge.ts).
 *
 * Knowledge moves awards and the powers of hosts, and nothing else: no answer is right because of it. What others' jobs taught counts only where
 * this node's operator trusts their owner, and each owner up to a cap: a certificate proves that a rule ran, not that
 * the answer is true, and anybody can buy genuine certificates for its own sybils.
 *
 * Source: protocol.md 6 (knowledge).
 */

import { compareUnits } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type Knowledge, NO_KNOWLEDGE } from "../wire/genesis.ts";
import { encodeValue, type Value } from "../wire/value.ts";
import { type HostRecord, type HostTurns, type Meeting, mergeHosts } from "./hosts.ts";
import type { Selector } from "./selector.ts";

/** Answers of one agent for one skill; fractions, since knowledge fades. */
interface KnownRecord {
  /** Whose jobs taught it; absent: the node's own owner's. */
  readonly owner?: AgentId;
  readonly agent: AgentId;
  readonly skill: string;
  readonly accepted: number;
  readonly rejected: number;
  /** The same answers by stated confidence, one entry for each bin of answer/calibration.ts; absent: none were stated. */
  readonly stated?: readonly StatedAnswers[];
}

export type KnownAnswers = Pick<KnownRecord, "accepted" | "rejected" | "stated">;

/** The answers of one bin, and the sum of the confidences that were stated with them. */
export interface StatedAnswers {
  readonly accepted: number;
  readonly rejected: number;
  readonly stated: number;
}

/** An agent's part in a result, by one node of the job. */
export interface Credit {
  readonly agent: AgentId;
  readonly skill: string;
  /** Its share of the node's accepted answers, 0..1. */
  readonly share: number;
  /** What was known of it when it was chosen; the mean over its answers. */
  readonly context: readonly number[];
  /** Mean, ms. */
  readonly tookMs: number;
  readonly targetMs: number;
}

/** A job of one's own that ended with a result, and was not scored yet. */
export interface UnscoredJob {
  readonly job: string;
  readonly selector: string;
  readonly credits: readonly Credit[];
}

/** What one job taught. */
export interface Lessons {
  readonly records: readonly KnownRecord[];
  /** The job's selector, and its state in canonical bytes; empty: it learns nothing. */
  readonly selector: string;
  readonly learned: Uint8Array;
  /** Who had a part in its result; empty: it has none. */
  readonly credits: readonly Credit[];
  /** How its hosts kept its log. */
  readonly hosts: readonly HostTurns[];
}

/** What people know an agent by: its name, and when and in which mesh a job last taught something about it. */
export interface Seen {
  readonly name: string;
  readonly mesh: string;
  readonly atMs: number;
}

/** What a node knows. Replaced, never changed. */
export interface KnownWorld {
  /** In the order in which they were last added to: the newest last. */
  readonly records: readonly KnownRecord[];
  /** By the selector's name. */
  readonly learned: { readonly [selector: string]: Uint8Array };
  /** The newest last. */
  readonly unscored: readonly UnscoredJob[];
  readonly hosts: readonly HostRecord[];
  /** By the agents of `records` and `hosts`. */
  readonly seen?: { readonly [agent: string]: Seen };
}

export const EMPTY_WORLD: KnownWorld = { records: [], learned: {}, unscored: [], hosts: [] };

/**
 * What is kept of old answers at each new one about the same agent and skill: about a hundred answers count, and an agent
 * that behaved well and then flips is known for what it is after some dozens.
 */
const KEPT = 0.99;
/** Answers about an agent and a skill that count of all jobs of another owner together. */
const TRUSTED_ANSWERS = 20;
/** Records that a node keeps. */
const RECORDS_MAX = 16 * limits.knownRecords;
/** Own jobs that wait for a score. */
export const UNSCORED_MAX = 32;
/** Less than this says nothing any more, answers. */
const ANSWERS_MIN = 0.01;

const keyOf = ({ agent, skill }: Pick<KnownRecord, "agent" | "skill">): string => `${agent}\n${skill}`;
/** Apart by owner: however many jobs one has, it says no more than its cap, and fades nobody else's word. */
const sourcedKeyOf = (record: KnownRecord): string => `${record.owner ?? ""}\n${keyOf(record)}`;

/** What goes first where there is no room for all: what others' jobs taught, or their owners could push out the node's own. */
const ownLast = (records: readonly KnownRecord[]): readonly KnownRecord[] => [
  ...records.filter(({ owner }) => owner !== undefined),
  ...records.filter(({ owner }) => owner === undefined),
];

/**
 * Adds what a job of `owner` taught; null: of this node's own. Another owner's jobs count up to a cap together, and their
 * selector's state is not taken: nobody could say how much of it is true.
 */
export function merge(world: KnownWorld, lessons: Lessons, owner: AgentId | null, meeting: Meeting): KnownWorld {
  const records = new Map(world.records.map((record) => [sourcedKeyOf(record), record]));
  const source = owner === null ? {} : { owner };
  for (const { agent, skill, accepted, rejected, stated } of lessons.records) {
    if (!(accepted + rejected > 0)) continue;
    const given = { ...source, agent, skill, accepted, rejected, ...(stated !== undefined && { stated }) };
    const key = sourcedKeyOf(given);
    const sum = added(records.get(key), given);
    const scale = owner === null ? 1 : Math.min(1, TRUSTED_ANSWERS / (sum.accepted + sum.rejected));
    records.delete(key); // the newest last
    records.set(key, { ...given, ...scaled(sum, (answers) => answers * scale) });
  }
  const kept = new Set(ownLast([...records.values()]).slice(-RECORDS_MAX));
  const { selector, learned } = lessons;
  const isTaught = owner === null && learned.length > 0;
  return {
    records: [...records.values()].filter((record) => kept.has(record)),
    learned: isTaught ? { ...world.learned, [selector]: learned } : world.learned,
    unscored: world.unscored,
    hosts: mergeHosts(world.hosts, lessons.hosts, owner, meeting),
    ...(world.seen !== undefined && { seen: world.seen }),
  };
}

/** All numbers of answers of a record, changed by `scale`. */
function scaled({ accepted, rejected, stated }: KnownAnswers, scale: (answers: number) => number): KnownAnswers {
  const bins = stated?.map((bin) => ({
    accepted: scale(bin.accepted),
    rejected: scale(bin.rejected),
    stated: scale(bin.stated),
  }));
  return { accepted: scale(accepted), rejected: scale(rejected), ...(bins !== undefined && { stated: bins }) };
}

function sumOf(a: KnownAnswers, b: KnownAnswers): KnownAnswers {
  const [longer, other] = a.stated === undefined ? [b.stated, a.stated] : [a.stated, b.stated];
  const stated = longer?.map((bin, i) => ({
    accepted: bin.accepted + (other?.[i]?.accepted ?? 0),
    rejected: bin.rejected + (other?.[i]?.rejected ?? 0),
    stated: bin.stated + (other?.[i]?.stated ?? 0),
  }));
  const [accepted, rejected] = [a.accepted + b.accepted, a.rejected + b.rejected];
  return { accepted, rejected, ...(stated !== undefined && { stated }) };
}

/** Old answers fade at each new one; a part of an answer takes its part of them. */
function added(known: KnownAnswers | undefined, given: KnownAnswers): KnownAnswers {
  let kept = 1;
  let left = Math.min(given.accepted + given.rejected, 1_000);
  for (; left >= 1; left--) kept *= KEPT;
  kept *= 1 - left * (1 - KEPT);
  return known === undefined
    ? given
    : sumOf(
        scaled(known, (answers) => answers * kept),
        given,
      );
}

/** The node's own records with more answers, or parts of answers, about one agent and skill. */
export function withAnswers(records: readonly KnownRecord[], given: KnownRecord): readonly KnownRecord[] {
  const key = sourcedKeyOf(given);
  const known = records.find((record) => sourcedKeyOf(record) === key);
  return [...records.filter((record) => record !== known), { ...given, ...added(known, given) }].slice(-RECORDS_MAX);
}

/** A job of one's own ended: the owner may score it from now on. */
export function withUnscored(world: KnownWorld, job: string, { selector, credits }: Lessons): KnownWorld {
  if (credits.length === 0) return world;
  const others = world.unscored.filter((one) => one.job !== job);
  return { ...world, unscored: [...others, { job, selector, credits }].slice(-UNSCORED_MAX) };
}

/** What a selector learned, as it is carried on: canonical bytes; none of one that learns nothing. */
export function carried<S>(selector: Pick<Selector<S>, "learn" | "shorten">, state: S): Uint8Array {
  if (selector.learn === undefined) return NO_KNOWLEDGE.learned;
  const whole = encodeValue(state as Value);
  if (whole.length <= limits.learnedBytes || selector.shorten === undefined) return whole;
  return encodeValue(selector.shorten(state, limits.learnedBytes) as Value);
}

const thousandths = (answers: number): number => Math.min(limits.knownAnswers, Math.round(answers * 1_000));

/** All that is known of each agent and skill, whoever taught it; the newest last. */
export function totalsOf({ records }: KnownWorld): readonly KnownRecord[] {
  const totals = new Map<string, KnownRecord>();
  for (const record of records) {
    const { agent, skill } = record;
    const key = keyOf(record);
    const before = totals.get(key) ?? { accepted: 0, rejected: 0 };
    totals.delete(key);
    totals.set(key, { agent, skill, ...sumOf(before, record) });
  }
  return [...totals.values()];
}

/**
 * The part of it that a job of these skills can use, in the form of a genesis: up to its limit the newest records, those
 * of the node's own jobs before others'.
 */
export function knowledgeFor(world: KnownWorld, skills: ReadonlySet<string>, selector: string): Knowledge {
  const records = totalsOf({ ...world, records: ownLast(world.records) })
    .filter(({ skill, accepted, rejected }) => skills.has(skill) && accepted + rejected >= ANSWERS_MIN)
    .slice(-limits.knownRecords)
    .map(({ agent, skill, ...answers }) => ({ agent, skill, stated: [], ...scaled(answers, thousandths) }))
    .sort((a, b) => compareUnits(keyOf(a), keyOf(b)));
  const learned = Object.hasOwn(world.learned, selector) ? world.learned[selector]! : NO_KNOWLEDGE.learned;
  return { records, learned: learned.length <= limits.learnedBytes ? learned : NO_KNOWLEDGE.learned };
}

/** The records of a genesis, as an owner keeps them. */
export const recordsOf = ({ records }: Knowledge): readonly KnownRecord[] =>
  records.map(({ agent, skill, ...answers }) => ({
    agent,
    skill,
    ...scaled(answers, (thousandth) => thousandth / 1_000),
  }));

/** What a genesis says of an agent and a skill: answers, by `${agent}\n${skill}`. */
export const priorOf = (knowledge: Knowledge): ReadonlyMap<string, KnownAnswers> =>
  new Map(recordsOf(knowledge).map((record) => [keyOf(record), record]));
