/**
 * Invariant 7: spent + reserved <= budget, and the ledger's sums agree with their parts.
 */

import type { LedgerEvent } from "../../../protocol/job/event.ts";
import type { SurplusAward, Task } from "../../../protocol/job/state.ts";
import type { Genesis } from "../../../protocol/wire/genesis.ts";
import { Figures } from "./changed.ts";
import { type Checker, violated } from "./checker.ts";
import { saidInOrder } from "./said-in-order.ts";

const PROPERTY = "7 budget";

const paidBy = (event: LedgerEvent): number => (event.kind === "result" || event.kind === "surplus" ? event.paid : 0);

function reservedOf({ awards }: Task): number {
  const holding = awards.filter(({ status }) => status === "live" || status === "sealed");
  return holding.reduce((sum, { price }) => sum + price, 0);
}

/** `genesis`: the job's, once it is known. */
export function budgetChecker(genesis: () => Genesis | null): Checker {
  let paid = 0;
  /** As agents say. */
  let saidPaid = 0;
  /** What the awards of each open task and each surplus award reserve; `held`: all of them together. */
  const reservations = new Figures(reservedOf);
  const surplus = new Figures(({ price }: SurplusAward) => price);
  let held = 0;
  return {
    onTrace: saidInOrder((height, events, entry) => {
      for (const event of events) saidPaid += paidBy(event);
      const budget = genesis()?.budget ?? Number.POSITIVE_INFINITY;
      if (saidPaid > budget) violated(PROPERTY, entry, `height ${height}: ${saidPaid} was paid of ${budget}`);
    }),
    onDecided({ ledger, events, height, by }) {
      const { state } = ledger;
      const { budget } = ledger.genesis;
      const spent = state.spent.get();
      const reserved = state.reserved.get();
      if (spent + reserved > budget)
        violated(PROPERTY, by, `height ${height}: ${spent} spent and ${reserved} reserved of ${budget}`);
      for (const event of events) paid += paidBy(event);
      if (paid !== spent) violated(PROPERTY, by, `height ${height}: ${paid} was paid and ${spent} is spent`);
      const count = (before: number | null, now: number | null): void => void (held += (now ?? 0) - (before ?? 0));
      reservations.update(state.tasks, count);
      surplus.update(state.surplus, count);
      if (held !== reserved)
        violated(PROPERTY, by, `height ${height}: awards hold ${held}, the books say ${reserved} is reserved`);
    },
  };
}
