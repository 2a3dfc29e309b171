/**
 * What a job's events add up to, for people: counts that the ledger itself does not need.
 */

import type { AgentId } from "../core/ids.ts";
import type { LedgerEvent } from "../job/event.ts";

export interface AgentStats {
  awards: number;
  results: number;
  accepted: number;
  rejected: number;
  timeouts: number;
}

export class JobStats {
  readonly agents = new Map<AgentId, AgentStats>();
  accepted = 0;
  failed = 0;
  /** Awards that ended without a result and whose seat had to be given to somebody else. */
  reassigned = 0;
  undecided = 0;

  #agent(agent: AgentId): AgentStats {
    let stats = this.agents.get(agent);
    if (stats === undefined) {
      stats = { awards: 0, results: 0, accepted: 0, rejected: 0, timeouts: 0 };
      this.agents.set(agent, stats);
    }
    return stats;
  }

  note(event: LedgerEvent): void {
    switch (event.kind) {
      case "award":
        this.#agent(event.worker).awards++;
        break;
      case "result":
        this.#agent(event.worker).results++;
        break;
      case "ended":
        if (event.reason === "not-needed") break;
        if (event.reason !== "unrevealed") this.reassigned++;
        if (event.reason === "timeout" || event.reason === "dead") this.#agent(event.worker).timeouts++;
        break;
      case "accepted":
        this.accepted++;
        for (const agent of event.supporters) this.#agent(agent).accepted++;
        for (const agent of event.others) this.#agent(agent).rejected++;
        break;
      case "undecided":
        this.undecided++;
        break;
      case "taskFailed":
        this.failed++;
        break;
      default:
        break;
    }
  }
}
