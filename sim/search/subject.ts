/**
 * What a search looks at: plans that are drawn from seeds, and what their runs come to. One subject is random meshes
 * (mesh-subject.ts), another one is random variations of a scenario (scenario-subject.ts). How many seeds are run, and on
 * which threads, is sim/cli/search.ts.
 */

import type { RunTap } from "../virtual/options.ts";
import type { Coverage } from "./coverage.ts";
import type { Candidate } from "./shrink.ts";
import type { Occurrences } from "./tameness.ts";

/** What broke, in words. */
export interface Failure {
  /** The invariant, or `no exception`. */
  readonly property: string;
  readonly message: string;
  /** With the plan, and what came before, for whoever looks for the reason. */
  readonly text: string;
}

/** Plain data: it goes from thread to thread. */
export interface SeedOutcome {
  readonly seed: number;
  readonly digest: string;
  readonly steps: number;
  readonly coverage: Coverage;
  readonly failure: Failure | null;
}

/** Plans are plain data, maps and bytes among it. */
export interface Subject<P = unknown> {
  readonly occurrences: Occurrences;
  draw(seed: number): P;
  /**
   * `events`: how many of the last events a failure shows. `tap`: writes the run down. null: `shouldStop` ended it.
   * Never throws.
   */
  run(seed: number, plan: P, events: number, shouldStop: () => boolean, tap?: RunTap): SeedOutcome | null;
  /** Everything that is one thing less than a plan. */
  smaller(plan: P): Iterable<Candidate<P>>;
  /** Its size in a few words. */
  describe(plan: P): string;
}
