/**
 * The syntax of patterns: a subset of regular expressions that says what a text looks like, and nothing that could make matching
 * it expensive. What it accepts means the same as in JavaScript with the flag `u`.
 *
 * | written | means |
 * | --- | --- |
 * | `a`, `\.` | a character; `^ $ \ . * + ? ( ) [ ] { } \| /` as themselves after `\` |
 * | `\n` `\r` `\t` | line feed, carriage return, tabulator |
 * | `.` | any character but a line end |
 * | `[a-z_]` `[^0-9]` | one of these characters; none of these |
 * | `\d` `\w` `\s`, `\D` `\W` `\S` | ASCII digit, ASCII letter or digit or `_`, white space; anything else |
 * | `^` `$` | the beginning and the end of the text |
 * | `(…)` `(?:…)` `\|` | a group; one or the other |
 * | `*` `+` `?` `{2}` `{2,}` `{2,5}` | how often |
 *
 * There are no back-references, no looking ahead or behind, no `\b`, no `\p{…}`, and no lazy repetition, which would change nothing
 * where only a match counts.
 *
 * Source: protocol.md 7; ECMA-262 22.2.1.
 */

/** Characters as ranges of code points, ascending and apart from each other. */
export type CharacterSet = readonly (readonly [from: number, to: number])[];

export type PatternNode =
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly options: readonly PatternNode[] }
  /** `most` null: any number. */
  | { readonly kind: "repeat"; readonly part: PatternNode; readonly least: number; readonly most: number | null };

/** What is wrong with a pattern, at which of its characters (from 0), and what to do. */
export interface PatternProblem {
  readonly at: number;
  readonly what: string;
  readonly remedy: string;
}

/** Groups inside of groups: keeps recursion shallow. */
const NESTING = 32;
/** The largest count that is read; far more than an automaton may have states. */
const COUNT_MAX = 9_999;

const LAST_POINT = 0x10ffff;
const DIGITS: CharacterSet = [[0x30, 0x39]];
const WORD: CharacterSet = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]; // biome-ignore format: one line says it
const SPACES: CharacterSet = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const LINE_ENDS: CharacterSet = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

function union(sets: CharacterSet): CharacterSet {
  const merged: [number, number][] = [];
  for (const [from, to] of [...sets].sort((a, b) => a[0] - b[0])) {
    const last = merged[merged.length - 1];
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function allBut(set: CharacterSet): CharacterSet {
  const others: [number, number][] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) others.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST_POINT) others.push([next, LAST_POINT]);
  return others;
}

const CLASSES: ReadonlyMap<string, CharacterSet> = new Map([
  ["d", DIGITS],
  ["D", allBut(DIGITS)],
  ["w", WORD],
  ["W", allBut(WORD)],
  ["s", SPACES],
  ["S", allBut(SPACES)],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
]);
const SYNTAX = "^$\\.*+?()[]{}|/";
const ANY = allBut(LINE_ENDS);

/** Thrown and caught in this file only. */
class Wrong extends Error {
  readonly problem: PatternProblem;

  constructor(at: number, what: string, remedy: string) {
    super(what);
    this.problem = { at, what, remedy };
  }
}

class Parser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  parse(): PatternNode {
    const node = this.#choice(0);
    if (this.#peek() === ")") throw new Wrong(this.#at, "there is no group to close", "write \\) for the character");
    return node;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #takeIf(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #choice(depth: number): PatternNode {
    const options = [this.#sequence(depth)];
    while (this.#takeIf("|")) options.push(this.#sequence(depth));
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    for (let next = this.#peek(); next !== undefined && next !== "|" && next !== ")"; next = this.#peek())
      parts.push(this.#repeated(this.#atom(depth), next === "^" || next === "$"));
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #atom(depth: number): PatternNode {
    const at = this.#at++;
    const character = this.#characters[at]!;
    switch (character) {
      case "(":
        return this.#group(at, depth);
      case "[":
        return { kind: "set", set: this.#class(at) };
      case "\\":
        return { kind: "set", set: this.#escape(at, SYNTAX) };
      case ".":
        return { kind: "set", set: ANY };
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case "*":
      case "+":
      case "?":
      case "{":
        throw new Wrong(at, `there is nothing for ${character} to repeat`, `write \\${character} for the character`);
      case "]":
      case "}":
        throw new Wrong(at, `${character} closes nothing`, `write \\${character} for the character`);
      default:
        return { kind: "set", set: single(character) };
    }
  }

  #group(at: number, depth: number): PatternNode {
    if (depth === NESTING) throw new Wrong(at, `groups are nested more than ${NESTING} deep`, "write it with fewer");
    if (this.#takeIf("?") && !this.#takeIf(":"))
      throw new Wrong(at, "only groups ( ) and (?: ) are known", "write it without looking ahead, behind, and names");
    const node = this.#choice(depth + 1);
    if (!this.#takeIf(")")) throw new Wrong(at, "the group is not closed", "add )");
    return node;
  }

  #repeated(part: PatternNode, isPlace: boolean): PatternNode {
    const at = this.#at;
    const count = this.#count();
    if (count === null) return part;
    if (isPlace) throw new Wrong(at, "a beginning or an end cannot be repeated", "write it once");
    const next = this.#peek();
    if (next === "?")
      throw new Wrong(this.#at, "no repetition is lazy: only whether a text matches counts", "leave ? out");
    if (next === "*" || next === "+" || next === "{")
      throw new Wrong(this.#at, "a repetition cannot be repeated", "put it into a group ( )");
    return { kind: "repeat", part, ...count };
  }

  #count(): { readonly least: number; readonly most: number | null } | null {
    const at = this.#at;
    if (this.#takeIf("*")) return { least: 0, most: null };
    if (this.#takeIf("+")) return { least: 1, most: null };
    if (this.#takeIf("?")) return { least: 0, most: 1 };
    if (!this.#takeIf("{")) return null;
    const least = this.#number();
    const hasComma = this.#takeIf(",");
    const most = hasComma ? this.#number() : least;
    if (least === null || !this.#takeIf("}"))
      throw new Wrong(at, "a repetition has the form {2}, {2,} or {2,5}", "write \\{ for the character");
    if (most !== null && most < least)
      throw new Wrong(at, `at most ${most} is less than at least ${least}`, "swap them");
    return { least, most };
  }

  #number(): number | null {
    const at = this.#at;
    let number = 0;
    for (let next = this.#peek(); next !== undefined && next >= "0" && next <= "9"; next = this.#peek()) {
      number = Math.min(COUNT_MAX + 1, number * 10 + Number(next));
      this.#at++;
    }
    if (number > COUNT_MAX) throw new Wrong(at, `a count of more than ${COUNT_MAX}`, "leave it out: {2,}");
    return this.#at === at ? null : number;
  }

  /** After the backslash at `at`. */
  #escape(at: number, escapable: string): CharacterSet {
    const character = this.#peek();
    if (character === undefined) throw new Wrong(at, "\\ stands at the end", "write \\\\ for the character");
    this.#at++;
    const known = CLASSES.get(character);
    if (known !== undefined) return known;
    const control = CONTROLS.get(character);
    if (control !== undefined) return [[control, control]];
    if (escapable.includes(character)) return single(character);
    const remedy = "use \\d \\w \\s \\n \\r \\t, or \\ before a character that has a meaning";
    throw new Wrong(at, `\\${character} is not known`, remedy);
  }

  /** After the bracket at `at`. */
  #class(at: number): CharacterSet {
    const isNegated = this.#takeIf("^");
    const ranges: (readonly [number, number])[] = [];
    if (this.#peek() === "]") throw new Wrong(at, "the class has no characters", "write \\[ for the character");
    while (!this.#takeIf("]")) {
      const from = this.#member(at);
      const dash = this.#at;
      if (this.#characters[dash] !== "-" || this.#characters[dash + 1] === "]") {
        ranges.push(...from);
        continue;
      }
      this.#at++;
      const to = this.#member(at);
      const [first, last] = [onlyOf(from), onlyOf(to)];
      if (first === null || last === null)
        throw new Wrong(dash, "a range is from one character to another", "write - last in the class");
      if (first > last) throw new Wrong(dash, "the range ends before it begins", "swap its ends");
      ranges.push([first, last]);
    }
    const set = union(ranges);
    return isNegated ? allBut(set) : set;
  }

  #member(at: number): CharacterSet {
    const character = this.#peek();
    if (character === undefined) throw new Wrong(at, "the class is not closed", "add ]");
    const here = this.#at++;
    return character === "\\" ? this.#escape(here, `${SYNTAX}-`) : single(character);
  }
}

const single = (character: string): CharacterSet => {
  const point = character.codePointAt(0)!;
  return [[point, point]];
};

/** The character of a set of one. */
function onlyOf(set: CharacterSet): number | null {
  const [range] = set;
  return set.length === 1 && range![0] === range![1] ? range![0] : null;
}

/** Linear in the pattern. */
export function parsePattern(source: string): PatternNode | PatternProblem {
  try {
    return new Parser(source).parse();
  } catch (error) {
    if (error instanceof Wrong) return error.problem;
    throw error;
  }
}
