/**
 * The message diagram: who sent what to whom around a moment. Time runs down; each row says when, who, to whom and what,
 * and its arrows go to the receivers' lines where the messages arrived, or end in a cross where they were lost.
 *
 * Rows are as high as their text needs, so distances down are no measure of time; the order of all sendings and
 * arrivals is the true one.
 */

import type { MessageRow } from "../model/result.ts";
import { fitText, openSvg, seriesColor, textWidth } from "./chart.ts";
import { type Arrow, diagramRows, type Limits, type Mark, OTHERS, type SendRow } from "./diagram-rows.ts";
import { counted, fixed, preciseMoment } from "./format.ts";
import { escapeText, type Html, html, nothing, raw } from "./html.ts";

const LIMITS: Limits = { agents: 12, messages: 200 };

const ROW = 16;
const ARRIVAL = 4;
/** A silence at least this long is written down. */
const GAP_MS = 250;
const GAP = 14;
const HEAD = 28;
const TIME_X = 0;
const WHO_X = 66;
const WHAT_X = 196;
const LANES_X = 430;
const WIDTH = 960;

interface Placed {
  readonly y: number;
  readonly row: ReturnType<typeof diagramRows>["rows"][number];
}

interface Layout {
  readonly placed: readonly Placed[];
  readonly gaps: readonly { readonly y: number; readonly ms: number }[];
  readonly arrivalY: ReadonlyMap<number, number>;
  readonly height: number;
}

/** Everything that happens gets its height in the order in which it happens; arrivals before what they cause. */
function place(rows: readonly Placed["row"][]): Layout {
  const arrivals = rows.flatMap((row) =>
    row.type === "send" ? row.arrows.flatMap(({ arrivedMs }) => arrivedMs ?? []) : [],
  );
  const events = [
    ...[...new Set(arrivals)].map((atMs) => ({ atMs, row: null })),
    ...rows.map((row) => ({ atMs: row.atMs, row })),
  ].sort((a, b) => a.atMs - b.atMs || Number(a.row !== null) - Number(b.row !== null));
  const placed: Placed[] = [];
  const gaps: { y: number; ms: number }[] = [];
  const arrivalY = new Map<number, number>();
  let y = HEAD;
  let previous = events[0]?.atMs ?? 0;
  for (const { atMs, row } of events) {
    if (atMs - previous >= GAP_MS) {
      gaps.push({ y: y + GAP / 2 + 2, ms: atMs - previous });
      y += GAP + 4;
    }
    previous = atMs;
    y += row === null ? ARRIVAL : row.type === "mark" ? ROW + 6 : ROW;
    if (row === null) arrivalY.set(atMs, y);
    else placed.push({ y, row });
    if (row?.type === "mark") y += 6;
  }
  return { placed, gaps, arrivalY, height: y + HEAD };
}

const text = (x: number, y: number, content: string, className = "", anchor = "start"): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}"${className && ` class="${className}"`}>${escapeText(content)}</text>`;

const n = (value: number): string => String(Number(value.toFixed(1)));

/** From one line to another, with a head; a lost message ends in a cross on its way. */
function arrowPath(x1: number, y1: number, x2: number, y2: number, isLost: boolean, stroke: string): string {
  const line = (toX: number, toY: number): string =>
    `<path d="M${n(x1)} ${n(y1)}L${n(toX)} ${n(toY)}" stroke="${stroke}"${isLost ? ' stroke-dasharray="3 3"' : ""}/>`;
  if (isLost) {
    const [x, y] = [x1 + (x2 - x1) * 0.6, y1 + 6];
    const cross = `M${n(x - 3)} ${n(y - 3)}l6 6m0 -6l-6 6`;
    return `${line(x, y)}<path d="${cross}" class="lost"/>`;
  }
  const length = Math.sqrt((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)) || 1;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - ux * 7, y2 - uy * 7];
  const head = `M${n(x2)} ${n(y2)}L${n(bx - uy * 3)} ${n(by + ux * 3)}L${n(bx + uy * 3)} ${n(by - ux * 3)}Z`;
  return `${line(bx, by)}<path d="${head}" fill="${stroke}" stroke="none"/>`;
}

function sendMarkup(row: SendRow, y: number, layout: Layout, x: (name: string) => number, stroke: string): string {
  const to = [...new Set(row.arrows.map((sent) => sent.to))];
  const lost = row.arrows.filter(({ arrivedMs }) => arrivedMs === null).length;
  const who = fitText(
    `${row.from} \u2192 ${to.length > 3 ? `${to.length} agents` : to.join(", ")}`,
    WHAT_X - WHO_X - 6,
  );
  const loss = lost === 0 ? "" : lost === row.arrows.length ? " (lost)" : ` (${lost} lost)`;
  const kindWidth = textWidth(row.kind) + 10;
  const what = fitText(`${row.text}${loss}`, LANES_X - WHAT_X - kindWidth - 22);
  const arrow = ({ to: receiver, arrivedMs }: Arrow): string => {
    if (receiver === row.from) return `<circle cx="${n(x(receiver))}" cy="${n(y - 4)}" r="4" class="self"/>`;
    const y2 = Math.max(y - 4, (arrivedMs === null ? y : layout.arrivalY.get(arrivedMs)!) - 4);
    return arrowPath(x(row.from), y - 4, x(receiver), y2, arrivedMs === null, stroke);
  };
  return (
    `<g>${text(TIME_X, y, preciseMoment(row.atMs), "soft")}${text(WHO_X, y, who)}` +
    `<text x="${WHAT_X}" y="${y}"><tspan class="kind" style="fill:${stroke}">${escapeText(row.kind)}</tspan>` +
    `<tspan class="soft" dx="6">${escapeText(what)}</tspan></text>` +
    `<circle cx="${n(x(row.from))}" cy="${n(y - 4)}" r="2.2" fill="${stroke}"/>${row.arrows.map(arrow).join("")}</g>\n`
  );
}

/** Colours by how often a kind is sent; the words stand beside them. */
function strokes(rows: readonly Placed["row"][]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const row of rows)
    if (row.type === "send") counts.set(row.kind, (counts.get(row.kind) ?? 0) + row.arrows.length);
  const kinds = [...counts].sort((a, b) => b[1] - a[1]).map(([kind]) => kind);
  return new Map(kinds.map((kind, index) => [kind, index < 6 ? seriesColor(index) : "var(--soft)"]));
}

interface DiagramOptions {
  /** Unique on the page. */
  readonly id: string;
  readonly aroundMs: number;
  readonly marks: readonly Mark[];
}

/** Nothing where there are no messages. */
export function diagram(messages: readonly MessageRow[], { id, aroundMs, marks }: DiagramOptions): Html {
  if (messages.length === 0) return nothing;
  const { agents, rows, shown, merged } = diagramRows(messages, marks, aroundMs, LIMITS);
  const layout = place(rows);
  const spacing = Math.min(96, (WIDTH - LANES_X - 30) / Math.max(1, agents.length - 1));
  const x = (name: string): number => LANES_X + 24 + agents.indexOf(name) * spacing;
  const width = Math.ceil(Math.min(WIDTH, x(agents.at(-1)!) + 30));
  const label = (name: string): string => (name === OTHERS ? `${merged} others` : fitText(name, spacing + 8));
  const names = (y: number): string =>
    agents.map((name) => text(Number(n(x(name))), y, label(name), "name", "middle")).join("");
  const lanes = agents
    .map((name) => `<path class="lane" d="M${n(x(name))} ${HEAD - 8}V${layout.height - 20}"/>`)
    .join("");
  const gaps = layout.gaps.map(
    ({ y, ms }) => `<path class="gap" d="M${WHO_X} ${y}H${width}"/>${text(TIME_X, y + 4, `+${fixed(ms)} ms`, "soft")}`,
  );
  const colors = strokes(rows);
  const body = layout.placed.map(({ y, row }) => {
    if (row.type === "send") return sendMarkup(row, y, layout, x, colors.get(row.kind)!);
    const { kind, text: what } = row.mark;
    return `<g class="mark ${kind}"><path d="M0 ${y + 3}H${width}"/>${text(TIME_X, y - 1, preciseMoment(row.atMs))}${text(WHO_X, y - 1, fitText(`${kind}: ${what}`, width - WHO_X))}</g>\n`;
  });
  const first = messages.reduce((least, { sentMs }) => Math.min(least, sentMs), messages[0]!.sentMs);
  const opening = openSvg({
    id,
    title: `Messages around ${preciseMoment(aroundMs)}`,
    description: `${counted(shown, "message")} between ${counted(agents.length, "agent")}, from ${preciseMoment(rows[0]?.atMs ?? first)}.`,
    width,
    height: layout.height,
    className: "diagram",
  });
  const rest = messages.length - shown;
  return html`<figure class="plot"><div class="scroll" tabindex="0" role="region" aria-label="Message diagram">
${raw(`${opening}${lanes}${names(12)}${gaps.join("")}\n${body.join("")}${names(layout.height - 6)}</svg>`)}</div>
<figcaption>Time runs down, each row a sending; arrows end where messages arrived, crosses are losses. ${
    rest > 0 &&
    `Of ${counted(messages.length, "message")} recorded, the ${fixed(shown)} nearest to the moment are shown.`
  }${merged > 0 && ` ${merged} agents share the last column.`}</figcaption></figure>`;
}
