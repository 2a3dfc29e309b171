/**
 * How likely a worker is right: by its own record for the skill, and by what it stated. What an agent states of itself
 * counts only as far as its own record shows that it means something. Its past answers are sorted into bins by stated
 * confidence; each bin's share of right answers, drawn towards those of the bins beside it and of the whole record while the
 * bin is short, is what a statement in this bin is worth. A bin of higher statements is never worth less than a bin of lower ones.
 *
 * An agent without a record gets the same whatever it states, and one that always states 1.0 gets the share of its answers
 * that were right. So nobody outweighs the rest by what it says of itself.
 *
 * Source: protocol.md 7 (calibration). Monotone bins: isotonic regression by pool-adjacent-violators.
 */

/** Answers of a record that were right (`good`) and wrong (`bad`), in thousandths of an answer. */
interface Answers {
  readonly good: number;
  readonly bad: number;
}

/** The answers of a record whose stated confidence lies in one bin. */
export interface Bin extends Answers {
  /** The sum of the stated confidences, in thousandths of an answer: 1,000 for one answer that was stated as certain. */
  readonly stated: number;
}

export const EMPTY_BIN: Bin = { good: 0, bad: 0, stated: 0 };

const ONE = 1_000_000;
/** A record counts together with this many answers, thousandths, of which two thirds were right, as of a newcomer's. */
const PRIOR = 3_000;
/** A bin counts together with this many answers, thousandths, that are as often right as those beside it. */
const BIN_PRIOR = 3_000;

/** Where each bin but the first begins, ppm of stated confidence. Most statements are high, so high bins are narrow. */
const BIN_STARTS = [500_000, 700_000, 800_000, 900_000, 970_000] as const;
/** The bin of a stated confidence, 0 to `limits.confidenceBins` - 1. */
export const binOf = (statedPpm: number): number => BIN_STARTS.filter((start) => statedPpm >= start).length;

/** The stated confidences, ppm, from which and below which an answer is in this bin. */
export const boundsOfBin = (bin: number): { readonly from: number; readonly below: number } => ({
  from: BIN_STARTS[bin - 1] ?? 0,
  below: BIN_STARTS[bin] ?? ONE + 1,
});

/** The share of a record's answers that are right, ppm. */
export const recordPpm = ({ good, bad }: Answers): number =>
  Math.floor((ONE * (good + (2 * PRIOR) / 3)) / (good + bad + PRIOR));

/** Two records of one agent together. Either may be empty. */
export function addBins(a: readonly Bin[], b: readonly Bin[]): readonly Bin[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return a.map(({ good, bad, stated }, i) => {
    const other = b[i]!;
    return { good: good + other.good, bad: bad + other.bad, stated: stated + other.stated };
  });
}

/** Neighbouring bins with one worth: `sum` is ppm times thousandths of answers, below 1e12. */
interface Pool {
  readonly bins: number;
  readonly sum: number;
  readonly weight: number;
}

const worthOf = ({ sum, weight }: Pool): number => Math.floor(sum / weight);

/**
 * The probability that an answer is right, ppm.
 *
 * @param record the worker's answers for the skill
 * @param bins those of them that came with a statement, by bin; empty: none did
 */
export function calibratedPpm(record: Answers, bins: readonly Answers[], statedPpm: number): number {
  const overall = recordPpm(record);
  const shareOf = ({ good, bad }: Answers): number =>
    Math.floor((ONE * good + overall * BIN_PRIOR) / (good + bad + BIN_PRIOR));
  const pools: Pool[] = [];
  for (const [i, { good, bad }] of bins.entries()) {
    const beside = [bins[i - 1], bins[i + 1]].filter((bin) => bin !== undefined && bin.good + bin.bad > 0);
    const shares = [overall, ...beside.map((bin) => shareOf(bin!))];
    const expected = Math.floor(shares.reduce((sum, share) => sum + share, 0) / shares.length);
    let pool: Pool = { bins: 1, sum: ONE * good + expected * BIN_PRIOR, weight: good + bad + BIN_PRIOR };
    for (let last = pools.at(-1); last !== undefined && worthOf(last) > worthOf(pool); last = pools.at(-1)) {
      pool = { bins: last.bins + pool.bins, sum: last.sum + pool.sum, weight: last.weight + pool.weight };
      pools.pop();
    }
    pools.push(pool);
  }
  let place = binOf(statedPpm);
  for (const pool of pools) {
    if (place < pool.bins) return worthOf(pool);
    place -= pool.bins;
  }
  return overall;
}
