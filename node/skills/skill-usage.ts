/** What a skill says that its work used, from the words of its author to what travels with the result. */

import { compareText, utf8Length } from "../../protocol/core/bytes.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Usage } from "../../protocol/wire/usage.ts";
import type { SkillUsage } from "./skill.ts";

const MICRO = 1_000_000;

const isCount = (count: unknown): count is number =>
  typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= limits.usageCount;

/** A text says what is wrong with it. */
export function readUsage(given: SkillUsage): Usage | string {
  const { inputTokens = 0, outputTokens = 0, usd = 0, counters = {}, ...rest } = given;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return `usage has no "${unknown}"; name counters of your own in usage.counters`;
  if (!isCount(inputTokens)) return `usage.inputTokens ${inputTokens} is no count`;
  if (!isCount(outputTokens)) return `usage.outputTokens ${outputTokens} is no count`;
  const micro = typeof usd === "number" ? Math.round(usd * MICRO) : Number.NaN;
  if (!isCount(micro)) return `usage.usd ${usd} is no amount of dollars`;
  if (typeof counters !== "object" || counters === null) return "usage.counters is no object of names and counts";
  const entries = Object.entries(counters);
  if (entries.length > limits.usageCounters)
    return `usage has ${entries.length} counters, at most ${limits.usageCounters} are allowed`;
  for (const [name, count] of entries) {
    const bytes = utf8Length(name);
    if (bytes < 1 || bytes > limits.usageNameBytes)
      return `"${name}" in usage.counters must have 1 to ${limits.usageNameBytes} bytes`;
    if (!isCount(count)) return `usage.counters.${name} ${count} is no count`;
  }
  entries.sort(([a], [b]) => compareText(a, b));
  return { inputTokens, outputTokens, microUsd: micro, counters: entries.map(([name, count]) => ({ name, count })) };
}
