/** What a search or a replay looks at, from what the command line says: random meshes, or variations of a scenario. */

import type { SimHost } from "../host.ts";
import { loadScenarioSource } from "../scenario/load-scenario.ts";
import type { ScenarioSource } from "../scenario/scenario-source.ts";
import { meshSubject } from "../search/mesh-subject.ts";
import { scenarioSubject } from "../search/scenario-subject.ts";
import type { Subject } from "../search/subject.ts";

export async function openSubject(scenario: ScenarioSource | null, host: SimHost): Promise<Subject> {
  if (scenario === null) return meshSubject(host.hasher, host.createMachine) as Subject;
  return scenarioSubject(await loadScenarioSource(scenario, host), host) as Subject;
}
