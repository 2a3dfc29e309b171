/**
 * How tasks came to their answers: a table of tasks and agents with what each said, the answer that won marked, and why it
 * won or none did. On a narrow page, and where there are many agents, each task is a list.
 */

import { compareText } from "../../protocol/core/bytes.ts";
import type { AnsweredTask } from "../../protocol/job/answer-log.ts";
import type { ResultReport, TallyReport } from "../../protocol/job/tally-report.ts";
import {
  byAnswer,
  describeAnswer,
  describeDecision,
  describeObjection,
  isForChosen,
} from "../../protocol/job/tally-words.ts";
import { counted, fixed } from "./format.ts";
import { type Html, html, nothing } from "./html.ts";

/** A task and its agents as the page names them. */
export interface AnswerFacts extends AnsweredTask {
  /** What its results used, in words; "" if they say nothing. */
  readonly used: string;
}

interface AnswersOptions {
  /** Tasks of which nothing is told. */
  readonly leftOut: number;
  readonly isRedacted: boolean;
}

/** Agents that have a column each; more make lists. */
const COLUMNS_MAX = 7;
/** Tasks before those that must be unfolded. */
const ROWS_SHOWN = 60;
/** Characters of an answer in a cell; all that is known of it shows under the pointer. */
const SAID_MAX = 48;

const short = (text: string): string => (text.length <= SAID_MAX ? text : `${text.slice(0, SAID_MAX - 1)}…`);
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What is worth more than a line: several results, awards that brought nothing, a failure. */
const isContested = ({ tally, lost, failed }: AnsweredTask): boolean =>
  (tally?.results.length ?? 0) > 1 || lost.some(isTelling) || failed !== null;

/** Whether a reader wants to know of it: an award that was not needed any more is no news. */
const isTelling = ({ reason }: AnsweredTask["lost"][number]): boolean => reason !== "not-needed";

function saidCell(agent: string, result: ResultReport, tally: TallyReport): Html {
  const isRight = isForChosen(result, tally);
  const isAccepted = isRight && tally.decision === "accepted";
  const objection = describeObjection(result, tally);
  const said = describeAnswer(result);
  const sure =
    result.stated !== null &&
    result.calibrated !== null &&
    html`<span class="sure">says ${percent(result.stated)}, worth ${percent(result.calibrated)}</span>`;
  return html`<td class="${isAccepted ? "chosen" : result.group === null ? "void" : ""}" data-agent="${agent}"><div>${
    isAccepted && html`<span class="mark">✓<span class="visually-hidden"> accepted: </span></span> `
  }<span class="said" title="${said}">${short(said)}</span>${objection !== "" && html` <em class="objection">${objection}</em>`}${sure}</div></td>`;
}

function lostCell(agent: string, { reason, message }: AnsweredTask["lost"][number]): Html {
  return html`<td class="void" data-agent="${agent}"><div><em class="objection">${reason}</em>${message !== "" && html` <span class="soft">${message}</span>`}</div></td>`;
}

function why({ tally, failed, used }: AnswerFacts): Html {
  const end = failed !== null && html`<strong class="fail">${failed.reason}</strong>: ${failed.message}`;
  return html`<td class="why" data-agent=""><div>${tally !== null && describeDecision(tally)}</div>${
    end !== false && html`<div>${end}</div>`
  }${used !== "" && html`<div>used ${used}</div>`}</td>`;
}

/** What an agent has to say in a row: its last result, or how its last award ended. */
function cellOf(row: AnswerFacts, agent: string): Html | null {
  const result = row.tally?.results.findLast(({ worker }) => worker === agent);
  if (result !== undefined) return saidCell(agent, result, row.tally!);
  const lost = row.lost.filter(isTelling).findLast(({ worker }) => worker === agent);
  return lost === undefined ? null : lostCell(agent, lost);
}

/** Who takes part in a row, by answer; then those that brought nothing. */
const agentsOf = ({ tally, lost }: AnswerFacts): string[] => [
  ...new Set([
    ...(tally === null ? [] : byAnswer(tally).map(({ worker }) => worker)),
    ...lost.filter(isTelling).map(({ worker }) => worker),
  ]),
];

function table(rows: readonly AnswerFacts[], label: string): Html {
  const everybody = [...new Set(rows.flatMap(agentsOf))].sort(compareText);
  const isWide = everybody.length > COLUMNS_MAX;
  const body = rows.map((row) => {
    const agents = isWide ? agentsOf(row) : everybody;
    const cells = agents.map((agent) => cellOf(row, agent) ?? html`<td class="none" data-agent="${agent}"></td>`);
    return html`<tr><th scope="row">${row.task}</th>${cells}${why(row)}</tr>\n`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}, table"><table class="answers${isWide ? " list" : ""}">
<thead><tr><th scope="col">Task</th>${!isWide && everybody.map((agent) => html`<th scope="col">${agent}</th>`)}<th scope="col">Why</th></tr></thead>
<tbody>\n${body}</tbody></table></div>`;
}

const folded = (rows: readonly AnswerFacts[], title: string): Html =>
  rows.length === 0 ? nothing : html`<details><summary>${title}</summary>${table(rows, title)}</details>`;

export function answerTable(rows: readonly AnswerFacts[], { leftOut, isRedacted }: AnswersOptions): Html {
  if (rows.length === 0) return html`<p class="note">No results were counted.</p>`;
  const contested = rows.filter(isContested);
  const plain = rows.filter((row) => !isContested(row));
  return html`<p class="note">What each agent said, how sure it says that it is, and what that is worth by its record. ✓ marks what was accepted.${
    isRedacted && " The job is redacted: hashes stand for outputs."
  }</p>
${contested.length > 0 && table(contested.slice(0, ROWS_SHOWN), "Answers")}
${folded(contested.slice(ROWS_SHOWN), `${fixed(contested.length - ROWS_SHOWN)} more`)}
${folded(plain, `${counted(plain.length, "task")} with one result and nothing lost`)}
${leftOut > 0 && html`<p class="note">Of ${counted(leftOut, "later task")} nothing is told here.</p>`}`;
}
