/** For tests of other things than how a job begins: its needs were asked for before, what is offered is awarded at once. */

import { needKey } from "../../protocol/job/keys.ts";
import type { Gathering, LedgerState } from "../../protocol/job/state.ts";
import type { LedgerView } from "../../protocol/job/view.ts";

type Ledger = Pick<LedgerView, "state" | "genesis">;

/** Writes into the ledger past its rules, before its first block: the same for all needs. */
export function setGatherings({ state, genesis }: Ledger, gathering: Gathering | null): void {
  const { gatherings, journal } = state as LedgerState;
  for (const { skill, labels } of genesis.nodes) {
    if (gathering === null) gatherings.delete(needKey(skill, labels));
    else gatherings.set(needKey(skill, labels), gathering);
  }
  journal.keep();
}

export function skipGathering<T extends Ledger>(ledger: T): T {
  setGatherings(ledger, { endsMs: 0, isOver: true });
  return ledger;
}
