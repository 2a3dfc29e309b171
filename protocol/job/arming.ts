/**
 * Which pooled commands are a reason for a block (protocol.md A1): most are by themselves, offers and suspicions only
 * when those held suffice together.
 */

import type { AgentId } from "../core/ids.ts";
import { isVotedDead, suspicionPower } from "./committee-changes.ts";
import type { Rules } from "./nodes.ts";
import type { PoolEntry } from "./pool.ts";
import { shortage } from "./seating.ts";

/** Whether a command is a reason only together with others. */
export const armsInCompany = ({ command: { body } }: PoolEntry): boolean =>
  body.kind === "offer" || body.kind === "suspicion";

/** Sets `arms` of every applicable entry. `rules`: the ledger at the tip, at the time of a block made now. */
export function judgeArming(rules: Rules, entries: Iterable<PoolEntry>): void {
  const offers = new Map<string, PoolEntry[]>();
  const suspicions = new Map<AgentId, PoolEntry[]>();
  for (const entry of entries) {
    if (entry.applicable !== true) continue;
    const { body } = entry.command;
    if (body.kind === "offer") collect(offers, body.skill, entry);
    else if (body.kind === "suspicion" && body.suspected) collect(suspicions, body.target, entry);
    else entry.arms = body.kind !== "suspicion";
  }
  for (const [skill, held] of offers) {
    const lacking = shortage(rules, skill);
    for (const entry of held) entry.arms = lacking > 0 && held.length >= lacking;
  }
  for (const [target, held] of suspicions) {
    const authors = held.map((entry) => entry.command.author);
    const power = suspicionPower(rules, target, authors, rules.timeMs);
    for (const entry of held) entry.arms = isVotedDead(rules, power);
  }
}

function collect<K>(groups: Map<K, PoolEntry[]>, key: K, entry: PoolEntry): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [entry]);
  else group.push(entry);
}
