/**
 * Every policy that Meshwork has. A ledger that keeps their states can offer all of them; `SELECTORS` in selector.ts are
 * those that need none.
 */

import { createEpsilonGreedy, createUcb1 } from "./arms.ts";
import { createLinUcb } from "./linucb.ts";
import { RANDOM_OF_BEST } from "./screen.ts";
import { SELECTORS, type Selector } from "./selector.ts";
import { createThompson } from "./thompson.ts";

export const LEARNING: readonly Selector[] = [createLinUcb(), createThompson(), createUcb1(), createEpsilonGreedy()];

export const CATALOG: readonly Selector[] = [...LEARNING, ...SELECTORS, RANDOM_OF_BEST];
