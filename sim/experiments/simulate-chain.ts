/** A chain of tasks through the simulated mesh: a committee of four, and workers that answer as they are told. */

import type { AgentId } from "../../protocol/core/ids.ts";
import { EMPTY_WORLD } from "../../protocol/selection/knowledge.ts";
import type { ScenarioInput } from "../load/scenario-source.ts";
import type { ChainRun, ChainWork } from "../model/chain.ts";
import { defineBehaviour, defineShape } from "../model/define.ts";
import type { SimHost } from "../model/host.ts";
import { chain } from "../parts/workloads/job-builder.ts";
import { policyOf } from "../parts/workloads/shapes.ts";
import { inputValue } from "../parts/workloads/work.ts";
import { ChainLog } from "./chain-log.ts";
import { runScenario } from "./run-scenario.ts";

const SKILL = "step";
const MEMBERS = 4;
/** The work of a step takes this long, ms: nothing beside a model's seconds, so that what is measured is the mesh. */
export const WORK_MS = 5;

const groupOf = (place: number): string => `solver${place}-`;
const sayingOf = (place: number): string => `says${place}`;

/** Throws where an invariant broke. */
export async function simulateChain(work: ChainWork, host: SimHost): Promise<ChainRun> {
  const { workers, steps, start, seed } = work;
  const places = Array.from({ length: workers }, (_, place) => place);
  const placeOf = new Map(places.map((place) => [`${groupOf(place)}1` as AgentId, place]));
  const behaviours = places.map((place) =>
    defineBehaviour({
      name: sayingOf(place),
      summary: "answers each step as it is told",
      apply: (agent) => ({
        ...agent,
        skill(call) {
          const input = inputValue(call);
          if (input === undefined) return { afterMs: WORK_MS, failure: "lost-input" };
          return { afterMs: WORK_MS, output: work.says(place, input) };
        },
      }),
    }),
  );
  const shape = defineShape({
    name: "given-chain",
    summary: "a chain of steps from a given start",
    tasks: () => steps,
    nodes: (workload) => [chain("chain", steps, start, { skill: SKILL, policy: policyOf(workload) })],
  });
  const log = new ChainLog((worker) => placeOf.get(worker)!);
  await runScenario(scenarioOf(work), {
    seed,
    host,
    // Comparing the whole state after each of thousands of blocks takes longer than the run.
    thorough: false,
    known: { ...EMPTY_WORLD, records: [...placeOf.keys()].map((agent) => ({ agent, skill: SKILL, ...work.record })) },
    plugins: [{ behaviours, shapes: [shape] }],
    watch: () => ({ onDecided: ({ events, atMs }) => log.onDecided(events, atMs) }),
  });
  return log.run();
}

function scenarioOf({ name, workers, policy: { k, redundancyMax, schema } }: ChainWork): ScenarioInput {
  const solvers = Array.from({ length: workers }, (_, place) => ({
    name: groupOf(place),
    count: 1,
    skills: [SKILL],
    hosts: false,
    behave: { [sayingOf(place)]: {} },
    profile: { accuracy: 1, latencyMs: WORK_MS, slots: 2 },
  }));
  return {
    name,
    agents: [{ name: "keeper", count: MEMBERS, skills: [] }, ...solvers],
    clients: 1,
    workload: {
      selector: "round-robin",
      committee: MEMBERS,
      standbys: 0,
      deadline: "72h",
      shape: { kind: "given-chain" },
      policy: {
        redundancy: k,
        redundancyMax,
        accept: { rule: "ahead-by", k },
        flags: { schema },
        timeout: "15s",
        retries: 40,
      },
    },
    maxTime: "72h",
  } as ScenarioInput;
}
