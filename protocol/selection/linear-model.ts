/**
 * Ridge regression that learns one example at a time: A = lambda I + sum of w x x', b = sum of w r x, theta = A^-1 b,
 * and the variance x' A^-1 x of its estimate for x.
 *
 * Without forgetting (gamma 1) A^-1 is kept, and Sherman-Morrison brings it up to date: O(d^2) a lesson. With it,
 * A <- gamma A + (1 - gamma) lambda I + w x x' has no such formula (the middle term has full rank): A is kept, and
 * solved by Cholesky on demand. The middle term holds A's eigenvalues at lambda or above, however long no
 * lesson comes from a direction.
 *
 * Symmetric and triangular matrices are stored packed, the lower triangle row by row: (i, j) at i(i+1)/2 + j. All loops run
 * in a fixed order: the same lessons give the same bits.
 *
 * Source: protocol.md 6; LinUCB (arXiv 1003.0146), Algorithm 1; forgetting: D-LinUCB (arXiv 1909.09146).
 */

import { type LinearParameters, PIVOT_MIN } from "./parameters.ts";

/** Plain data; see `Selector`. */
export interface LinearState {
  /** Sum of the lessons' weights; with forgetting, of what is left of them. */
  readonly seen: number;
  /** Whether `matrix` is A^-1 (gamma 1) or A. */
  readonly isInverse: boolean;
  readonly matrix: readonly number[];
  readonly vector: readonly number[];
}

/** Ready to be asked. */
export interface Solved {
  readonly theta: Float64Array;
  /** A^-1, packed. */
  readonly inverse: Float64Array;
}

const packedSize = (dimension: number): number => (dimension * (dimension + 1)) / 2;
const rowAt = (i: number): number => (i * (i + 1)) / 2;
/** Canonical bytes have no -0, and a state must be the same after it was read back. */
const plain = (x: number): number => x + 0;

export function startLinear(dimension: number, { gamma, lambda }: LinearParameters): LinearState {
  const isInverse = gamma === 1;
  const matrix: number[] = new Array(packedSize(dimension)).fill(0);
  for (let i = 0; i < dimension; i++) matrix[rowAt(i) + i] = isInverse ? 1 / lambda : lambda;
  return { seen: 0, isInverse, matrix, vector: new Array(dimension).fill(0) };
}

/**
 * The state after one more example. Examples of another length, with numbers that are none or without weight change
 * nothing. O(d^2).
 */
export function learnLinear(
  state: LinearState,
  parameters: LinearParameters,
  x: readonly number[],
  reward: number,
  weight = 1,
): LinearState {
  const dimension = state.vector.length;
  if (x.length !== dimension || !x.every(Number.isFinite) || !Number.isFinite(reward) || !(weight > 0)) return state;
  const { gamma } = parameters;
  const matrix = state.isInverse
    ? invertedUpdate(state.matrix, x, weight)
    : update(state.matrix, parameters, x, weight);
  const vector: number[] = [];
  for (let i = 0; i < dimension; i++) vector.push(plain(gamma * state.vector[i]! + weight * reward * x[i]!));
  return { seen: gamma * state.seen + weight, isInverse: state.isInverse, matrix, vector };
}

/** gamma A + (1 - gamma) lambda I + w x x'. */
function update(
  matrix: readonly number[],
  { gamma, lambda }: LinearParameters,
  x: readonly number[],
  weight: number,
): number[] {
  const next: number[] = [];
  const refill = (1 - gamma) * lambda;
  for (let i = 0, at = 0; i < x.length; i++)
    for (let j = 0; j <= i; j++, at++)
      next.push(plain(gamma * matrix[at]! + (i === j ? refill : 0) + weight * x[i]! * x[j]!));
  return next;
}

/** Sherman-Morrison: (A + w x x')^-1 = A^-1 - w u u' / (1 + w x'u) with u = A^-1 x. */
function invertedUpdate(inverse: readonly number[], x: readonly number[], weight: number): number[] {
  const u = new Float64Array(x.length);
  multiply(inverse, x, u);
  let length = 0;
  for (let i = 0; i < x.length; i++) length += x[i]! * u[i]!;
  const factor = weight / (1 + weight * Math.max(0, length));
  const next: number[] = [];
  for (let i = 0, at = 0; i < x.length; i++)
    for (let j = 0; j <= i; j++, at++) next.push(plain(inverse[at]! - factor * u[i]! * u[j]!));
  return next;
}

/** into = M x, M symmetric and packed. */
function multiply(packed: ArrayLike<number>, x: ArrayLike<number>, into: Float64Array): void {
  into.fill(0);
  for (let i = 0, at = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++, at++) {
      into[i]! += packed[at]! * x[j]!;
      into[j]! += packed[at]! * x[i]!;
    }
    into[i]! += packed[at++]! * x[i]!;
  }
}

/** L with L L' = M, packed. Pivots below `PIVOT_MIN` are lifted to it: of a singular matrix comes that of a near one. */
export function cholesky(packed: ArrayLike<number>, dimension: number): Float64Array {
  const factor = new Float64Array(packedSize(dimension));
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = packed[rowAt(i) + j]!;
      for (let k = 0; k < j; k++) sum -= factor[rowAt(i) + k]! * factor[rowAt(j) + k]!;
      if (i === j) factor[rowAt(i) + i] = Math.sqrt(sum > PIVOT_MIN ? sum : PIVOT_MIN);
      else factor[rowAt(i) + j] = sum / factor[rowAt(j) + j]!;
    }
  }
  return factor;
}

/** (L L')^-1, packed: the columns of L^-1, then their products. */
function inverseOf(factor: Float64Array, dimension: number): Float64Array {
  const inverted = new Float64Array(factor.length);
  for (let j = 0; j < dimension; j++) {
    inverted[rowAt(j) + j] = 1 / factor[rowAt(j) + j]!;
    for (let i = j + 1; i < dimension; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= factor[rowAt(i) + k]! * inverted[rowAt(k) + j]!;
      inverted[rowAt(i) + j] = sum / factor[rowAt(i) + i]!;
    }
  }
  const inverse = new Float64Array(factor.length);
  for (let i = 0; i < dimension; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < dimension; k++) sum += inverted[rowAt(k) + i]! * inverted[rowAt(k) + j]!;
      inverse[rowAt(i) + j] = sum;
    }
  return inverse;
}

/** O(d^3) with forgetting, O(d^2) without. */
export function solveLinear(state: LinearState): Solved {
  const dimension = state.vector.length;
  const inverse = state.isInverse
    ? Float64Array.from(state.matrix)
    : inverseOf(cholesky(state.matrix, dimension), dimension);
  const theta = new Float64Array(dimension);
  multiply(inverse, state.vector, theta);
  return { theta, inverse };
}

/** theta'x. */
export function meanAt({ theta }: Solved, x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < theta.length; i++) sum += theta[i]! * x[i]!;
  return sum;
}

/** x' A^-1 x, never below 0. */
export function varianceAt({ theta, inverse }: Solved, x: ArrayLike<number>): number {
  const dimension = theta.length;
  let sum = 0;
  for (let i = 0, at = 0; i < dimension; i++) {
    let row = 0;
    for (let j = 0; j < i; j++, at++) row += inverse[at]! * x[j]!;
    sum += x[i]! * (2 * row + inverse[at++]! * x[i]!);
  }
  return sum > 0 ? sum : 0;
}

/**
 * Whether `value` can be such a state: what somebody else wrote must not make a score infinite. That the matrix is
 * positive definite is not looked at: `cholesky` and `varianceAt` survive one that is not.
 */
export function isLinearState(value: unknown, dimension: number, { gamma }: LinearParameters): value is LinearState {
  if (typeof value !== "object" || value === null) return false;
  const { seen, isInverse, matrix, vector } = value as { readonly [key: string]: unknown };
  const areNumbers = (list: unknown, length: number): list is readonly number[] =>
    Array.isArray(list) && list.length === length && list.every((item) => isBounded(item));
  if (!isBounded(seen) || seen < 0 || isInverse !== (gamma === 1) || Object.keys(value).length !== 4) return false;
  if (!areNumbers(matrix, packedSize(dimension)) || !areNumbers(vector, dimension)) return false;
  for (let i = 0; i < dimension; i++) if (!(matrix[rowAt(i) + i]! > 0)) return false;
  return true;
}

/** Far above what lessons of weight 1 and length 1 come to, and far below where products overflow. */
const ENTRY_MAX = 1e12;
const isBounded = (item: unknown): item is number =>
  typeof item === "number" && item >= -ENTRY_MAX && item <= ENTRY_MAX && !Object.is(item, -0);
