/**
 * Invariant 11: once faults have healed and members with more than 2/3 of the power are honest and connected, the job
 * ends within a stated virtual time. The bound is the run's to state: it depends on how far rounds have grown.
 */

import type { World } from "../virtual/world.ts";
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
  const { reason } = world.run(isDone, { withinMs });
  if (reason !== "condition")
    violated("11 liveness", `${world.now} ms`, `after ${withinMs} ms without faults: ${explain()}`);
}
