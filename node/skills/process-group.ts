/** Ends processes together with what they started. */

/**
 * SIGKILL to a process that leads a group, and to whatever it started and left in the group. What left it (`setsid`) goes
 * on.
 */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: all of them have ended, which is what was wanted. (EPERM on macOS: only zombies are left.)
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
