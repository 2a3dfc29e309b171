/**
 * Invariant 11: once faults have healed and members with more than 2/3 of the power are honest and connected, the job
 * ends within a stated virtual time. The bound is the run's to state: it depends on how far rounds have grown.
 */

import type { World } from "../world/world.ts";
import { violated } from "./checker.ts";

export interface LivenessOptions {
  readonly world: World;
  /** Whether what must come about has. */
  readonly isDone: () => boolean;
  /** Virtual time after which it is a stall. */
  readonly withinMs: number;
  /** What is still missing, for the report. */
  readonly explain: () => string;
}

/** Runs the world on until `isDone`, or reports a stall. */
export function awaitLiveness({ world, isDone, withinMs, explain }: LivenessOptions): void {
  const untilMs = world.now + withinMs;
  const stopped = isDone() ? "until" : world.run({ untilMs, until: isDone });
  if (stopped !== "until")
    violated("11 liveness", `${world.now} ms`, `after ${withinMs} ms without faults: ${explain()}`);
}
