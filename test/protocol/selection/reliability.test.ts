/** Brier scores and reliability curves of binned statements, against sums over single answers. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binOf } from "../../../protocol/answer/calibration.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { StatedAnswers } from "../../../protocol/selection/knowledge.ts";
import { reliabilityOf } from "../../../protocol/selection/reliability.ts";
import { runs } from "../../support/runs.ts";

interface Answer {
  readonly stated: number;
  readonly isRight: boolean;
}

function binned(answers: readonly Answer[]): StatedAnswers[] {
  const bins = Array.from({ length: limits.confidenceBins }, () => ({ accepted: 0, rejected: 0, stated: 0 }));
  for (const { stated, isRight } of answers) {
    const bin = bins[binOf(stated * 1_000_000)]!;
    if (isRight) bin.accepted++;
    else bin.rejected++;
    bin.stated += stated;
  }
  return bins;
}

const of = (answers: readonly Answer[]) => reliabilityOf(binned(answers));
const times = (count: number, stated: number, right: number): Answer[] =>
  Array.from({ length: count }, (_, i) => ({ stated, isRight: i < right }));

describe("reliability", () => {
  test("nothing is known without statements", () => {
    expect(reliabilityOf(undefined)).toBeNull();
    expect(reliabilityOf([])).toBeNull();
    expect(of([])).toBeNull();
    expect(reliabilityOf([{ accepted: 0.001, rejected: 0, stated: 0.001 }])).toBeNull();
  });

  test.each<[string, Answer[], number, number]>([
    ["always right and certain", times(5, 1, 5), 0, 0],
    ["certain and wrong half of the time", times(10, 1, 5), 0.5, 0.5],
    ["one half, whatever comes", times(10, 0.5, 7), 0.25, 0.2],
    ["0.8, and right as often", times(10, 0.8, 8), 0.16, 0],
    ["a liar", times(4, 1, 0), 1, 1],
    ["two bins", [...times(10, 0.9, 9), ...times(10, 0.2, 0)], (0.9 * 0.1 + 0.04) / 2, 0.1],
  ])("%s: the score and the calibration error", (_, answers, brier, error) => {
    const found = of(answers)!;
    expect(found.answers).toBe(answers.length);
    expect(found.brier).toBeCloseTo(brier, 12);
    expect(found.calibrationError).toBeCloseTo(error, 12);
  });

  test("the curve has the bins with answers, by rising confidence", () => {
    const { curve } = of([...times(4, 0.98, 1), ...times(2, 0.75, 2)])!;
    expect(curve).toEqual([
      { from: 0.7, to: 0.8, answers: 2, statedMean: 0.75, acceptedShare: 1 },
      { from: 0.97, to: 1, answers: 4, statedMean: 0.98, acceptedShare: 0.25 },
    ]);
  });

  test("the score is that of the single answers, each stated with the mean of its bin", () => {
    const answer = fc.record({
      stated: fc.integer({ min: 0, max: 1_000 }).map((n) => n / 1_000),
      isRight: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 60 }), (answers) => {
        const { brier, calibrationError, curve } = of(answers)!;
        const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
        const meanOf = ({ stated }: Answer): number =>
          mean(answers.filter((one) => binOf(one.stated * 1e6) === binOf(stated * 1e6)).map((one) => one.stated));
        const outcome = ({ isRight }: Answer): number => (isRight ? 1 : 0);
        expect(brier).toBeCloseTo(mean(answers.map((one) => (meanOf(one) - outcome(one)) ** 2)), 9);
        expect(calibrationError).toBeGreaterThanOrEqual(0);
        expect(calibrationError * calibrationError).toBeLessThanOrEqual(brier + 1e-9);
        for (const { from, to, statedMean } of curve) {
          expect(statedMean).toBeGreaterThanOrEqual(from - 1e-9);
          expect(statedMean).toBeLessThanOrEqual(to + 1e-9);
        }
      }),
      { numRuns: runs(500) },
    );
  });
});
