/**
 * The transcendental functions that the project needs, computed with + - x / only, so that every engine gives the
 * same bits (the language leaves the accuracy of `Math.log` and `Math.exp` open). IEEE 754 makes `Math.sqrt`
 * exact, so it is used as it is.
 */

const { LN2, SQRT1_2, SQRT2 } = Math;

/** Natural logarithm of a positive finite number; -Infinity at 0, NaN below. Relative error < 1e-14. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  // x = m · 2^e with m in [1/√2, √2): scaling by powers of two is exact.
  let m = x;
  let e = 0;
  while (m >= SQRT2) {
    m /= 2;
    e++;
  }
  while (m < SQRT1_2) {
    m *= 2;
    e--;
  }
  // ln m = 2·artanh(s), s = (m-1)/(m+1), |s| <= 0.1716: 12 terms reach double precision.
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  let sum = 0;
  for (let k = 23; k >= 1; k -= 2) sum = sum * s2 + 1 / k;
  return 2 * s * sum + e * LN2;
}

/** e^x. Relative error < 1e-13 for |x| <= 700; Infinity above 709, 0 where the result would be subnormal (x < -709.4). */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709) return Number.POSITIVE_INFINITY;
  if (x < -745) return 0;
  // x = n·ln2 + r, |r| <= ln2/2; e^r by its series, then scaling by 2^n.
  const n = Math.round(x / LN2);
  const r = x - n * LN2;
  let sum = 1;
  for (let k = 18; k >= 1; k--) sum = 1 + (r / k) * sum;
  let scale = 1;
  for (let i = 0; i < Math.abs(n); i++) scale *= 2;
  return n >= 0 ? sum * scale : sum / scale;
}
