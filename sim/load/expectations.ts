/** What a scenario expects: lines like `completion >= 0.99`, or `detectionMs.p95 <= 5s`. */

import { parseMs } from "../../node/platform/text/quantities.ts";
import type { Expectation, Relation } from "../model/scenario.ts";

const LINE =
  /^([A-Za-z][\w.-]*)\s*(>=|<=|==|>|<)\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(ms|s|m|min|h)?$/;

interface ParsedExpectation extends Expectation {
  /** The bound was written as a time; it is in ms. */
  readonly isTime: boolean;
}

/** `null` for what is no expectation. Whether there is such a metric, and of which unit, the registry knows. */
export function parseExpectation(text: string): ParsedExpectation | null {
  const expression = text.trim();
  const match = LINE.exec(expression);
  if (match === null) return null;
  const [, metric, relation, number, unit] = match;
  const bound = unit === undefined ? Number(number) : parseMs(`${number}${unit}`);
  if (bound === null) return null;
  return { expression, metric: metric!, relation: relation as Relation, bound, isTime: unit !== undefined };
}
