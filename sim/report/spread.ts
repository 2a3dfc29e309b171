/**
 * How an expectation's metric spreads over seeds: a dot a seed, the bound as a line, the side that fails shaded. Seeds
 * that fail are crosses with their numbers.
 */

import type { RunResult } from "../model/result.ts";
import { type Expectation, fulfils } from "../model/scenario.ts";
import { metricType } from "../run/metric-catalog.ts";
import { closeSpan, decimalsOfStep, TEXT } from "./axes.ts";
import { color, draw } from "./chart.ts";
import { bound, quantity, scaleOf, tick } from "./format.ts";
import { type Html, html, nothing } from "./html.ts";

const SIZE = { width: 330, height: 104, side: 20, top: 18, bottom: 26 };
const CROSS = "path://M0,1L1,0L5,4L9,0L10,1L6,5L10,9L9,10L5,6L1,10L0,9L4,5Z";

interface Dot {
  readonly seed: number;
  readonly value: number;
  readonly isGood: boolean;
}

interface Placed {
  readonly dot: Dot;
  /** From 0 at the bottom. */
  readonly row: number;
  /** Failed seeds of its pile, at the topmost. */
  readonly label: string;
}

/** Dots that would lie on one another are piled up. */
function piled(dots: readonly Dot[], x: (value: number) => number): readonly Placed[] {
  const piles = new Map<number, Dot[]>();
  for (const dot of [...dots].sort((a, b) => a.value - b.value || a.seed - b.seed)) {
    const cell = Math.round(x(dot.value) / 8);
    piles.set(cell, [...(piles.get(cell) ?? []), dot]);
  }
  return [...piles.values()].flatMap((pile) => {
    const failed = pile.filter(({ isGood }) => !isGood).map(({ seed }) => String(seed));
    const label = failed.length > 5 ? `${failed.length} seeds` : failed.join(", ");
    return pile.map((dot, row) => ({ dot, row, label: row === pile.length - 1 ? label : "" }));
  });
}

function drawSpread(expectation: Expectation, dots: readonly Dot[], index: number, unit: string): Html {
  const most = Math.max(Math.abs(expectation.bound), ...dots.map(({ value }) => Math.abs(value)));
  const scale = scaleOf(unit, most);
  const shown = (value: number): number => value * scale.factor;
  const axis = closeSpan([shown(expectation.bound), ...dots.map(({ value }) => shown(value))], scale.unit);
  const plotWidth = SIZE.width - 2 * SIZE.side;
  const rows = piled(dots, (value) => ((shown(value) - axis.min) / (axis.max - axis.min)) * plotWidth);
  const top = Math.max(4, ...rows.map(({ row }) => row + 1));
  const failsBelow = expectation.relation.startsWith(">");
  const decimals = decimalsOfStep(axis.step);
  const data = rows.map(({ dot, row, label }) => ({
    value: [shown(dot.value), row + 0.5],
    symbol: dot.isGood ? "circle" : CROSS,
    symbolSize: dot.isGood ? 7 : 8,
    itemStyle: { color: dot.isGood ? color.series[0] : color.fail, opacity: dot.isGood ? 0.75 : 1 },
    label: {
      ...TEXT,
      color: color.fail,
      show: label !== "",
      position: "top",
      distance: 2,
      formatter: () => label,
    },
  }));
  const shade =
    expectation.relation === "=="
      ? []
      : [
          [
            { xAxis: failsBelow ? axis.min : shown(expectation.bound) },
            { xAxis: failsBelow ? shown(expectation.bound) : axis.max },
          ],
        ];
  const option = {
    grid: { left: SIZE.side, right: SIZE.side, top: SIZE.top, bottom: SIZE.bottom, outerBoundsMode: "none" },
    xAxis: {
      type: "value",
      min: axis.min,
      max: axis.max,
      interval: axis.step,
      axisLine: { show: true, lineStyle: { color: color.soft }, onZero: false },
      axisTick: { show: true, length: 3, lineStyle: { color: color.soft } },
      splitLine: { show: false },
      axisLabel: { ...TEXT, margin: 6, formatter: (value: number) => tick(value, decimals), hideOverlap: true },
    },
    yAxis: { type: "value", show: false, min: 0, max: top },
    series: [
      {
        type: "scatter",
        silent: true,
        data,
        markArea: { silent: true, itemStyle: { color: color.band }, data: shade },
        markLine: {
          silent: true,
          symbol: "none",
          lineStyle: { color: color.ink, width: 1, type: "solid" },
          label: { show: false },
          data: [{ xAxis: shown(expectation.bound) }],
        },
      },
    ],
  };
  const failed = dots.filter(({ isGood }) => !isGood).length;
  const values = dots.map(({ value }) => value).sort((a, b) => a - b);
  const [least, greatestValue] = [quantity(values[0]!, unit), quantity(values.at(-1)!, unit)];
  const range = least === greatestValue ? `${least} on all seeds` : `${least} to ${greatestValue}`;
  return html`<figure class="plot small"><h3><code>${expectation.expression}</code>${scale.unit !== "" && html`<span class="unit">, in ${scale.unit}</span>`}</h3>
${draw({
  id: `spread-${index}`,
  title: `${expectation.metric} over ${dots.length} seeds`,
  description: `${range}; the bound is ${bound(expectation.bound, unit)}; ${failed} of ${dots.length} seeds fail.`,
  width: SIZE.width,
  height: SIZE.height,
  option,
})}
<figcaption>${range}${failed > 0 && `; ${failed} of ${dots.length} seeds fail`}</figcaption></figure>\n`;
}

/** Nothing for a single seed. */
export function spread(expectations: readonly Expectation[], results: readonly RunResult[]): Html {
  if (results.length < 2) return nothing;
  const added = results.flatMap(({ addedMetrics }) => addedMetrics);
  const plots = expectations.flatMap((expectation, index) => {
    const dots = results.flatMap(({ seed, metrics }): Dot[] => {
      const value = metrics[expectation.metric] ?? null;
      return value === null ? [] : [{ seed, value, isGood: fulfils(expectation, value) }];
    });
    return dots.length === 0
      ? []
      : [drawSpread(expectation, dots, index, metricType(expectation.metric, added)?.unit ?? "")];
  });
  if (plots.length === 0) return nothing;
  return html`<div class="plots">\n${plots}</div>
<p class="note">A dot is a seed, the upright line the bound; a cross, with its seed, lies on the failing side, which is shaded.</p>`;
}
