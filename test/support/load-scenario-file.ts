/** Loads a scenario from its file, for tests: commands read the text themselves. */

import { readTextFile } from "../../node/platform/files/file-error.ts";
import { type LoadedScenario, type LoadOptions, loadScenarioText } from "../../sim/load/load-scenario.ts";
import type { SimHost } from "../../sim/model/host.ts";

export const loadScenarioFile = async (file: string, host: SimHost, options?: LoadOptions): Promise<LoadedScenario> =>
  loadScenarioText(file, await readTextFile(file), host, options);
