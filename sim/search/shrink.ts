/**
 * Makes a failing scenario small: takes away one thing after the other, as long as the rest still breaks the same property. What
 * remains is what the failure needs. smaller-scenario.ts says what can be taken away.
 *
 * Source: delta debugging, Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), one at a
 * time after halves.
 */

/** A scenario with one thing less. */
export interface Smaller<S> {
  /** What is less. */
  readonly what: string;
  readonly scenario: S;
}

interface ShrinkOptions<S> {
  /** All scenarios that have one thing less, those first that lack most. */
  readonly smaller: (scenario: S) => Iterable<Smaller<S>>;
  /** Whether a scenario still breaks the property that is looked for. */
  readonly fails: (scenario: S) => boolean;
  /** How many scenarios it may try. */
  readonly budget: number;
}

/** Without the first half, without the second, then without each one. */
export function* without<T>(items: readonly T[]): Iterable<readonly T[]> {
  if (items.length > 3) {
    const middle = items.length >> 1;
    yield items.slice(middle);
    yield items.slice(0, middle);
  }
  for (let i = 0; i < items.length; i++) yield [...items.slice(0, i), ...items.slice(i + 1)];
}

export interface Shrunk<S> {
  readonly scenario: S;
  readonly runs: number;
  /** What was taken away, in this order. */
  readonly less: readonly string[];
}

/** The smallest failing scenario that was found. */
export function shrink<S>(scenario: S, { smaller, fails, budget }: ShrinkOptions<S>): Shrunk<S> {
  let current = scenario;
  let runs = 0;
  const less: string[] = [];
  for (let found = true; found && runs < budget; ) {
    found = false;
    for (const one of smaller(current)) {
      if (runs >= budget) break;
      runs++;
      if (!fails(one.scenario)) continue;
      current = one.scenario;
      found = true;
      less.push(one.what);
      break;
    }
  }
  return { scenario: current, runs, less };
}
