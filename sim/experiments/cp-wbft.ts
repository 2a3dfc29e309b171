/**
 * Seven agents of which up to six are wrong: a majority, the published rule of CP-WBFT, and confidence that is weighed by
 * records, with honest and with lying confidence.
 *
 * Source: CP-WBFT (arXiv 2511.10400); what one liar does to it: SAC (arXiv 2605.09076).
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { Rule } from "../../protocol/wire/genesis.ts";
import type { SimHost } from "../model/host.ts";
import type { MetricType } from "../model/result.ts";
import { advised, graphOf, type Said, TOPOLOGIES, type Topology } from "./advice.ts";
import { BY_RECORD, CALIBRATE, type Calibrate, type PastAnswer } from "./calibrate.ts";
import {
  computedExperiment,
  type ExperimentRow,
  type Figures,
  type Finding,
  type Labels,
  type Measured,
} from "./experiment.ts";
import { type FinalRule, type MeshQuestion, meshAnswers } from "./mesh-answers.ts";
import { meanAt, percent } from "./statistics.ts";
import { decided } from "./votes.ts";

const OURS: FinalRule = { kind: "confidence-weighted", leastPpm: 550_000 };

/** A row's rule: what it is, and of how many past questions the records are. */
const RULES: { readonly [rule: string]: { readonly rule: FinalRule; readonly past: number } } = {
  majority: { rule: { kind: "majority" }, past: 0 },
  "cp-wbft": { rule: { kind: "cp-wbft" }, past: 0 },
  "ours, 0 past": { rule: OURS, past: 0 },
  "ours, 10 past": { rule: OURS, past: 10 },
  "ours, 100 past": { rule: OURS, past: 100 },
};

const PARAMS = {
  agents: 7,
  wrong: [0, 1, 2, 3, 4, 5, 6],
  confidences: ["honest", "lying", "turned"] as readonly string[],
  /** Questions under one seed. */
  questions: 20,
  /** Strong agents are right at this share of questions, weak ones at this share of easy and of hard ones. */
  right: { strong: 0.95, easy: 0.9, hard: 0.1 },
  /** What agents state, evenly between these: where they are sure, and where they are not. */
  stated: { sure: [0.7, 0.98] as const, unsure: [0.05, 0.45] as const },
  /** Cells that run through the mesh too. */
  mesh: [
    { confidence: "honest", wrong: 6, rule: "cp-wbft" },
    { confidence: "lying", wrong: 2, rule: "cp-wbft" },
    { confidence: "lying", wrong: 3, rule: "majority" },
    { confidence: "lying", wrong: 2, rule: "ours, 100 past" },
  ] as readonly { readonly confidence: string; readonly wrong: number; readonly rule: string }[],
};
type Params = typeof PARAMS;

const points = { unit: "points", range: [-100, 100] as const };
const METRICS: readonly MetricType[] = [
  { name: "IAA", unit: "share", summary: "right agents before they hear each other" },
  ...TOPOLOGIES.map((name) => ({ name: `FAA.${name}`, unit: "share", summary: `right agents after, ${name}` })),
  ...TOPOLOGIES.map((name) => ({ name: `BFTI.${name}`, ...points, summary: `FAA less IAA, ${name}` })),
  ...TOPOLOGIES.map((name) => ({ name: `RA.${name}`, unit: "share", summary: `questions decided right, ${name}` })),
  { name: "RA.sealed", unit: "share", summary: "questions decided right without advice, as in the mesh" },
  { name: "RA.mesh", unit: "share", summary: "the same by the simulated mesh, in four cells" },
];

export const cpWbft = computedExperiment<Params>({
  name: "cp-wbft",
  summary:
    "up to six wrong agents of seven: majority, CP-WBFT and confidence weighed by records, honest and lying (2 minutes)",
  description: [
    "Question: what does stated confidence withstand? Seven agents answer a question; those that are wrong give the same wrong answer. Each then hears its neighbours once and may change its mind, over the six topologies of CP-WBFT; then a rule decides. As in the paper, questions are chosen such that strong agents are right and weak ones wrong, and who is weak is drawn.",
    `Confidence. honest: an agent that is wrong states ${PARAMS.stated.unsure.join(" to ")}, another one ${PARAMS.stated.sure.join(" to ")}. lying: all wrong agents state 1.0, now and at every question before, and never change their minds. turned: they were strong and honest before, and lie now. Records are of 0, 10 or 100 questions before: strong agents were right in ${PARAMS.right.strong} of them; for weak ones half were easy (right in ${PARAMS.right.easy}) and half hard (${PARAMS.right.hard}), and an honest weak agent knows which.`,
    "Rules: a majority; CP-WBFT as published (highest mean of stated confidence); and ours, the mesh's confidence-weighted with least 0.55, where what an agent states counts for what its record says of such statements. A rule that decides nothing leaves an agent with its own answer. Under ours the answer follows from what agents said before they heard each other, as results in the mesh are sealed; under the other two from what they said after, as published.",
    "IAA, FAA: share of right agents before and after. BFTI: FAA less IAA, in points. RA: share of questions decided right. RA.sealed: of what agents said before any advice, as the mesh decides; RA.mesh: the same in four cells of which each question is a task of a job in the simulated mesh with the same answers, which must be decided alike, or the experiment ends with an error.",
    "Hypothesis: CP-WBFT is right with six honest wrong agents, where a majority falls at four; one liar that states 1.0 breaks it. Ours is as good with records of 100 questions and does not fall below a majority with one or two liars. Without records it is a majority, and liars with a good past are believed.",
  ],
  params: PARAMS,
  seeds: 30,
  metrics: METRICS,
  cases: ({ confidences, wrong }) =>
    confidences.flatMap((confidence) => wrong.map((count) => ({ wrong: count, confidence }))),
  compute: (of, seed, params, host) => compute(of, seed, params, host),
  verdict,
});

// --- agents -------------------------------------------------------------------------------------------

interface Person {
  readonly isWrong: boolean;
  readonly isLiar: boolean;
  /** As long as the longest record; a shorter one is its beginning. */
  readonly past: readonly PastAnswer[];
}

const PAST_MAX = Object.values(RULES).reduce((most, { past }) => Math.max(most, past), 0);
const LIE = 1_000_000;

const between = ([least, most]: readonly [number, number], prng: Prng): number =>
  Math.round(1_000_000 * (least + (most - least) * prng.unit()));

function pastAnswer(isWeak: boolean, isLiar: boolean, { right, stated }: Params, prng: Prng): PastAnswer {
  const isHard = isWeak && prng.chance(0.5);
  const isRight = prng.chance(isHard ? right.hard : isWeak ? right.easy : right.strong);
  const statedPpm = between(isHard ? stated.unsure : stated.sure, prng);
  return { isRight, statedPpm: isLiar ? LIE : statedPpm };
}

/** Who is wrong is drawn, so that it stands anywhere in a topology. */
function peopleOf(wrong: number, confidence: string, params: Params, prng: Prng): Person[] {
  const places = new Set(prng.shuffle(Array.from({ length: params.agents }, (_, i) => i)).slice(0, wrong));
  return Array.from({ length: params.agents }, (_, i) => {
    const isWrong = places.has(i);
    const isLiar = isWrong && confidence !== "honest";
    const isWeak = isWrong && confidence !== "turned";
    const from = prng.fork(`past ${i}`);
    const past = Array.from({ length: PAST_MAX }, () => pastAnswer(isWeak, isLiar && isWeak, params, from));
    return { isWrong, isLiar, past };
  });
}

const RIGHT = "right";
const WRONG = "wrong";

/** What all say to each of the questions, before anybody hears of others. */
function questionsOf(people: readonly Person[], { questions, stated }: Params, prng: Prng): (readonly Said[])[] {
  return Array.from({ length: questions }, () =>
    people.map(({ isWrong, isLiar }) => ({
      answer: isWrong ? WRONG : RIGHT,
      statedPpm: isLiar ? LIE : between(isWrong ? stated.unsure : stated.sure, prng),
      isStubborn: isLiar,
    })),
  );
}

const weighed = (said: readonly Said[], people: readonly Person[], past: number, calibrate: Calibrate): Said[] =>
  said.map((one, place) => {
    const record = people[place]!.past.slice(0, past);
    return { ...one, isNewcomer: past === 0, calibratedPpm: calibrate(record, one.statedPpm) };
  });

// --- the grid -----------------------------------------------------------------------------------------

async function compute(of: Labels, seed: number, params: Params, host: SimHost): Promise<ExperimentRow[]> {
  const { wrong, confidence } = of;
  const prng = createPrng(`${seed}/cp-wbft/${wrong}/${confidence}`);
  const people = peopleOf(Number(wrong), String(confidence), params, prng.fork("people"));
  const questions = questionsOf(people, params, prng.fork("questions"));
  const graphs = questions.map((_, i) => {
    const from = prng.fork(`graphs ${i}`);
    return new Map(TOPOLOGIES.map((name) => [name, graphOf(name, params.agents, from)]));
  });
  const rows: ExperimentRow[] = [];
  for (const [name, { rule, past }] of Object.entries(RULES)) {
    const said = questions.map((one) => weighed(one, people, past, CALIBRATE));
    const isMesh = params.mesh.some(
      (cell) => cell.rule === name && cell.wrong === wrong && cell.confidence === confidence,
    );
    const figures: Figures = {
      IAA: rightOf(said),
      ...Object.fromEntries(TOPOLOGIES.flatMap((topology) => adviceFigures(topology, said, graphs, rule))),
      "RA.sealed": decidedRight(said, rule),
      "RA.mesh": isMesh ? await meshFigure(questions, people, RULES[name]!, seed, host) : null,
    };
    rows.push({ labels: { ...of, rule: name }, figures });
  }
  return rows;
}

const isRight = ({ answer }: { readonly answer: string }): boolean => answer === RIGHT;

function rightOf(said: readonly (readonly Said[])[]): number {
  const all = said.flat();
  return all.filter(isRight).length / all.length;
}

const decidedRight = (said: readonly (readonly Said[])[], rule: Rule): number =>
  said.filter((one) => decided(rule, one) === RIGHT).length / said.length;

function adviceFigures(
  topology: Topology,
  before: readonly (readonly Said[])[],
  graphs: readonly ReadonlyMap<Topology, ReturnType<typeof graphOf>>[],
  rule: Rule,
): (readonly [string, number])[] {
  const after = before.map((said, i) => advised(said, graphs[i]!.get(topology)!, rule));
  const [first, last] = [rightOf(before), rightOf(after)];
  return [
    [`FAA.${topology}`, last],
    [`BFTI.${topology}`, 100 * (last - first)],
    [`RA.${topology}`, decidedRight(rule === OURS ? before : after, rule)],
  ];
}

/** The share that the mesh decides right. Throws where it decides a question in another way than the rule alone does. */
async function meshFigure(
  questions: readonly (readonly Said[])[],
  people: readonly Person[],
  { rule, past }: (typeof RULES)[string],
  seed: number,
  host: SimHost,
): Promise<number> {
  const asked: MeshQuestion[] = questions.map((said) =>
    said.map(({ answer, statedPpm }) => ({ isRight: answer === RIGHT, statedPpm })),
  );
  const records = people.map((person) => person.past.slice(0, past));
  const answers = await meshAnswers(asked, records, rule, seed, host);
  for (const [i, said] of questions.entries()) {
    const alone = decided(rule, weighed(said, people, past, BY_RECORD));
    const mesh = answers[i] ?? null;
    if (mesh === (alone === null ? null : alone === RIGHT)) continue;
    throw new Error(`question ${i}: the mesh decides ${mesh}, the rule alone ${alone}`);
  }
  return answers.filter((answer) => answer === true).length / answers.length;
}

// --- what it says -------------------------------------------------------------------------------------

function verdict(rows: readonly Measured[]): Finding[] {
  const at = (confidence: string, wrong: number, rule: string, metric: string): number | null =>
    meanAt(rows, { confidence, wrong, rule }, metric);
  if (at("honest", 6, "ours, 100 past", "RA.sealed") === null) return [];
  const rules = Object.keys(RULES);
  const line = (confidence: string, metric: string): string[] =>
    rules.map((rule) => {
      const shares = PARAMS.wrong.map((wrong) => at(confidence, wrong, rule, metric));
      return `${rule} ${shares.map((share) => (share === null ? "-" : (100 * share).toFixed(0))).join(", ")}`;
    });
  const honest = TOPOLOGIES.map((name) => at("honest", 6, "ours, 100 past", `RA.${name}`)!);
  const least = Math.min(...honest);
  const gaps = [1, 2].flatMap((wrong) =>
    rules
      .filter((rule) => rule !== "majority")
      .flatMap((rule) =>
        TOPOLOGIES.map((name) => {
          const [own, majority] = [
            at("lying", wrong, rule, `FAA.${name}`),
            at("lying", wrong, "majority", `FAA.${name}`),
          ];
          return { rule, wrong, name, points: own === null || majority === null ? 0 : 100 * (own - majority) };
        }),
      ),
  );
  const worst = (rule: string): string => {
    const low = gaps.filter((gap) => gap.rule === rule).reduce((a, b) => (b.points < a.points ? b : a));
    return `${rule} ${low.points.toFixed(1)} points (${low.wrong} of ${PARAMS.agents} lying, ${low.name})`;
  };
  const aim = gaps.filter(({ rule }) => rule.startsWith("ours")).every((gap) => gap.points >= -5);
  return [
    `Aim: with six of seven wrong, honest confidence and 100 past questions, every question is decided right: ${percent(least)} at the least over the topologies (${least === 1 ? "reached" : "missed"}).`,
    {
      text: `Aim: with one or two liars FAA at most 5 points below a majority's in every topology (${aim ? "reached" : "missed"}). The worst of each rule:`,
      items: rules.filter((rule) => rule !== "majority").map(worst),
    },
    {
      text: "Questions decided right before any advice, honest confidence, 0 to 6 wrong, %:",
      items: line("honest", "RA.sealed"),
    },
    { text: "The same with liars:", items: line("lying", "RA.sealed") },
    { text: "The same with liars that were honest before:", items: line("turned", "RA.sealed") },
    "Behind: without records ours is a majority, where CP-WBFT believes whoever is surest and is right while all are honest. With many liars and one right agent, ours decides nothing rather than believe one against the rest, unless their records speak against them. Liars with a good past are believed by every rule: a record is of the past.",
  ];
}
