/** The table of `meshwork knowledge show` that says how agents hosted an owner's jobs, and what power that gives each. */

import type { AgentId } from "../../protocol/core/ids.ts";
import { type HostRecord, standingsOf } from "../../protocol/selection/hosts.ts";
import type { KnownWorld } from "../../protocol/selection/knowledge.ts";
import { groupDigits, plainText, table, uncolored } from "../platform/terminal/terminal-text.ts";

/** The end of an agent's id tells it from others, and is what it is called where it has no name. */
export const ID_END = 6;

const COLUMNS = [
  { title: "host", isElastic: true },
  { title: "id ends in" },
  { title: "kept", align: "right" },
  { title: "lost", align: "right" },
  { title: "share", align: "right" },
  { title: "power", align: "right" },
  { title: "days", align: "right" },
  { title: "known since" },
  { title: "network", isElastic: true },
] as const;

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function standingWords({ equivocated, knownSinceMs, owner }: HostRecord): string {
  if (equivocated) return "never drawn";
  if (knownSinceMs !== null) return dateOf(knownSinceMs);
  return owner === undefined ? "new" : `by ${owner.slice(-ID_END)}`;
}

/** Lines, of one agent or of all; none where nothing is known. The most powerful first. */
export function hostLines({ hosts, seen = {} }: KnownWorld, one: string | null, width: number): string[] {
  const shown = hosts.filter(({ agent }) => one === null || agent === one);
  if (shown.length === 0) return [];
  const standings = standingsOf(hosts);
  const powerOf = (agent: AgentId): number => standings.get(agent)!.power;
  const rows = [...shown]
    .sort((a, b) => powerOf(b.agent) - powerOf(a.agent) || b.kept - a.kept || (a.agent < b.agent ? -1 : 1))
    .map((record) => {
      const { agent, kept, lost, days, origin } = record;
      const name = seen[agent]?.name ?? "";
      const turns = kept + lost;
      return [
        ...[plainText(name === "" ? "·" : name), plainText(agent.slice(-ID_END))],
        ...[groupDigits(kept), groupDigits(lost), turns === 0 ? "·" : `${((100 * kept) / turns).toFixed(1)} %`],
        ...[record.equivocated ? "·" : String(powerOf(agent)), String(days), plainText(standingWords(record))],
        origin === "" ? "private" : plainText(origin),
      ];
    });
  return table(COLUMNS, rows, uncolored(width));
}
