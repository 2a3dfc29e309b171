/**
 * What a workload asked for and the run could not give: jobs that were never submitted, committees and standbys that
 * became fewer than the file says. `completion` is of submitted jobs, so a run without its last jobs would look whole.
 */

import { writeMs } from "../scenario/duration.ts";
import type { Workload } from "../scenario/scenario.ts";
import type { Clients, SubmittedJob } from "./clients.ts";
import type { Shortfall } from "./result.ts";

type Submitted = Pick<SubmittedJob, "index" | "genesis" | "status">;

/** The first job whose genesis has fewer of something than was asked for. */
function fewer(what: "committee" | "standbys", asked: number | null, jobs: readonly Submitted[]): Shortfall[] {
  if (asked === null) return [];
  // Jobs that nobody took have no committee at all, and count as refused.
  const short = jobs.filter(({ genesis, status }) => status !== "refused" && genesis[what].length < asked);
  const [first] = short;
  if (first === undefined) return [];
  const noun = what === "committee" ? "members" : "standbys";
  const why = `${short.length} of ${jobs.length} jobs got fewer: job ${first.index + 1} has ${first.genesis[what].length} ${noun}, of those that its client knew`;
  return [{ what: `workload.${what}: ${asked}`, why, isNothing: false }];
}

export function workShortfalls(
  workload: Workload,
  { jobs, planned }: Pick<Clients, "jobs" | "planned">,
  endedMs: number,
): Shortfall[] {
  // Those that have names are taken as they are.
  const counts = (asked: Workload["committee"] | Workload["standbys"]): number | null =>
    typeof asked === "number" ? asked : null;
  const shortfalls = [
    ...fewer("committee", counts(workload.committee), jobs),
    ...fewer("standbys", counts(workload.standbys), jobs),
  ];
  if (jobs.length >= planned || workload.upTo) return shortfalls;
  const why = `the run ended at ${writeMs(Math.round(endedMs))}, before ${planned - jobs.length} of ${planned} jobs were submitted`;
  return [{ what: `workload.jobs.count: ${planned}`, why, isNothing: jobs.length === 0 }, ...shortfalls];
}
