/** The options of a run, beside its scenario. */

import type { KnownWorld } from "../../protocol/selection/knowledge.ts";
import type { SimHost } from "../model/host.ts";
import type { Registry } from "../model/registry.ts";
import type { DrawnJob } from "../model/submitted-job.ts";
import type { Checker } from "../parts/checkers/checker.ts";
import type { RecordedAnswers } from "../parts/workloads/recorded-answers.ts";
import type { RunTap } from "../world/options.ts";
import type { WorldStats } from "../world/world.ts";
import type { WorkloadFiles } from "./workload.ts";

/** Files that a scenario names, read before: runs do no I/O. */
export interface ScenarioFiles extends WorkloadFiles {
  readonly recorded: ReadonlyMap<string, RecordedAnswers>;
}
export const NO_FILES: ScenarioFiles = { jobs: new Map(), arrivals: new Map(), recorded: new Map() };

export interface RunOptions {
  readonly seed: number;
  readonly host: SimHost;
  readonly registry: Registry;
  readonly files?: ScenarioFiles;
  /** Told now and then how far the run is, in [0, 1], and the virtual time, ms. */
  readonly onProgress?: (share: number, nowMs: number) => void;
  /** Asked now and then; true ends the run, whose result is then partial. */
  readonly shouldStop?: () => boolean;
  /** Compares whole ledger states on every block. Default: with up to 100 agents. */
  readonly thorough?: boolean;
  /** Keeps the messages around this moment for a diagram, ms. Default: around a broken invariant. */
  readonly messagesAroundMs?: number | null;
  /** What clients know of agents from jobs before the run, where the scenario lets them carry knowledge. */
  readonly known?: KnownWorld | undefined;
  /** Writes the run down. */
  readonly tap?: RunTap;
  /** Watch beside the usual ones; made for each job. */
  readonly checkers?: (job: DrawnJob) => readonly Checker[];
  /** Told of each deed of a behaviour, by its name: a lie, an award that was never delivered. */
  readonly onDeed?: (deed: string) => void;
  /** Told at the end what the world has counted. */
  readonly onStats?: (stats: WorldStats) => void;
  /** Real time for `wallMs`, ms; runs themselves have no clock. */
  readonly wallClock?: () => number;
}
