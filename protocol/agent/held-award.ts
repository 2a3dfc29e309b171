/** An award as the worker that holds it sees it. */

import type { AwardRef, Hash, TaskId } from "../core/ids.ts";
import type { NoticeItem } from "../wire/message.ts";
import type { Work } from "./finished-work.ts";

/** What a member tells its worker of an award. */
export type AwardNotice = Extract<NoticeItem, { kind: "award" }>;

export interface HeldAward {
  readonly ref: AwardRef;
  /** It fetches the input, runs, has sent its seal, or has said all that there was to say. */
  phase: "fetching" | "running" | "sealed" | "said";
  /** Null after a restart: only what was sealed is left. */
  readonly award: AwardNotice | null;
  readonly missing: Set<Hash>;
  work: Work | null;
}

export const keyOf = (task: TaskId, attempt: number): string => `${task}#${attempt}`;
