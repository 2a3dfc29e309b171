/** `meshwork sim diff`: the first entry in which two traces differ. */

import { type CliContext, EXIT, integer } from "../../node/platform/terminal/context.ts";
import { cut, type Page, pageOf, table } from "../../node/platform/terminal/terminal-text.ts";
import { openTrace } from "../../node/platform/traces/trace-reader.ts";
import { moment } from "../report/format.ts";
import { compareTraces, type Parting, type PlacedEntry } from "../traces/compare-traces.ts";
import type { Register } from "./context.ts";
import { plain } from "./figures.ts";

interface Options {
  readonly context: number;
  readonly only?: ReadonlySet<string>;
}

const EXAMPLES = `
Examples:
  $ meshwork sim diff before.jsonl after.jsonl                    of meshwork sim replay --trace
  $ meshwork sim diff ada.jsonl bob.jsonl --only applied          in which block do two agents part?

Times are compared in simulated traces only. Exit codes: 0 they are equal; 1 they differ; 2 a file is missing or no trace.`;

export const registerDiff: Register = (sim, act) => {
  sim
    .command("diff <a> <b>")
    .description("show the first entry in which two traces differ")
    .option("--context <n>", "how many entries to show before it", integer(0, 1_000), 5)
    .option(
      "--only <kinds>",
      "compare entries of these kinds only, e.g. applied,voted",
      (text) => new Set(text.split(",")),
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(async (context, a: string, b: string, options: Options) => diff(context, [a, b], options)));
};

async function diff(context: CliContext, [pathA, pathB]: readonly [string, string], options: Options): Promise<number> {
  const a = await openTrace(pathA);
  try {
    const b = await openTrace(pathB);
    try {
      const parting = await compareTraces(a, b, options);
      const isEqual = parting.a === null && parting.b === null;
      if (context.json) context.printJson({ equal: isEqual, compared: parting.equal, ...documentOf(parting) });
      else
        for (const line of renderDiff(parting, [pathA, pathB], pageOf(process.stdout, context.io.env)))
          context.print(line);
      return isEqual ? EXIT.ok : EXIT.no;
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

const documentOf = ({ a, b, fields, before }: Parting): object => ({ a, b, fields, before });

/** Shortens hashes to their first digits, and leaves out long bytes. */
const brief = (value: unknown): string =>
  (JSON.stringify(value) ?? "–")
    .replace(/([0-9a-f]{8})[0-9a-f]{56}/g, "$1…")
    .replace(/"([\w+/=]{60})[\w+/=]{40,}"/g, '"$1…"');

function lineOf({ line, unit, atMs, entry }: PlacedEntry): string {
  const { t, step, agent, kind, ...facts } = entry;
  const where = step === undefined ? `${unit} ${line}` : `step ${step}`;
  return `${plain(moment(atMs))}  ${where}  ${agent}  ${kind}  ${brief(facts)}`;
}

/** Where two long values begin alike, this many characters before the difference show where it is. */
const LEAD = 12;

/** Two values side by side, each in half of what is left of a line: from shortly before they differ. */
function sideBySide(one: unknown, other: unknown, width: number): [string, string] {
  const texts = [JSON.stringify(one) ?? "–", JSON.stringify(other) ?? "–"] as const;
  let same = 0;
  while (same < texts[0].length && texts[0][same] === texts[1][same]) same++;
  const from = Math.max(...texts.map((text) => text.length)) <= width ? 0 : Math.max(0, same - LEAD);
  const [a, b] = texts.map((text) => cut(from > 0 ? `…${text.slice(from)}` : text, width));
  return [a!, b!];
}

function renderDiff(parting: Parting, paths: readonly [string, string], page: Page): string[] {
  const { a, b, equal, fields, before } = parting;
  const first = a ?? b;
  if (first === null) return ["", ` equal: ${equal} entries`, ""];
  const context = before.map((placed) => `     ${cut(lineOf(placed), page.width - 5)}`);
  const side = (name: string, placed: PlacedEntry | null): string =>
    ` ${page.paint(name, "bold")}   ${cut(placed === null ? "has ended" : lineOf(placed), page.width - 5)}`;
  const step = first.entry.step === undefined ? "" : `step ${first.entry.step}, `;
  const where = `${step}${plain(moment(first.atMs))}, agent ${first.entry.agent}`;
  const head = `they part after ${equal} equal entries: ${where}`;
  const value = (placed: PlacedEntry | null, field: string): unknown =>
    (placed?.entry as unknown as Record<string, unknown> | undefined)?.[field];
  const half = Math.floor((page.width - Math.max(5, ...fields.map(({ length }) => length)) - 6) / 2);
  const rows = fields.map((field) => [field, ...sideBySide(value(a, field), value(b, field), half)]);
  return [
    "",
    ` ${page.paint(head, "bold")}`,
    ` A: ${paths[0]}${a === null ? "" : `, ${a.unit} ${a.line}`}`,
    ` B: ${paths[1]}${b === null ? "" : `, ${b.unit} ${b.line}`}`,
    "",
    ...context,
    side("A", a),
    side("B", b),
    "",
    ...(rows.length === 0
      ? []
      : table([{ title: "field" }, { title: "A" }, { title: "B" }], rows, page).map((line) => ` ${line}`)),
    "",
  ];
}
