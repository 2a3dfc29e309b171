/**
 * JSON in which nothing is lost by reading: `JSON.parse` rounds integers beyond 2^53 and drops all but the last of equal
 * keys without a word.
 *
 * Responsible for finding what would be lost. exact-numbers.ts says which numbers lose something.
 */

import { explainInexact, isExact } from "./exact-numbers.ts";
import { formatPath } from "./file-error.ts";

/** The text is JSON, and reading it would lose something. */
export class LossyJson extends Error {
  override readonly name = "LossyJson";
  readonly remedy: string;

  constructor(what: string, remedy: string) {
    super(what);
    this.remedy = remedy;
  }
}

/** A map or a list that the scan is in: a map knows its keys, a list its place. */
type Level = { readonly keys: Set<string>; key: string | null } | { at: number };

/** What tokens begin with; all of them but texts, which may be longer than a regular expression takes. */
const TOKEN = /"|[-\d][\d.eE+-]*|[{}[\],:]|[a-z]+/g;

/** Where the text that begins at `at` ends: after the first quote that has no, or an even number of, backslashes before. */
function endOfText(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); ; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
}

function* tokensOf(text: string): Generator<string> {
  const pattern = new RegExp(TOKEN);
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    if (found[0] !== '"') yield found[0];
    else {
      pattern.lastIndex = endOfText(text, found.index);
      yield text.slice(found.index, pattern.lastIndex);
    }
  }
}

/** A longer place is shown by its end. */
const PLACE_CHARS = 200;

/**
 * The value of a JSON text. `keeps`: whether a number may stand as it was written; default: `isExact`.
 * Throws SyntaxError for what is not JSON, and LossyJson.
 */
export function parseExactJson(text: string, keeps: (literal: string) => boolean = isExact): unknown {
  const value: unknown = JSON.parse(text);
  const levels: Level[] = [];
  const place = (): string => {
    const path = formatPath(levels.map((level) => ("at" in level ? level.at : (level.key ?? ""))));
    if (path === "") return "the number";
    return path.length > PLACE_CHARS ? `…${path.slice(-PLACE_CHARS)}` : path;
  };
  for (const token of tokensOf(text)) {
    const level = levels.at(-1);
    if (token === "{") levels.push({ keys: new Set(), key: null });
    else if (token === "[") levels.push({ at: 0 });
    else if (token === "}" || token === "]") levels.pop();
    else if (token === ",") {
      if (level !== undefined && "at" in level) level.at++;
      else if (level !== undefined) level.key = null;
    } else if (token[0] === '"') {
      if (level === undefined || "at" in level || level.key !== null) continue;
      level.key = JSON.parse(token) as string;
      if (level.keys.has(level.key))
        throw new LossyJson(`the key ${place()} stands there twice`, "give each key of a map once");
      level.keys.add(level.key);
    } else if (/[-\d]/.test(token[0]!) && !keeps(token)) {
      const { what, remedy } = explainInexact(place(), token);
      throw new LossyJson(what, remedy);
    }
  }
  return value;
}
