/**
 * Invariant 14: nobody comes to more power in a committee than the genesis gave it, as a member or as a standby, and the power of
 * all together stays what it was. Where the owner bounded newcomers, they hold less than a third, whoever took whose seat.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import type { CommitteeMembers } from "../../../protocol/wire/consensus.ts";
import { type Checker, violated } from "./checker.ts";

const PROPERTY = "14 powers";

const sum = (members: CommitteeMembers): number => members.reduce((total, { power }) => total + power, 0);

/** `newcomers`: those that the owner bounded; null: nobody. */
export function powersChecker(newcomers: ReadonlySet<AgentId> | null): Checker {
  let last: CommitteeMembers | null = null;
  return {
    onDecided({ ledger, height, by }) {
      const committee = ledger.state.committee.get();
      if (committee === last) return;
      last = committee;
      const { genesis } = ledger;
      const given = new Map([...genesis.standbys, ...genesis.committee].map(({ agent, power }) => [agent, power]));
      for (const { agent, power } of committee) {
        const most = given.get(agent) ?? 0;
        if (power > most)
          violated(PROPERTY, by, `height ${height}: ${agent} has power ${power}, and was given ${most}`);
      }
      const total = sum(committee);
      const before = sum(genesis.committee);
      if (total !== before) violated(PROPERTY, by, `height ${height}: the power of all is ${total}, and was ${before}`);
      const held = newcomers === null ? 0 : sum(committee.filter(({ agent }) => newcomers.has(agent)));
      if (newcomers !== null && 3 * held >= total)
        violated(PROPERTY, by, `height ${height}: newcomers hold ${held} of ${total}`);
    },
  };
}
