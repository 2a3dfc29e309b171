/**
 * Whether a text matches a pattern (pattern-syntax.ts), in steps that its length bounds: Thompson's construction. All states that
 * the text so far allows are followed together, so nothing is ever tried twice. No engine's own expressions: they may
 * take exponential time, and differ between versions of Unicode.
 *
 * Source: protocol.md 7; Thompson, "Regular expression search algorithm" (CACM 11, 1968).
 */

import { limits } from "../core/limits.ts";
import { type CharacterSet, type PatternNode, type PatternProblem, parsePattern } from "./pattern-syntax.ts";

const ASCII = 128;

const SET = 0;
const FORK = 1;
const START = 2;
const END = 3;
const FOUND = 4;

interface Alphabet {
  readonly ascii: Uint8Array;
  readonly set: CharacterSet;
}

/** States by their numbers, in lists of integers: following them is what costs. */
export interface Pattern {
  readonly ops: Uint8Array;
  readonly next: Int32Array;
  /** The other way of a fork; the alphabet of a set. */
  readonly other: Int32Array;
  readonly alphabets: readonly Alphabet[];
  readonly first: number;
  /** UTF-16 units of the longest text that it reads. */
  readonly unitsMax: number;
}

export const isPattern = (compiled: Pattern | PatternProblem): compiled is Pattern => "ops" in compiled;

/** How many states a node becomes at most, and at least one: a repetition of nothing is bounded too. */
function sizeOf(node: PatternNode): number {
  switch (node.kind) {
    case "sequence":
      return Math.max(
        1,
        node.parts.reduce((sum, part) => sum + sizeOf(part), 0),
      );
    case "choice":
      return node.options.reduce((sum, option) => sum + sizeOf(option) + 1, -1);
    case "repeat": {
      const { part, least, most } = node;
      const copies = most === null ? Math.max(1, least) : Math.max(1, most);
      return copies * sizeOf(part) + (most === null ? 1 : most - least);
    }
    default:
      return 1;
  }
}

class Builder {
  /** The first is where a text has matched. */
  readonly ops = [FOUND];
  readonly next = [0];
  readonly other = [0];
  readonly alphabets: Alphabet[] = [];

  #add(op: number, next: number, other = 0): number {
    this.ops.push(op);
    this.next.push(next);
    return this.other.push(other) - 1;
  }

  /** The states of `node` in front of `next`; returns the first of them. */
  build(node: PatternNode, next: number): number {
    switch (node.kind) {
      case "set":
        return this.#add(SET, next, this.alphabets.push(alphabetOf(node.set)) - 1);
      case "start":
        return this.#add(START, next);
      case "end":
        return this.#add(END, next);
      case "sequence":
        return node.parts.reduceRight((after, part) => this.build(part, after), next);
      case "choice": {
        const [first, ...others] = node.options.map((option) => this.build(option, next));
        return others.reduce((way, option) => this.#add(FORK, way, option), first!);
      }
      case "repeat":
        return this.#repeat(node, next);
    }
  }

  #repeat({ part, least, most }: Extract<PatternNode, { kind: "repeat" }>, next: number): number {
    let first = next;
    let copies = least;
    if (most === null) {
      const fork = this.#add(FORK, next, next);
      const body = this.build(part, fork);
      this.next[fork] = body;
      first = least === 0 ? fork : body;
      copies = Math.max(0, least - 1);
    } else for (let i = least; i < most; i++) first = this.#add(FORK, this.build(part, first), next);
    for (let i = 0; i < copies; i++) first = this.build(part, first);
    return first;
  }
}

function alphabetOf(set: CharacterSet): Alphabet {
  const ascii = new Uint8Array(ASCII);
  for (const [from, to] of set) if (from < ASCII) ascii.fill(1, from, Math.min(to + 1, ASCII));
  return { ascii, set };
}

function isIn({ ascii, set }: Alphabet, point: number): boolean {
  if (point < ASCII) return ascii[point] === 1;
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = set[middle]!;
    if (point < from) high = middle - 1;
    else if (point > to) low = middle + 1;
    else return true;
  }
  return false;
}

export function compilePattern(source: string): Pattern | PatternProblem {
  const parsed = parsePattern(source);
  if (!("kind" in parsed)) return parsed;
  const size = sizeOf(parsed);
  if (!(size <= limits.patternStates)) {
    const what = `it needs more than ${limits.patternStates} states: one for each character, as often as it is repeated`;
    return { at: 0, what, remedy: "write + or * for large counts, and bound the length with maxBytes" };
  }
  const builder = new Builder();
  const first = builder.build(parsed, 0);
  return {
    ops: Uint8Array.from(builder.ops),
    next: Int32Array.from(builder.next),
    other: Int32Array.from(builder.other),
    alphabets: builder.alphabets,
    first,
    unitsMax: Math.floor(limits.patternSteps / builder.ops.length),
  };
}

/** States that a text may be in, each once, at one place of it. */
class Places {
  readonly #pattern: Pattern;
  readonly #waiting: Int32Array;
  /** The place at which a state was reached last; places count from 1. */
  readonly #reached: Int32Array;
  #place = 1;
  /** States with a character that may come next. */
  readonly sets: Int32Array;
  count = 0;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
    const { length } = pattern.ops;
    this.#waiting = new Int32Array(length);
    this.#reached = new Int32Array(length);
    this.sets = new Int32Array(length);
  }

  clear(): void {
    this.count = 0;
    this.#place++;
  }

  /** Adds `first` and all that it leads to without a character. Returns whether the pattern's end is among them. */
  add(first: number, isStart: boolean, isEnd: boolean): boolean {
    const { ops, next, other } = this.#pattern;
    const reached = this.#reached;
    const waiting = this.#waiting;
    const place = this.#place;
    if (reached[first] === place) return false;
    reached[first] = place;
    waiting[0] = first;
    for (let waits = 1; waits > 0; ) {
      const state = waiting[--waits]!;
      const op = ops[state]!;
      if (op === SET) {
        this.sets[this.count++] = state;
        continue;
      }
      if (op === FOUND) return true;
      if ((op === START && !isStart) || (op === END && !isEnd)) continue;
      const way = next[state]!;
      if (reached[way] !== place) {
        reached[way] = place;
        waiting[waits++] = way;
      }
      if (op !== FORK) continue;
      const otherWay = other[state]!;
      if (reached[otherWay] !== place) {
        reached[otherWay] = place;
        waiting[waits++] = otherWay;
      }
    }
    return false;
  }
}

/** Whether a part of `text`, of at most `unitsMax` units, matches. At most twice as many steps as states times characters. */
export function matches(pattern: Pattern, text: string): boolean {
  const { first, next, other, alphabets } = pattern;
  let here = new Places(pattern);
  let after = new Places(pattern);
  if (here.add(first, true, text.length === 0)) return true;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at)!;
    at += point > 0xffff ? 2 : 1;
    const isEnd = at === text.length;
    after.clear();
    for (let i = 0; i < here.count; i++) {
      const state = here.sets[i]!;
      if (isIn(alphabets[other[state]!]!, point) && after.add(next[state]!, false, isEnd)) return true;
    }
    if (after.add(first, false, isEnd)) return true;
    [here, after] = [after, here];
  }
  return false;
}
