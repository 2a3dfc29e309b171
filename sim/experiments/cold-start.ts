/**
 * Newcomers in a mesh of known agents: how soon good newcomers get work, and what it costs to try the others.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import { CALLS } from "../../protocol/job/policy.ts";
import { EMPTY_WORLD, type KnownWorld } from "../../protocol/selection/knowledge.ts";
import { SCREEN_PLACES } from "../../protocol/selection/parameters.ts";
import { newcomerPlaces } from "../../protocol/selection/screen.ts";
import type { ScenarioInput } from "../load/scenario-source.ts";
import type { SimHost } from "../model/host.ts";
import type { RunResult } from "../model/result.ts";
import { LANES } from "../parts/workloads/lanes.ts";
import { AwardLog, type LoggedAward } from "./award-log.ts";
import {
  computedExperiment,
  type ExperimentRow,
  type Figures,
  type Finding,
  type Labels,
  type Measured,
} from "./experiment.ts";
import { runScenario } from "./run-scenario.ts";
import { meanAt, meanOf, percent, shareOf } from "./statistics.ts";

const SKILL = "solve";

const PARAMS = {
  known: 100,
  newcomers: 100,
  /** Answers that the owner's earlier jobs saw of each known agent. */
  answers: 20,
  jobs: 6,
  tasks: 30,
  lanes: 3,
  /** Different wrong answers to a task: so few that two may agree. */
  wrongAnswers: 6,
  /** Chances of a right answer are drawn evenly between these. */
  chances: {
    known: [0.5, 0.8] as Range,
    "as good": [0.5, 0.8] as Range,
    better: [0.7, 0.98] as Range,
    worse: [0.2, 0.5] as Range,
  },
  /** Selectors by how good newcomers are. */
  selectors: {
    "as good": ["linucb", "thompson", "ucb1", "epsilon-greedy", "random", "random-top", "oracle"],
    better: ["linucb", "random-top", "oracle"],
    worse: ["linucb", "random-top", "oracle"],
  } as { readonly [newcomers: string]: readonly string[] },
};
type Range = readonly [number, number];
type Params = typeof PARAMS;

export const coldStart = computedExperiment<Params>({
  name: "cold-start",
  summary: "100 newcomers beside 100 known agents: how soon good ones get work, and what trying them costs",
  description: [
    `One owner runs ${PARAMS.jobs} jobs of ${PARAMS.tasks} tasks one after the other; what a job teaches, the next one's genesis carries. Of ${PARAMS.known} agents it knows ${PARAMS.answers} answers each from before (right with chances between 0.5 and 0.8), of ${PARAMS.newcomers} nothing. Newcomers are as good (0.5 to 0.8), better (0.7 to 0.98) or worse (0.2 to 0.5). Each task goes to three workers who seal their answers, to more where no two agree, and two that agree decide: a wrong answer is one that two others outvote, and the ledger sees nothing else. A wrong answer is one of six, so that two may agree on it.`,
    `Who gets work at all: a window's beacon calls ${CALLS} agents of the directory by lot, ${limits.offersPerSkill} offers of a skill stand in a job's log, newcomers keep ${limits.newcomersPerSkill} of these places when known agents want the others, ${newcomerPlaces(3)} of the screening's ${SCREEN_PLACES}, and one award at a time. In a tally with somebody known, their votes weigh less than half.`,
    "newcomerShare: newcomers' part of the awards, in the first, middle and last third of the jobs. topShare: newcomers' part of the best tenth of all agents by true chance: what a selector that knew everything would aim at. found: awards until a newcomer of that tenth had an accepted answer. regret: the mean chance of the mesh's three best less that of the workers chosen; the oracle's own shows what the sixteen places cost, since it can choose only among offers that stand. completion: a job in which some task is not decided by fifteen answers fails; what it taught is lost, and the tasks after it are never begun.",
  ],
  params: PARAMS,
  seeds: 30,
  firstSeed: 1000,
  metrics: [
    { name: "newcomerShare.first", unit: "share", summary: "newcomers' part of the awards of the first two jobs" },
    { name: "newcomerShare.middle", unit: "share", summary: "the same of the next two" },
    { name: "newcomerShare.last", unit: "share", summary: "the same of the last two" },
    { name: "topShare", unit: "share", summary: "newcomers' part of the best tenth of all agents" },
    {
      name: "found",
      unit: "",
      summary: "awards until a newcomer of the best tenth had an accepted answer, where one had",
    },
    { name: "neverFound", unit: "share", summary: "runs in which newcomers are of the best tenth, and none had one" },
    { name: "regret.first", unit: "", summary: "regret an award in the first two jobs" },
    { name: "regret.last", unit: "", summary: "the same in the last two" },
    { name: "wrongAccepted", unit: "share", summary: "accepted answers that are wrong" },
    { name: "completion", unit: "share", summary: "jobs that ended with a certificate" },
    { name: "awardsPerTask", unit: "", summary: "workers that were asked for a task that was begun" },
  ],
  cases: ({ selectors }) =>
    Object.entries(selectors).flatMap(([newcomers, list]) => list.map((selector) => ({ newcomers, selector }))),
  compute: (of, seed, params, host) => run(of, seed, params, host),
  verdict,
});

/** An agent of the mesh as only the simulation knows it. */
interface Person {
  readonly name: string;
  readonly isNew: boolean;
  readonly chance: number;
}

function peopleOf(newcomers: string, seed: number, { known, newcomers: count, chances }: Params): Person[] {
  const prng = createPrng(`${seed}/cold-start`);
  const draw = ([min, max]: Range, from: Prng): number => min + (max - min) * from.unit();
  const [old, fresh] = [prng.fork("known"), prng.fork("newcomers")];
  const range = chances[newcomers as keyof Params["chances"]];
  return [
    ...Array.from({ length: known }, (_, i) => ({
      name: `known${i}-1`,
      isNew: false,
      chance: draw(chances.known, old),
    })),
    ...Array.from({ length: count }, (_, i) => ({ name: `new${i}-1`, isNew: true, chance: draw(range, fresh) })),
  ];
}

/** What the owner's earlier jobs saw: drawn, as they would have been. */
function knownWorld(people: readonly Person[], seed: number, { answers }: Params): KnownWorld {
  const prng = createPrng(`${seed}/cold-start/answers`);
  const records = people
    .filter(({ isNew }) => !isNew)
    .map(({ name, chance }) => {
      const accepted = Array.from({ length: answers }, () => prng.chance(chance)).filter(Boolean).length;
      return { agent: name as AgentId, skill: SKILL, accepted, rejected: answers - accepted };
    });
  return { ...EMPTY_WORLD, records };
}

async function run(of: Labels, seed: number, params: Params, host: SimHost): Promise<ExperimentRow[]> {
  const people = peopleOf(String(of.newcomers), seed, params);
  const log = new AwardLog();
  const result = await runScenario(scenarioOf(people, String(of.selector), params), {
    seed,
    host,
    thorough: false,
    plugins: [{ shapes: [LANES] }],
    known: knownWorld(people, seed, params),
    watch: log.watch,
  });
  return [{ labels: of, figures: figuresOf(people, log, result, params) }];
}

function figuresOf(people: readonly Person[], log: AwardLog, { metrics }: RunResult, { jobs }: Params): Figures {
  const byName = new Map(people.map((one) => [one.name, one]));
  const ranked = [...people].sort((a, b) => b.chance - a.chance || (a.name < b.name ? -1 : 1));
  const top = new Set(ranked.slice(0, Math.ceil(people.length / 10)));
  const newTop = [...top].filter(({ isNew }) => isNew).length;
  const best = meanOf(ranked.slice(0, 3).map(({ chance }) => chance))!;
  const person = ({ worker }: LoggedAward): Person => byName.get(worker)!;
  const third = (part: number): LoggedAward[] => log.all.filter(({ job }) => Math.floor((3 * job) / jobs) === part);
  const newcomerShare = (part: number): number | null => shareOf(third(part), (award) => person(award).isNew);
  const regretOf = (part: number): number | null => meanOf(third(part).map((award) => best - person(award).chance));
  const foundAt = log.all.findIndex((award) => award.isAccepted && person(award).isNew && top.has(person(award)));
  return {
    "newcomerShare.first": newcomerShare(0),
    "newcomerShare.middle": newcomerShare(1),
    "newcomerShare.last": newcomerShare(2),
    topShare: newTop / top.size,
    found: foundAt < 0 ? null : foundAt + 1,
    neverFound: newTop === 0 ? null : foundAt < 0 ? 1 : 0,
    "regret.first": regretOf(0),
    "regret.last": regretOf(2),
    wrongAccepted: metrics.wrongAccepted ?? null,
    completion: metrics.completion ?? null,
    awardsPerTask: log.all.length / log.byTask().length,
  };
}

function scenarioOf(
  people: readonly Person[],
  selector: string,
  { jobs, tasks, lanes, wrongAnswers }: Params,
): ScenarioInput {
  const agents = people.map(({ name, chance }) => ({
    name: name.slice(0, -1),
    count: 1,
    skills: [SKILL],
    hosts: false,
    profile: { accuracy: chance, latencyMs: { p50: 50, p95: 150 }, slots: 1, wrongAnswers },
  }));
  return {
    name: "cold-start",
    agents: [{ name: "keeper", count: 4, skills: [] }, ...agents],
    clients: 1,
    workload: {
      jobs: { count: jobs, arrival: { every: "8s" } },
      selector,
      committee: 4,
      standbys: 0,
      shape: { kind: "lanes", tasks, lanes, skills: { [SKILL]: 1 } },
      policy: {
        redundancy: 3,
        redundancyMax: 15,
        accept: { rule: "quorum", q: 2 },
        timeout: "10s",
        retries: 40,
      },
    },
  };
}

function verdict(rows: readonly Measured[]): Finding[] {
  return Object.entries(PARAMS.selectors).flatMap(([newcomers, selectors]) => {
    const at = (selector: string, metric: string): number | null => meanAt(rows, { newcomers, selector }, metric);
    const own = at("linucb", "newcomerShare.last");
    const aim = at("linucb", "topShare");
    if (own === null || aim === null) return [];
    const regrets = selectors.flatMap((selector) => {
      const regret = at(selector, "regret.last");
      return regret === null ? [] : [`${selector} ${regret.toFixed(3)}`];
    });
    return [
      {
        text: `Newcomers ${newcomers}: of the best tenth ${percent(aim)} are newcomers; linucb gives newcomers ${percent(own)} of the last third of awards. Regret an award there:`,
        items: regrets,
      },
    ];
  });
}
