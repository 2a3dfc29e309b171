/**
 * The timeline: faults in lanes above throughput, completion, latency and agents that are up, all on one axis of time.
 * Drawn twice, for wide and for narrow screens. It shows one run, with the other seeds of the same scenario as a band behind it.
 */

import type { RunResult } from "../model/result.ts";
import { faultMarks, scaled, TEXT, timeAxis, valueAxis } from "./axes.ts";
import { color, draw, fitText, seriesColor, seriesDash, textWidth } from "./chart.ts";
import type { FaultGroup } from "./faults.ts";
import { counted, duration, quantity, type Scale, scaleOf } from "./format.ts";
import { type Html, html, nothing } from "./html.ts";
import { readout } from "./readout.ts";
import { bandOf, greatest, isStepped, type Line, linesOf, quantile, unitOf } from "./series.ts";

interface PanelSpec {
  readonly title: string;
  readonly metrics: readonly string[];
  /** At the end of each line. */
  readonly labels: readonly string[];
  /** A simulated run that lacks it says so. */
  readonly isExpected: boolean;
}

/** A run shows the panels that it has metrics for. A simulated run counts jobs; a run of real nodes counts the tasks of its job. */
const PANELS: readonly PanelSpec[] = [
  { title: "Throughput", metrics: ["throughput"], labels: [""], isExpected: true },
  { title: "Completion, certified of submitted jobs", metrics: ["completion"], labels: [""], isExpected: true },
  { title: "Completion, accepted of known tasks", metrics: ["tasks.completion"], labels: [""], isExpected: false },
  { title: "Latency", metrics: ["taskLatencyMs.p50", "taskLatencyMs.p95"], labels: ["p50", "p95"], isExpected: true },
  { title: "Agents that are up", metrics: ["agents.up"], labels: [""], isExpected: false },
];

interface Panel extends PanelSpec {
  readonly scale: Scale;
  readonly lines: readonly Line[];
  /** Lowest and highest value of the first metric over all runs. */
  readonly spread: { readonly low: Line; readonly high: Line } | null;
}

/** What the timeline shows of a run. */
type DrawnRun = Pick<RunResult, "series" | "timeline" | "endedMs" | "driver" | "seed">;

function panelsOf(result: DrawnRun, results: readonly DrawnRun[]): readonly Panel[] {
  const lines = linesOf(result);
  const all = results.length > 1 ? results.map(linesOf) : [];
  return PANELS.flatMap((spec) => {
    const present = spec.metrics.flatMap((metric, index) => {
      const line = lines.get(metric);
      return line === undefined ? [] : [{ metric, line, label: spec.labels[index]! }];
    });
    if (present.length === 0) return [];
    const values = present.flatMap(({ line }) => line.map(([, value]) => value)).sort((a, b) => a - b);
    const runs = all.flatMap((run) => (run.has(present[0]!.metric) ? [run.get(present[0]!.metric)!] : []));
    return [
      {
        ...spec,
        metrics: present.map(({ metric }) => metric),
        labels: present.map(({ label }) => label),
        lines: present.map(({ line }) => line),
        scale: scaleOf(unitOf(present[0]!.metric), quantile(values, 1)),
        spread: runs.length > 1 ? bandOf(runs, 0, 1) : null,
      },
    ];
  });
}

// --- layout -------------------------------------------------------------------------------------------

interface Layout {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly panelHeight: number;
  readonly ticks: number;
  /** Faults' texts in their lanes, or their numbers only. */
  readonly isVerbose: boolean;
}

const WIDE: Layout = { width: 960, left: 48, right: 40, panelHeight: 92, ticks: 14, isVerbose: true };
const NARROW: Layout = { width: 343, left: 38, right: 30, panelHeight: 78, ticks: 6, isVerbose: false };

const LANE = 18;
const LANES_MAX = 12;
/** Above a panel, for its title. */
const TITLE = 36;
const FOOT = 24;

/** One fault's lane: bars and moments, its number and what it is. */
function laneShapes(group: FaultGroup, lane: number, layout: Layout, endMs: number): object[] {
  const { left, width, right, isVerbose } = layout;
  const plotRight = width - right;
  const x = (ms: number): number => left + (Math.min(ms, endMs) / endMs) * (plotRight - left);
  const y = lane * LANE + 2;
  const bars = group.spans.map(({ atMs, untilMs }) => ({
    type: "rect",
    silent: true,
    shape: {
      x: x(atMs) - (untilMs === null ? 1.5 : 0),
      y: y + 2,
      width: untilMs === null ? 3 : Math.max(3, x(untilMs) - x(atMs)),
      height: LANE - 6,
    },
    style: { fill: color.band, stroke: color.soft, lineWidth: 1 },
  }));
  // When it happens shows in the plot.
  const what = group.text.replace(/^(?:at: [^,{]+|between: \[[^\]]*\]), /, "");
  const text = isVerbose ? `${group.number}  ${what}` : `${group.number}`;
  const last = group.spans.at(-1)!;
  const [begin, end] = [x(group.spans[0]!.atMs), x(last.untilMs ?? last.atMs)];
  const [roomLeft, roomRight] = [begin - left - 10, plotRight + right - end - 10];
  const isRight = textWidth(text) <= roomRight || roomRight >= roomLeft;
  const label = {
    type: "text",
    silent: true,
    x: isRight ? end + 6 : begin - 6,
    y: y + LANE / 2 - 1,
    style: {
      ...TEXT,
      fill: color.ink,
      text: fitText(text, isRight ? roomRight : roomLeft) || `${group.number}`,
      align: isRight ? "left" : "right",
      verticalAlign: "middle",
    },
  };
  return [...bars, label];
}

function panelSeries(panel: Panel, index: number, marks: object): object[] {
  const base = {
    type: "line",
    xAxisIndex: index,
    yAxisIndex: index,
    showSymbol: false,
    silent: true,
    ...(isStepped(panel.metrics[0]!) ? { step: "end" } : {}),
    sampling: "lttb",
  };
  const band = panel.spread;
  const low = band === null ? [] : scaled(band.low, panel.scale);
  const spread =
    band === null
      ? []
      : [
          { ...base, sampling: undefined, stack: `s${index}`, lineStyle: { opacity: 0 }, data: low },
          {
            ...base,
            sampling: undefined,
            stack: `s${index}`,
            lineStyle: { opacity: 0 },
            areaStyle: { color: seriesColor(0), opacity: 0.16 },
            data: scaled(band.high, panel.scale).map(([tMs, value], row) => [tMs, value - low[row]![1]]),
          },
        ];
  const lines = panel.lines.map((line, row) => ({
    ...base,
    ...(row === 0 ? marks : {}),
    lineStyle: { color: seriesColor(0), width: 1.5, type: seriesDash(row) },
    endLabel: {
      ...TEXT,
      color: color.ink,
      show: panel.labels[row] !== "",
      distance: 4,
      formatter: () => panel.labels[row],
    },
    labelLayout: { moveOverlap: "shiftY" },
    data: scaled(line, panel.scale),
  }));
  return [...spread, ...lines];
}

function drawTimeline(panels: readonly Panel[], groups: readonly FaultGroup[], result: DrawnRun, layout: Layout): Html {
  const endMs = Math.max(result.endedMs, 1);
  const violations = result.timeline.filter(({ kind }) => kind === "violation").map(({ atMs }) => atMs);
  const shownGroups = groups.slice(0, LANES_MAX);
  const lanes = shownGroups.length * LANE + (shownGroups.length > 0 ? 4 : 0);
  const top = (index: number): number => lanes + TITLE + index * (layout.panelHeight + TITLE);
  // Without a series there is an axis below the lanes all the same.
  const bare = { left: layout.left, right: layout.right, top: lanes, height: 1, outerBoundsMode: "none" };
  const height = (panels.length > 0 ? top(panels.length - 1) + layout.panelHeight : lanes + 1) + FOOT;
  const marks = faultMarks(groups, violations, endMs);
  const isLast = (index: number): boolean => index === panels.length - 1;
  const option = {
    grid:
      panels.length === 0 ? bare : panels.map((_, index) => ({ ...bare, top: top(index), height: layout.panelHeight })),
    title: panels.map((panel, index) => ({
      text: panel.scale.unit === "agents" ? panel.title : `${panel.title}, ${panel.scale.unit}`,
      left: 0,
      top: top(index) - TITLE + 13,
      padding: 0,
      textStyle: { ...TEXT, fontSize: 12, fontWeight: 600, color: color.ink },
    })),
    xAxis:
      panels.length === 0
        ? timeAxis(endMs, layout.ticks, true)
        : panels.map((_, index) => timeAxis(endMs, layout.ticks, isLast(index), index)),
    yAxis:
      panels.length === 0
        ? { show: false }
        : panels.map((panel, index) => {
            const lines = [...panel.lines, ...(panel.spread === null ? [] : [panel.spread.high])];
            const most = greatest(lines.flatMap((line) => line.map(([, value]) => value))) * panel.scale.factor;
            return panel.scale.unit === "%" ? valueAxis(100, 2, index) : valueAxis(most, 3, index);
          }),
    series:
      panels.length === 0
        ? [{ type: "line", data: [] }]
        : panels.flatMap((panel, index) => panelSeries(panel, index, marks)),
    graphic: shownGroups.flatMap((group, lane) => laneShapes(group, lane, layout, endMs)),
  };
  const name = layout.isVerbose ? "wide" : "narrow";
  return draw({
    id: `timeline-${name}`,
    title: "Timeline of the run",
    description: describe(panels, groups, result),
    width: layout.width,
    height,
    option,
    className: name,
    timeSpan: { left: layout.left, right: layout.width - layout.right },
  });
}

function describe(panels: readonly Panel[], groups: readonly FaultGroup[], result: DrawnRun): string {
  const lines = panels.flatMap((panel) =>
    panel.lines.map((line, row) => {
      const values = line.map(([, value]) => value).sort((a, b) => a - b);
      const unit = unitOf(panel.metrics[row]!);
      return `${panel.metrics[row]} between ${quantity(values[0]!, unit)} and ${quantity(values.at(-1)!, unit)}`;
    }),
  );
  const time = result.driver === "virtual" ? "virtual time" : "real time";
  return `${duration(result.endedMs)} of ${time}, ${counted(groups.length, "fault")}. ${lines.join("; ")}.`;
}

/** Nothing where there is neither a series nor a fault to draw. */
export function timeline(result: DrawnRun, results: readonly DrawnRun[], groups: readonly FaultGroup[]): Html {
  const panels = panelsOf(result, results);
  if (panels.length === 0 && groups.length === 0) return nothing;
  const isVirtual = result.driver === "virtual";
  const missing = PANELS.filter(
    ({ title, isExpected }) => isVirtual && isExpected && !panels.some((panel) => panel.title === title),
  );
  const reads = panels.flatMap(({ metrics, lines, scale }) =>
    lines.map((line, index) => ({ label: metrics[index]!, line, scale })),
  );
  const hasBand = panels.some(({ spread }) => spread !== null);
  return html`<figure class="plot">
${[WIDE, NARROW].map((layout) => drawTimeline(panels, groups, result, layout))}
${reads.length > 0 && readout(reads, Math.max(result.endedMs, 1))}
<figcaption>${isVirtual ? html`Time is virtual. Seed ${result.seed}` : "Time is real, from the job’s submission"}${hasBand && html`; shaded, from the least to the greatest of all ${results.length} seeds`}.
${(isVirtual || groups.length > 0) && "Grey bands and dashed lines are faults, numbered as below; where a solid red line stands, an invariant broke."}
${panels.length > 0 && missing.length > 0 && html`No series recorded: ${missing.map(({ title }) => title.split(",")[0]).join(", ")}.`}</figcaption>
</figure>`;
}
