/** What work used, for documents and for people. */

import type { Usage } from "../../../protocol/wire/usage.ts";
import { groupDigits, plainText } from "./terminal-text.ts";

const MICRO = 1_000_000;

/** As skills state it. */
export interface ShownUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Dollars. */
  readonly usd: number;
  readonly counters: { readonly [name: string]: number };
}

export const shownUsage = ({ inputTokens, outputTokens, microUsd, counters }: Usage): ShownUsage => ({
  inputTokens,
  outputTokens,
  usd: microUsd / MICRO,
  counters: Object.fromEntries(counters.map(({ name, count }) => [name, count])),
});

/** `1,200 input tokens, 340 output tokens, $0.0123, searches 3`: what was used of anything. */
export function usageWords({ inputTokens, outputTokens, usd, counters }: ShownUsage): string {
  const parts = [
    inputTokens === 0 ? "" : `${groupDigits(inputTokens)} input ${inputTokens === 1 ? "token" : "tokens"}`,
    outputTokens === 0 ? "" : `${groupDigits(outputTokens)} output ${outputTokens === 1 ? "token" : "tokens"}`,
    usd === 0 ? "" : `$${Number(usd.toFixed(6))}`,
    ...Object.entries(counters).map(([name, count]) => `${plainText(name)} ${groupDigits(count)}`),
  ];
  return parts.filter((part) => part !== "").join(", ") || "nothing";
}
