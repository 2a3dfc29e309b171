/**
 * The data of a run's page. The function that draws it comes from outside (scripts/meshwork.ts), because reports belong to
 * the simulator, and because it is loaded only when there is something to draw.
 */

import type { CliContext } from "../platform/terminal/context.ts";
import type { RunSummary } from "./summary.ts";

export interface RunPageFacts {
  readonly title: string;
  /** Why there is no answer; "" where there is one. */
  readonly reason: string;
  readonly highlights: readonly string[];
  readonly summary: Omit<RunSummary, "report">;
  /** The joined trace of all agents. */
  readonly trace: string;
  /** When the job was submitted, milliseconds since 1970. */
  readonly startedMs: number;
  /** As typed: what runs it again, and what checks its certificate (null if it has none). */
  readonly repeat: string;
  readonly verify: string | null;
  /** Told of each block that is read on the way; may throw to end it. */
  readonly onHeight: (height: number) => void;
}

export interface RunPage {
  readonly html: string;
  /** Invariants of the protocol that the trace shows broken, each with what was found: a bug of ours. */
  readonly broken: readonly string[];
}

export type DrawRunPage = (facts: RunPageFacts) => Promise<RunPage>;

/** What commands that run a job are given. */
export interface RunContext extends CliContext {
  /** Null if there is nobody who can. */
  readonly drawRunPage: DrawRunPage | null;
}
