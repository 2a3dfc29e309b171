/** Formats help for printing: commands as they are called from here, examples in columns, sentences wrapped. */

import { asCalledHere } from "./command-line.ts";
import { displayWidth, padEnd, wrap } from "./terminal-text.ts";

/** An example and what it does, with columns between them. */
const EXAMPLE = /^( {2}\$ .*?\S) {2,}(\S.*)$/;
const GAP = 3;

/** Examples with what they do beside them, as a comment: lines are pasted whole. Where that does not fit, below. */
function exampleLines(lines: readonly string[], columns: number): string[] {
  const parts = lines.map((line) => {
    const [, call = line, what = ""] = EXAMPLE.exec(line) ?? [];
    return { call: asCalledHere(call), what: what === "" ? "" : `# ${asCalledHere(what)}` };
  });
  const explained = parts.filter(({ what }) => what !== "");
  const label = Math.max(0, ...explained.map(({ call }) => displayWidth(call))) + GAP;
  const isWide = explained.some(({ what }) => label + displayWidth(what) > columns);
  return parts.flatMap(({ call, what }) => {
    if (what === "") return [call];
    return isWide ? [call, `      ${what}`] : [`${padEnd(call, label)}${what}`];
  });
}

/** Sentences that were wrapped for other columns. */
function sentences(lines: readonly string[], columns: number): string[] {
  const called = lines.map((line) => asCalledHere(line));
  return called.every((line) => displayWidth(line) <= columns) ? called : wrap(called.join(" "), columns);
}

const isExample = (line: string): boolean => line.startsWith("  $ ");
const isSentence = (line: string): boolean => /^\S.*[^:]$/.test(line) && !line.startsWith("Usage:");

export function helpText(text: string, columns: number): string {
  const lines = text.split("\n");
  const printed: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const kind = [isExample, isSentence].find((is) => is(lines[at]!));
    let end = at + 1;
    while (kind !== undefined && end < lines.length && kind(lines[end]!)) end++;
    const group = lines.slice(at, end);
    if (kind === isExample) printed.push(...exampleLines(group, columns));
    else printed.push(...(kind === isSentence ? sentences(group, columns) : group.map((line) => asCalledHere(line))));
    at = end;
  }
  return printed.join("\n");
}
