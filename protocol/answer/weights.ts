/**
 * Weights of results: they depend on whether the worker has a record for the skill. Newcomers cost nothing to make up, so in
 * a tally with any result of an agent with a record, all newcomers together weigh less than half. Otherwise all results
 * weigh the same, as in a fresh mesh.
 *
 * Source: protocol.md 6.3.
 */

interface Weighed {
  readonly isNewcomer: boolean;
  /** What it weighs without regard to newcomers; an integer, 0 if it speaks against its own answer. */
  readonly weight: number;
}

interface Bounded {
  readonly weights: readonly number[];
  /** What a weight of one became. */
  readonly unit: number;
}

/**
 * Weights with newcomers bounded: if their results together weigh as much as those of agents with a record, or more, each
 * of theirs weighs less in proportion, so that together they weigh less than half. Integers.
 */
export function boundNewcomers(results: readonly Weighed[]): Bounded {
  const sumOf = (isNewcomer: boolean): number =>
    results.reduce((sum, result) => sum + (result.isNewcomer === isNewcomer ? result.weight : 0), 0);
  const known = sumOf(false);
  const newcomers = sumOf(true);
  if (newcomers < known || known === 0) return { weights: results.map(({ weight }) => weight), unit: 1 };
  // Together they weigh newcomers * (2 known - 1), which is less than known * 2 newcomers.
  const unit = 2 * newcomers;
  return { weights: results.map(({ isNewcomer, weight }) => weight * (isNewcomer ? 2 * known - 1 : unit)), unit };
}
