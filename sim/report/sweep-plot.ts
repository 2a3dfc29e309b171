/**
 * A metric over a sweep's grid: the first parameter across, a line for each value of the others, means with their 95 %
 * intervals, and the bounds that are expected. Lines differ by their dashes and their marks as well as by colour.
 */

import type { Value } from "../../protocol/wire/value.ts";
import type { Estimate } from "../model/result.ts";
import type { Expectation } from "../model/scenario.ts";
import { closeSpan, decimalsOfStep, roundScale, TEXT } from "./axes.ts";
import { color, draw, fitText, seriesColor, seriesDash } from "./chart.ts";
import { quantity, scaleOf, tick } from "./format.ts";
import { type Html, html, type Part, raw } from "./html.ts";
import { greatest } from "./series.ts";

const SIZE = { width: 330, height: 190, left: 46, right: 14, top: 10, bottom: 38 };

/** Marks of lines, the last three hollow: one more than there are colours, so that no two of forty-two are alike. */
type Shape = "circle" | "rect" | "triangle" | "diamond";
const SYMBOLS: readonly Shape[] = ["circle", "rect", "triangle", "diamond", "circle", "rect", "triangle"];
const isHollow = (index: number): boolean => index % SYMBOLS.length > 3;
/** The same for the legend, about 0, 0. */
const OUTLINES: { readonly [shape in Shape]: string } = {
  circle: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z",
  rect: "M-3 -3H3V3H-3Z",
  triangle: "M0 -3.5L3.5 3H-3.5Z",
  diamond: "M0 -4L4 0L0 4L-4 0Z",
};
const symbolOf = (index: number): Shape => SYMBOLS[index % SYMBOLS.length]!;

/** If the last number is at least this many times the first, an even axis would crowd the others on its left. */
const LOGARITHMIC_FROM = 50;

/** What a plot takes of a point. */
interface Figures {
  readonly metrics: { readonly [name: string]: Estimate };
}

export interface SweepGrid<S extends Figures = Figures> {
  readonly xName: string;
  readonly xLabels: readonly string[];
  /** Places across: the values where all are numbers, or their logarithms, else their numbers in order. */
  readonly xValues: readonly number[];
  readonly isNumeric: boolean;
  readonly isLogarithmic: boolean;
  /** Names of the other parameters. */
  readonly lineName: string;
  /** In the order of the points; a summary for each place across, undefined where none was run. */
  readonly lines: readonly { readonly label: string; readonly summaries: readonly (S | undefined)[] }[];
}

interface Point<S> {
  readonly params: ReadonlyMap<string, Value>;
  readonly summary: S;
}

export function gridOf<S extends Figures>(
  points: readonly Point<S>[],
  text: (value: Value | undefined) => string,
): SweepGrid<S> {
  const [xName = "", ...others] = [...(points[0]?.params.keys() ?? [])];
  const labelOf = ({ params }: Point<S>): string =>
    others.map((name) => (others.length > 1 ? `${name} ${text(params.get(name))}` : text(params.get(name)))).join(", ");
  const isNumeric = points.every(({ params }) => typeof params.get(xName) === "number");
  const raws = new Map(points.map(({ params }) => [text(params.get(xName)), params.get(xName)]));
  const xLabels = [...raws.keys()];
  if (isNumeric) xLabels.sort((a, b) => Number(a) - Number(b));
  const values = xLabels.map(Number);
  const isLogarithmic = isNumeric && values[0]! > 0 && values.at(-1)! >= LOGARITHMIC_FROM * values[0]!;
  const byLabel = new Map<string, Map<string, S>>();
  for (const point of points) {
    const line = byLabel.get(labelOf(point)) ?? new Map<string, S>();
    byLabel.set(labelOf(point), line.set(text(point.params.get(xName)), point.summary));
  }
  return {
    xName,
    xLabels,
    xValues: values.map((value, index) => (isLogarithmic ? Math.log10(value) : isNumeric ? value : index)),
    isNumeric,
    isLogarithmic,
    lineName: others.join(", "),
    lines: [...byLabel].map(([label, line]) => ({ label, summaries: xLabels.map((x) => line.get(x)) })),
  };
}

/** A line's look, for the legend. */
function swatch(index: number, { isNumeric }: SweepGrid): Html {
  const dash = seriesDash(index);
  const dashes = dash === "solid" ? "" : ` stroke-dasharray="${dash.join(" ")}"`;
  const stroke = seriesColor(index);
  const line = isNumeric ? `<path d="M0 5H36" stroke="${stroke}" stroke-width="1.5"${dashes}/>` : "";
  const fill = isHollow(index) ? color.paper : stroke;
  const mark = `<path d="${OUTLINES[symbolOf(index)]}" transform="translate(18 5)" fill="${fill}" stroke="${stroke}"/>`;
  return raw(`<svg class="swatch" viewBox="0 0 36 10" width="36" height="10" aria-hidden="true">${line}${mark}</svg>`);
}

/** What stands across, for the note above the plots. */
export const acrossOf = ({ xName, isLogarithmic }: SweepGrid): Html =>
  html`Across: <code>${xName}</code>${isLogarithmic && ", by its logarithm"}.`;

/** Which line is which; nothing where there is one. */
export function legend(grid: SweepGrid): Part {
  if (grid.lines.length < 2) return "";
  return html`<p class="note legend"><span>${grid.lineName}:</span> ${grid.lines.map(
    ({ label }, index) => html`<span class="key">${swatch(index, grid)}${label}</span> `,
  )}</p>`;
}

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): [number, number];
}

/** An interval: an upright line with feet. */
function whisker(stroke: string): (params: unknown, api: RenderApi) => object {
  return (_, api) => {
    const [x, low] = api.coord([api.value(0), api.value(1)]);
    const [, high] = api.coord([api.value(0), api.value(2)]);
    const line = (x1: number, y1: number, x2: number, y2: number): object => ({
      type: "line",
      silent: true,
      shape: { x1, y1, x2, y2 },
      style: { stroke, lineWidth: 1 },
    });
    return {
      type: "group",
      children: [line(x, low, x, high), line(x - 3, low, x + 3, low), line(x - 3, high, x + 3, high)],
    };
  };
}

interface Drawn {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

function lineSeries(drawn: readonly Drawn[], index: number, isJoined: boolean): object[] {
  const stroke = seriesColor(index);
  return [
    {
      type: "custom",
      silent: true,
      renderItem: whisker(stroke),
      data: drawn.filter(({ low, high }) => high > low).map(({ x, low, high }) => [x, low, high]),
      encode: { x: 0, y: [1, 2] },
      z: 2,
    },
    {
      type: "line",
      silent: true,
      symbol: symbolOf(index),
      symbolSize: 6,
      showSymbol: true,
      showAllSymbol: true,
      lineStyle: { color: stroke, width: isJoined ? 1.5 : 0, type: seriesDash(index) },
      itemStyle: { color: isHollow(index) ? color.paper : stroke, borderColor: stroke, borderWidth: 1 },
      data: drawn.map(({ x, mean }) => [x, mean]),
      z: 3,
    },
  ];
}

/** Ticks where points were run. */
function xAxis({ xValues, xLabels, isNumeric, xName }: SweepGrid): object {
  const [first, last] = [xValues[0] ?? 0, xValues.at(-1) ?? 0];
  const pad = isNumeric ? (last - first) * 0.04 || 1 : 0.5;
  const room = (SIZE.width - SIZE.left - SIZE.right) / Math.max(1, xLabels.length);
  return {
    type: "value",
    min: first - pad,
    max: last + pad,
    axisLine: { show: true, lineStyle: { color: color.soft }, onZero: false },
    axisTick: { show: isNumeric, length: 3, lineStyle: { color: color.soft }, customValues: xValues },
    splitLine: { show: false },
    axisLabel: {
      ...TEXT,
      margin: 5,
      hideOverlap: true,
      customValues: xValues,
      formatter: (value: number) => {
        const label = xLabels[xValues.indexOf(value)] ?? "";
        return isNumeric ? label : fitText(label, Math.max(24, room));
      },
    },
    name: fitText(xName, SIZE.width - SIZE.left - SIZE.right),
    nameLocation: "middle",
    nameGap: 20,
    nameTextStyle: TEXT,
  };
}

/** Between places without an order nothing is drawn; there, the lines' points stand beside one another. */
const besideOf = ({ isNumeric, lines }: SweepGrid, index: number): number =>
  isNumeric ? 0 : (index - (lines.length - 1) / 2) * Math.min(0.12, 0.6 / lines.length);

/** The points of one line. */
function drawnOf(grid: SweepGrid, row: number, metric: string, factor: number): Drawn[] {
  return grid.lines[row]!.summaries.flatMap((summary, place): Drawn[] => {
    const estimate = summary?.metrics[metric];
    if (estimate === undefined) return [];
    const [low, high] = estimate.ci95 ?? [estimate.mean, estimate.mean];
    const x = grid.xValues[place]! + besideOf(grid, row);
    return [{ x, mean: estimate.mean * factor, low: low * factor, high: high * factor }];
  });
}

export function sweepPlot(
  grid: SweepGrid,
  metric: string,
  expectations: readonly Expectation[],
  index: number,
  unit: string,
): Html {
  const estimates = grid.lines.flatMap(({ summaries }) =>
    summaries.flatMap((summary) => summary?.metrics[metric] ?? []),
  );
  const ends = ({ mean, ci95 }: Estimate): readonly number[] => ci95 ?? [mean];
  const bounds = expectations.map(({ bound }) => bound);
  const values = [...estimates.flatMap(ends), ...bounds];
  const scale = scaleOf(unit, greatest(values.map(Math.abs)));
  const shown = (value: number): number => value * scale.factor;
  const lines = grid.lines.map((_, row) => drawnOf(grid, row, metric, scale.factor));
  const least = values.reduce((a, b) => Math.min(a, b));
  // From 0 unless that would flatten the lines.
  const isClose = least < 0 || least > 0.6 * greatest(values);
  const top = roundScale(shown(greatest(values)), 4);
  const span = isClose
    ? closeSpan(values.map(shown), scale.unit)
    : { min: 0, max: scale.unit === "%" ? Math.min(100, top.max) : top.max, step: top.step };
  const decimals = decimalsOfStep(span.step);
  const marks = {
    silent: true,
    symbol: "none",
    label: { show: false },
    lineStyle: { color: color.ink, width: 1, type: [5, 3] },
    data: bounds.map((bound) => ({ yAxis: shown(bound) })),
  };
  const option = {
    grid: { left: SIZE.left, right: SIZE.right, top: SIZE.top, bottom: SIZE.bottom, outerBoundsMode: "none" },
    xAxis: xAxis(grid),
    yAxis: {
      type: "value",
      min: span.min,
      max: span.max,
      interval: span.step,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: true, lineStyle: { color: color.rule } },
      axisLabel: { ...TEXT, margin: 6, formatter: (value: number) => tick(value, decimals) },
    },
    series: [
      ...lines.flatMap((line, row) => lineSeries(line, row, grid.isNumeric)),
      { type: "line", data: [], silent: true, markLine: marks },
    ],
  };
  const means = estimates.map(({ mean }) => mean).sort((a, b) => a - b);
  const range = `${quantity(means[0]!, unit)} to ${quantity(means.at(-1)!, unit)}`;
  return html`<figure class="plot small"><h3>${metric}${scale.unit !== "" && html`<span class="unit">, ${scale.unit}</span>`}</h3>
${draw({
  id: `sweep-${index}`,
  title: `${metric} by ${grid.xName}`,
  description: `Means from ${range}.`,
  width: SIZE.width,
  height: SIZE.height,
  option,
})}${isClose && least > 0 && html`<figcaption>The axis does not begin at 0.</figcaption>`}</figure>\n`;
}
