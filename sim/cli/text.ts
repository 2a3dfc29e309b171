/** Text for terminals: colours, columns, and lines that fit. */

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
export type Style = keyof typeof STYLES;
export type Paint = (text: string, ...styles: readonly Style[]) => string;

/** Colours text, or leaves it alone. */
export const painter =
  (isColored: boolean): Paint =>
  (text, ...styles) =>
    isColored && text !== "" ? `\x1b[${styles.map((style) => STYLES[style]).join(";")}m${text}\x1b[0m` : text;

export interface Page {
  readonly width: number;
  readonly paint: Paint;
}

const WIDTH_MIN = 40;
const WIDTH_MAX = 100;
const WIDTH_PLAIN = 80;

/** Standard output as it is; NO_COLOR and dumb terminals get no colours (no-color.org), and $COLUMNS counts in a pipe. */
export function pageOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: { readonly [name: string]: string | undefined },
): Page {
  const isColored = stream.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  const isUnknown = stream.columns === undefined || stream.columns === 0; // some terminals say 0
  const columns = (isUnknown ? Number(env.COLUMNS) : stream.columns) || WIDTH_PLAIN + 1;
  const width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, columns - 1));
  return { width, paint: painter(isColored) };
}

/** Scenario names and figures are of characters one column wide, but a description may hold anything. */
const lengthOf = (text: string): number => [...text].length;

export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

export const padEnd = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - lengthOf(text)));
export const padStart = (text: string, width: number): string => " ".repeat(Math.max(0, width - lengthOf(text))) + text;

/** Cut at spaces into lines of at most `width`; longer words stay whole, to be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be cut to make room. */
  readonly isElastic?: boolean;
}

const GAP = 2;
const ELASTIC_MIN = 12;

/**
 * Rows under their titles, in columns as wide as what is in them. Where that is more than the page, elastic columns are
 * cut; where even that does not help, each row becomes a block of lines, without its empty cells.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, paint }: Page,
): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(lengthOf(title), ...rows.map((row) => lengthOf(row[index]!))),
  );
  let excess = widths.reduce((sum, one) => sum + one, 0) + GAP * (columns.length - 1) - width;
  for (const [index, { isElastic }] of columns.entries()) {
    if (isElastic !== true || excess <= 0) continue;
    const less = Math.min(excess, Math.max(0, widths[index]! - ELASTIC_MIN));
    widths[index]! -= less;
    excess -= less;
  }
  if (excess > 0) return rows.flatMap((row) => block(columns, row, { width, paint }));
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        (columns[index]!.align === "right" ? padStart : padEnd)(cut(cell, widths[index]!), widths[index]!),
      )
      .join(" ".repeat(GAP))
      .trimEnd();
  return [paint(lineOf(columns.map(({ title }) => title)), "dim"), ...rows.map(lineOf)];
}

function block(columns: readonly Column[], row: readonly string[], { width, paint }: Page): string[] {
  const [first = "", ...others] = row;
  const label = Math.max(0, ...columns.slice(1).map(({ title }) => lengthOf(title)));
  const lines = others.flatMap((cell, index) =>
    cell === "" ? [] : [`  ${paint(padEnd(columns[index + 1]!.title, label), "dim")}  ${cell}`],
  );
  return [cut(first, width), ...lines];
}
