/**
 * What an agent does with the jobs that its store gives back: marks are remembered, the others continue. It reads one job
 * after the other, and the blocks of a job one by one, since the store may be larger than the memory.
 */

import type { StoredRecords } from "../machine.ts";
import type { Containment } from "./containment.ts";
import { markedIn, readJob, readMark, SLOT, type StoredJob } from "./job-records.ts";
import type { RetiredJobs } from "./retired-jobs.ts";

interface Remembering {
  readonly containment: Containment;
  readonly retired: RetiredJobs;
}

export function restart(
  records: StoredRecords,
  { containment, retired }: Remembering,
  goOn: (stored: StoredJob) => void,
): void {
  for (const job of records.jobs()) {
    const mark = markedIn(records, job);
    if (mark?.slot === SLOT.mark) containment.restore(job, readMark(mark.bytes));
    else if (mark !== undefined) retired.restore(job, mark.bytes);
    else
      containment.within(job, undefined, () => {
        const stored = readJob(job, records);
        if (stored !== null) goOn(stored);
      });
  }
}
