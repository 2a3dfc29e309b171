/**
 * Writes a scenario as a file that loads as the same scenario: what a search found, for `sim run` and for people. It leaves out
 * defaults.
 *
 * Leaves to parse-scenario.ts what the keys mean.
 */

import { acceptNode, compareNode } from "../../node/platform/files/acceptance.ts";
import { flagsNode } from "../../node/platform/files/flags.ts";
import { hedgeNode } from "../../node/platform/files/hedge.ts";
import { writeMs } from "../../node/platform/text/quantities.ts";
import { SHARD_AGENTS } from "../../protocol/capability/shards.ts";
import { limits } from "../../protocol/core/limits.ts";
import { DEFAULT_SELECTOR } from "../../protocol/selection/catalog.ts";
import { QUEUE_POLICIES } from "../../protocol/wire/queue.ts";
import type { Registry } from "../model/registry.ts";
import type {
  AgentGroup,
  Arrival,
  BehaviourOptions,
  JobShape,
  NetworkSpec,
  PolicySpec,
  Replay,
  Scenario,
  ServiceCosts,
  Workload,
} from "../model/scenario.ts";
import { clientNames } from "../run/population.ts";
import type { DistributionSpec } from "../world/distribution.ts";
import { NETWORK_DEFAULTS } from "../world/options.ts";
import { writeValue } from "./overrides.ts";
import { DEFAULT_PROFILE } from "./parse-agents.ts";
import { HEALED_WITHIN_MS } from "./parse-scenario.ts";

/** Values of a file; undefined: the key is not there. */
type Node = string | number | boolean | null | undefined | readonly Node[] | { readonly [key: string]: Node };
type Written = Parameters<typeof writeValue>[0];

/** Where files that the scenario names are found from the new file. */
type Relocate = (path: string) => string;

const unless = <T extends Node>(value: T, usual: T): T | undefined => (value === usual ? undefined : value);
const time = (ms: number): Node => (Number.isInteger(ms) ? writeMs(ms) : ms);
const timeUnless = (ms: number, usual: number): Node => (ms === usual ? undefined : time(ms));
const credits = (micro: number): number => micro / 1_000_000;
/** Without the noise of the multiplication. */
const percent = (share: number): number => Math.round(share * 1e10) / 1e8;

function distribution(spec: DistributionSpec): Node {
  return typeof spec === "number" ? spec : { ...spec };
}

/** Empty maps and keys without a value are not there. */
function compact(node: Node): Written | undefined {
  if (Array.isArray(node)) return (node as readonly Node[]).map((item) => compact(item) ?? null) as Written;
  if (typeof node !== "object" || node === null) return node as Written | undefined;
  const entries = Object.entries(node).flatMap(([key, value]) => {
    const kept = compact(value);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return Object.fromEntries(entries) as Written;
}

const orNothing = (node: { readonly [key: string]: Node }): Node =>
  Object.values(node).every((value) => value === undefined) ? undefined : node;

/** Without the options that are defaults. */
function shortest(registry: Registry, name: string, options: BehaviourOptions): Node {
  const schema = registry.behaviours.get(name)!.options;
  const asked = JSON.stringify(schema.parse(options));
  let short: { [key: string]: Node } = { ...options } as { [key: string]: Node };
  for (const key of Object.keys(options)) {
    const { [key]: _, ...rest } = short;
    const parsed = schema.safeParse(rest);
    if (parsed.success && JSON.stringify(parsed.data) === asked) short = rest;
  }
  return short;
}

const replayNode = ({ file, agent }: Replay, relocate: Relocate): Node =>
  agent === null ? relocate(file) : { file: relocate(file), agent };

const hostedNode = ({ hosted }: AgentGroup): Node | undefined =>
  hosted === null
    ? undefined
    : {
        ...{ kept: hosted.kept, lost: unless(hosted.lost, 0) },
        ...{ known: unless(hosted.isKnown, true), equivocated: unless(hosted.equivocated, false) },
      };

function groupNode(registry: Registry, relocate: Relocate, group: AgentGroup): Node {
  const { profile, clock, behave } = group;
  const { accuracy, latencyMs, price, expectedMs, slots, load, calibration, correlation, wrongAnswers, replay } =
    profile;
  const { errors, usage } = profile;
  const usual = DEFAULT_PROFILE;
  return {
    name: group.name,
    count: group.count,
    hosts: unless(group.hosts, true),
    hosted: hostedNode(group),
    origin: unless(group.origin, ""),
    skills: group.skills,
    descriptions: orNothing(Object.fromEntries(group.descriptions)),
    labels: group.labels.length === 0 ? undefined : group.labels,
    profile: orNothing({
      accuracy:
        typeof accuracy === "number" ? unless(accuracy, usual.accuracy as number) : Object.fromEntries(accuracy),
      latencyMs: latencyMs === usual.latencyMs ? undefined : distribution(latencyMs),
      price: price === usual.price ? undefined : credits(price),
      expectedMs: expectedMs ?? undefined,
      slots: unless(slots, usual.slots),
      load: load === null ? undefined : { ...load },
      calibration: unless(calibration, usual.calibration),
      correlation: correlation === null ? undefined : { ...correlation },
      wrongAnswers: unless(wrongAnswers, usual.wrongAnswers),
      replay: replay === null ? undefined : replayNode(replay, relocate),
      errors: errors === null ? undefined : { ...errors, retryMs: time(errors.retryMs) },
      usage: usage === null ? undefined : { ...usage },
    }),
    behave: orNothing(Object.fromEntries([...behave].map(([name, given]) => [name, shortest(registry, name, given)]))),
    clock: orNothing({ skewMs: timeUnless(clock.skewMs, 0), driftPpm: unless(clock.driftPpm, 0) }),
    crashLoss: unless(group.crashLoss, "random"),
    start: timeUnless(group.startMs, 0),
    startWithin: timeUnless(group.startWithinMs, 0),
  };
}

function serviceNode(service: ServiceCosts | null): Node {
  if (service === null) return { baseMs: 0 };
  const { baseMs, perKibMs, forcedWriteMs, sharedCores } = service;
  const isForced = forcedWriteMs > 0;
  return {
    baseMs,
    perKibMs: unless(perKibMs, 0),
    forcedWrites: isForced || undefined,
    forcedWriteMs: isForced ? forcedWriteMs : undefined,
    sharedCores: sharedCores ?? undefined,
  };
}

function networkNode(network: NetworkSpec): Node {
  const { overlay, latencyMs, loss, gossipLoss, duplication } = network;
  return {
    overlay: { ...overlay },
    latencyMs: distribution(latencyMs),
    latencySpread: timeUnless(network.spreadMs, 0),
    lossPct: loss === 0 ? undefined : percent(loss),
    gossipLossPct: gossipLoss === loss ? undefined : percent(gossipLoss),
    duplicatePct: duplication === 0 ? undefined : percent(duplication),
    reorder: unless(network.reorder, false),
    bandwidth: network.bandwidth ?? undefined,
    queueBytes: unless(network.queueBytes, QUEUE_POLICIES.main.bytes),
    detect: timeUnless(network.detectMs, NETWORK_DEFAULTS.detectMs),
    redial: timeUnless(network.redialMs, NETWORK_DEFAULTS.redialMs),
    blobIdle: timeUnless(network.blobIdleMs, NETWORK_DEFAULTS.blobIdleMs),
    gossip: network.fullGossip ? "full" : undefined,
    shardAgents: unless(network.shardAgents, SHARD_AGENTS),
    signatures: network.realSignatures ? "real" : undefined,
    service: serviceNode(network.service),
  };
}

function arrivalNode(arrival: Arrival, relocate: Relocate): Node {
  switch (arrival.kind) {
    case "poisson":
      return { poisson: { perSecond: arrival.perSecond } };
    case "every":
      return { every: time(arrival.everyMs) };
    case "at-once":
      return { atOnce: time(arrival.atMs) };
    case "trace":
      return { trace: relocate(arrival.file) };
  }
}

function shapeNode(shape: Exclude<JobShape, { kind: "file" }>): Node {
  if (shape.kind === "plugin") return { kind: shape.name, ...(shape.options as { [key: string]: Node }) };
  const { tasks, ...own } = shape;
  const stages =
    own.kind === "stages"
      ? own.stages.map(({ kind, tasks: count, batch, takesOutput }, place) => ({
          kind,
          tasks: unless(count, 1),
          batch: unless(batch, 1),
          input: takesOutput === (place > 0 && kind !== "map") ? undefined : takesOutput ? "output" : "own",
        }))
      : undefined;
  return {
    ...own,
    stages,
    skill: tasks.skill,
    like: tasks.like ?? undefined,
    kinds: orNothing(Object.fromEntries(tasks.kinds)),
    difficulty: tasks.difficulty === 0.5 ? undefined : distribution(tasks.difficulty),
  };
}

function policyNode({ accept, compare, flags, ...policy }: PolicySpec): Node {
  return {
    redundancy: policy.redundancy,
    redundancyMax: policy.redundancyMax,
    accept: acceptNode(accept),
    compare: compare.kind === "exact" ? undefined : compareNode(compare),
    flags: flagsNode(flags),
    timeout: time(policy.timeoutMs),
    retries: policy.retries,
    priceMax: credits(policy.priceMax),
    hedge: policy.hedge.kind === "auto" ? undefined : hedgeNode(policy.hedge),
  };
}

function standbysNode(standbys: Workload["standbys"]): Node | undefined {
  if (standbys === null || typeof standbys === "number") return standbys ?? undefined;
  if (standbys.size === 0) return undefined;
  const takeAnySeat = [...standbys.values()].every((power) => power === limits.power);
  return takeAnySeat ? [...standbys.keys()] : Object.fromEntries(standbys);
}

function workloadNode(workload: Workload, relocate: Relocate): Node {
  const { shape, committee, standbys, count } = workload;
  const jobs = {
    count: unless(count, 1),
    upTo: unless(workload.upTo, false),
    arrival: arrivalNode(workload.arrival, relocate),
  };
  const seats = {
    committee:
      typeof committee === "object" && committee !== null ? Object.fromEntries(committee) : (committee ?? undefined),
    standbys: standbysNode(standbys),
    knowledge: unless(workload.knowledge, true),
    cancelAfter: workload.cancelAfterMs === null ? undefined : time(workload.cancelAfterMs),
    outputBytes: unless(workload.outputBytes, 0),
  };
  // A job file says the rest itself.
  if (shape.kind === "file") return { jobs, job: relocate(shape.file), ...seats };
  return {
    jobs,
    shape: shapeNode(shape),
    policy: policyNode(workload.policy),
    selector: unless(workload.selector, DEFAULT_SELECTOR),
    budget: credits(workload.budget),
    deadline: time(workload.deadlineMs),
    window: time(workload.windowMs),
    redact: unless(workload.redact, false),
    ...seats,
  };
}

/** A number of clients, or their names. */
function clientsNode(clients: readonly string[]): Node {
  const usual = clientNames(clients.length);
  return clients.every((name, index) => name === usual[index]) ? clients.length : clients;
}

/** The keys of a file in order, each with its value; faults as lines of text. */
function fileNode(scenario: Scenario, registry: Registry, relocate: Relocate): { readonly [key: string]: Node } {
  const { heal } = scenario;
  const list = (items: readonly string[]): Node => (items.length === 0 ? undefined : items);
  return {
    name: scenario.name,
    description: scenario.description === "" ? undefined : scenario.description,
    seed: scenario.seed,
    maxTime: time(scenario.maxMs),
    agents: scenario.agents.map((group) => groupNode(registry, relocate, group)),
    clients: clientsNode(scenario.workload.clients),
    network: networkNode(scenario.network),
    workload: workloadNode(scenario.workload, relocate),
    heal: heal === null ? undefined : { at: time(heal.atMs), within: timeUnless(heal.withinMs, HEALED_WITHIN_MS) },
    mayFallShort: unless(scenario.mayFallShort, false),
    expect: list(scenario.expect.map(({ expression }) => expression)),
    plugins: list(scenario.plugins.map(relocate)),
    ablate: list(scenario.ablate),
  };
}

/** A key with its value: lists and maps over several lines, what is in them on one. */
function lines(key: string, value: Written): string[] {
  if (Array.isArray(value)) return [`${key}:`, ...value.map((item) => `  - ${writeValue(item)}`)];
  if (typeof value !== "object" || value === null) return [`${key}: ${writeValue(value)}`];
  return [`${key}:`, ...Object.entries(value).map(([inner, part]) => `  ${inner}: ${writeValue(part)}`)];
}

interface WriteOptions {
  readonly registry: Registry;
  readonly relocate?: Relocate;
  /** Lines that stand above it. */
  readonly comments?: readonly string[];
}

/** As YAML. */
export function writeScenario(
  scenario: Scenario,
  { registry, relocate = (path) => path, comments = [] }: WriteOptions,
): string {
  const file = Object.entries(compact(fileNode(scenario, registry, relocate)) as { [key: string]: Written });
  const faults =
    scenario.faults.length === 0 ? [] : ["faults:", ...scenario.faults.map(({ text }) => `  - { ${text} }`)];
  const head = comments.map((line) => `# ${line}`);
  return `${[...head, ...file.flatMap(([key, value]) => lines(key, value)), ...faults].join("\n")}\n`;
}
