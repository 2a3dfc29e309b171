/**
 * `meshwork plan`: what a job file asks of a mesh, before anything runs: votes, credits, and how likely the answers are right.
 * It reads files and starts nothing. The figures are node/job-file/plan-job.ts.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { recordPpm } from "../../protocol/answer/calibration.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { limits } from "../../protocol/core/limits.ts";
import { skillsOf } from "../../protocol/job/graph.ts";
import { type KnownWorld, totalsOf } from "../../protocol/selection/knowledge.ts";
import type { NodeSpec, Rule } from "../../protocol/wire/genesis.ts";
import { readJobFile } from "../job-file/parse-job.ts";
import { type Accuracy, type JobPlan, type NodePlan, type Premises, planJob } from "../job-file/plan-job.ts";
import { KNOWLEDGE_FILE, readKnowledge } from "../knowledge.ts";
import { acceptNode } from "../platform/files/acceptance.ts";
import { type CliContext, collect, EXIT } from "../platform/terminal/context.ts";
import { counted, hang, type Page, pageOf, plainText, table } from "../platform/terminal/terminal-text.ts";
import { suggest } from "../platform/text/nearest.ts";
import { formatCredits, parseCredits } from "../platform/text/quantities.ts";
import { builtInSkills } from "../skills/built-in.ts";
import { priceOf } from "../skills/skill.ts";
import { configFolder, type Register } from "./context.ts";

/** `NAME=VALUE` of an option; without a name it holds for all. */
interface Named {
  readonly name: string | null;
  readonly value: number;
}

interface PlanOptions {
  readonly accuracy?: readonly Named[];
  readonly valid?: readonly Named[];
  readonly price?: readonly Named[];
  readonly count?: readonly Named[];
  readonly correlation: number;
  readonly target?: number;
  readonly knowledge?: boolean;
  readonly data?: string;
  readonly json?: boolean;
}

const TARGET = 0.95;

const EXAMPLES = `
Examples:
  $ meshwork plan JOB.yaml
  $ meshwork plan JOB.yaml --knowledge                     as often right as your earlier jobs saw
  $ meshwork plan JOB.yaml --accuracy 0.9 --target 0.99
  $ meshwork plan JOB.yaml --accuracy solve=0.9 --valid solve=0.97 --correlation 0.2
  $ meshwork plan JOB.yaml --json | jq .right

Wrong answers count as agreeing with each other, which is the worst case, and tasks as failing independently of each
other. What is not known of agents or prices is assumed, and said. Exit code 1: the job is below the --target that you gave.`;

export const registerPlan: Register = (program, act) => {
  program
    .command("plan <job>")
    .description("say what a job file will cost and how likely its answers are right; starts nothing")
    .option(
      "--accuracy <[skill=]share>",
      "how often one agent is right, from 0 to 1; may be repeated (default: as of a newcomer)",
      collect(named(share)),
    )
    .option("--knowledge", "take that from what your earlier jobs taught (meshwork knowledge show)")
    .option("--data <dir>", "data folder of a node, for --knowledge (default: your own, which submit uses)")
    .option("--target <share>", "how likely the whole job shall be right (default: 0.95)", share)
    .option("--correlation <share>", "how much agents err at the same tasks: 0 independently, 1 all together", share, 0)
    .option(
      "--valid <[skill=]share>",
      "results that can be read; the rest is discarded; may be repeated (default: 1)",
      collect(named(share)),
    )
    .option(
      "--price <[skill=]credits>",
      "what one result costs; may be repeated (default: of a built-in skill its price, else priceMax)",
      collect(named(credits)),
    )
    .option(
      "--count <task=n>",
      "how many tasks a map over an output will have; may be repeated (default: 1)",
      collect(named(wholeNumber)),
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(plan));
};

// --- options ------------------------------------------------------------------------------------------

function share(text: string): number {
  const value = /^(\d+|\d*\.\d{1,9})$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("it must be a number from 0 to 1");
  return value;
}

function credits(text: string): number {
  const micro = parseCredits(text);
  if (micro === null || micro > limits.price) throw new InvalidArgumentError("it must be credits, such as 0.002");
  return micro;
}

function wholeNumber(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= limits.mapItems)) throw new InvalidArgumentError(`it must be a number from 0 to ${limits.mapItems}`);
  return value;
}

const named =
  (parse: (text: string) => number) =>
  (text: string): Named => {
    const at = text.lastIndexOf("=");
    return { name: at < 0 ? null : text.slice(0, at), value: parse(text.slice(at + 1)) };
  };

/** Throws `usage` where an option names what the job has not: a slip would read as "nothing is known". */
function checkNames(option: string, what: string, given: readonly Named[] = [], known: ReadonlySet<string>): void {
  for (const { name } of given)
    if (name !== null && !known.has(name))
      throw new MeshworkError("usage", `${option}: the job has no ${what} "${name}"`, suggest(name, known));
}

/** The last word on a name wins, and a name before what holds for all. */
const valueFor = (given: readonly Named[] = [], name: string): number | undefined =>
  (given.findLast((one) => one.name === name) ?? given.findLast((one) => one.name === null))?.value;

function knownWorld(context: CliContext, { knowledge, data }: PlanOptions): KnownWorld | null {
  if (knowledge !== true) {
    if (data === undefined) return null;
    throw new MeshworkError("usage", "--data is for --knowledge", "add --knowledge");
  }
  if (data !== undefined && !existsSync(data)) throw new MeshworkError("usage", `there is no folder ${data}`);
  return readKnowledge(join(data ?? configFolder(context.io.env), KNOWLEDGE_FILE));
}

const ONE = 1_000_000;

/** The mean over the agents that have a record, each calibrated as the ledger does it. */
function accuracyIn(world: KnownWorld | null, skill: string): Accuracy {
  const records = world === null ? [] : totalsOf(world).filter((record) => record.skill === skill);
  if (records.length === 0) return { right: recordPpm({ good: 0, bad: 0 }) / ONE, source: "assumed", agents: 0 };
  const sum = records.reduce(
    (total, { accepted, rejected }) =>
      total + recordPpm({ good: Math.round(1_000 * accepted), bad: Math.round(1_000 * rejected) }),
    0,
  );
  return { right: sum / records.length / ONE, source: "known", agents: records.length };
}

function premisesOf(context: CliContext, nodes: readonly NodeSpec[], options: PlanOptions): Premises {
  const skills = skillsOf(nodes);
  checkNames("--accuracy", "skill", options.accuracy, skills);
  checkNames("--valid", "skill", options.valid, skills);
  checkNames("--price", "skill", options.price, skills);
  checkNames("--count", "task", options.count, new Set(nodes.map(({ id }) => id)));
  const unnamed = options.count?.find(({ name }) => name === null);
  if (unnamed !== undefined)
    throw new MeshworkError("usage", `--count ${unnamed.value} names no task`, `write --count ${nodes[0]!.id}=20`);
  const world = knownWorld(context, options);
  const prices = new Map(builtInSkills.map((skill) => [skill.name, priceOf(skill)]));
  return {
    accuracyOf(skill) {
      const right = valueFor(options.accuracy, skill);
      return right === undefined ? accuracyIn(world, skill) : { right, source: "given", agents: 0 };
    },
    validOf: (skill) => valueFor(options.valid, skill) ?? 1,
    priceOf: (skill) => valueFor(options.price, skill) ?? prices.get(skill),
    counts: new Map((options.count ?? []).map(({ name, value }) => [name!, value])),
    correlation: options.correlation,
    target: options.target ?? TARGET,
  };
}

// --- output -------------------------------------------------------------------------------------------

/** As many decimals as tell it from certainty: `95.0 %`, `99.996 %`. */
function percent(probability: number): string {
  const rest = Math.min(probability, 1 - probability);
  const decimals = rest <= 1e-7 ? 1 : Math.min(6, Math.max(1, Math.ceil(-Math.log10(rest)) - 1));
  return `${(100 * probability).toFixed(decimals)} %`;
}

const creditsOf = (micro: number): string => formatCredits(Math.round(micro));
const votesOf = (votes: number): string =>
  Math.abs(votes - Math.round(votes)) < 1e-9 ? String(Math.round(votes)) : votes.toFixed(1);

function ruleName(rule: Rule): string {
  if (rule.kind === "quorum") return `quorum ${rule.q}`;
  return rule.kind === "ahead-by" ? `ahead-by ${rule.k}` : rule.kind;
}

const COLUMNS = [
  { title: "task", isElastic: true },
  { title: "skill", isElastic: true },
  { title: "tasks", align: "right" },
  { title: "one agent", align: "right" },
  { title: "rule", isElastic: true },
  { title: "votes", align: "right" },
  { title: "credits", align: "right" },
  { title: "each", align: "right" },
  { title: "all", align: "right" },
] as const;

const rowOf = (node: NodePlan): string[] => [
  plainText(node.id),
  plainText(node.skill),
  `${node.isCounted ? "" : "~"}${node.tasks}`,
  `${node.accuracy.source === "assumed" ? "~" : ""}${percent(node.accuracy.right)}`,
  ruleName(node.rule),
  node.votesMax === 1 ? "1" : `${votesOf(node.outlook.votes)}/${node.votesMax}`,
  `${node.isPriceKnown ? "" : "~"}${creditsOf(node.cost)}`,
  percent(node.outlook.right),
  percent(node.allRight),
];

const NAMES_MAX = 6;

/** The nodes' names; of many the first, and how many more there are. */
function namesOf(nodes: readonly NodePlan[]): string {
  const names = nodes.slice(0, NAMES_MAX).map(({ id }) => plainText(id));
  const rest = nodes.length - names.length;
  return rest === 0 ? names.join(", ") : `${names.join(", ")} and ${counted(rest, "other")}`;
}

function groupedBy(nodes: readonly NodePlan[], keyOf: (node: NodePlan) => string | null): Map<string, NodePlan[]> {
  const groups = new Map<string, NodePlan[]>();
  for (const node of nodes) {
    const key = keyOf(node);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  return groups;
}

const quoted = (nodes: readonly NodePlan[]): string =>
  [...new Set(nodes.map(({ skill }) => plainText(skill)))].join(", ");

/** What was assumed, and which option says otherwise. */
function assumptionsOf({ nodes }: JobPlan, { correlation }: PlanOptions): string[] {
  const assumed = nodes.filter(({ accuracy }) => accuracy.source === "assumed");
  const known = nodes.filter(({ accuracy }) => accuracy.source === "known");
  const unpriced = nodes.filter(({ isPriceKnown }) => !isPriceKnown);
  const uncounted = nodes.filter(({ isCounted }) => !isCounted);
  const lines: string[] = [];
  if (assumed.length > 0) {
    const guess = percent(assumed[0]!.accuracy.right);
    lines.push(
      `nothing is known of agents for ${quoted(assumed)}: ${guess} is what the mesh expects of a newcomer. --accuracy or --knowledge say more`,
    );
  }
  for (const skill of new Set(known.map((node) => node.skill))) {
    const { right, agents } = known.find((node) => node.skill === skill)!.accuracy;
    lines.push(`${plainText(skill)}: ${percent(right)} is the mean of ${counted(agents, "agent")} in your records`);
  }
  if (unpriced.length > 0) lines.push(`no price is known for ${quoted(unpriced)}: priceMax counts. --price says more`);
  if (uncounted.length > 0) {
    lines.push(
      `only an output will say how many tasks ${namesOf(uncounted)} will have: --count ${uncounted[0]!.id}=20 says it here`,
    );
  }
  if (correlation === 0) lines.push("agents err independently of each other. --correlation says otherwise");
  return lines;
}

const HELPS = "other agents, other models or smaller tasks do";

/** Why more agents cannot help a node; null: they can. */
function hopelessness(
  { isHopeless, isEnough, suggestion, accuracy, ceiling }: NodePlan,
  together: number,
): string | null {
  if (isHopeless && accuracy.right <= 0.5)
    return `because one agent is right in ${percent(accuracy.right)} of tasks: where wrong answers agree, more votes make it worse; ${HELPS}`;
  if (isHopeless)
    return `because agents err together (correlation ${together}): however many vote, ${percent(ceiling)} of tasks are right; ${HELPS}`;
  if (isEnough || suggestion !== null) return null;
  return `enough: a task has at most ${limits.seats} votes; ${HELPS}`;
}

/** Where more agents cannot help, and what the budget does not cover. */
function warningsOf({ nodes, cost, right, target }: JobPlan, budget: number, { correlation }: PlanOptions): string[] {
  const reasons = groupedBy(nodes, (node) => (right >= target ? null : hopelessness(node, correlation)));
  const lines = [...reasons].map(([why, of]) => `${namesOf(of)}: more agents cannot help ${why}`);
  if (cost > budget)
    lines.push(`the expected ${creditsOf(cost)} credits are more than the budget of ${creditsOf(budget)}: raise it`);
  return lines;
}

const suggested = ({ k, redundancyMax }: { k: number; redundancyMax: number }): string =>
  `{ redundancy: ${k}, redundancyMax: ${redundancyMax}, accept: { rule: ahead-by, k: ${k} } }`;

function suggestionsOf({ nodes, target, right }: JobPlan, { width }: Page): string[] {
  if (right >= target) return [];
  const lacking = nodes.filter(({ isEnough }) => !isEnough);
  const groups = groupedBy(lacking, ({ suggestion }) => suggestion && suggested(suggestion));
  const lines = [...groups].flatMap(([policy, of]) => {
    const { outlook } = of[0]!.suggestion!;
    const price = of.reduce((sum, node) => sum + node.tasks * outlook.votes * node.price, 0);
    const what = `${votesOf(outlook.votes)} votes a task, ${creditsOf(price)} credits, each right with ${percent(outlook.right)}`;
    return [`  ${policy}`, ...hang(`for ${namesOf(of)}: ${what}`, width - 4).map((line) => `    ${line}`)];
  });
  if (lines.length === 0) return [];
  const isMet = lacking.every(({ suggestion }) => suggestion !== null);
  return [isMet ? `these policies reach ${percent(target)}:` : "these policies do their part:", ...lines];
}

function linesOf(name: string, made: JobPlan, budget: number, options: PlanOptions, page: Page): string[] {
  const { right, target, tasks, cost, costMax } = made;
  const verdict = right >= target ? "as the target asks" : `below the target of ${percent(target)}`;
  const wrapped = (mark: string, lines: readonly string[]): string[] =>
    lines.flatMap((line) => hang(`${mark} ${line}`, page.width, 2));
  return [
    ...hang(
      `${plainText(name)}: ${counted(tasks, "task")}, all of them right with ${percent(right)}, ${verdict}`,
      page.width,
      2,
    ),
    `about ${creditsOf(cost)} credits, ${creditsOf(costMax)} with all votes, of a budget of ${creditsOf(budget)}`,
    "",
    ...table(COLUMNS, made.nodes.map(rowOf), page),
    "",
    ...wrapped("!", warningsOf(made, budget, options)),
    ...suggestionsOf(made, page),
    ...wrapped("~", assumptionsOf(made, options)),
  ];
}

/** Credits, and shares from 0 to 1. */
function documentOf(name: string, made: JobPlan, budget: number, options: PlanOptions): object {
  const money = (micro: number): number => Number(creditsOf(micro));
  return {
    name,
    tasks: made.tasks,
    right: made.right,
    target: made.target,
    isMet: made.right >= made.target,
    credits: { expected: money(made.cost), most: money(made.costMax), budget: money(budget) },
    nodes: made.nodes.map((node) => ({
      ...{ id: node.id, skill: node.skill, tasks: node.tasks, isCounted: node.isCounted },
      agent: { ...node.accuracy, valid: node.valid },
      accept: acceptNode(node.rule),
      votes: { expected: node.outlook.votes, most: node.votesMax },
      price: money(node.price),
      isPriceKnown: node.isPriceKnown,
      credits: { expected: money(node.cost), most: money(node.costMax) },
      task: { right: node.outlook.right, wrong: node.outlook.wrong, undecided: node.outlook.undecided },
      allRight: node.allRight,
      ceiling: node.ceiling,
      suggestion:
        node.suggestion === null
          ? null
          : {
              ...{ redundancy: node.suggestion.k, redundancyMax: node.suggestion.redundancyMax },
              accept: { rule: "ahead-by", k: node.suggestion.k },
              votes: node.suggestion.outlook.votes,
              right: node.suggestion.outlook.right,
            },
    })),
    warnings: warningsOf(made, budget, options),
    assumptions: assumptionsOf(made, options),
  };
}

async function plan(context: CliContext, file: string, options: PlanOptions): Promise<number> {
  const { name, nodes, budget } = await readJobFile(file); // what tasks in words are near to does not matter here
  const made = planJob(nodes, premisesOf(context, nodes, options));
  if (context.json) context.printJson(documentOf(name, made, budget, options));
  else
    for (const line of linesOf(name, made, budget, options, pageOf(process.stdout, context.io.env)))
      context.print(line);
  return options.target !== undefined && made.right < made.target ? EXIT.no : EXIT.ok;
}
