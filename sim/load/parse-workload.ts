/**
 * The workload of a scenario file: when jobs come, what they look like, what their workers must do. It refuses jobs that nobody
 * could ever do: a skill that nobody has, prices that nobody may pay, committees that cannot be filled.
 *
 * Defaults are those of job files (node/job-file/), where there are any.
 */

import { acceptanceOf, acceptanceProblem } from "../../node/platform/files/acceptance.ts";
import { hedgeOf, hedgeProblem } from "../../node/platform/files/hedge.ts";
import { limits } from "../../protocol/core/limits.ts";
import { DEFAULT_POLICY, DEFAULT_WINDOW_MS } from "../../protocol/job/policy.ts";
import { DEFAULT_SELECTOR } from "../../protocol/selection/catalog.ts";
import type { AgentGroup, Arrival, JobShape, PolicySpec, Stage, TaskMix, Workload } from "../model/scenario.ts";
import { agentNames, countAgents, plainOptions } from "./parse-agents.ts";
import { checkAgents, type ParseContext, remedyFor } from "./parse-context.ts";
import type { PolicyFile, ShapeFile, StageFile, WorkloadFile } from "./schema.ts";

const DEFAULT_DEADLINE_MS = 5 * 60_000;
const WINDOW_MIN_MS = 10;

const credits = (micro: number): string => `${micro / 1_000_000}`;

export function parseWorkload(
  context: ParseContext,
  file: WorkloadFile,
  agents: readonly AgentGroup[],
  clients: readonly string[],
): Workload {
  const { source } = context;
  if (file.job !== undefined) checkJobFile(context, file);
  const arrival = arrivalOf(context, file);
  const shape = shapeOf(context, file, agents);
  const policy = policyOf(context, file.policy ?? {}, agents);
  const windowMs = file.window ?? DEFAULT_WINDOW_MS;
  if (windowMs < WINDOW_MIN_MS) {
    throw source.error(["workload", "window"], `a window of ${windowMs} ms is too short`, "take 10ms or more");
  }
  if (file.deadline === 0) throw source.error(["workload", "deadline"], "a deadline of 0", "raise it");
  checkCommittee(context, file, agents);
  return {
    clients,
    // A trace is replayed to its end.
    count: file.jobs?.count ?? (arrival.kind === "trace" ? Number.MAX_SAFE_INTEGER : 1),
    upTo: file.jobs?.upTo ?? false,
    arrival,
    shape,
    policy,
    selector: file.selector ?? DEFAULT_SELECTOR,
    knowledge: file.knowledge ?? true,
    budget: budgetOf(context, file, shape, policy, agents),
    deadlineMs: file.deadline ?? DEFAULT_DEADLINE_MS,
    windowMs,
    redact: file.redact ?? false,
    committee: typeof file.committee === "object" ? new Map(Object.entries(file.committee)) : (file.committee ?? null),
    standbys: standbysOf(file) ?? (typeof file.committee === "object" ? new Map() : null),
    cancelAfterMs: file.cancelAfter ?? null,
    outputBytes: file.outputBytes ?? 0,
  };
}

/** A job file says these itself. */
function checkJobFile({ source }: ParseContext, file: WorkloadFile): void {
  const own = ["shape", "policy", "selector", "budget", "deadline", "window", "redact"] as const;
  const twice = own.find((key) => file[key] !== undefined);
  if (twice === undefined) return;
  throw source.error(["workload", twice], `workload has both job and ${twice}`, `say it in ${file.job}, or remove job`);
}

function arrivalOf({ source }: ParseContext, { jobs }: WorkloadFile): Arrival {
  const { arrival = {} } = jobs ?? {};
  const given = Object.entries(arrival).filter(([, value]) => value !== undefined);
  const [first, second] = given;
  if (second !== undefined) {
    const what = `workload.jobs.arrival is both ${first![0]} and ${second[0]}`;
    throw source.error(["workload", "jobs", "arrival", second[0]], what, "keep one");
  }
  if (arrival.poisson !== undefined) return { kind: "poisson", perSecond: arrival.poisson.perSecond };
  if (arrival.every !== undefined) return { kind: "every", everyMs: arrival.every };
  if (arrival.trace !== undefined) return { kind: "trace", file: arrival.trace };
  return { kind: "at-once", atMs: arrival.atOnce ?? 0 };
}

function shapeOf(context: ParseContext, file: WorkloadFile, agents: readonly AgentGroup[]): JobShape {
  if (file.job !== undefined) return { kind: "file", file: file.job };
  const shape = file.shape ?? { kind: "single" };
  const plugged = context.registry.shapes.get(shape.kind);
  if (plugged !== undefined) {
    const { kind: name, ...given } = shape;
    const options = plainOptions(given);
    return { kind: "plugin", name, options, tasks: plugged.tasks(options) };
  }
  const tasks = tasksOf(context, shape, agents);
  switch (shape.kind) {
    case "chain":
      return { kind: "chain", steps: shape.steps!, tasks };
    case "stages":
      return { kind: "stages", stages: shape.stages!.map((stage, place) => stageOf(context, stage, place)), tasks };
    case "bag":
    case "map-reduce":
      return { kind: shape.kind, width: shape.width!, tasks };
    default:
      return { kind: "single", tasks };
  }
}

function stageOf({ source }: ParseContext, file: StageFile, place: number): Stage {
  const { kind, tasks = 1, batch = 1, input = place === 0 || kind === "map" ? "own" : "output" } = file;
  const fail = (key: string, what: string, remedy: string): Error =>
    source.error(["workload", "shape", "stages", place, key], what, remedy);
  if (kind === "single" && tasks > 1)
    throw fail("tasks", `a single stage of ${tasks} tasks`, "take kind: map or chain");
  if (kind !== "map" && batch > 1) throw fail("batch", `a ${kind} has no batches`, "take kind: map, or remove batch");
  if (input === "output" && place === 0) throw fail("input", "the first stage has no stage before it", "remove input");
  if (input === "output" && kind === "map")
    throw fail("input", "a map over the outputs of a stage", "take input: own, or a job file");
  return { kind, tasks, batch, takesOutput: input === "output" };
}

function tasksOf(context: ParseContext, shape: ShapeFile, agents: readonly AgentGroup[]): TaskMix {
  const known = [...new Set(agents.flatMap(({ skills }) => skills))];
  const skill = shape.skill ?? commonest(known, agents);
  if (!known.includes(skill)) {
    const at = ["workload", "shape", "skill"];
    throw context.source.error(at, `no agent has the skill "${skill}"`, remedyFor(skill, known));
  }
  // Agents that are good at some kinds of tasks are asked for all of these.
  const kinds = agents.flatMap(({ profile }) =>
    typeof profile.accuracy === "number" ? [] : [...profile.accuracy.keys()],
  );
  const even = kinds.map((kind) => [kind, 1] as const);
  const given = shape.kinds === undefined ? even : Object.entries(shape.kinds);
  if (shape.kinds !== undefined && !given.some(([, share]) => share > 0)) {
    throw context.source.error(["workload", "shape", "kinds"], "the shares of kinds are all 0", "raise one");
  }
  return { skill, like: shape.like ?? null, kinds: new Map(given), difficulty: shape.difficulty ?? 0.5 };
}

/** The skill that most agents have; of several, the first. */
function commonest(skills: readonly string[], agents: readonly AgentGroup[]): string {
  const having = (skill: string): number => countAgents(agents.filter((group) => group.skills.includes(skill)));
  return skills.reduce((best, skill) => (having(skill) > having(best) ? skill : best), skills[0] ?? "work");
}

// --- policy -------------------------------------------------------------------------------------------

function policyOf(context: ParseContext, file: PolicyFile, agents: readonly AgentGroup[]): PolicySpec {
  const prices = agents.map(({ profile }) => profile.price);
  const policy: PolicySpec = {
    ...acceptanceOf(file),
    timeoutMs: file.timeout ?? DEFAULT_POLICY.timeoutMs,
    retries: file.retries ?? DEFAULT_POLICY.retries,
    priceMax: file.priceMax ?? Math.min(limits.price, Math.max(DEFAULT_POLICY.priceMax, 2 * Math.max(...prices))),
    hedge: hedgeOf(file.hedge),
  };
  checkPolicy(context, policy, Math.min(...prices));
  const { accept } = policy;
  if (accept.kind === "verified" && !agents.some(({ skills }) => skills.includes(accept.skill))) {
    const what = `no agent has the skill "${accept.skill}", which is to check answers`;
    throw context.source.error(
      ["workload", "policy", "accept"],
      what,
      `add ${accept.skill} to the skills of some agents`,
    );
  }
  return policy;
}

/** Combinations that could never bring an answer. */
function checkPolicy({ source }: ParseContext, policy: PolicySpec, priceMin: number): void {
  const { timeoutMs, priceMax } = policy;
  const fail = (key: string, what: string, remedy: string): Error =>
    source.error(["workload", "policy", key], what, remedy);
  const problem = acceptanceProblem(policy) ?? hedgeProblem(policy);
  if (problem !== null) throw fail(problem.key, problem.what, problem.remedy);
  if (timeoutMs < 1) throw fail("timeout", "a timeout of 0", "raise it");
  if (priceMax < priceMin) {
    const what = `the cheapest agent takes ${credits(priceMin)} credits, more than a priceMax of ${credits(priceMax)}`;
    throw fail("priceMax", what, `allow at least ${credits(priceMin)}`);
  }
}

function budgetOf(
  { source }: ParseContext,
  file: WorkloadFile,
  shape: JobShape,
  policy: PolicySpec,
  agents: readonly AgentGroup[],
): number {
  const tasks = taskCount(shape);
  const most = Math.max(1_000_000, tasks * policy.redundancyMax * policy.priceMax);
  const budget = file.budget ?? Math.min(limits.budget, most);
  const least = tasks * policy.redundancy * Math.min(...agents.map(({ profile }) => profile.price));
  if (budget < least) {
    const what = `a budget of ${credits(budget)} credits cannot suffice: the tasks cost ${credits(least)} at least`;
    throw source.error(["workload", "budget"], what, `raise it to ${credits(least)} or more, or lower the redundancy`);
  }
  return budget;
}

/** Tasks of one job. A job file counts as one task. */
function taskCount(shape: JobShape): number {
  if (shape.kind === "chain") return shape.steps;
  if (shape.kind === "plugin") return shape.tasks;
  if (shape.kind === "stages") return shape.stages.reduce((sum, stage) => sum + stage.tasks, 0);
  if (shape.kind === "bag") return shape.width;
  return shape.kind === "map-reduce" ? shape.width + 1 : 1;
}

function standbysOf({ standbys }: WorkloadFile): Workload["standbys"] {
  if (Array.isArray(standbys)) return new Map((standbys as readonly string[]).map((name) => [name, limits.power]));
  return typeof standbys === "object" ? new Map(Object.entries(standbys)) : (standbys ?? null);
}

/** No job is kept by a committee of which one member alone can stop it. */
function checkPowers({ source }: ParseContext, powers: readonly (readonly [agent: string, power: number])[]): void {
  if (powers.length < 4) return; // another error, or a committee of one
  const total = powers.reduce((sum, [, power]) => sum + power, 0);
  const strong = powers.find(([, power]) => 3 * power >= total);
  if (strong === undefined) return;
  const what = `${strong[0]} has ${strong[1]} of ${total} powers, a third or more`;
  throw source.error(["workload", "committee", strong[0]], what, "lower it, or add members");
}

function checkCommittee(context: ParseContext, file: WorkloadFile, agents: readonly AgentGroup[]): void {
  const { source } = context;
  const at = ["workload", "committee"];
  const named = typeof file.committee === "object" ? Object.keys(file.committee) : null;
  const hosting = agents.filter((group) => group.hosts).flatMap(agentNames);
  if (named !== null) checkAgents(context, at, named, hosting);
  if (typeof file.committee === "object") checkPowers(context, Object.entries(file.committee));
  if (typeof file.standbys === "object") {
    if (named === null)
      throw source.error(
        ["workload", "standbys"],
        "standbys have names, and the committee has none",
        "name its members",
      );
    checkAgents(
      context,
      ["workload", "standbys"],
      Array.isArray(file.standbys) ? file.standbys : Object.keys(file.standbys),
      hosting.filter((agent) => !named.includes(agent)),
    );
  }
  const committee = named?.length ?? (file.committee as number | undefined);
  if (committee === undefined) return;
  if (committee === 2 || committee === 3) {
    throw source.error(at, `a committee of ${committee} is no safer than one of 1`, "take 1, or 4 and more");
  }
  // With no hosts at all every job is refused, which a scenario may want to show.
  if (hosting.length > 0 && committee > hosting.length) {
    throw source.error(
      at,
      `a committee of ${committee} of ${hosting.length} agents that host`,
      "lower it, or add agents",
    );
  }
}
