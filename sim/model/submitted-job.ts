/** A job of a run, from its submission to its end. */

import type { JobId } from "../../protocol/core/ids.ts";
import type { Genesis } from "../../protocol/wire/genesis.ts";

/** A job from its submission on. */
export interface SubmittedJob {
  readonly index: number;
  readonly client: string;
  readonly submittedMs: number;
  /** From the last draw; null: no committee was drawn yet. */
  job: JobId | null;
  genesis: Genesis | null;
  status: "asking" | "running" | "certified" | "failed" | "cancelled" | "refused";
  reason: string;
  endedMs: number | null;
}

/** A submitted job whose committee is asked. */
export type DrawnJob = SubmittedJob & { readonly job: JobId; readonly genesis: Genesis };
