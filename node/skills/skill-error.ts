/**
 * How a skill says why it gives no answer. Whatever else it throws is an error of its own.
 *
 * Binding: skills run in processes of their own, with a copy of this class of their own, so the `code` decides and not the
 * class.
 */

import { limits } from "../../protocol/core/limits.ts";
import type { FailureReason } from "../../protocol/wire/command.ts";

export const SKILL_ERROR_CODES = [
  "busy",
  "unavailable",
  "invalid-input",
  "wrong-answer",
] as const satisfies readonly FailureReason[];

/**
 * - `busy`: it cannot work now (a rate limit, no free place), and can again after `retryMs` (default 1 s; the job waits no
 *   longer than the lease). Nobody's fault, and no retry of the task.
 * - `unavailable`: what the skill rests on is down (a model's endpoint, a database). Another agent gets the task; it counts
 *   against this one's reliability.
 * - `invalid-input`: this input is wrong for the skill. If enough other agents say so too, the task fails with this message.
 * - `wrong-answer`: it has an answer, which its own check finds wrong. It counts as one in the agent's record for the skill.
 */
export type SkillErrorCode = (typeof SKILL_ERROR_CODES)[number];

/**
 * Thrown by a skill's `run`. Any error with such a `code` (and `retryMs`) does the same.
 *
 * @example
 * const reply = await fetch(url, { signal });
 * if (reply.status === 429) throw new SkillError("busy", "too many requests", { retryMs: 2_000 });
 * if (reply.status >= 500) throw new SkillError("unavailable", `the model answers ${reply.status}`);
 */
export class SkillError extends Error {
  override readonly name = "SkillError";
  readonly code: SkillErrorCode;
  readonly retryMs: number | undefined;

  constructor(code: SkillErrorCode, message: string, options: { readonly retryMs?: number } = {}) {
    super(message);
    this.code = code;
    this.retryMs = options.retryMs;
  }
}

/** What a thrown value says by its `code`; null if nothing. It may be anything, even what throws when it is asked. */
export function readSkillError(thrown: unknown): { readonly reason: SkillErrorCode; readonly retryMs: number } | null {
  try {
    if (typeof thrown !== "object" || thrown === null) return null;
    const { code, retryMs } = thrown as { readonly code?: unknown; readonly retryMs?: unknown };
    const reason = SKILL_ERROR_CODES.find((known) => known === code);
    if (reason === undefined) return null;
    const isTime = reason === "busy" && typeof retryMs === "number" && retryMs > 0;
    return { reason, retryMs: isTime ? Math.ceil(Math.min(retryMs, limits.durationMs)) : 0 };
  } catch {
    return null;
  }
}
