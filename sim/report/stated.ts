/** How well agents' stated confidence fits their answers: Brier scores, and reliability curves as rows. */

import { boundsOfBin } from "../../protocol/answer/calibration.ts";
import { compareText } from "../../protocol/core/bytes.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { StatedRow } from "../model/result.ts";
import { fixed } from "./format.ts";
import { type Html, html, nothing } from "./html.ts";

/** Those with the worst scores, where there are more. */
const ROWS_MAX = 30;

const percent = (share: number): string => `${fixed(100 * share)}\u00a0%`;

const BINS = Array.from({ length: limits.confidenceBins }, (_, bin) => {
  const { from, below } = boundsOfBin(bin);
  return { from: from / 1_000_000, to: Math.min(1, below / 1_000_000) };
});

function row({ agent, skill, reliability }: StatedRow): Html {
  const { answers, brier, calibrationError, curve } = reliability;
  const cells = BINS.map(({ from }) => {
    const bin = curve.find((one) => one.from === from);
    return bin === undefined
      ? html`<td class="number soft">\u2013</td>`
      : html`<td class="number">${percent(bin.acceptedShare)}<br><span class="soft">${percent(bin.statedMean)} of ${fixed(bin.answers)}</span></td>`;
  });
  return html`<tr><th scope="row">${agent}</th><td>${skill}</td><td class="number">${fixed(answers)}</td>
<td class="number">${fixed(brier, 3)}</td><td class="number">${fixed(calibrationError, 3)}</td>${cells}</tr>\n`;
}

export function statedTable(rows: readonly StatedRow[]): Html {
  if (rows.length === 0) return nothing;
  const worst = [...rows]
    .sort((a, b) => b.reliability.brier - a.reliability.brier || compareText(a.agent, b.agent))
    .slice(0, ROWS_MAX);
  const heads = BINS.map(
    ({ from, to }) => html`<th scope="col" class="number">${percent(from)} to ${percent(to)}</th>`,
  );
  return html`<h3>Stated confidence</h3>
<p class="note">What owners know at the end, the worst Brier score first${rows.length > ROWS_MAX && html` (${ROWS_MAX} of ${fixed(rows.length)})`}: 0 is best, and always stating 50\u00a0% gets 0.25. The last columns are the reliability curve: the share of accepted answers for each range of stated confidence, and below it the mean that was stated and the number of answers.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Stated confidence, table"><table>
<thead><tr><th scope="col">Agent</th><th scope="col">Skill</th><th scope="col" class="number">Answers</th><th scope="col" class="number">Brier score</th><th scope="col" class="number">Calibration error</th>${heads}</tr></thead>
<tbody>\n${worst.map(row)}</tbody></table></div>`;
}
