/**
 * A scenario file → a checked scenario: everything about it that can be known before it runs, said in one line with
 * file, line and remedy.
 *
 * Responsible for: defaults, and what the parts mean together. Keys and types are schema.ts; agents parse-agents.ts,
 * jobs parse-workload.ts, faults parse-faults.ts; files that a scenario names are read by load-scenario.ts.
 */

import { SHARD_AGENTS } from "../../protocol/capability/shards.ts";
import type { SimHost, Source } from "../host.ts";
import type { Registry } from "../plugins/registry.ts";
import { WARM_UP_MS } from "../run/workload.ts";
import { writeMs } from "./duration.ts";
import { parseExpectation } from "./expectations.ts";
import { parsePath } from "./overrides.ts";
import { parseAgents } from "./parse-agents.ts";
import { checkPlaces, parseFaults } from "./parse-faults.ts";
import { parseWorkload } from "./parse-workload.ts";
import type { Expectation, NetworkSpec, Scenario, Workload } from "./scenario.ts";
import { type NetworkFile, type ScenarioFile, scenarioSchema } from "./schema.ts";
import { IDEAL, IDEAL_COSTS, OWN } from "./service-costs.ts";

/** What all parts of the parser are given. */
export interface ParseContext {
  readonly source: Source;
  readonly registry: Registry;
  readonly host: SimHost;
}

/** The remedy for a word that is not known: the nearest known one, else some of them. */
export function remedyFor({ host }: Pick<ParseContext, "host">, word: string, known: readonly string[]): string {
  const near = host.suggest(word, known);
  if (near !== null) return `did you mean "${near}"?`;
  if (known.length === 0) return "there is none";
  const rest = known.length - 12;
  return `known are: ${known.slice(0, 12).join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

/** After the last job's deadline, for committees to end it, ms. */
const LINGER_MS = 30_000;

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
export function parseScenario(source: Source, registry: Registry, host: SimHost): Scenario {
  checkPlaces(source);
  const file = host.parseWith(source, scenarioSchema(registry)) as ScenarioFile;
  const context: ParseContext = { source, registry, host };
  const agents = parseAgents(context, file.agents);
  const workload = parseWorkload(context, file.workload, agents, file.clients ?? 2);
  const faults = parseFaults(context, file.faults ?? [], { agents, clients: workload.clients });
  const lastFaultMs = Math.max(0, ...faults.map(({ atMs, untilMs }) => untilMs ?? atMs));
  const scenario: Scenario = {
    name: file.name,
    description: file.description ?? "",
    mechanism: mechanismOf(context, file),
    seed: file.seed ?? 1,
    maxMs: file.maxTime ?? defaultMaxMs(workload, lastArrivalMs(workload), lastFaultMs),
    agents,
    network: networkOf(context, file.network ?? {}),
    workload,
    faults,
    expect: (file.expect ?? []).map((text, index) => expectationOf(context, text, index)),
    plugins: file.plugins ?? [],
    ablate: file.ablate ?? [],
  };
  checkTimes(context, file, scenario);
  return scenario;
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
    loss: lossPct / 100,
    gossipLoss: (file.gossipLossPct ?? lossPct) / 100,
    duplication: duplicatePct / 100,
    reorder: file.reorder ?? false,
    bandwidth: file.bandwidth ?? null,
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
  const remedy = remedyFor(context, parsed.metric, known);
  throw source.error(at, `there is no metric "${parsed.metric}"`, remedy);
}

function checkTimes({ source }: ParseContext, file: ScenarioFile, { maxMs, faults }: Scenario): void {
  if (maxMs <= WARM_UP_MS) {
    const what = `a maxTime of ${writeMs(maxMs)} ends the run before the first job comes at ${writeMs(WARM_UP_MS)}`;
    throw source.error(["maxTime"], what, "raise it");
  }
  for (const [index, { at, between }] of (file.faults ?? []).entries()) {
    const atMs = at ?? between?.[0] ?? 0;
    const fault = faults.find(({ place }) => place === index);
    const endMs = fault?.untilMs ?? 0;
    if (atMs < maxMs && endMs > maxMs && fault?.upTo === false) {
      const late = `faults[${index}] lasts to ${writeMs(endMs)}, and the run to ${writeMs(maxMs)} (maxTime)`;
      throw source.error(["faults", index], late, "let it end earlier, raise maxTime, or say upTo: true in the fault");
    }
    if (atMs < maxMs) continue;
    const what = `faults[${index}] begins at ${writeMs(atMs)}, when the run has ended (maxTime ${writeMs(maxMs)})`;
    throw source.error(["faults", index], what, faults.length > 0 ? "let it begin earlier, or raise maxTime" : "");
  }
}
