/** Seeds that the commit of the checkout draws: the same for all who test it, and others with the next change. */

import { spawnSync } from "node:child_process";
import { createPrng } from "../../protocol/core/prng.ts";

/** The hash of HEAD; null outside of a repository, or without git. */
export function headCommit(folder: string): string | null {
  const { status, stdout } = spawnSync("git", ["rev-parse", "HEAD"], { cwd: folder, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

export function seedsOfCommit(commit: string | null, count: number): number[] {
  const prng = createPrng(`seeds of commit ${commit ?? "none"}`);
  return Array.from({ length: count }, () => prng.below(0x80000000));
}
