/**
 * Text for terminals: display width, cutting and padding, colours, and making text of others safe to print.
 */

/** Styles by their SGR codes. */
const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Style = keyof typeof STYLES;

export type Paint = (text: string, ...styles: readonly Style[]) => string;

/** Colours text, or leaves it alone. */
export function painter(color: boolean): Paint {
  if (!color) return (text) => text;
  return (text, ...styles) =>
    text === "" || styles.length === 0 ? text : `\x1b[${styles.map((style) => STYLES[style]).join(";")}m${text}\x1b[0m`;
}

/** Whether to colour what goes to `stream`: NO_COLOR and dumb terminals say no (no-color.org). */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

/** Where lines go: how many columns they may take, and whether they are coloured. */
export interface Page {
  readonly width: number;
  readonly paint: Paint;
}

/** Lines of `width` columns without colours. */
export const uncolored = (width: number): Page => ({ width, paint: (text) => text });

const PAGE_WIDTH_MIN = 40;
const PAGE_WIDTH_MAX = 100;

/** What is printed on `stream`. $COLUMNS counts in a pipe. */
export function pageOf(stream: { readonly isTTY?: boolean; readonly columns?: number }, env: NodeJS.ProcessEnv): Page {
  const columns = stream.columns || Number(env.COLUMNS) || 81;
  const width = Math.min(PAGE_WIDTH_MAX, Math.max(PAGE_WIDTH_MIN, columns - 1));
  return { width, paint: painter(wantsColor(stream, env)) };
}

/** Columns of a terminal. Some say 0 where they do not know (a console over a serial line, a container). */
export const columnsOf = (stream: { readonly columns?: number | undefined }, otherwise = 80): number =>
  stream.columns === 0 ? 80 : (stream.columns ?? otherwise);

/**
 * One line without control characters. Names and messages come from peers: an escape sequence in one must not
 * reach the terminal, and neither may the marks that turn the direction of text around.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => (/\s/.test(character) ? " " : "\u00b7"));
}

const MARK = /^\p{M}$/u;

/** Columns of one character: 0 for marks, 2 for East Asian wide forms and most pictographs, else 1. */
function characterWidth(character: string): number {
  const point = character.codePointAt(0)!;
  if (point < 0x300) return 1;
  if (MARK.test(character)) return 0;
  const wide =
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf && point !== 0x303f) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Columns of a text without escape sequences. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** At most `width` columns of `text`; what was cut shows as an ellipsis. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return "";
  let kept = "";
  let at = 0;
  for (const character of text) {
    const next = characterWidth(character);
    if (at + next > width - 1) break;
    kept += character;
    at += next;
  }
  return `${kept}…`;
}

/** Cut at spaces into lines of at most `width` columns; longer words stay whole, to be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Exactly `width` columns: cut or filled up at the end. */
export function padEnd(text: string, width: number): string {
  const short = cut(text, width);
  return short + " ".repeat(Math.max(0, width - displayWidth(short)));
}

/** Exactly `width` columns, filled up at the start: for numbers. */
export function padStart(text: string, width: number): string {
  const short = cut(text, width);
  return " ".repeat(Math.max(0, width - displayWidth(short))) + short;
}

/** `12,345`. */
export function groupDigits(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 task`, `2 tasks`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${groupDigits(count)} ${count === 1 ? noun : plural}`;
}

/** Counts of answers: old ones fade, so they may be fractions. */
export const formatAnswers = (answers: number): string => (Math.round(answers * 10) / 10).toString();

/** Minutes, seconds and tenths: `00:12.3`. */
export function clock(ms: number): string {
  const tenths = Math.max(0, Math.floor(ms / 100));
  const seconds = Math.floor(tenths / 10);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}.${tenths % 10}`;
}

/** As lines of `width` columns, those after the first indented by `indent`. */
export const hang = (text: string, width: number, indent = 0): string[] =>
  wrap(text, Math.max(1, width - indent)).map((line, i) => (i === 0 ? line : `${" ".repeat(indent)}${line}`));

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be cut to make room. */
  readonly isElastic?: boolean;
}

const GAPS = [2, 1] as const;
const ELASTIC_MIN = 8;

/**
 * Rows under their titles, in columns as wide as what is in them. Where they do not fit the page, gaps shrink, then elastic
 * columns are cut; where even that does not help, each row becomes a block of lines, without its empty cells.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], page: Page): string[] {
  const widths = columns.map(({ title }, i) => Math.max(...[title, ...rows.map((row) => row[i]!)].map(displayWidth)));
  const sum = (): number => widths.reduce((total, one) => total + one, 0);
  const gap = GAPS.find((one) => sum() + one * (columns.length - 1) <= page.width) ?? 1;
  let excess = sum() + gap * (columns.length - 1) - page.width;
  for (const [i, { isElastic }] of columns.entries()) {
    if (isElastic !== true || excess <= 0) continue;
    const less = Math.min(excess, Math.max(0, widths[i]! - ELASTIC_MIN));
    widths[i]! -= less;
    excess -= less;
  }
  if (excess > 0) return rows.flatMap((row) => block(columns, row, page));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (columns[i]!.align === "right" ? padStart : padEnd)(cell, widths[i]!))
      .join(" ".repeat(gap))
      .trimEnd();
  return [page.paint(line(columns.map(({ title }) => title)), "dim"), ...rows.map(line)];
}

function block(
  columns: readonly Column[],
  [first = "", ...cells]: readonly string[],
  { width, paint }: Page,
): string[] {
  const label = Math.max(0, ...columns.slice(1).map(({ title }) => displayWidth(title))) + 4;
  const lines = cells.flatMap((cell, i) => {
    const title = paint(padEnd(`  ${columns[i + 1]!.title}`, label), "dim");
    return cell === ""
      ? []
      : wrap(cell, width - label).map((line, j) => `${j === 0 ? title : " ".repeat(label)}${line}`);
  });
  return [cut(first, width), ...lines];
}
