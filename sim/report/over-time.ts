/**
 * Small plots over time, beside the timeline: the selector's regret, reputations and weights, messages and bytes, blocks
 * and rounds, and every series that the page does not know. Each shows the faults behind its lines.
 */

import type { AgentRow, RunResult } from "../model/result.ts";
import { faultMarks, scaled, TEXT, timeAxis, valueAxis } from "./axes.ts";
import { color, draw, seriesColor, seriesDash, textWidth } from "./chart.ts";
import type { FaultGroup } from "./faults.ts";
import { fixed, quantity, type Scale, scaleOf } from "./format.ts";
import { type Html, html, nothing } from "./html.ts";
import { type ReadLine, readout } from "./readout.ts";
import { bandOf, FAMILIES, familyOf, greatest, isStepped, type Line, linesOf, quantile, unitOf } from "./series.ts";

const SIZE = { width: 330, height: 158, left: 40, top: 8, bottom: 22 };

interface PlotSpec {
  readonly title: string;
  readonly lines: readonly (readonly [metric: string, label: string])[];
}

const PLOTS: readonly PlotSpec[] = [
  { title: "Regret against the oracle", lines: [["regret", "regret"]] },
  {
    title: "Jobs",
    lines: [
      ["jobs.submitted", "submitted"],
      ["jobs.certified", "certified"],
      ["jobs.running", "under way"],
    ],
  },
  {
    title: "Answers",
    lines: [
      ["accuracy", "results right"],
      ["wrongAccepted", "accepted wrong"],
    ],
  },
  {
    title: "Messages",
    lines: [
      ["framesPerSecond", "direct"],
      ["gossipPerSecond", "gossip"],
      ["duplicatesPerSecond", "duplicates"],
    ],
  },
  { title: "Bytes", lines: [["bytesPerSecond", ""]] },
  { title: "Blocks", lines: [["blocksPerSecond", ""]] },
  { title: "Blocks decided above round 0", lines: [["laterRounds", ""]] },
  {
    title: "Seats that went to somebody else",
    lines: [
      ["reassignedPerSecond", "reassigned"],
      ["timeoutsPerSecond", "timeouts"],
    ],
  },
];
/** In the timeline already. */
const ELSEWHERE = [
  "throughput",
  "completion",
  "tasks.completion",
  "taskLatencyMs.p50",
  "taskLatencyMs.p95",
  "agents.up",
];

interface DrawnLine {
  readonly label: string;
  readonly line: Line;
  readonly stroke: string;
  readonly dash: "solid" | number[];
  readonly width: number;
  readonly opacity: number;
  readonly isStep: boolean;
}

interface Plot {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly DrawnLine[];
  readonly note: string;
  readonly reads: readonly { readonly label: string; readonly line: Line }[];
}

function drawPlot(plot: Plot, groups: readonly FaultGroup[], endMs: number): Html {
  const values = plot.lines.flatMap(({ line }) => line.map(([, value]) => value)).sort((a, b) => a - b);
  const scale = scaleOf(plot.unit, quantile(values, 1));
  const least = Math.min(0, values[0]! * scale.factor);
  const most = quantile(values, 1) * scale.factor;
  const series = plot.lines.map(({ label, line, stroke, dash, width, opacity, isStep }, index) => ({
    type: "line",
    silent: true,
    ...(isStep ? { step: "end" } : {}),
    showSymbol: false,
    sampling: "lttb",
    ...(index === 0 ? faultMarks(groups, [], endMs) : {}),
    lineStyle: { color: stroke, width, type: dash, opacity },
    endLabel: { ...TEXT, color: color.ink, show: label !== "", distance: 4, formatter: () => label },
    labelLayout: { moveOverlap: "shiftY" },
    data: scaled(line, scale),
  }));
  const right = Math.max(16, 8 + greatest(plot.lines.map(({ label }) => textWidth(label))));
  const option = {
    grid: { left: SIZE.left, right, top: SIZE.top, bottom: SIZE.bottom, outerBoundsMode: "none" },
    xAxis: timeAxis(endMs, 6, true),
    yAxis: valueAxis(scale.unit === "%" && most > 50 ? 100 : most, 3, 0, least),
    series,
  };
  const drawn = draw({
    id: plot.id,
    title: plot.title,
    description: `Between ${quantity(values[0]!, plot.unit)} and ${quantity(values.at(-1)!, plot.unit)}.`,
    width: SIZE.width,
    height: SIZE.height,
    option,
    timeSpan: { left: SIZE.left, right: SIZE.width - right },
  });
  const reads: ReadLine[] = plot.reads.map(({ label, line }) => ({ label, line, scale }));
  return html`<figure class="plot small"><h3>${plot.title}${plot.title.toLowerCase() !== scale.unit && unitText(scale)}</h3>
${drawn}
${readout(reads, endMs)}
${plot.note !== "" && html`<figcaption>${plot.note}</figcaption>`}</figure>\n`;
}

const unitText = ({ unit }: Scale): Html => (unit === "" ? nothing : html`<span class="unit">, ${unit}</span>`);

// --- which plots --------------------------------------------------------------------------------------

function metricPlots(lines: ReadonlyMap<string, Line>): Plot[] {
  const known = new Set([...ELSEWHERE, ...PLOTS.flatMap((plot) => plot.lines.map(([metric]) => metric))]);
  const unknown = [...lines.keys()].filter((name) => !known.has(name) && !name.includes(":"));
  const specs: PlotSpec[] = [...PLOTS, ...unknown.map((name) => ({ title: name, lines: [[name, ""] as const] }))];
  return specs.flatMap((spec, index) => {
    const present = spec.lines.flatMap(([metric, label], row) => {
      const line = lines.get(metric);
      return line === undefined ? [] : [{ metric, label: spec.lines.length > 1 ? label : "", line, row }];
    });
    if (present.length === 0) return [];
    return {
      id: `over-time-${index}`,
      title: spec.title,
      unit: unitOf(present[0]!.metric),
      note: "",
      lines: present.map(({ metric, label, line, row }) => ({
        label,
        line,
        stroke: seriesColor(row),
        dash: seriesDash(row),
        width: 1.5,
        opacity: 1,
        isStep: isStepped(metric),
      })),
      reads: present.map(({ metric, line }) => ({ label: metric, line })),
    };
  });
}

/** Agents of one behaviour, in the order of the table of agents. */
function byBehaviour(family: ReadonlyMap<string, Line>, agents: readonly AgentRow[]): ReadonlyMap<string, Line[]> {
  const behaviours = new Map(agents.map(({ agent, behaviour }) => [agent, behaviour]));
  const groups = new Map<string, Line[]>();
  for (const [agent, line] of family) {
    const name = behaviours.get(agent) || "honest";
    groups.set(name, [...(groups.get(name) ?? []), line]);
  }
  return groups;
}

/** A family's lines are drawn singly up to this many; beyond, only each behaviour's median, and tenths. */
const LINES_MAX = 60;

function familyPlots(lines: ReadonlyMap<string, Line>, agents: readonly AgentRow[]): Plot[] {
  const prefixes = [...new Set([...lines.keys()].flatMap((name) => (name.includes(":") ? [name.split(":")[0]!] : [])))];
  return prefixes.map((prefix, plotIndex) => {
    const family = familyOf(lines, prefix);
    const groups = [...byBehaviour(family, agents)].sort(([a], [b]) => Number(b === "honest") - Number(a === "honest"));
    const isFew = family.size <= LINES_MAX;
    const drawn = groups.flatMap(([behaviour, members], index): DrawnLine[] => {
      const band = bandOf(members, 0.1, 0.9);
      const [stroke, dash] = [seriesColor(index), seriesDash(index)];
      const label = `${behaviour} (${fixed(members.length)})`;
      const thin = isFew ? members : [band.low, band.high];
      return [
        ...thin.map((line) => ({ label: "", line, stroke, dash, width: 0.75, opacity: 0.45, isStep: false })),
        { label, line: band.middle, stroke, dash, width: 2, opacity: 1, isStep: false },
      ];
    });
    const summary = FAMILIES.find(({ name }) => name === prefix)?.summary;
    return {
      id: `family-${plotIndex}`,
      title: prefix === "reputation" ? "Reputation" : prefix === "weight" ? "Answer weight" : prefix,
      unit: unitOf(prefix),
      note: `${summary === undefined ? "" : `${summary[0]!.toUpperCase()}${summary.slice(1)}. `}Thick: median of each behaviour; thin: ${isFew ? "each agent" : "its lowest and highest tenth"}.`,
      lines: drawn,
      reads: groups.map(([behaviour, members]) => ({ label: behaviour, line: bandOf(members, 0.1, 0.9).middle })),
    };
  });
}

/** All small plots, or nothing. */
export function overTime(
  result: Pick<RunResult, "series" | "agents" | "endedMs">,
  groups: readonly FaultGroup[],
): Html {
  const lines = linesOf(result);
  const plots = [...metricPlots(lines), ...familyPlots(lines, result.agents)].filter((plot) =>
    plot.lines.some(({ line }) => line.length > 0),
  );
  if (plots.length === 0) return nothing;
  const endMs = Math.max(result.endedMs, 1);
  return html`<div class="plots">\n${plots.map((plot) => drawPlot(plot, groups, endMs))}</div>`;
}
