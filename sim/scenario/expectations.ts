/** What a scenario expects: lines like `completion >= 0.99`. */

import type { Expectation, Relation } from "./scenario.ts";

const LINE = /^([A-Za-z][\w.-]*)\s*(>=|<=|==|>|<)\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)$/;

/** `null` for what is no expectation. Whether there is such a metric, the registry knows. */
export function parseExpectation(text: string): Expectation | null {
  const expression = text.trim();
  const match = LINE.exec(expression);
  if (match === null) return null;
  return { expression, metric: match[1]!, relation: match[2] as Relation, bound: Number(match[3]) };
}
