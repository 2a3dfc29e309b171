/**
 * Searches seeds against a copy of protocol/ with a bug in it, on all cores. The checkers and the world stay the true
 * ones: they read what the copy says, byte by byte.
 */

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "../../node/platform/files/temporary-folder.ts";
import type * as Agent from "../../protocol/agent/agent.ts";
import { assert } from "../../protocol/core/assert.ts";
import { search } from "../../sim/batch/search.ts";
import { loadScenarioText } from "../../sim/load/load-scenario.ts";
import { writeScenario } from "../../sim/load/write-scenario.ts";
import { simulate } from "../../sim/run/simulate.ts";
import { type Failure, randomSubject } from "../../sim/search/subject.ts";
import { simHost } from "../sim-host.ts";
import type { Mutant } from "./mutants.ts";

const PROTOCOL = join(import.meta.dirname, "../../protocol");

/**
 * The files of a folder like protocol/ that a mutant changes, with the bug in them. Each text must stand in its file exactly
 * once: a patch that no longer fits is an error.
 */
export function mutatedFiles(mutant: Mutant, folder: string = PROTOCOL): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { file, from, to } of mutant.patches) {
    const path = join(folder, file);
    const parts = (texts.get(path) ?? readFileSync(path, "utf8")).split(from);
    assert(parts.length === 2, `mutant ${mutant.name}: its text stands ${parts.length - 1} times in ${file}, not once`);
    texts.set(path, parts.join(to));
  }
  return texts;
}

/** Gives `use` the address of a module with the mutant's `createAgent`, and takes the copy away afterwards. */
export async function withMutant<T>(mutant: Mutant, use: (machineUrl: string) => Promise<T>): Promise<T> {
  const temporary = temporaryFolder("meshwork-mutant");
  const folder = temporary.path;
  try {
    // Modules of a folder without package.json count as ES modules only by their syntax: say it.
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    cpSync(PROTOCOL, join(folder, "protocol"), { recursive: true });
    for (const [path, text] of mutatedFiles(mutant, join(folder, "protocol"))) writeFileSync(path, text);
    return await use(pathToFileURL(join(folder, "protocol/agent/agent.ts")).href);
  } finally {
    temporary.remove();
  }
}

interface Caught {
  readonly seed: number;
  readonly failure: Failure;
  /** What breaks when its scenario is written as a file and run from that; null: nothing. */
  readonly fromFile: string | null;
}

/** The invariant that the scenario of a seed breaks, as a file for `sim run`. */
async function brokenFromFile(seed: number, machineUrl: string): Promise<string | null> {
  const { createAgent: createMachine } = (await import(machineUrl)) as Pick<typeof Agent, "createAgent">;
  const { registry, draw } = randomSubject(simHost);
  const text = writeScenario(draw(seed), { registry });
  const { scenario } = await loadScenarioText(`seed-${seed}.yaml`, text, simHost);
  try {
    const { invariants } = simulate(scenario, { seed: scenario.seed, host: { ...simHost, createMachine }, registry });
    return invariants.find(({ first }) => first !== null)?.id ?? null;
  } catch {
    return "no exception";
  }
}

/** The first seed from 1 on that fails against the mutant (in the property that must break), or null. */
export const runMutant = (mutant: Mutant, seeds: number): Promise<Caught | null> =>
  withMutant(mutant, async (machineUrl) => {
    for (let from = 1; from <= seeds; ) {
      const { failed, crash } = await search({
        subjects: { hostUrl: simHost.url, machineUrl, scenario: null },
        occurrences: { all: [], rare: new Set() },
        from,
        seeds: seeds - from + 1,
        failures: 1,
        forMs: Number.POSITIVE_INFINITY,
        events: 0,
        signal: new AbortController().signal,
        onFailure: () => undefined,
        onProgress: () => undefined,
      });
      if (crash !== null) throw crash;
      const [first] = failed;
      if (first === undefined) return null;
      if (mutant.by === undefined || first.failure.property === mutant.by)
        return { ...first, fromFile: await brokenFromFile(first.seed, machineUrl) };
      from = first.seed + 1;
    }
    return null;
  });

/** What breaks in a seed without a mutation, in words: then it says nothing about mutants. null: nothing. */
export function runControl(seed: number): string | null {
  const subject = randomSubject(simHost);
  return subject.run(seed, subject.draw(seed), { events: 0 })?.failure?.message ?? null;
}
