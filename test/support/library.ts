/** Runs scenarios of the simulator's library in a test. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseYaml } from "../../node/platform/files/yaml-source.ts";
import { simHost } from "../../scripts/sim-host.ts";
import { createRegistry } from "../../sim/load/built-in.ts";
import { applyOverrides, overridesOff } from "../../sim/load/overrides.ts";
import { parseScenario } from "../../sim/load/parse-scenario.ts";
import type { Summary } from "../../sim/model/result.ts";
import { judge } from "../../sim/run/judge.ts";
import { simulate } from "../../sim/run/simulate.ts";

const FOLDER = fileURLToPath(new URL("../../sim/library/", import.meta.url));

export const SCENARIOS: readonly string[] = readdirSync(FOLDER)
  .map((file) => file.replace(/\.yaml$/, ""))
  .sort((a, b) => (a < b ? -1 : 1));

/** Those that take a few seconds. */
export const QUICK: readonly string[] = ["rolling-restarts", "slow-network"];

/** With the scenario's own seed; `off`: without the mechanism that it exercises. */
export function runScenario(name: string, off = false): Summary {
  const registry = createRegistry();
  const source = parseYaml(name, readFileSync(`${FOLDER}${name}.yaml`, "utf8"));
  const scenario = parseScenario(source, registry);
  const { mechanism } = scenario;
  if (mechanism === null) throw new Error(`${name} names no mechanism`);
  const run = off ? parseScenario(applyOverrides(source, overridesOff(mechanism.off)), registry) : scenario;
  return judge(run, [simulate(run, { seed: run.seed, host: simHost, registry })]);
}

/** What a verdict rests on, for the message of a failed test. */
export const explain = ({ expectations, invariants, shortfalls }: Summary): string =>
  [
    ...expectations.map(({ expression, value, pass }) => `${pass ? "ok" : "FAIL"} ${expression}: ${value}`),
    ...invariants.filter(({ pass }) => !pass).map(({ id, first }) => `${id}: ${first}`),
    ...shortfalls.map(({ what, why }) => `${what}: ${why}`),
  ].join("\n");
