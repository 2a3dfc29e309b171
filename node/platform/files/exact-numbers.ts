/**
 * Whether a number that somebody wrote survives being read.
 *
 * Numbers here are IEEE 754 doubles: an integer beyond 2^53 silently becomes a neighbour. A mesh that certified the
 * neighbour would vouch for what nobody wrote, so readers of files and of what commands print ask here first.
 */

/** The digits that count: without sign, point, exponent and the zeros at either end. */
const digitsOf = (literal: string): string =>
  literal
    .toLowerCase()
    .split("e")[0]!
    .replace(/[-+.]/g, "")
    .replace(/^0+|0+$/g, "");

const DECIMAL = /^[-+]?(?:\d+(\.\d*)?|(\.)\d+)(e[-+]?\d+)?$/i;

/** Whether a written number keeps all its digits when it is read and printed again, as numbers in our own files do. */
export function keepsAllDigits(literal: string): boolean {
  const value = Number(literal);
  return Number.isFinite(value) && digitsOf(literal) === digitsOf(String(value));
}

/**
 * Whether a written number is the one that is read: integers up to 2^53 - 1 in size, and floats (with a point or an
 * exponent) up to there, which are rounded by nature; larger floats must keep every digit. `literal`: of JSON or YAML.
 * Words (`.inf`) and what is no number count as exact: others judge them.
 */
export function isExact(literal: string): boolean {
  const match = DECIMAL.exec(literal);
  if (match === null) return /^0[xo]/i.test(literal) ? Number(literal) <= Number.MAX_SAFE_INTEGER : true;
  const isInteger = match[1] === undefined && match[2] === undefined && match[3] === undefined;
  const value = Number(literal);
  return isInteger
    ? Number.isSafeInteger(value)
    : Math.abs(value) <= Number.MAX_SAFE_INTEGER || keepsAllDigits(literal);
}

const SHOWN_CHARS = 40;

/** What is wrong with a number that is not exact, and what to do. `where`: its place, as a subject. */
export function explainInexact(where: string, literal: string): { readonly what: string; readonly remedy: string } {
  const shown = literal.length > SHOWN_CHARS ? `${literal.slice(0, SHOWN_CHARS)}…` : literal;
  const value = Number(literal);
  const why = Number.isFinite(value)
    ? `${Math.abs(value) > Number.MAX_SAFE_INTEGER ? "which is beyond 2^53: it " : "which "}would become ${value}`
    : "more than a number can hold";
  return {
    what: `${where} is ${shown}, ${why}`,
    remedy: `quote it, so that it stays as it is: "${shown}"`,
  };
}
