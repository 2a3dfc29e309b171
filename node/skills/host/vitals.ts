/** What the system knows of another process. */

import { readFileSync } from "node:fs";

/** Resident memory in bytes; null where the system does not tell (there the process is asked instead). */
export function residentBytes(pid: number): number | null {
  if (process.platform !== "linux") return null;
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null; // it has just ended
  }
}
