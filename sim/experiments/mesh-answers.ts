/**
 * Questions through the simulated mesh: each is a task that all agents answer as given, and a rule decides. For holding what the
 * rule alone decides against what a job makes of it.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { EMPTY_WORLD } from "../../protocol/selection/knowledge.ts";
import type { Rule } from "../../protocol/wire/genesis.ts";
import type { ScenarioInput } from "../load/scenario-source.ts";
import { defineBehaviour } from "../model/define.ts";
import type { SimHost } from "../model/host.ts";
import { LANES, placeOf } from "../parts/workloads/lanes.ts";
import { rightAnswer, wrongAnswer } from "../parts/workloads/truth.ts";
import type { PastAnswer } from "./calibrate.ts";
import { runScenario } from "./run-scenario.ts";

const SKILL = "answer";

/** What each agent says to one question. */
export type MeshQuestion = readonly { readonly isRight: boolean; readonly statedPpm: number }[];

/** An agent at this place among those that answer. */
const groupOf = (place: number): string => `answerer${place}-`;

/** Its behaviour. */
const sayingOf = (place: number): string => `says${place}`;

/** Rules that decide once, with what there is. */
export type FinalRule = Extract<Rule, { readonly kind: "majority" | "cp-wbft" | "confidence-weighted" }>;

/** By question: whether its answer is the right one; null where the rule decided nothing. */
export async function meshAnswers(
  questions: readonly MeshQuestion[],
  records: readonly (readonly PastAnswer[])[],
  rule: FinalRule,
  seed: number,
  host: SimHost,
): Promise<readonly (boolean | null)[]> {
  const answers = new Array<boolean | null>(questions.length).fill(null);
  const says = records.map((_, place) =>
    defineBehaviour({
      name: sayingOf(place),
      summary: "answers each question as it is told",
      apply: (agent) => ({
        ...agent,
        skill(call) {
          const right = rightAnswer(call);
          const outcome = agent.skill(call);
          if (right === undefined || "failure" in outcome) return outcome;
          const { isRight, statedPpm } = questions[placeOf(call.award.task)]![place]!;
          return { ...outcome, output: isRight ? right : wrongAnswer(right, 0), confidencePpm: statedPpm };
        },
      }),
    }),
  );
  const places = new Map(records.map((_, place) => [`${groupOf(place)}1`, place]));
  const known = records.flatMap((record, place) => {
    const accepted = record.filter(({ isRight }) => isRight).length;
    const agent = `${groupOf(place)}1` as AgentId;
    return record.length === 0 ? [] : [{ agent, skill: SKILL, accepted, rejected: record.length - accepted }];
  });
  await runScenario(scenarioOf(questions.length, records.length, rule), {
    seed,
    host,
    known: { ...EMPTY_WORLD, records: known },
    plugins: [{ behaviours: says, shapes: [LANES] }],
    watch: () => ({
      onDecided({ events }) {
        for (const event of events) {
          if (event.kind !== "accepted") continue;
          const task = placeOf(event.task);
          answers[task] = questions[task]![places.get(event.supporters[0]!)!]!.isRight;
        }
      },
    }),
  });
  return answers;
}

function scenarioOf(questions: number, agents: number, rule: FinalRule): ScenarioInput {
  const accept =
    rule.kind === "confidence-weighted" ? { rule: rule.kind, least: rule.leastPpm / 1_000_000 } : rule.kind;
  return {
    name: "cp-wbft",
    agents: [
      { name: "keeper", count: 1, skills: [] },
      ...Array.from({ length: agents }, (_, place) => ({
        name: groupOf(place),
        count: 1,
        skills: [SKILL],
        hosts: false,
        behave: { [sayingOf(place)]: {} },
        profile: { accuracy: 1, latencyMs: 50, slots: questions },
      })),
    ],
    clients: 1,
    workload: {
      selector: "round-robin",
      committee: 1,
      standbys: 0,
      shape: { kind: "lanes", tasks: questions, lanes: questions, skills: { [SKILL]: 1 } },
      policy: { redundancy: agents, redundancyMax: agents, accept, timeout: "15s", retries: 40 },
    },
  };
}
