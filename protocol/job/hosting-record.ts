/**
 * How well the members of a job kept its log, by the headers of its blocks alone: who kept a turn as a proposer, who lost one,
 * and who signed two statements that exclude each other. Whoever replays the log counts the same.
 *
 * Leaves to selection/hosts.ts what an owner concludes from it. Source: protocol.md 4 (hosting records).
 */

import type { Committee } from "../consensus/committee.ts";
import { compareText } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";
import type { HostTurns } from "../selection/hosts.ts";
import type { Header } from "../wire/consensus.ts";
import type { LedgerEvent } from "./event.ts";

interface Counts {
  kept: number;
  lost: number;
  equivocated: boolean;
}

export class HostingRecord {
  readonly #counts = new Map<AgentId, Counts>();

  #of(agent: AgentId): Counts {
    let counts = this.#counts.get(agent);
    if (counts === undefined) {
      counts = { kept: 0, lost: 0, equivocated: false };
      this.#counts.set(agent, counts);
    }
    return counts;
  }

  /** `committee`: the one that decided the block. A block may be decided in a later round than it was made in: that counts for nobody. */
  onDecided(committee: Committee, { height, round }: Header, events: readonly LedgerEvent[]): void {
    this.#of(committee.proposer(height, round)).kept++;
    // The schedule repeats itself, and a hostile committee may name a round in the billions.
    const cycles = Math.floor(round / committee.total);
    if (cycles > 0) for (const { agent, power } of committee.members) this.#of(agent).lost += cycles * power;
    for (let lost = cycles * committee.total; lost < round; lost++) this.#of(committee.proposer(height, lost)).lost++;
    for (const event of events) {
      if (event.kind === "replaced" && event.reason === "equivocation") this.#of(event.out).equivocated = true;
      if (event.kind === "convicted") this.#of(event.agent).equivocated = true;
    }
  }

  /** In the order of the agents' ids. `isCertified`: turns count in jobs that came to their result, equivocation in every job. */
  turns(isCertified: boolean): HostTurns[] {
    return [...this.#counts]
      .filter(([, { equivocated }]) => isCertified || equivocated)
      .map(([agent, { kept, lost, equivocated }]) => ({
        agent,
        kept: isCertified ? kept : 0,
        lost: isCertified ? lost : 0,
        equivocated,
      }))
      .sort((a, b) => compareText(a.agent, b.agent));
  }
}
