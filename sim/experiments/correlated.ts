/**
 * Errors that correlate: where a majority amplifies what its agents know, where it collapses to one of them, and what choosing
 * different ones is worth.
 */

import { outlookOf } from "../../protocol/answer/planning.ts";
import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { Policy } from "../../protocol/wire/genesis.ts";
import { computedExperiment, type ExperimentRow, type Finding, type Labels, type Measured } from "./experiment.ts";
import { estimateAt, meanAt, percent, pointsMore } from "./statistics.ts";
import { poll, type Vote } from "./votes.ts";

/** How a team is put together. `size`: the workers of the first batch. */
interface Team {
  readonly size: number;
  /** Who is there: agents by model. */
  readonly models: readonly number[];
  readonly choice: "drawn" | "by labels" | "by past errors" | "by both";
}

const MIXED = [12, 4, 2, 1, 1];

const PARAMS = {
  accuracies: [0.45, 0.7],
  correlations: [0, 0.1, 0.3, 0.6, 1],
  teams: {
    "3 of one model": { size: 3, models: [20], choice: "drawn" },
    "7 of one model": { size: 7, models: [20], choice: "drawn" },
    "15 of one model": { size: 15, models: [20], choice: "drawn" },
    "5 drawn": { size: 5, models: MIXED, choice: "drawn" },
    "5 by labels": { size: 5, models: MIXED, choice: "by labels" },
    "5 by past errors": { size: 5, models: MIXED, choice: "by past errors" },
    "5 by both": { size: 5, models: MIXED, choice: "by both" },
  } as { readonly [team: string]: Team },
  /** Tasks whose outcome is known when teams are chosen, and tasks that are decided. */
  past: 200,
  tasks: 2_000,
  /** Different wrong answers to a task, of which each model that errs has one. */
  wrongAnswers: 3,
};
type Params = typeof PARAMS;

export const correlated = computedExperiment<Params>({
  name: "correlated",
  summary:
    "where a majority amplifies and where it collapses as errors correlate, and what diverse workers are worth (2 minutes)",
  description: [
    "Question: what is a majority worth where agents err at the same tasks, as agents with the same model do? Agents of one model find the same tasks hard: a task's difficulty for a model is drawn from a beta distribution with the agents' accuracy as its mean, so that the errors of two agents of the model have the intraclass correlation of the row. Models find different tasks hard. All agents of a model that err at a task give the same wrong answer, one of three.",
    `Teams: 3, 7 or 15 of twenty agents of one model; or 5 of ${MIXED.reduce((sum, count) => sum + count, 0)} agents with five models, ${MIXED.join(", ")} of each, which are drawn, or chosen one by one as the most unlike those that sit already: by their labels (the model), by how often they erred together at ${PARAMS.past} tasks before, or by both. The rule is the ledger's majority, with batches as the ledger asks for them, up to twice the size and one.`,
    "Hypothesis: independent agents that are better than chance are amplified, and 15 do more than 3; as errors correlate, that falls to the accuracy of one agent, and 15 are no better than 3. Below chance a majority of one model makes it worse, and correlation softens that. Chosen by labels, five agents of five models lose little at any correlation. Past errors find the same without believing labels, where errors correlate enough to be seen.",
  ],
  params: PARAMS,
  seeds: 20,
  metrics: [
    { name: "right", unit: "share", summary: "tasks that were decided right" },
    { name: "wrong", unit: "share", summary: "tasks that were decided wrong" },
    { name: "results", unit: "", summary: "results a task" },
    { name: "models", unit: "", summary: "different models in the first batch" },
    { name: "predicted", unit: "share", summary: "right by the beta-binomial formula of meshwork plan, of one model" },
  ],
  cases: ({ accuracies, correlations, teams }) =>
    Object.keys(teams).flatMap((team) =>
      accuracies.flatMap((accuracy) => correlations.map((correlation) => ({ correlation, accuracy, team }))),
    ),
  compute,
  verdict,
});

// --- agents that err together -------------------------------------------------------------------------

interface Agent {
  readonly place: number;
  readonly model: number;
  /** Tasks before, at which it erred. */
  readonly erred: boolean[];
}

/** Answers to one task, drawn as agents are asked: Pólya's urn for each model draws the beta-binomial. */
class Answers {
  readonly #of = new Map<number, { right: number; wrong: number; readonly error: string }>();
  readonly #prng: Prng;
  readonly #params: Pick<Params, "wrongAnswers">;
  readonly #accuracy: number;
  readonly #correlation: number;

  constructor(prng: Prng, accuracy: number, correlation: number, params: Pick<Params, "wrongAnswers">) {
    this.#prng = prng;
    this.#accuracy = accuracy;
    this.#correlation = correlation;
    this.#params = params;
  }

  next({ model }: Pick<Agent, "model">): Vote {
    const prng = this.#prng;
    const urn = this.#of.get(model) ?? { right: 0, wrong: 0, error: `wrong ${prng.below(this.#params.wrongAnswers)}` };
    this.#of.set(model, urn);
    const known = urn.right + urn.wrong;
    // (1 - c) / c balls of the prior, times c: no division by a correlation of 0.
    const c = this.#correlation;
    const chance = known === 0 ? this.#accuracy : (this.#accuracy * (1 - c) + c * urn.right) / (1 - c + c * known);
    const isRight = prng.chance(chance);
    if (isRight) urn.right++;
    else urn.wrong++;
    return { answer: isRight ? "right" : urn.error };
  }
}

// --- teams --------------------------------------------------------------------------------------------

/** How unlike two agents should count as: less is better beside each other. */
type Likeness = (a: Agent, b: Agent) => number;

const sameModel: Likeness = (a, b) => (a.model === b.model ? 1 : 0);

/** Tasks at which both erred, by those at which either did: 1 they err as one, 0 never together. */
const erredTogether: Likeness = (a, b) => {
  let [both, either] = [0, 0];
  for (const [task, isError] of a.erred.entries()) {
    if (isError && b.erred[task]) both++;
    if (isError || b.erred[task]) either++;
  }
  return either === 0 ? 0 : both / either;
};

/** Labels first, past errors among those that labels do not tell apart. */
const LIKENESS: { readonly [choice in Team["choice"]]: Likeness | null } = {
  drawn: null,
  "by labels": sameModel,
  "by past errors": erredTogether,
  "by both": (a, b) => sameModel(a, b) + erredTogether(a, b),
};

/** Computed once for each pair: what is past does not change while teams are chosen. */
function remembered(likeness: Likeness | null, agents: readonly Agent[]): Likeness | null {
  if (likeness === null) return null;
  const table = agents.map((a) => agents.map((b) => likeness(a, b)));
  return (a, b) => table[a.place]![b.place]!;
}

/** The most unlike first: each that follows is least like those before it together. Ties by a draw. */
function inOrder(agents: readonly Agent[], likeness: Likeness | null, count: number, prng: Prng): Agent[] {
  const left = prng.shuffle(agents);
  if (likeness === null) return left.slice(0, count);
  const chosen: Agent[] = [];
  const sums = new Map(left.map((agent) => [agent, 0]));
  while (chosen.length < count && left.length > 0) {
    let best = 0;
    for (const [place, agent] of left.entries()) if (sums.get(agent)! < sums.get(left[best]!)! - 1e-12) best = place;
    const [agent] = left.splice(best, 1);
    chosen.push(agent!);
    for (const other of left) sums.set(other, sums.get(other)! + likeness(other, agent!));
  }
  return chosen;
}

const policyOf = (size: number): Pick<Policy, "accept" | "redundancy" | "redundancyMax"> => ({
  accept: { kind: "majority" },
  redundancy: size,
  redundancyMax: 2 * size + 1,
});

function compute(of: Labels, seed: number, params: Params): ExperimentRow[] {
  const [correlation, accuracy] = [Number(of.correlation), Number(of.accuracy)];
  const { size, models, choice } = params.teams[String(of.team)]!;
  const policy = policyOf(size);
  const prng = createPrng(`${seed}/correlated/${correlation}/${accuracy}`);
  const agents: Agent[] = models
    .flatMap((count, model) => new Array<number>(count).fill(model))
    .map((model, place) => ({ place, model, erred: [] }));
  const answersTo = (task: string): Answers => new Answers(prng.fork(task), accuracy, correlation, params);
  for (let task = 0; task < params.past; task++) {
    const answers = answersTo(`past ${task}`);
    for (const agent of agents) agent.erred.push(answers.next(agent).answer !== "right");
  }
  const likeness = remembered(LIKENESS[choice], agents);
  const sums = { right: 0, wrong: 0, results: 0, models: 0 };
  for (let task = 0; task < params.tasks; task++) {
    const answers = answersTo(`task ${task}`);
    const team = inOrder(agents, likeness, policy.redundancyMax, prng.fork(`team ${task}`));
    sums.models += new Set(team.slice(0, size).map(({ model }) => model)).size;
    let asked = 0;
    const { answer, results } = poll(policy, () => {
      const agent = team[asked++];
      return agent === undefined ? undefined : answers.next(agent);
    });
    if (answer === "right") sums.right++;
    else if (answer !== null) sums.wrong++;
    sums.results += results;
  }
  const { tasks } = params;
  const isOneModel = models.length === 1;
  const outlook = isOneModel ? outlookOf(policy, { right: accuracy, valid: 1, correlation }) : null;
  return [
    {
      labels: of,
      figures: {
        right: sums.right / tasks,
        wrong: sums.wrong / tasks,
        results: sums.results / tasks,
        models: sums.models / tasks,
        predicted: outlook?.right ?? null,
      },
    },
  ];
}

function verdict(rows: readonly Measured[]): Finding[] {
  const at = (team: string, accuracy: number, correlation: number, metric = "right"): number | null =>
    meanAt(rows, { team, accuracy, correlation }, metric);
  const [low, high] = [PARAMS.accuracies[0]!, PARAMS.accuracies[1]!];
  const figures = (team: string, accuracy: number): string | null => {
    const shares = PARAMS.correlations.map((correlation) => at(team, accuracy, correlation));
    if (shares.some((share) => share === null)) return null;
    return `${team} ${shares.map((share) => percent(share!)).join(", ")}`;
  };
  const lines = (accuracy: number): string[] =>
    Object.keys(PARAMS.teams).flatMap((team) => figures(team, accuracy) ?? []);
  if (lines(high).length === 0) return [];
  const gains = PARAMS.correlations.flatMap((correlation) => {
    const drawn = estimateAt(rows, { team: "5 drawn", accuracy: high, correlation }, "right");
    const [labels, errors] = ["5 by labels", "5 by past errors"].map((team) =>
      estimateAt(rows, { team, accuracy: high, correlation }, "right"),
    );
    return drawn === null || labels == null || errors == null
      ? []
      : [
          `correlation ${correlation}: by labels ${pointsMore(labels, drawn)} points, by past errors ${pointsMore(errors, drawn)}`,
        ];
  });
  const order = PARAMS.correlations.join(", ");
  return [
    { text: `Right at accuracy ${high}, by correlation ${order}:`, items: lines(high) },
    { text: `Right at accuracy ${low}:`, items: lines(low) },
    { text: `What choosing is worth beside drawing, at accuracy ${high}:`, items: gains },
    "Behind: labels are what agents say of themselves. Here they are true; a liar who gives itself a rare model is chosen first, and so labels should only exclude. Past errors need tasks whose outcome is known, and agents that answered the same ones: in a mesh most pairs of agents never did.",
    `Below chance, more agents of one model make it worse, and correlation softens that. Five models gain a little all the same, because their errors are of ${PARAMS.wrongAnswers} kinds and do not all agree. That is also why labels help at correlation 0: agents of one model that err give the same wrong answer here.`,
  ];
}
