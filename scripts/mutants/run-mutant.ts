/**
 * Runs seeds against a copy of protocol/ with a bug in it. The checkers and the world stay the true ones: they read
 * what the copy says, byte by byte.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hasher } from "../../node/crypto.ts";
import { assert } from "../../protocol/core/assert.ts";
import type { CreateMachine } from "../../protocol/machine.ts";
import { runSeed, type SeedResult } from "../../sim/explore/seed-run.ts";
import type { Mutant } from "./mutants.ts";

const PROTOCOL = join(import.meta.dirname, "../../protocol");

/** Applies the patches of a mutant. Each text must stand in its file exactly once: a patch that no longer fits is an error. */
function patch(folder: string, mutant: Mutant): void {
  for (const { file, from, to } of mutant.patches) {
    const path = join(folder, file);
    const parts = readFileSync(path, "utf8").split(from);
    assert(parts.length === 2, `mutant ${mutant.name}: its text stands ${parts.length - 1} times in ${file}, not once`);
    writeFileSync(path, parts.join(to));
  }
}

/** The first seed that fails against the mutant, or null if none of them does. */
export async function runMutant(
  mutant: Mutant,
  { from, seeds }: { readonly from: number; readonly seeds: number },
): Promise<SeedResult | null> {
  const folder = mkdtempSync(join(tmpdir(), "meshwork-mutant-"));
  try {
    // Modules of a folder without package.json count as ES modules only by their syntax: say it.
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    cpSync(PROTOCOL, join(folder, "protocol"), { recursive: true });
    patch(join(folder, "protocol"), mutant);
    const url = pathToFileURL(join(folder, "protocol/agent/agent.ts")).href;
    const { createAgent } = (await import(url)) as { createAgent: CreateMachine };
    for (let seed = from; seed < from + seeds; seed++) {
      const result = runSeed(seed, { hasher, createMachine: createAgent });
      if (result.failure !== null) return result;
    }
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
