/**
 * Invariant 7: spent + reserved <= budget, and the books agree with what they are the sum of.
 */

import { type Checker, violated } from "./checker.ts";

const PROPERTY = "7 budget";

export function budgetChecker(): Checker {
  let paid = 0;
  return {
    onDecided({ ledger, events, height, by }) {
      const { state, genesis } = ledger;
      const spent = state.spent.get();
      const reserved = state.reserved.get();
      if (spent + reserved > genesis.budget)
        violated(PROPERTY, by, `height ${height}: ${spent} spent and ${reserved} reserved of ${genesis.budget}`);
      for (const event of events) if (event.kind === "result") paid += event.paid;
      if (paid !== spent) violated(PROPERTY, by, `height ${height}: ${paid} was paid and ${spent} is spent`);
      let held = 0;
      for (const [, task] of state.tasks.sorted()) {
        for (const award of task.awards) if (award.status === "live" || award.status === "sealed") held += award.price;
      }
      if (held !== reserved)
        violated(PROPERTY, by, `height ${height}: awards hold ${held}, the books say ${reserved} is reserved`);
    },
  };
}
