/** How well agents' stated confidence fits their answers, as `knowledge show` and `agents --calibration` print it. */

import type { Reliability } from "../../protocol/selection/reliability.ts";
import { formatAnswers, hang, table, uncolored } from "../platform/terminal/terminal-text.ts";

/** Cells of a whole bar. */
const BAR = 20;
const TITLES = ["stated", "mean", "accepted", "answers"] as const;

/** As many cells as the share of accepted answers, with a mark where the stated mean is. */
function bar(accepted: number, stated: number): string {
  const mark = Math.min(BAR - 1, Math.floor(stated * BAR));
  const filled = Math.round(accepted * BAR);
  return Array.from({ length: BAR }, (_, cell) => (cell === mark ? "|" : cell < filled ? "█" : "·")).join("");
}

const share = (value: number): string => value.toFixed(2);

/** The score of one record, for a column; "·": nothing is known. */
export const brierText = (reliability: Reliability | null): string =>
  reliability === null ? "·" : share(reliability.brier);

/** The reliability curve of an agent's answers for a skill. */
export function reliabilityLines({ answers, brier, calibrationError, curve }: Reliability, width: number): string[] {
  const given = formatAnswers(answers);
  const said = `${given === "1" ? "1 answer" : `${given} answers`} with a stated confidence: Brier score ${share(brier)}, calibration error ${share(calibrationError)}`;
  const rows = curve.map((bin) => [
    `${share(bin.from)} to ${share(bin.to)}`,
    ...[
      share(bin.statedMean),
      share(bin.acceptedShare),
      formatAnswers(bin.answers),
      bar(bin.acceptedShare, bin.statedMean),
    ],
  ]);
  const columns = [
    ...TITLES.map((title) => ({ title, align: "right" as const })),
    { title: "█ accepted, | stated mean" },
  ];
  return [...hang(said, width, 2), ...table(columns, rows, uncolored(width - 2)).map((line) => `  ${line}`)];
}
