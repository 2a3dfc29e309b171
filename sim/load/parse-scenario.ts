/**
 * A scenario file → a checked scenario. Whatever can be known to be wrong before a run becomes one line with file, line and
 * remedy.
 *
 * Responsible for: defaults, and what the parts mean together. Keys and types are schema.ts; agents parse-agents.ts,
 * jobs parse-workload.ts, faults parse-faults.ts; files that a scenario names are read by load-scenario.ts.
 */

import type { YamlSource } from "../../node/platform/files/yaml-source.ts";
import { parseWith } from "../../node/platform/files/yaml-source.ts";
import { writeMs } from "../../node/platform/text/quantities.ts";
import { SHARD_AGENTS } from "../../protocol/capability/shards.ts";
import { QUEUE_POLICIES } from "../../protocol/wire/queue.ts";
import type { Registry } from "../model/registry.ts";
import type { AgentGroup, Expectation, Healing, NetworkSpec, Scenario, Workload } from "../model/scenario.ts";
import { clientNames } from "../run/population.ts";
import { WARM_UP_MS } from "../run/workload.ts";
import { parseExpectation } from "./expectations.ts";
import { parsePath } from "./overrides.ts";
import { agentNames, parseAgents } from "./parse-agents.ts";
import { checkAgents, type ParseContext, remedyFor } from "./parse-context.ts";
import { checkPlaces, parseFaults } from "./parse-faults.ts";
import { parseWorkload } from "./parse-workload.ts";
import { type ScenarioFile, scenarioSchema } from "./schema.ts";
import type { NetworkFile } from "./schema-network.ts";
import { IDEAL, IDEAL_COSTS, OWN } from "./service-costs.ts";

/** After the last job's deadline, for committees to end it, ms. */
const LINGER_MS = 30_000;
/**
 * From the healing to the end of all jobs: rounds that grew during half a minute of faults are over within this, and slow
 * workers, windows and reveals have their time as well.
 */
export const HEALED_WITHIN_MS = 240_000;

/** When the last job comes, about. */
function lastArrivalMs({ arrival, count }: Pick<Workload, "arrival" | "count">): number {
  switch (arrival.kind) {
    case "poisson":
      return (2_000 * count) / arrival.perSecond; // twice the mean: later is very unlikely
    case "every":
      return count * arrival.everyMs;
    case "at-once":
      return arrival.atMs;
    case "trace":
      return 0; // known when the file was read
  }
}

/** The end of a run whose file names none. */
export const defaultMaxMs = ({ deadlineMs }: Pick<Workload, "deadlineMs">, ...lastMs: readonly number[]): number =>
  WARM_UP_MS + Math.max(0, ...lastMs) + deadlineMs + LINGER_MS;

/** Throws the source's error about the first problem. */
export function parseScenario(source: YamlSource, registry: Registry): Scenario {
  checkPlaces(source);
  const file = parseWith(source, scenarioSchema(registry)) as ScenarioFile;
  const context: ParseContext = { source, registry };
  const agents = parseAgents(context, file.agents);
  const workload = parseWorkload(context, file.workload, agents, clientsOf(context, file.clients ?? 2, agents));
  const faults = parseFaults(context, file.faults ?? [], { agents, clients: workload.clients });
  const heal = file.heal === undefined ? null : healingOf(file.heal);
  const lastFaultMs = Math.max(0, ...faults.map(({ atMs, untilMs }) => untilMs ?? atMs));
  const scenario: Scenario = {
    name: file.name,
    description: file.description ?? "",
    mechanism: mechanismOf(context, file),
    seed: file.seed ?? 1,
    maxMs: file.maxTime ?? defaultMaxMs(workload, lastArrivalMs(workload), lastFaultMs, heal?.atMs ?? 0),
    agents,
    network: networkOf(context, file.network ?? {}),
    workload,
    faults,
    heal,
    mayFallShort: file.mayFallShort ?? false,
    expect: (file.expect ?? []).map((text, index) => expectationOf(context, text, index)),
    plugins: file.plugins ?? [],
    ablate: file.ablate ?? [],
  };
  checkTimes(context, file, scenario);
  return scenario;
}

const healingOf = ({ at, within = HEALED_WITHIN_MS }: NonNullable<ScenarioFile["heal"]>): Healing => ({
  atMs: at,
  withinMs: within,
});

/** Names of the agents that a number stands for, or that are named. */
function clientsOf(
  context: ParseContext,
  given: number | readonly string[],
  agents: readonly AgentGroup[],
): readonly string[] {
  if (typeof given === "number") return clientNames(given);
  checkAgents(context, ["clients"], given, agents.flatMap(agentNames));
  return given;
}

function mechanismOf({ source }: ParseContext, { mechanism }: ScenarioFile): Scenario["mechanism"] {
  if (mechanism === undefined) return null;
  for (const path of Object.keys(mechanism.off)) {
    if (parsePath(path) !== null) continue;
    const at = ["mechanism", "off", path];
    throw source.error(at, `"${path}" is no path in this file`, "write one like faults[0].kill.share");
  }
  return { name: mechanism.name, off: new Map(Object.entries(mechanism.off)) };
}

function networkOf(context: ParseContext, file: NetworkFile): NetworkSpec {
  const { overlay, lossPct = 0, duplicatePct = 0, service } = file;
  return {
    overlay: {
      kind: overlay?.kind ?? "random",
      degree: overlay?.degree ?? 6,
      ...(overlay?.rewire === undefined ? {} : { rewire: overlay.rewire }),
    },
    latencyMs: file.latencyMs ?? { p50: 20, p95: 60 },
    spreadMs: file.latencySpread ?? 0,
    loss: lossPct / 100,
    gossipLoss: (file.gossipLossPct ?? lossPct) / 100,
    duplication: duplicatePct / 100,
    reorder: file.reorder ?? false,
    bandwidth: file.bandwidth ?? null,
    queueBytes: file.queueBytes ?? QUEUE_POLICIES.main.bytes,
    detectMs: file.detect ?? 10_000,
    redialMs: file.redial ?? 1_000,
    blobIdleMs: file.blobIdle ?? 10_000,
    fullGossip: file.gossip === "full",
    shardAgents: file.shardAgents ?? SHARD_AGENTS,
    realSignatures: file.signatures === "real",
    service: serviceOf(context, service),
  };
}

/** Inputs that cost nothing need not wait for the core: that halves the events of a run. */
function serviceOf({ source }: ParseContext, given: NetworkFile["service"] = {}): NetworkSpec["service"] {
  const { forcedWrites = false, sharedCores = null } = given;
  const preset = given.preset ?? (given.baseMs === undefined ? IDEAL : OWN);
  // The figures of a preset that is a file stand in the source by now (service-costs.ts).
  const figures = preset === OWN ? { baseMs: given.baseMs!, perKibMs: 0, forcedWriteMs: 0 } : IDEAL_COSTS;
  const { baseMs = figures.baseMs, perKibMs = figures.perKibMs, forcedWriteMs = figures.forcedWriteMs } = given;
  if (forcedWrites && forcedWriteMs === 0) {
    const what = `forcedWrites, but nothing says how long one takes with the preset ${preset}`;
    throw source.error(["network", "service", "forcedWrites"], what, "take preset: calibrated, or add forcedWriteMs");
  }
  const costs = { preset, baseMs, perKibMs, forcedWriteMs: forcedWrites ? forcedWriteMs : 0, sharedCores };
  return baseMs === 0 && perKibMs === 0 && costs.forcedWriteMs === 0 ? null : costs;
}

function expectationOf(context: ParseContext, text: string, index: number): Expectation {
  const { source, registry } = context;
  const at = ["expect", index];
  const parsed = parseExpectation(text);
  if (parsed === null) {
    throw source.error(
      at,
      `"${text}" is no expectation`,
      "write one like completion >= 0.99 or latencyMs.p95 < 5s (relations: >= <= > < ==)",
    );
  }
  const { isTime, ...expectation } = parsed;
  const metric = registry.metrics.get(parsed.metric);
  if (metric !== undefined && isTime && metric.unit !== "ms")
    throw source.error(at, `${metric.name} is no time`, `write a number (${metric.unit || "no unit"})`);
  if (metric !== undefined) return expectation;
  const known = [...registry.metrics.keys()];
  const remedy = remedyFor(parsed.metric, known);
  throw source.error(at, `there is no metric "${parsed.metric}"`, remedy);
}

function checkTimes({ source }: ParseContext, file: ScenarioFile, { maxMs, faults, heal }: Scenario): void {
  if (heal !== null && heal.atMs >= maxMs) {
    const what = `it heals at ${writeMs(heal.atMs)}, when the run has ended (maxTime ${writeMs(maxMs)})`;
    throw source.error(["heal", "at"], what, "let it heal earlier, or raise maxTime");
  }
  if (maxMs <= WARM_UP_MS) {
    const what = `a maxTime of ${writeMs(maxMs)} ends the run before the first job comes at ${writeMs(WARM_UP_MS)}`;
    throw source.error(["maxTime"], what, "raise it");
  }
  for (const [index, { at, between }] of (file.faults ?? []).entries()) {
    const atMs = at ?? between?.[0] ?? 0;
    const fault = faults.find(({ place }) => place === index);
    const endMs = fault?.untilMs ?? 0;
    if (heal !== null && atMs >= heal.atMs) {
      const what = `faults[${index}] begins at ${writeMs(atMs)}, when everything has healed (heal.at ${writeMs(heal.atMs)})`;
      throw source.error(["faults", index], what, "let it begin earlier, or heal later");
    }
    if (atMs < maxMs && endMs > maxMs && fault?.upTo === false) {
      const late = `faults[${index}] lasts to ${writeMs(endMs)}, and the run to ${writeMs(maxMs)} (maxTime)`;
      throw source.error(["faults", index], late, "let it end earlier, raise maxTime, or say upTo: true in the fault");
    }
    if (atMs < maxMs) continue;
    const what = `faults[${index}] begins at ${writeMs(atMs)}, when the run has ended (maxTime ${writeMs(maxMs)})`;
    throw source.error(["faults", index], what, faults.length > 0 ? "let it begin earlier, or raise maxTime" : "");
  }
}
