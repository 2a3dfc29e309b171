/**
 * Makes a failing scenario small: takes away one thing after the other, as long as the rest still breaks the same property. What
 * remains is what the failure needs. smaller-scenario.ts says what can be taken away.
 *
 * Source: delta debugging, Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), one at a
 * time after halves.
 */

/** A plan with one thing less. */
export interface Candidate<P> {
  /** What is less. */
  readonly what: string;
  readonly plan: P;
}

interface ShrinkOptions<P> {
  /** Everything that is one thing less than a plan, what takes most first. */
  readonly smaller: (plan: P) => Iterable<Candidate<P>>;
  /** Whether a plan still fails in the property that is looked for. */
  readonly fails: (plan: P) => boolean;
  /** Runs that may be spent. */
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

export interface Shrunk<P> {
  readonly plan: P;
  readonly runs: number;
  /** What was taken away, in this order. */
  readonly less: readonly string[];
}

/** The smallest failing plan that was found. */
export function shrink<P>(plan: P, { smaller, fails, budget }: ShrinkOptions<P>): Shrunk<P> {
  let current = plan;
  let runs = 0;
  const less: string[] = [];
  for (let found = true; found && runs < budget; ) {
    found = false;
    for (const candidate of smaller(current)) {
      if (runs >= budget) break;
      runs++;
      if (!fails(candidate.plan)) continue;
      current = candidate.plan;
      found = true;
      less.push(candidate.what);
      break;
    }
  }
  return { plan: current, runs, less };
}
