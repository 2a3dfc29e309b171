/**
 * The head of the page: the verdict and what it rests on. Expectations, invariants, shortfalls, a note
 * that answers are simulated, the seeds, and the command that repeats the run.
 */

import type { JudgedExpectation, RunResult, Summary } from "../model/result.ts";
import type { Expectation, Scenario } from "../model/scenario.ts";
import { violationsOf } from "./focus.ts";
import { bound, counted, duration, fixed, listed, preciseMoment, quantity } from "./format.ts";
import { type Html, html, join, nothing, type Part } from "./html.ts";
import { unitOf } from "./series.ts";

const RELATIONS: ReadonlyMap<string, string> = new Map([
  [">=", "\u2265"],
  ["<=", "\u2264"],
  ["==", "="],
]);

/** What `seedsText` is called: `Seed` of one, else with their number. */
export const seedsLabel = (seeds: readonly number[]): string =>
  seeds.length === 1 ? "Seed" : `Seeds (${seeds.length})`;

/** `7`, `7 to 16`, `3, 5, 9`. */
export function seedsText(seeds: readonly number[]): string {
  const isRow = seeds.length > 2 && seeds.every((seed, index) => seed === seeds[0]! + index);
  return isRow ? `${seeds[0]} to ${seeds.at(-1)}` : listed(seeds.map(String), 8);
}

/** The seed whose value is farthest on the failing side; null where that cannot be said. */
function worstSeed(expectation: Expectation | undefined, results: readonly RunResult[]): number | null {
  if (expectation === undefined || results.length < 2) return null;
  const { metric, relation, bound: limit } = expectation;
  const unmeasured = results.find(({ metrics }) => (metrics[metric] ?? null) === null);
  if (unmeasured !== undefined) return unmeasured.seed;
  const badness = ({ metrics }: RunResult): number => {
    const value = metrics[metric]!;
    return relation === "==" ? Math.abs(value - limit) : relation.startsWith(">") ? -value : value;
  };
  return results.reduce((worst, result) => (badness(result) > badness(worst) ? result : worst)).seed;
}

function expectationRow(
  judged: JudgedExpectation,
  scenario: Scenario,
  results: readonly RunResult[],
  units: Summary["metrics"],
): Html {
  const expectation = scenario.expect.find(({ expression }) => expression === judged.expression);
  const unit = expectation === undefined ? "" : (units[expectation.metric]?.unit ?? unitOf(expectation.metric));
  const seed = worstSeed(expectation, results);
  const limit =
    expectation === undefined
      ? ""
      : `${RELATIONS.get(expectation.relation) ?? expectation.relation}\u00a0${bound(expectation.bound, unit)}`;
  const value = judged.value === null ? "nothing to measure" : quantity(judged.value, unit);
  const failed =
    judged.failedSeeds.length === 0
      ? html`<span class="soft">none</span>`
      : html`${listed(judged.failedSeeds.map(String), 8)} <span class="soft">(${judged.failedSeeds.length} of ${results.length})</span>`;
  return html`<tr class="${judged.pass ? "" : "bad"}"><td>${outcome(judged.pass)}</td>
<th scope="row"><code>${judged.expression}</code></th>
<td class="number"><strong>${value}</strong></td><td class="number bound">${limit}</td>
${results.length > 1 && html`<td class="number">${seed}</td><td>${failed}</td>`}</tr>\n`;
}

export const outcome = (pass: boolean): Html =>
  pass ? html`<span class="pass">pass</span>` : html`<strong class="fail">FAIL</strong>`;

export function expectations(scenario: Scenario, results: readonly RunResult[], summary: Summary): Html {
  if (summary.expectations.length === 0) return html`<p class="note">The scenario expects nothing in particular.</p>`;
  const many = results.length > 1;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Expectations, table"><table class="expectations">
<thead><tr><th scope="col">Outcome</th><th scope="col">Expectation</th>
<th scope="col" class="number">${many ? "Worst value" : "Value"}</th><th scope="col" class="number bound">Bound</th>
${many && html`<th scope="col" class="number">Of seed</th><th scope="col">Failed seeds</th>`}</tr></thead>
<tbody>\n${summary.expectations.map((judged) => expectationRow(judged, scenario, results, summary.metrics))}</tbody></table></div>`;
}

export function invariants(results: readonly RunResult[], summary: Summary): Html {
  const held = summary.invariants.filter(({ pass }) => pass).map(({ id }) => id);
  const broken = summary.invariants.filter(({ pass }) => !pass);
  const heldText =
    held.length > 0
      ? html`<p class="held"><span class="pass">${counted(held.length, "invariant")} held</span> <span class="soft">${held.join(" \u00b7 ")}</span></p>`
      : html`<p class="note">No invariant was watched.</p>`;
  if (broken.length === 0) return heldText;
  const rows = broken.map(({ id, first }) => {
    const found = results.flatMap((result) =>
      violationsOf(result).flatMap((violation) => (violation.property === id ? [{ result, violation }] : [])),
    );
    const [one] = found;
    return html`<tr class="bad"><td><strong class="fail">BROKEN</strong></td><th scope="row">${id}</th>
<td class="finding">${one?.violation.message ?? first ?? ""}</td>
<td class="when">${one === undefined ? "" : preciseMoment(one.violation.atMs)}</td>
<td>${one === undefined ? "" : seedsText(found.map(({ result }) => result.seed))}</td></tr>\n`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Broken invariants, table"><table>
<thead><tr><th scope="col">Outcome</th><th scope="col">Invariant</th><th scope="col">What was found</th>
<th scope="col">First at</th><th scope="col">Seeds</th></tr></thead><tbody>\n${rows}</tbody></table></div>${heldText}`;
}

/** Why the verdict is what it is, one line each. */
function reasons(summary: Summary): readonly Part[] {
  const failed = summary.expectations.filter(({ pass }) => !pass);
  const broken = summary.invariants.filter(({ pass }) => !pass);
  return [
    ...broken.map(({ id }) => html`<li>Invariant <strong>${id}</strong> broke.</li>`),
    ...failed.map(
      ({ expression, failedSeeds }) =>
        html`<li><code>${expression}</code> does not hold${summary.seeds.length > 1 && ` on ${failedSeeds.length} of ${counted(summary.seeds.length, "seed")}`}.</li>`,
    ),
    ...summary.shortfalls.map(
      ({ what, why, isNothing, seeds }) =>
        html`<li><code>${what}</code> ${isNothing ? "never took effect" : "fell short"}${
          summary.seeds.length > 1 && ` on ${seeds.length} of ${counted(summary.seeds.length, "seed")}`
        }: ${why}.</li>`,
    ),
  ];
}

const DRIVERS: ReadonlyMap<Summary["driver"], string> = new Map([
  ["virtual", "virtual time"],
  ["lab", "real processes"],
  ["libp2p", "real libp2p in one process"],
]);

function facts(scenario: Scenario, results: readonly RunResult[], summary: Summary): readonly Part[] {
  const agents = scenario.agents.reduce((sum, { count }) => sum + count, 0);
  const passed = summary.expectations.filter(({ pass }) => pass).length;
  const held = summary.invariants.filter(({ pass }) => pass).length;
  const ends = results.map(({ endedMs }) => endedMs);
  const time =
    ends.length === 0 ? "\u2013" : ends.length === 1 ? duration(ends[0]!) : `up to ${duration(Math.max(...ends))}`;
  const lastMs = Math.max(0, ...ends);
  const due = scenario.faults.filter(({ atMs }) => atMs <= lastMs).length;
  const total = scenario.faults.length;
  const texts = new Set(scenario.faults.map(({ text }) => text));
  const short = summary.shortfalls.filter(({ what }) => texts.has(what)).length;
  const faults =
    short > 0
      ? html`<strong class="fail">${short} of ${total} less than asked for</strong>`
      : total === 0
        ? "none"
        : due < total
          ? `${due} of ${total} before the end`
          : `${total}, all took effect`;
  const fact = (name: string, value: Part): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return [
    fact("Expectations", `${passed} of ${summary.expectations.length} met`),
    fact("Invariants", `${held} of ${summary.invariants.length} held`),
    fact("Faults", faults),
    fact("Agents", fixed(agents)),
    fact("Jobs", fixed(scenario.workload.count)),
    fact("Length", time),
    fact("Driver", DRIVERS.get(summary.driver) ?? summary.driver),
    fact(seedsLabel(summary.seeds), seedsText(summary.seeds)),
  ];
}

export function head(
  scenario: Scenario,
  results: readonly RunResult[],
  summary: Summary,
  options: { readonly command: string; readonly version: string },
): Html {
  const pass = summary.verdict === "pass";
  const why = reasons(summary);
  const isBroken = summary.invariants.some((invariant) => !invariant.pass);
  const replayed = scenario.agents.filter(({ profile }) => profile.replay !== null).map(({ name }) => name);
  return html`<header>
<p class="eyebrow">Meshwork simulation report</p>
<div class="title"><h1>${scenario.name}</h1>
<p id="verdict" class="verdict ${pass ? "passed" : "failed"}"><span class="visually-hidden">Verdict: </span>${pass ? "PASS" : "FAIL"}</p></div>
${scenario.description !== "" && html`<p class="lead">${scenario.description}</p>`}
${why.length > 0 && html`<ul class="reasons">${why}</ul>`}
${(summary.partial || isBroken) && html`<p class="banner"><strong>Partial.</strong> ${isBroken ? "A run ends where an invariant breaks" : "The run was ended before its time"}; figures cover what had happened until then.</p>`}
<dl class="facts">${facts(scenario, results, summary)}</dl>
<p class="simulated"><strong>Simulated answers.</strong> Agents’ answers are drawn from their profiles, they are not a language model’s${
    replayed.length > 0 ? html`; group ${join(replayed, ", ")} repeats a model’s recorded answers` : nothing
  }. The protocol is the real one.</p>
<div class="command"><span class="soft">Repeat it</span><code id="command">${options.command}</code></div>
</header>`;
}
