/**
 * A scenario with everything that it names: plugins, job files, recorded answers, traces of arrivals and of churn. Runs
 * do no I/O: all of it is read here, before the first one.
 */

import { readTextFile } from "../../node/platform/files/file-error.ts";
import type { YamlSource } from "../../node/platform/files/yaml-source.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { withChecks } from "../../protocol/job/graph.ts";
import type { Value } from "../../protocol/wire/value.ts";
import type { JobTemplate, SimHost } from "../model/host.ts";
import type { Registry } from "../model/registry.ts";
import type { Scenario, ScheduledFault } from "../model/scenario.ts";
import { parseRecordedAnswers, type RecordedAnswers } from "../parts/workloads/recorded-answers.ts";
import type { ScenarioFiles } from "../run/run-options.ts";
import { parseArrivals, parseChurnTrace } from "./arrival-traces.ts";
import { loadPlugins, type WantedPlugin } from "./load-plugins.ts";
import { applyOverrides, type Override, overridesOff } from "./overrides.ts";
import { remedyFor } from "./parse-context.ts";
import { defaultMaxMs, parseScenario } from "./parse-scenario.ts";
import { openSource, type ScenarioSource } from "./scenario-source.ts";
import { withPreset } from "./service-costs.ts";
import type { PluginModule } from "./tools.ts";

export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly registry: Registry;
  readonly files: ScenarioFiles;
}

export interface LoadOptions {
  readonly overrides?: readonly Override[];
  /** Applies the scenario's own changes that switch its mechanism off. */
  readonly mechanismOff?: boolean | undefined;
  /** Plugins beside those that the scenario names: paths of modules, from the working folder, or the plugins themselves. */
  readonly plugins?: readonly (string | PluginModule)[];
}

/** `path` as `file` names it: from that file's folder, unless it is absolute. */
const besideFile = (file: string, path: string): string =>
  /^(?:[/\\]|[A-Za-z]:)/.test(path)
    ? path
    : `${file.slice(0, 1 + Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")))}${path}`;

/** `file`: for messages, and what paths in the scenario start from. */
export const loadScenarioText = (
  file: string,
  text: string,
  host: SimHost,
  options: LoadOptions = {},
): Promise<LoadedScenario> => loadScenario({ file, content: { yaml: text } }, host, options);

export async function loadScenario(
  given: ScenarioSource,
  host: SimHost,
  { overrides = [], mechanismOff = false, plugins = [] }: LoadOptions = {},
): Promise<LoadedScenario> {
  const { file } = given;
  const complete = (read: YamlSource): Promise<YamlSource> => withPreset(read, (path) => besideFile(file, path));
  let source = await complete(applyOverrides(openSource(given), overrides));
  const registry = await loadPlugins([...pluginsOf(file, source), ...plugins.map(asWanted)]);
  let scenario = parseScenario(source, registry);
  if (mechanismOff) {
    if (scenario.mechanism === null)
      throw source.error([], "the scenario names no mechanism to switch off", "add mechanism: { name, off }");
    source = await complete(applyOverrides(source, overridesOff(scenario.mechanism.off)));
    scenario = parseScenario(source, registry);
  }
  const reader = new ScenarioReader(file, source, host);
  return { ...(await reader.read(scenario)), registry };
}

/** The plugins that the scenario names, with paths from the scenario's folder. */
function pluginsOf(file: string, source: YamlSource): WantedPlugin[] {
  const listed = (source.value as { readonly plugins?: unknown } | null)?.plugins;
  if (!Array.isArray(listed)) return []; // the schema says what is wrong with it
  return listed.flatMap((path: unknown, index) => {
    if (typeof path !== "string") return [];
    const error: WantedPlugin["error"] = (what, remedy) => source.error(["plugins", index], what, remedy);
    return [{ name: path, from: besideFile(file, path), error }];
  });
}

const asWanted = (from: string | PluginModule, index: number): WantedPlugin => ({
  name: typeof from === "string" ? from : `plugins[${index}]`,
  from,
  error: (what, remedy) => new MeshworkError("usage", what, remedy),
});

type At = readonly (string | number)[];

class ScenarioReader {
  readonly #file: string;
  readonly #source: YamlSource;
  readonly #host: SimHost;
  readonly #jobs = new Map<string, JobTemplate>();
  readonly #arrivals = new Map<string, readonly number[]>();
  readonly #recorded = new Map<string, RecordedAnswers>();

  constructor(file: string, source: YamlSource, host: SimHost) {
    this.#file = file;
    this.#source = source;
    this.#host = host;
  }

  async read(scenario: Scenario): Promise<Pick<LoadedScenario, "scenario" | "files">> {
    for (const [index, { profile }] of scenario.agents.entries()) {
      if (profile.replay === null) continue;
      const { file, agent } = profile.replay;
      const at = ["agents", index, "profile", "replay"];
      const recorded = this.#recorded.get(file) ?? (await this.#parse(at, file, parseRecordedAnswers));
      this.#recorded.set(file, recorded);
      if (agent !== null && !recorded.agents.includes(agent))
        throw this.#source.error(at, `${file} has no answers of "${agent}"`, remedyFor(agent, recorded.agents));
    }
    const faults: ScheduledFault[] = [];
    for (const fault of scenario.faults) faults.push(await this.#readFault(fault));
    await this.#readJob(scenario);
    const read = await this.#readArrivals({ ...scenario, faults });
    return { scenario: read, files: { jobs: this.#jobs, arrivals: this.#arrivals, recorded: this.#recorded } };
  }

  /** `parse` gives text where something is wrong with the file. */
  async #parse<T extends object>(at: At, path: string, parse: (text: string) => T | string): Promise<T> {
    const text = await readTextFile(besideFile(this.#file, path));
    const parsed = parse(text);
    if (typeof parsed === "string") throw this.#source.error(at, `${path}: ${parsed}`, "correct that file");
    return parsed;
  }

  async #readFault(fault: ScheduledFault): Promise<ScheduledFault> {
    const { trace } = fault.options;
    if (fault.kind !== "churn" || typeof trace !== "string") return fault;
    const rows = await this.#parse(["faults"], trace, parseChurnTrace);
    return { ...fault, options: { ...fault.options, rows: rows as unknown as Value } };
  }

  async #readJob({ workload, agents }: Scenario): Promise<void> {
    const { shape } = workload;
    if (shape.kind !== "file") return;
    const at = ["workload", "job"];
    const template = await this.#host.readJob(besideFile(this.#file, shape.file));
    const known = [...new Set(agents.flatMap(({ skills }) => skills))];
    const lacking = withChecks(template.nodes).find(({ skill }) => !known.includes(skill));
    if (lacking !== undefined) {
      const what = `task "${lacking.id}" of ${shape.file}: no agent has the skill "${lacking.skill}"`;
      throw this.#source.error(at, what, remedyFor(lacking.skill, known));
    }
    this.#jobs.set(shape.file, template);
  }

  async #readArrivals(scenario: Scenario): Promise<Scenario> {
    const { workload } = scenario;
    const { arrival } = workload;
    if (arrival.kind !== "trace") return scenario;
    const at = ["workload", "jobs", "arrival", "trace"];
    const times = await this.#parse(at, arrival.file, parseArrivals);
    this.#arrivals.set(arrival.file, times);
    const isCounted = workload.count !== Number.MAX_SAFE_INTEGER;
    if (isCounted && workload.count > times.length) {
      const what = `${workload.count} jobs, but ${arrival.file} has ${times.length} times`;
      throw this.#source.error(["workload", "jobs", "count"], what, "lower count, or leave it out");
    }
    const count = Math.min(workload.count, times.length);
    const hasEnd = (this.#source.value as { readonly maxTime?: unknown }).maxTime !== undefined;
    const maxMs = hasEnd ? scenario.maxMs : Math.max(scenario.maxMs, defaultMaxMs(workload, times[count - 1]!));
    return { ...scenario, maxMs, workload: { ...workload, count } };
  }
}
