/**
 * What an owner knows of agents as hosts: how many turns each kept, since when and from where it knows them. From that follow
 * the power that a host has in the owner's next committees, and whether it is known. Plain data and pure functions;
 * knowledge.ts keeps the records, hosting-record.ts counts what one job adds to them.
 *
 * A new identity costs nothing. What costs something is time, work, and addresses: a host is known a week after its record began,
 * if jobs of several days met it, and each network has one new known host a day at most. That makes it expensive to be known many
 * times over, and not impossible.
 *
 * Source: protocol.md 4 (powers, newcomers).
 */

import { compareUnits } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";

/** What one job showed of a host: its turns as a proposer, and whether it signed two statements that exclude each other. */
export interface HostTurns {
  readonly agent: AgentId;
  readonly kept: number;
  readonly lost: number;
  readonly equivocated: boolean;
}

export interface HostRecord extends HostTurns {
  /** Whose jobs showed it; absent: the node's own owner's. */
  readonly owner?: AgentId;
  /** The agent's power in the next committee that this owner draws, by all records of it. */
  readonly power: number;
  /** When the record began, wall ms. */
  readonly sinceMs: number;
  /** On how many days jobs met it, and the last of them, days since 1970. */
  readonly days: number;
  readonly lastDay: number;
  /** Since when it is a known host; null: it is none. */
  readonly knownSinceMs: number | null;
  /** The network from which it was connected last (capability/addresses.ts); "": a private one, or nobody saw it. */
  readonly origin: string;
}

/** When, and from where, an owner met the hosts of a job. */
export interface Meeting {
  readonly nowMs: number;
  readonly origins: ReadonlyMap<AgentId, string>;
}

const DAY_MS = 86_400_000;
/** A record that began this long ago, and that jobs of so many days met, is of a known host. */
const KNOWN_MS = 7 * DAY_MS;
const KNOWN_DAYS = 3;
/** Turns that count of the jobs of all other owners together, for one agent. */
const TRUSTED_TURNS = 50;
/** Records that a node keeps. Those of known hosts and of equivocators go last. */
const HOSTS_MAX = 4_096;
/** Turns kept from which on a host has this power, if it kept enough of all its turns. */
const POWERS = [
  { power: 4, kept: 5_000 },
  { power: 3, kept: 500 },
  { power: 2, kept: 50 },
] as const;
/** With this share of its turns kept, percent, a host has the power that it earned; with less than the other, 1. */
const GOOD_SHARE = 95;
const BAD_SHARE = 90;

/** What its records say together; `lost` and `kept` of other owners' jobs up to a cap. */
function totalOf(records: readonly HostRecord[]): { readonly kept: number; readonly lost: number } {
  let [kept, lost, othersKept, othersLost] = [0, 0, 0, 0];
  for (const record of records) {
    if (record.owner === undefined) [kept, lost] = [kept + record.kept, lost + record.lost];
    else [othersKept, othersLost] = [othersKept + record.kept, othersLost + record.lost];
  }
  const scale = Math.min(1, TRUSTED_TURNS / Math.max(1, othersKept + othersLost));
  return { kept: kept + othersKept * scale, lost: lost + othersLost * scale };
}

function powerAfter({ kept, lost }: { readonly kept: number; readonly lost: number }, before: number): number {
  const turns = kept + lost;
  if (100 * kept < BAD_SHARE * turns) return 1;
  if (100 * kept < GOOD_SHARE * turns) return before;
  return POWERS.find((step) => kept >= step.kept)?.power ?? 1;
}

const keyOf = ({ owner, agent }: Pick<HostRecord, "owner" | "agent">): string => `${owner ?? ""}\n${agent}`;

/** Adds what a job of `owner` showed of its hosts; null: of this node's own. */
export function mergeHosts(
  hosts: readonly HostRecord[],
  turns: readonly HostTurns[],
  owner: AgentId | null,
  { nowMs, origins }: Meeting,
): readonly HostRecord[] {
  const records = new Map(hosts.map((record) => [keyOf(record), record]));
  const today = Math.floor(nowMs / DAY_MS);
  const source = owner === null ? {} : { owner };
  const met = new Set<AgentId>();
  for (const { agent, kept, lost, equivocated } of turns) {
    if (kept + lost === 0 && !equivocated) continue;
    met.add(agent);
    const key = keyOf({ ...source, agent });
    const before = records.get(key);
    // Only who kept a turn was met: to be a member and to do nothing makes nobody known.
    const isNewDay = kept > 0 && today > (before?.lastDay ?? Number.NEGATIVE_INFINITY);
    records.set(key, {
      ...source,
      agent,
      kept: (before?.kept ?? 0) + kept,
      lost: (before?.lost ?? 0) + lost,
      equivocated: equivocated || before?.equivocated === true,
      power: before?.power ?? 1,
      sinceMs: before?.sinceMs ?? nowMs,
      days: (before?.days ?? 0) + (isNewDay ? 1 : 0),
      lastDay: isNewDay ? today : (before?.lastDay ?? 0),
      knownSinceMs: before?.knownSinceMs ?? null,
      origin: (origins.get(agent) ?? "") || (before?.origin ?? ""),
    });
  }
  return fitting(introduced(withPowers([...records.values()], met), nowMs));
}

/** The powers of the agents that were met, by all records of each. */
function withPowers(records: readonly HostRecord[], met: ReadonlySet<AgentId>): HostRecord[] {
  const byAgent = new Map<AgentId, HostRecord[]>();
  for (const record of records) {
    if (!met.has(record.agent)) continue;
    const of = byAgent.get(record.agent);
    if (of === undefined) byAgent.set(record.agent, [record]);
    else of.push(record);
  }
  return records.map((record) => {
    const of = byAgent.get(record.agent);
    if (of === undefined) return record;
    const before = of.reduce((most, { power }) => Math.max(most, power), 1);
    return { ...record, power: powerAfter(totalOf(of), before) };
  });
}

/** Makes known who has become so; the oldest record first where several of one network could. */
function introduced(records: readonly HostRecord[], nowMs: number): HostRecord[] {
  const today = Math.floor(nowMs / DAY_MS);
  const taken = new Set(
    records
      .filter(({ knownSinceMs }) => knownSinceMs !== null && Math.floor(knownSinceMs / DAY_MS) >= today)
      .map(({ origin }) => origin),
  );
  const ready = records
    .filter(({ owner, knownSinceMs, sinceMs, days }) => {
      const isOld = nowMs - sinceMs >= KNOWN_MS && days >= KNOWN_DAYS;
      return owner === undefined && knownSinceMs === null && isOld;
    })
    .sort((a, b) => a.sinceMs - b.sinceMs || compareUnits(a.agent, b.agent));
  const introducedNow = new Set<HostRecord>();
  for (const record of ready) {
    if (record.equivocated || (record.origin !== "" && taken.has(record.origin))) continue;
    taken.add(record.origin);
    introducedNow.add(record);
  }
  return records.map((record) => (introducedNow.has(record) ? { ...record, knownSinceMs: nowMs } : record));
}

function fitting(records: readonly HostRecord[]): readonly HostRecord[] {
  if (records.length <= HOSTS_MAX) return records;
  const worth = ({ owner, equivocated, knownSinceMs }: HostRecord): number =>
    equivocated || knownSinceMs !== null ? 2 : owner === undefined ? 1 : 0;
  const kept = new Set(
    [...records]
      .sort((a, b) => worth(b) - worth(a) || b.lastDay - a.lastDay || compareUnits(keyOf(a), keyOf(b)))
      .slice(0, HOSTS_MAX),
  );
  return records.filter((record) => kept.has(record));
}

/** What an owner knows of one host. */
interface HostStanding {
  readonly power: number;
  readonly isKnown: boolean;
  /** It signed two statements that exclude each other: this owner never draws it again. */
  readonly equivocated: boolean;
  readonly origin: string;
}

/** By agent; whoever is missing has power 1 and is new. */
export function standingsOf(hosts: readonly HostRecord[]): ReadonlyMap<AgentId, HostStanding> {
  const standings = new Map<AgentId, HostStanding>();
  for (const record of hosts) {
    const before = standings.get(record.agent);
    standings.set(record.agent, {
      power: Math.max(record.power, before?.power ?? 1),
      isKnown: (record.owner === undefined && record.knownSinceMs !== null) || before?.isKnown === true,
      equivocated: record.equivocated || before?.equivocated === true,
      origin: record.owner === undefined || before === undefined ? record.origin : before.origin,
    });
  }
  return standings;
}

/** The known hosts that an owner may draw. */
export function knownHosts(hosts: readonly HostRecord[]): ReadonlySet<AgentId> {
  const known = [...standingsOf(hosts)].filter(([, { isKnown, equivocated }]) => isKnown && !equivocated);
  return new Set(known.map(([agent]) => agent));
}
