/**
 * Text for terminals: display width, cutting and padding, colours, and making safe what others wrote.
 */
/** Styles by their SGR codes. */
declare const STYLES: {
  readonly bold: 1;
  readonly dim: 2;
  readonly red: 31;
  readonly green: 32;
  readonly yellow: 33;
  readonly blue: 34;
  readonly magenta: 35;
  readonly cyan: 36;
};
export type Style = keyof typeof STYLES;
export type Paint = (text: string, ...styles: readonly Style[]) => string;
/** Colours text, or leaves it alone. */
export declare function painter(color: boolean): Paint;
/** Whether to colour what goes to `stream`: NO_COLOR and dumb terminals say no (no-color.org). */
export declare function wantsColor(
  stream: {
    readonly isTTY?: boolean;
  },
  env: NodeJS.ProcessEnv,
): boolean;
/** Where lines go: how many columns they may take, and whether they are coloured. */
export interface Page {
  readonly width: number;
  readonly paint: Paint;
}
/** Lines of `width` columns without colours. */
export declare const uncolored: (width: number) => Page;
/** What is printed on `stream`. $COLUMNS counts in a pipe. */
export declare function pageOf(
  stream: {
    readonly isTTY?: boolean;
    readonly columns?: number;
  },
  env: NodeJS.ProcessEnv,
): Page;
/** Columns of a terminal. Some say 0 where they do not know (a console over a serial line, a container). */
export declare const columnsOf: (
  stream: {
    readonly columns?: number | undefined;
  },
  otherwise?: number,
) => number;
/**
 * One line without control characters. Names and messages come from peers: an escape sequence in one must not
 * reach the terminal, and neither may the marks that turn the direction of text around.
 */
export declare function plainText(text: string): string;
/** Columns of a text without escape sequences. */
export declare function displayWidth(text: string): number;
/** At most `width` columns of `text`; what was cut shows as an ellipsis. */
export declare function cut(text: string, width: number): string;
/** Cut at spaces into lines of at most `width` columns; longer words stay whole, to be copied. */
export declare function wrap(text: string, width: number): string[];
/** Exactly `width` columns: cut or filled up at the end. */
export declare function padEnd(text: string, width: number): string;
/** Exactly `width` columns, filled up at the start: for numbers. */
export declare function padStart(text: string, width: number): string;
/** `12,345`. */
export declare function groupDigits(value: number): string;
/** `1 task`, `2 tasks`. */
export declare function counted(count: number, noun: string, plural?: string): string;
/** Counts of answers: old ones fade, so they may be fractions. */
export declare const tenths: (answers: number) => string;
/** Minutes, seconds and tenths: `00:12.3`. */
export declare function clock(ms: number): string;
/** As lines of `width` columns, those after the first indented by `indent`. */
export declare const hang: (text: string, width: number, indent?: number) => string[];
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be cut to make room. */
  readonly isElastic?: boolean;
}
/**
 * Rows under their titles, in columns as wide as what is in them. Where they do not fit the page, gaps shrink, then elastic
 * columns are cut; where even that does not help, each row becomes a block of lines, without its empty cells.
 */
export declare function table(columns: readonly Column[], rows: readonly (readonly string[])[], page: Page): string[];
