/** How a task came to its answer, as a table for terminals: who said what, and what each counted for. */

import type { TallyReport } from "../../../protocol/job/tally-report.ts";
import {
  byAnswer,
  describeAnswer,
  describeDecision,
  describeObjection,
  isForChosen,
} from "../../../protocol/job/tally-words.ts";
import { hang, plainText, table, uncolored } from "./terminal-text.ts";

const number = (value: number | null): string => (value === null ? "·" : value.toFixed(2));

export function tallyLines(tally: TallyReport, nameOf: (agent: string) => string, width: number): string[] {
  const rows = byAnswer(tally).map((result) => [
    `${isForChosen(result, tally) ? "> " : "  "}${plainText(nameOf(result.worker))}`,
    result.group === null ? "·" : String(result.group + 1),
    ...[result.stated, result.calibrated, result.weight].map(number),
    [describeObjection(result, tally), plainText(describeAnswer(result))].filter((text) => text !== "").join(": "),
  ]);
  const columns = [
    { title: "  agent" },
    ...["answer", "says", "worth", "weight"].map((title) => ({ title, align: "right" as const })),
    { title: "output", isElastic: true },
  ];
  return [...hang(describeDecision(tally), width, 2), ...table(columns, rows, uncolored(width))];
}
