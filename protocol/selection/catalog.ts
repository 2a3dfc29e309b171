/** The policies that job files can name: those of Meshwork, and those that plugins and nodes add. */

import { MeshworkError } from "../core/errors.ts";
import { fromScores, guarded } from "./adapt.ts";
import { createEpsilonGreedy, createUcb1 } from "./arms.ts";
import { createLinUcb } from "./linucb.ts";
import { RANDOM_OF_BEST } from "./screen.ts";
import type { AnySelector, Selector, Selectors } from "./selector.ts";
import { SIMPLE } from "./simple.ts";
import { createThompson } from "./thompson.ts";

export const SELECTORS: readonly Selector[] = [
  createLinUcb(),
  createThompson(),
  createUcb1(),
  createEpsilonGreedy(),
  ...SIMPLE.map(fromScores),
  RANDOM_OF_BEST,
];

/** Job files may leave it out. */
export const DEFAULT_SELECTOR = "linucb";

/** Those of Meshwork, and `more`. Throws `usage` where a name is taken, or a selector starts with no plain data. */
export function createSelectors(more: readonly AnySelector[] = []): Selectors {
  const selectors = new Map<string, Selector>(SELECTORS.map((selector) => [selector.name, selector]));
  for (const selector of more) {
    if (selectors.has(selector.name))
      throw new MeshworkError("usage", `there is a selector "${selector.name}" already`, "choose another name");
    selectors.set(selector.name, "choose" in selector ? guardedFromStart(selector) : fromScores(selector));
  }
  return selectors;
}

function guardedFromStart(selector: Selector): Selector {
  try {
    return guarded(selector);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const what = `the selector "${selector.name}" has no state to start with: ${why}`;
    throw new MeshworkError("usage", what, "return numbers, text, flags, lists and records from start()");
  }
}

export const BUILT_IN_SELECTORS = createSelectors();
