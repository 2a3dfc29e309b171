/**
 * The nearest known word to a mistyped one, for error messages.
 *
 * Responsible for: edit distance and the choice of a suggestion. Callers decide what to do with it.
 */

/**
 * Levenshtein distance over code points, two neighbours in each other's place counted as one slip. Cost: product
 * of the two lengths.
 */
export function editDistance(a: string, b: string): number {
  const from = [...a];
  const to = [...b];
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const least = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next.push(swapped ? Math.min(least, before[j - 2]! + 1) : least);
    }
    before = row;
    row = next;
  }
  return row[to.length]!;
}

/** Longer words than this are no slip of a finger, and comparing them would cost too much. */
const LENGTH_MAX = 64;

/**
 * The known word that `word` was most likely meant to be, or `null` where none is close: at most a third of its
 * letters may differ (and one always may), upper and lower case apart.
 */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length > LENGTH_MAX) return null;
  const lower = word.toLowerCase();
  let best: string | null = null;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** The remedy for an unknown word: the nearest known one, else all of them as long as they fit a line. */
export function suggest(word: string, known: Iterable<string>): string {
  const words = [...new Set(known)]; // branches of a union have keys in common
  const close = nearest(word, words);
  if (close !== null) return `did you mean "${close}"?`;
  if (words.length === 0) return "nothing is known here";
  const shown = words.slice(0, 12).join(", ");
  return `known are: ${shown}${words.length > 12 ? `, and ${words.length - 12} more` : ""}`;
}
