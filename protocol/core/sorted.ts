/** Search in sorted lists. */

/**
 * The index of the first item that is not before the one looked for, or the index where that one would be. `isBefore` holds for a first part
 * of the list and for nothing after it. O(log n).
 */
export function lowerBound<T>(items: readonly T[], isBefore: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
