/**
 * What Byzantine workers do with awards, beside giving wrong answers (behaviours.ts): they take them and
 * never deliver, or continue beyond the end of the lease and deliver then.
 */

import type { Effect } from "../../../protocol/effect.ts";
import type { WrapMachine } from "../../world/options.ts";
import { withAdversary } from "./adversary.ts";

export const WORKER_LIES = ["take-and-never-deliver", "overrun"] as const;
type WorkerLie = (typeof WORKER_LIES)[number];

/** Its machine has budgets in which all work ends. */
const OVERRUN = 4;

/** With probability `odds`, `lie` handles an award, and `note` is called. */
export const workerAdversary = (lie: WorkerLie, odds: number, note: () => void): WrapMachine =>
  withAdversary(({ prng }) => ({
    onEffects: (_, effects) =>
      effects.flatMap((effect): Effect[] => {
        if (effect.kind !== "work" || !prng.chance(odds)) return [effect];
        note();
        return lie === "overrun" ? [{ ...effect, budgetMs: OVERRUN * effect.budgetMs }] : [];
      }),
  }));
