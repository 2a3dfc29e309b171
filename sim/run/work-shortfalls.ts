/**
 * What a workload asked for and the run did not do: jobs that were never submitted, and fewer standbys than the file says.
 * `completion` counts submitted jobs only, so a run without its last jobs would look complete.
 */

import { writeMs } from "../../node/platform/text/quantities.ts";
import type { Shortfall } from "../model/result.ts";
import type { Workload } from "../model/scenario.ts";
import type { SubmittedJob } from "../model/submitted-job.ts";
import type { Clients } from "./clients.ts";

type Submitted = Pick<SubmittedJob, "index" | "genesis" | "status">;

function fewerStandbys(asked: number | null, jobs: readonly Submitted[]): Shortfall[] {
  if (asked === null) return [];
  // Jobs that nobody took have no standbys at all, and count as refused.
  const short = jobs.flatMap(({ index, genesis, status }) => {
    const count = genesis?.standbys.length ?? asked;
    return status !== "refused" && count < asked ? [{ index, count }] : [];
  });
  const [first] = short;
  if (first === undefined) return [];
  const why = `${short.length} of ${jobs.length} jobs got fewer: job ${first.index + 1} has ${first.count} standbys, of those that its client knew`;
  return [{ what: `workload.standbys: ${asked}`, why, isNothing: false }];
}

export function workShortfalls(
  workload: Workload,
  { jobs, planned }: Pick<Clients, "jobs" | "planned">,
  endedMs: number,
): Shortfall[] {
  // Those that have names are taken as they are.
  const asked = typeof workload.standbys === "number" ? workload.standbys : null;
  const shortfalls = fewerStandbys(asked, jobs);
  if (jobs.length >= planned || workload.upTo) return shortfalls;
  const why = `the run ended at ${writeMs(Math.round(endedMs))}, before ${planned - jobs.length} of ${planned} jobs were submitted`;
  return [{ what: `workload.jobs.count: ${planned}`, why, isNothing: jobs.length === 0 }, ...shortfalls];
}
