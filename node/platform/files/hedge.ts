/** How job files and scenarios say when a late task gets one more worker. */

import { z } from "zod";
import { limits } from "../../../protocol/core/limits.ts";
import type { Hedge, Policy } from "../../../protocol/wire/genesis.ts";

const after = z
  .strictObject({ afterMs: z.int().min(1).max(limits.durationMs) })
  .describe("That many milliseconds after the award.");

export const hedgeSchema = z
  .union([z.enum(["auto", "off"]), after])
  .optional()
  .describe(
    "When a task whose worker is late gets one more worker, at most once a batch. auto (default): after three times what the worker said it would take, and 2 s at least. off: never.",
  );
type HedgeFile = z.output<typeof hedgeSchema>;

export const hedgeOf = (hedge: HedgeFile = "auto"): Hedge =>
  typeof hedge === "string" ? { kind: hedge } : { kind: "after", ...hedge };

export const hedgeNode = (hedge: Hedge): Exclude<HedgeFile, undefined> =>
  hedge.kind === "after" ? { afterMs: hedge.afterMs } : hedge.kind;

/** Why there could never be such a hedge; null if there can. */
export function hedgeProblem({ hedge, timeoutMs }: Pick<Policy, "hedge" | "timeoutMs">): {
  readonly key: string;
  readonly what: string;
  readonly remedy: string;
} | null {
  if (hedge.kind !== "after" || hedge.afterMs < timeoutMs) return null;
  const what = `a hedge after ${hedge.afterMs} ms never comes: the lease ends after ${timeoutMs} ms`;
  return { key: "hedge", what, remedy: "lower afterMs, raise the timeout, or write hedge: off" };
}
