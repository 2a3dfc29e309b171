/** What a search looks at, from what the command line says: random scenarios, or variations of one. */

import { loadScenarioSource } from "../load/load-scenario.ts";
import type { ScenarioSource } from "../load/scenario-source.ts";
import type { SimHost } from "../model/host.ts";
import { randomSubject, type Subject, variationSubject } from "../search/subject.ts";

export async function openSubject(scenario: ScenarioSource | null, host: SimHost): Promise<Subject> {
  return scenario === null ? randomSubject(host) : variationSubject(await loadScenarioSource(scenario, host), host);
}
