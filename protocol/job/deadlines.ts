/**
 * What is due in a job, and when. Deadlines at the same time are due in the order of their names. The names are part of
 * the protocol: the digest of the state contains them.
 */

import { unreachable } from "../core/assert.ts";
import type { AgentId, TaskId } from "../core/ids.ts";
import { skillKey } from "./keys.ts";

export type Deadline =
  /** The first block opens the job. */
  | { readonly kind: "start" }
  /** The job fails. */
  | { readonly kind: "deadline" }
  /** A need (`needKey`) has asked for offers for long enough, or has gathered them. */
  | { readonly kind: "window"; readonly need: string }
  | { readonly kind: "gather"; readonly need: string }
  /** An award's lease ends; or the award is late, and its task may have one more worker. */
  | { readonly kind: "lease"; readonly task: TaskId; readonly worker: AgentId }
  | { readonly kind: "hedge"; readonly task: TaskId; readonly worker: AgentId }
  /** What was sealed and is not revealed by now counts as wrong. */
  | { readonly kind: "reveal"; readonly task: TaskId }
  /** A skill that was busy can work again, by its agent's word. */
  | { readonly kind: "retry"; readonly agent: AgentId; readonly skill: string }
  /** A surplus award's lease ends (its key in the state). */
  | { readonly kind: "surplus"; readonly award: string };

export type DeadlineOf<K extends Deadline["kind"]> = Extract<Deadline, { readonly kind: K }>;

export function nameOfDeadline(deadline: Deadline): string {
  switch (deadline.kind) {
    case "start":
    case "deadline":
      return deadline.kind;
    case "window":
    case "gather":
      return `${deadline.kind}|${deadline.need}`;
    case "lease":
    case "hedge":
      return `${deadline.kind}|${deadline.task}|${deadline.worker}`;
    case "reveal":
      return `reveal|${deadline.task}`;
    case "retry":
      return `retry|${skillKey(deadline.agent, deadline.skill)}`;
    case "surplus":
      return `surplus|${deadline.award}`;
    default:
      return unreachable(deadline);
  }
}
