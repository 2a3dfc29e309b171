/** What the system knows about another process: null if the system does not say, or after the process has ended. */

import { readFileSync } from "node:fs";

function procFile(pid: number, name: string): string | null {
  if (process.platform !== "linux") return null;
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return null;
  }
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number | null {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(procFile(pid, "status") ?? "")?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/** USER_HZ, which is 100 on every Linux that Node runs on: ms. */
const CLOCK_TICK_MS = 10;

/** CPU time that it has taken so far, ms. */
export function cpuMs(pid: number): number | null {
  // The second field, its name, may hold spaces and parentheses: what follows counts from the last one. proc(5)
  const fields = procFile(pid, "stat")?.split(") ").at(-1)?.split(" ");
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}
