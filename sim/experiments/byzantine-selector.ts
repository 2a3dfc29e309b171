/**
 * What a Byzantine member can do for its friends where every member recomputes the choice, and what a central selector can do
 * whose choice nobody recomputes.
 */

import { createSelectors } from "../../protocol/selection/catalog.ts";
import { createLinUcb } from "../../protocol/selection/linucb.ts";
import type { Selector } from "../../protocol/selection/selector.ts";
import type { ScenarioInput } from "../load/scenario-source.ts";
import { defineBehaviour } from "../model/define.ts";
import type { SimHost } from "../model/host.ts";
import type { Plugin } from "../model/registry.ts";
import type { Estimate } from "../model/result.ts";
import { delaysProposals, type Favour, favours } from "../parts/adversaries/favours.ts";
import { friendsFirst } from "../parts/adversaries/shadow.ts";
import { withStrategy } from "../parts/adversaries/strategy.ts";
import { ADMITS, LANES } from "../parts/workloads/lanes.ts";
import type { WrapMachine } from "../world/options.ts";
import { computedExperiment, type ExperimentRow, type Finding, type Labels, type Measured } from "./experiment.ts";
import { runScenario } from "./run-scenario.ts";
import { estimateAt, meanAt, percent, pointsMore } from "./statistics.ts";

const RIVALS = 9;
const FRIENDS = 3;
/** Names of the scenario's agents, as groups number them. */
const FRIEND_NAMES = new Set(Array.from({ length: FRIENDS }, (_, i) => `friend${i + 1}`));

type Trick = Favour | "delays" | "none" | "central";

const PARAMS = {
  tasks: 160,
  lanes: 4,
  accuracy: { rivals: 0.85, friends: { "as good": 0.85, worse: 0.6 } as { readonly [how: string]: number } },
  committees: [
    { size: 4, byzantine: 1, friends: ["as good", "worse"] },
    { size: 7, byzantine: 2, friends: ["as good"] },
  ],
  tricks: ["awards", "omits", "delays", "grinds"] as readonly Trick[],
  /** A changed proposal comes so much later, ms. */
  delayMs: 400,
  reachMs: 200,
  unmissedMs: 100,
};
type Params = typeof PARAMS;

export const byzantineSelector = computedExperiment<Params>({
  name: "byzantine-selector",
  summary: "what a lying member can do for its friends when all members recompute the choice; and a central selector",
  description: [
    `${RIVALS} workers and ${FRIENDS} friends of the adversary do one job of ${PARAMS.tasks} tasks in ${PARAMS.lanes} lanes, LinUCB choosing. One of the committee's 4 members lies, or two of 7. A wrong answer is admitted at once (the skill says so), and the task goes to somebody else. Friends are as good as their rivals (right in ${percent(PARAMS.accuracy.rivals)}), or worse (${percent(PARAMS.accuracy.friends.worse!)}).`,
    "A block lists commands; awards are no part of it, they follow from the log, and its header holds the hash of what follows. So there are four tricks. awards: the member computes its header as if its friends had been chosen. omits: it leaves all offers and results of rivals out of its blocks. delays: it sends its proposals late. grinds: it tries contents and moments that the others would take - with and without those commands of rivals that are too young to be missed, and dates as far off as clocks may be - and proposes what gives most awards to friends. It looks one block ahead; one that plans over several was not tried. It cannot grind lots: they are a hash of job, task, attempt and agent, and the same whatever the block.",
    "central: the same job under a committee of one that has a selector of its own, friends first. There is nobody to recompute it, so this is what any coordinator can do.",
    "friendShare: friends' part of all awards. refused: changed proposals that were not decided. laterRounds: blocks that needed a second round; a proposal that comes too late is not refused, but lost in this way. Expected: awards is refused each time and costs a round; omits is refused as soon as what is left out was handed around two timeouts ago; grinds moves a few awards at most; a central selector moves all that friends can take.",
  ],
  params: PARAMS,
  seeds: 30,
  firstSeed: 1000,
  metrics: [
    { name: "friendShare", unit: "share", summary: "awards to friends, of all awards" },
    { name: "success", unit: "share", summary: "awards that brought a right answer" },
    { name: "changed", unit: "", summary: "proposals that the adversary changed or delayed" },
    { name: "refused", unit: "share", summary: "of the changed proposals, those that the others did not decide" },
    { name: "laterRounds", unit: "share", summary: "blocks that needed more than one round" },
    { name: "durationMs", unit: "ms", summary: "from the job's submission to its end" },
  ],
  cases: ({ committees, tricks }) => [
    ...committees.flatMap(({ size, friends }) =>
      friends.flatMap((how) =>
        (["none", ...tricks] as const).map((trick) => ({ trick, committee: size, friends: how })),
      ),
    ),
    ...committees[0]!.friends.map((how) => ({ trick: "central", committee: 1, friends: how })),
  ],
  compute: (of, seed, params, host) => run(of, seed, params, host),
  verdict,
});

async function run(of: Labels, seed: number, params: Params, host: SimHost): Promise<ExperimentRow[]> {
  const trick = of.trick as Trick;
  const size = Number(of.committee);
  const liars = params.committees.find((one) => one.size === size)?.byzantine ?? 0;
  const counts = { changed: 0, decided: 0 };
  const plugin = pluginOf(trick, params, (what) => void counts[what]++);
  const result = await runScenario(scenarioOf(of, trick, liars, size, params), {
    seed,
    host,
    thorough: false,
    plugins: [plugin],
  });
  const sum = (list: readonly { readonly awards: number }[]): number =>
    list.reduce((all, entry) => all + entry.awards, 0);
  const awards = sum(result.agents);
  const { metrics } = result;
  const isRefusable = trick !== "delays" && counts.changed > 0;
  return [
    {
      labels: of,
      figures: {
        friendShare: sum(result.agents.filter(({ group }) => group === "friend")) / awards,
        success: params.tasks / awards,
        changed: counts.changed,
        refused: isRefusable ? 1 - counts.decided / counts.changed : null,
        laterRounds: metrics.laterRounds ?? null,
        durationMs: metrics["latencyMs.p50"] ?? null,
      },
    },
  ];
}

/** The adversary's behaviour, and the selector of a coordinator that nobody watches. */
function pluginOf(trick: Trick, params: Params, note: (what: "changed" | "decided") => void): Plugin {
  const { delayMs, reachMs, unmissedMs } = params;
  const central: Selector = {
    ...(createLinUcb() as Selector),
    name: "friends-first",
    summary: "friends of the coordinator, whoever is better",
    seesAll: true,
    choose: friendsFirst(createLinUcb() as Selector, FRIEND_NAMES),
  };
  const options = { friends: FRIEND_NAMES, selectors: createSelectors(), reachMs, unmissedMs, note };
  const wrap: WrapMachine =
    trick === "delays" ? delaysProposals(delayMs, note) : withStrategy(() => favours(trick as Favour, options));
  const partial = defineBehaviour({
    name: "partial",
    summary: "makes blocks for its friends",
    isByzantine: true,
    apply: (agent) => ({ ...agent, spec: { ...agent.spec, wrap } }),
  });
  return { behaviours: [ADMITS, partial], shapes: [LANES], selectors: trick === "central" ? [central] : [] };
}

function scenarioOf(of: Labels, trick: Trick, liars: number, size: number, params: Params): ScenarioInput {
  const isCentral = trick === "central";
  // Honest ones are called the same: under one seed all but the tricks is then equal.
  const lies = trick === "none" ? {} : { behave: { partial: {} } };
  const { rivals, friends } = params.accuracy;
  const worker = (name: string, count: number, accuracy: number) => ({
    name,
    count,
    skills: ["solve"],
    hosts: false,
    behave: { admits: {} },
    profile: { accuracy, latencyMs: { p50: 400, p95: 1_200 }, slots: 1 },
  });
  return {
    name: "byzantine-selector",
    agents: [
      { name: "keeper", count: size - liars, skills: [] },
      ...(liars > 0 ? [{ name: "partial", count: liars, skills: [], ...lies }] : []),
      worker("rival", RIVALS, rivals),
      worker("friend", FRIENDS, friends[String(of.friends)]!),
    ],
    workload: {
      selector: isCentral ? "friends-first" : "linucb",
      committee: size,
      standbys: 0,
      deadline: "30m",
      shape: { kind: "lanes", tasks: params.tasks, lanes: params.lanes, skills: { solve: 1 } },
      policy: { redundancy: 1, timeout: "15s", retries: 60 },
    },
    maxTime: "35m",
  } as ScenarioInput;
}

function verdict(rows: readonly Measured[]): Finding[] {
  const share = (trick: string, committee: number, friends: string): Estimate | null =>
    estimateAt(rows, { trick, committee, friends }, "friendShare");
  return PARAMS.committees.flatMap(({ size, byzantine, friends }) =>
    friends.flatMap((how) => {
      const fair = share("none", size, how);
      const central = share("central", 1, how);
      const refused = estimateAt(rows, { trick: "awards", committee: size, friends: how }, "refused");
      if (fair === null || refused === null) return [];
      const gains = PARAMS.tricks.flatMap((trick) => {
        const own = share(trick, size, how);
        const changed = meanAt(rows, { trick, committee: size, friends: how }, "changed");
        return own === null || changed === null
          ? []
          : [`${trick} ${pointsMore(own, fair)} (proposals changed: ${changed.toFixed(0)})`];
      });
      const contrast = central === null ? [] : [`a central selector that prefers them ${pointsMore(central, fair)}`];
      return [
        {
          text: `${byzantine} of ${size} lie, friends are ${how}: of the blocks that gave awards to friends ${percent(refused.mean)} were refused. With honest members friends get ${percent(fair.mean)} of the awards. Percentage points more:`,
          items: [...gains, ...contrast],
        },
      ];
    }),
  );
}
