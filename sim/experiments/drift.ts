/**
 * Skills that change while the mesh works: whether the selectors notice, how deep they fall and whether they come back,
 * with and without forgetting. After the scenarios A to C of SwarmAgents' documents (SWARM+, arXiv 2603.19431).
 */

import { LINUCB } from "../../protocol/selection/parameters.ts";
import type { ScenarioInput } from "../load/scenario-source.ts";
import { defineBehaviour } from "../model/define.ts";
import type { SimHost } from "../model/host.ts";
import { ADMITS, LANES, placeOf } from "../parts/workloads/lanes.ts";
import { WARM_UP_MS } from "../run/workload.ts";
import { AwardLog, type LoggedAward } from "./award-log.ts";
import {
  computedExperiment,
  type ExperimentRow,
  type Figures,
  type Finding,
  type Labels,
  type Measured,
} from "./experiment.ts";
import { FADING, FOREVER, nameInJob, STEADY, VARIANTS } from "./forgetting.ts";
import { runScenario } from "./run-scenario.ts";
import { meanAt, meanOf, percent, shareOf } from "./statistics.ts";

const KINDS = ["compute", "transfer", "dtn"] as const;
type Kind = (typeof KINDS)[number];

/** Short enough to stand below a plot. */
const STAYS = "A: stays";
const FLIPS = "B: flips";
const SLOWLY = "B: slowly";
const BACK = "B: back";
const JOINS = "C: joins";

const PARAMS = {
  jobs: 6,
  tasksPerJob: 100,
  lanes: 2,
  /** Between submissions; a job is over by then, ms. */
  everyMs: 24_000,
  agentsPerGroup: 4,
  /** Failure rate of everything that is not said to fail more often. */
  failure: 0.1,
  failureOfWeak: 0.6,
  /** The kind that each group is weak at. */
  weak: { north: "dtn", south: "compute" } as { readonly [group: string]: Kind },
  /** A group that is weak at nothing, and comes in the middle of scenario C. */
  late: "east",
  /** Tasks over which the success after a change is looked at. */
  window: 50,
  selectors: {
    [STAYS]: ["linucb", "thompson", "ucb1", "epsilon-greedy", "random", "random-top", "oracle"],
    [FLIPS]: [
      "linucb",
      FADING,
      STEADY,
      FOREVER,
      "thompson",
      "ucb1",
      "epsilon-greedy",
      "random",
      "random-top",
      "oracle",
    ],
    [SLOWLY]: ["linucb", FADING, STEADY, FOREVER, "random-top", "oracle"],
    [BACK]: ["linucb", FADING, STEADY, FOREVER, "random-top", "oracle"],
    [JOINS]: ["linucb", "thompson", "epsilon-greedy", "random", "random-top", "oracle"],
  } as { readonly [scenario: string]: readonly string[] },
};
type Params = typeof PARAMS;

export const drift = computedExperiment<Params>({
  name: "drift",
  summary: "skills that flip at once, slowly, and back, and a group that joins: with and without forgetting",
  description: [
    `A stream of ${PARAMS.jobs} jobs of ${PARAMS.tasksPerJob} tasks of three skills (compute, transfer, dtn, drawn evenly), one job after the other; what a job teaches, the next one's genesis carries. Two groups of ${PARAMS.agentsPerGroup} agents have all three skills; north fails ${percent(PARAMS.failureOfWeak)} of dtn, south ${percent(PARAMS.failureOfWeak)} of compute, and both ${percent(PARAMS.failure)} of everything else. A task goes to one agent; a failure is the skill's error, known at once, and somebody else gets the task then.`,
    "A: it stays so. B: north and south change places after half of the tasks; or slowly, over a third of them; or for the middle third only. C: a third group, weak at nothing, joins after half of the tasks.",
    "success: first awards that brought an answer. routing: of the first awards of compute and dtn, those to an agent of the best group there is. trough: the least mean chance of success of 50 first awards in a row after the change, by the true chances of those chosen. firstUse: awards from the first task after the join until a joiner had one.",
    `Published figures (SwarmAgents' documents, other set-up, so context only): A success 73.4 % for LinUCB and 61.9 % for epsilon-greedy, routing 69 % and 50 %. B with gamma 0.98 trough at least 57 %, overall 68.0 %; with gamma 1 trough 27 to 33 %, overall 61.1 %. Theirs is not published whole: sizes of groups, lengths of runs, features and retries are ours. Their reward is 1 - latency/timeout, -0.5 for a failure, -1 for a timeout; ours is the mesh's. They have coordinators that are never replaced; here a committee of one member chooses, which changes no choice.`,
    "Three things forget: the selector's model by its gamma at every lesson (as it comes 0.995), the records that it is shown within a job (about 25 answers an agent and skill), and the owner's records from job to job (a hundredth an answer). gamma 0.98 and gamma 1 vary the first; nothing fades has gamma 1 and plain counts for records, so that only the third is left. Runs are short, so that records are too: who forgets gains little by it here, and the gain would grow with the time before the flip. Agents hear of a job when its windows open: in a job that has offers enough nobody new is asked, so a group that joins waits for the next job.",
  ],
  params: PARAMS,
  seeds: 30,
  firstSeed: 1000,
  metrics: [
    { name: "success", unit: "share", summary: "first awards that brought an answer" },
    { name: "success.before", unit: "share", summary: "the same in the first third" },
    { name: "success.after", unit: "share", summary: "the same in the last third" },
    { name: "routing", unit: "share", summary: "first awards of compute and dtn that went to the best group" },
    { name: "routing.after", unit: "share", summary: "the same in the last third" },
    {
      name: "trough",
      unit: "share",
      summary: "least mean chance of success of 50 first awards in a row after the change",
    },
    { name: "regret", unit: "", summary: "what the best agent's chance was above the chosen one's, a first award" },
    { name: "firstUse", unit: "", summary: "first awards from the join until a joiner had one" },
    { name: "joinersShare", unit: "share", summary: "of the first awards after the join, those to joiners" },
  ],
  cases: ({ selectors }) =>
    Object.entries(selectors).flatMap(([scenario, list]) => list.map((selector) => ({ scenario, selector }))),
  compute: (of, seed, params, host) => run(of, seed, params, host),
  verdict,
});

// --- what is true -------------------------------------------------------------------------------------

interface Change {
  readonly fromTask: number;
  readonly toTask?: number;
  readonly overTasks?: number;
}

const total = ({ jobs, tasksPerJob }: Params): number => jobs * tasksPerJob;
const joins = (scenario: string): boolean => scenario === JOINS;

function changeOf(scenario: string, params: Params): Change | null {
  const tasks = total(params);
  if (scenario === FLIPS) return { fromTask: tasks / 2 };
  if (scenario === SLOWLY) return { fromTask: tasks / 3, overTasks: tasks / 3 };
  if (scenario === BACK) return { fromTask: tasks / 3, toTask: (2 * tasks) / 3 };
  return null;
}

/** A group's chance of success at a kind, before or after the groups changed places. */
function chanceOf(group: string, kind: string, hasFlipped: boolean, params: Params): number {
  const weak = Object.entries(params.weak)
    .filter(([name]) => (name === group) !== hasFlipped && group !== params.late)
    .map(([, one]) => one as string);
  return 1 - (weak.includes(kind) ? params.failureOfWeak : params.failure);
}

/** The same while a change comes: what the fault skillChange makes of it. */
function chanceAt(group: string, kind: string, place: number, change: Change | null, params: Params): number {
  const before = chanceOf(group, kind, false, params);
  if (change === null || place < change.fromTask || place >= (change.toTask ?? Infinity)) return before;
  const strength = change.overTasks === undefined ? 1 : Math.min(1, (place - change.fromTask) / change.overTasks);
  return before + (chanceOf(group, kind, true, params) - before) * strength;
}

// --- running ------------------------------------------------------------------------------------------

/** A first award with what was true of it. */
interface Decision {
  readonly place: number;
  readonly kind: string;
  readonly group: string;
  readonly chance: number;
  readonly best: number;
  readonly isRight: boolean;
}

async function run(of: Labels, seed: number, params: Params, host: SimHost): Promise<ExperimentRow[]> {
  const scenario = String(of.scenario);
  const log = new AwardLog();
  const kinds = new Map<string, string>();
  await runScenario(scenarioOf(scenario, nameInJob(String(of.selector)), params), {
    seed,
    host,
    thorough: false,
    plugins: [{ behaviours: [ADMITS, joinsAt(joinMs(params))], shapes: [LANES], selectors: VARIANTS }],
    watch: (job) => {
      for (const { id, skill } of job.genesis.nodes) kinds.set(`${job.index}/${id}`, skill);
      return log.watch(job);
    },
  });
  const change = changeOf(scenario, params);
  const decisions = log
    .first()
    .map((award) => decisionOf(award, kinds.get(`${award.job}/${award.task}`)!, change, scenario, params));
  return [{ labels: of, figures: figuresOf(decisions, scenario, params) }];
}

function decisionOf(
  { job, task, worker, isAccepted }: LoggedAward,
  kind: string,
  change: Change | null,
  scenario: string,
  params: Params,
): Decision {
  const place = job * params.tasksPerJob + placeOf(task);
  const group = worker.replace(/\d+$/, "");
  const hasJoined = joins(scenario) && place >= total(params) / 2;
  const there = [...Object.keys(params.weak), ...(hasJoined ? [params.late] : [])];
  const best = Math.max(...there.map((one) => chanceAt(one, kind, place, change, params)));
  return { place, kind, group, chance: chanceAt(group, kind, place, change, params), best, isRight: isAccepted };
}

function figuresOf(decisions: readonly Decision[], scenario: string, params: Params): Figures {
  const tasks = total(params);
  const change = changeOf(scenario, params);
  const first = decisions.filter(({ place }) => place < tasks / 3);
  const last = decisions.filter(({ place }) => place >= (2 * tasks) / 3);
  const success = (of: readonly Decision[]): number | null => shareOf(of, ({ isRight }) => isRight);
  const routing = (of: readonly Decision[]): number | null =>
    shareOf(
      of.filter(({ kind }) => kind !== "transfer"),
      ({ chance, best }) => chance === best,
    );
  const joined = joins(scenario) ? decisions.filter(({ place }) => place >= tasks / 2) : [];
  const firstUse = joined.findIndex(({ group }) => group === params.late);
  return {
    success: success(decisions),
    "success.before": success(first),
    "success.after": success(last),
    routing: routing(decisions),
    "routing.after": routing(last),
    trough:
      change === null
        ? null
        : troughOf(
            decisions.filter(({ place }) => place >= change.fromTask),
            params,
          ),
    regret: meanOf(decisions.map(({ chance, best }) => best - chance)),
    firstUse: firstUse < 0 ? null : firstUse + 1,
    joinersShare: shareOf(joined, ({ group }) => group === params.late),
  };
}

function troughOf(decisions: readonly Decision[], { window }: Params): number | null {
  const means: number[] = [];
  for (let at = 0; at + window <= decisions.length; at++)
    means.push(meanOf(decisions.slice(at, at + window).map(({ chance }) => chance))!);
  return means.length === 0 ? null : Math.min(...means);
}

const joinsAt = (startMs: number) =>
  defineBehaviour({
    name: "joins",
    summary: "starts in the middle of the jobs",
    apply: (agent) => ({ ...agent, spec: { ...agent.spec, startMs } }),
  });

/** Shortly before the first job of the second half: its directory entry is known when that job asks for offers. */
const joinMs = ({ jobs, everyMs }: Params): number => WARM_UP_MS + (jobs / 2) * everyMs - 3_000;

function scenarioOf(scenario: string, selector: string, params: Params): ScenarioInput {
  const { jobs, tasksPerJob, lanes, everyMs, agentsPerGroup, weak, late } = params;
  const change = changeOf(scenario, params);
  const group = (name: string) => ({
    name,
    count: agentsPerGroup,
    skills: [...KINDS],
    hosts: false,
    behave: { admits: {}, ...(name === late ? { joins: {} } : {}) },
    profile: {
      accuracy: Object.fromEntries(KINDS.map((kind) => [kind, chanceOf(name, kind, false, params)])),
      latencyMs: { p50: 50, p95: 100 },
      slots: 4,
    },
  });
  const flips = change === null ? [] : Object.keys(weak).map((name) => flipOf(name, change, params));
  return {
    name: "drift",
    agents: [
      { name: "keeper", count: 1, skills: [] },
      ...Object.keys(weak).map(group),
      ...(joins(scenario) ? [group(late)] : []),
    ],
    clients: 1,
    workload: {
      jobs: { count: jobs, arrival: { every: everyMs } },
      selector,
      committee: 1,
      standbys: 0,
      shape: { kind: "lanes", tasks: tasksPerJob, lanes, skills: { compute: 1, transfer: 1, dtn: 1 } },
      policy: { redundancy: 1, timeout: "5s", retries: 60 },
    },
    faults: flips,
  };
}

/** The fault that gives a group the other's chances. */
function flipOf(group: string, change: Change, params: Params) {
  const accuracy = Object.fromEntries(
    KINDS.map((kind) => [kind, chanceOf(group, kind, true, params) / chanceOf(group, kind, false, params)]),
  );
  return { at: 0, skillChange: { which: [group], accuracy, ...change } };
}

// --- saying -------------------------------------------------------------------------------------------

function verdict(rows: readonly Measured[]): Finding[] {
  const figures = (scenario: string, selector: string, metrics: readonly string[]): string[] => {
    const means = metrics.flatMap((metric) => meanAt(rows, { scenario, selector }, metric) ?? []);
    return means.length < metrics.length ? [] : [`${selector} ${means.map(percent).join(", ")}`];
  };
  const stays = ["linucb", "epsilon-greedy", "random-top", "oracle"].flatMap((selector) =>
    figures(STAYS, selector, ["success", "routing"]),
  );
  const flips = ["linucb", FADING, STEADY, FOREVER, "random-top", "oracle"].flatMap((selector) =>
    figures(FLIPS, selector, ["trough", "success", "success.after"]),
  );
  return [
    { text: "A: success, and first awards of compute and dtn that went to the better group:", items: stays },
    {
      text: `B, at once: trough, success overall and in the last third (linucb as it comes has gamma ${LINUCB.gamma}):`,
      items: flips,
    },
    ...behindOf(rows),
  ].filter((finding) => typeof finding === "string" || finding.items.length > 0);
}

/** Where others than the oracle succeed more often than linucb. */
function behindOf(rows: readonly Measured[]): Finding[] {
  const success = (scenario: string, selector: string): number | null =>
    meanAt(rows, { scenario, selector }, "success");
  const compared = Object.entries(PARAMS.selectors).flatMap(([scenario, selectors]) => {
    const own = success(scenario, "linucb");
    return own === null ? [] : [{ scenario, selectors, own }];
  });
  if (compared.length === 0) return [];
  const items = compared.flatMap(({ scenario, selectors, own }) => {
    const better = selectors.filter((one) => one !== "oracle" && (success(scenario, one) ?? 0) > own);
    const listed = better.map((one) => `${one} ${percent(success(scenario, one)!)}`);
    return better.length === 0 ? [] : [`${scenario} (linucb ${percent(own)}): ${listed.join(", ")}`];
  });
  return items.length === 0
    ? ["Nothing but the oracle succeeds more often than linucb anywhere here."]
    : [{ text: "Where others succeed more often than linucb:", items }];
}
