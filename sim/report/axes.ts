/**
 * Axes and marks that all plots over time share: the same span, ticks at round times, faults as bands and lines.
 */

import { color } from "./chart.ts";
import type { FaultGroup } from "./faults.ts";
import { clock, fixed, type Scale, tick } from "./format.ts";

/** The style of all text in plots. */
export const TEXT = { fontFamily: "inherit", fontSize: 11, color: color.soft };

const SECOND_STEPS = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800,
];

/** Distance of ticks, ms, so that there are at most about `ticks` of them. */
function timeStep(endMs: number, ticks: number): number {
  const steps = [0.001, 0.01, 0.1, ...SECOND_STEPS].map((seconds) => seconds * 1_000);
  return steps.find((step) => endMs / step <= ticks) ?? steps.at(-1)!;
}

/** Text of a tick: seconds, the last one with its unit, or `3:20` in runs of 3 minutes and more. */
function timeLabel(ms: number, step: number, endMs: number): string {
  if (endMs >= 180_000) return clock(ms);
  const text = fixed(ms / 1_000, decimalsOfStep(step / 1_000));
  return ms + step > endMs ? `${text}\u00a0s` : text;
}

/** Upper end and distance of ticks of an axis from 0: a round number at or above `max`, in at most `ticks` steps. */
export function roundScale(max: number, ticks: number): { readonly max: number; readonly step: number } {
  if (!(max > 0)) return { max: 1, step: 1 };
  let power = 1;
  while (power * 10 <= max) power *= 10;
  while (power > max) power /= 10;
  const steps = [0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10].map((factor) => factor * power);
  const step = steps.find((candidate) => Math.ceil(max / candidate - 1e-9) <= ticks) ?? power * 10;
  return { max: Math.ceil(max / step - 1e-9) * step, step };
}

export interface Span {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** Ends of an axis that need not begin at 0: round, with all values within. */
export function closeSpan(values: readonly number[], unit: string, ticks = 4): Span {
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  const width = most - least || Math.abs(most) * 0.1 || 1;
  const { step } = roundScale(width * 1.1, ticks);
  const min = Math.floor((least - width * 0.06) / step) * step;
  const max = Math.ceil((most + width * 0.06) / step) * step;
  const isWhole = unit === "%" && most <= 100;
  return { min: least >= 0 ? Math.max(0, min) : min, max: isWhole ? Math.min(100, max) : max, step };
}

/** Decimals that ticks at this distance need. */
export function decimalsOfStep(step: number): number {
  let decimals = 0;
  while (decimals < 6 && Math.abs(Number(step.toFixed(decimals)) - step) > step * 1e-6) decimals++;
  return decimals;
}

/** An axis of time, from 0 to the end of the run, ms. */
export function timeAxis(endMs: number, ticks: number, isLabelled: boolean, gridIndex = 0): object {
  const step = timeStep(endMs, ticks);
  return {
    type: "value",
    gridIndex,
    min: 0,
    max: endMs,
    interval: step,
    axisLine: { show: true, lineStyle: { color: color.rule }, onZero: false },
    axisTick: { show: isLabelled, length: 3, lineStyle: { color: color.rule } },
    splitLine: { show: false },
    axisLabel: {
      ...TEXT,
      show: isLabelled,
      showMaxLabel: endMs % step === 0,
      margin: 6,
      formatter: (ms: number) => timeLabel(ms, step, endMs),
    },
  };
}

/** An axis of values; `max` is in shown units. */
export function valueAxis(max: number, ticks: number, gridIndex = 0, min = 0): object {
  const round = roundScale(max, ticks);
  const decimals = decimalsOfStep(round.step);
  return {
    type: "value",
    gridIndex,
    min,
    max: round.max,
    interval: round.step,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: color.rule } },
    axisLabel: { ...TEXT, margin: 6, formatter: (value: number) => tick(value, decimals) },
  };
}

/** Bands and lines of faults and violations behind a plot's first series. */
export function faultMarks(groups: readonly FaultGroup[], violationsMs: readonly number[], endMs: number): object {
  const spans = groups.flatMap((group) => group.spans);
  const areas = spans.flatMap(({ atMs, untilMs }) =>
    untilMs === null ? [] : [[{ xAxis: atMs }, { xAxis: Math.min(untilMs, endMs) }]],
  );
  const at = (xAxis: number, lineStyle: object): object => ({ xAxis, lineStyle, label: { show: false } });
  const faultLine = { color: color.soft, width: 1, type: [3, 3] };
  const lines = [
    ...spans.filter(({ untilMs }) => untilMs === null).map(({ atMs }) => at(atMs, faultLine)),
    ...violationsMs.map((atMs) => at(atMs, { color: color.fail, width: 1.5, type: "solid" })),
  ];
  return {
    markArea: { silent: true, itemStyle: { color: color.band, borderWidth: 0 }, data: areas },
    markLine: { silent: true, symbol: "none", data: lines },
  };
}

export const scaled = (line: readonly (readonly [number, number])[], scale: Scale): [number, number][] =>
  line.map(([tMs, value]) => [tMs, value * scale.factor]);
