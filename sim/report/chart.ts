/**
 * One place where ECharts draws: an option becomes an inline SVG that needs no script, takes its colours and its font
 * from the page (so it follows light and dark), says in words what it shows, and has the same bytes every time.
 */

import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import {
  GraphicComponent,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import { escapeText, type Html, raw } from "./html.ts";

echarts.use([
  CustomChart,
  GraphicComponent,
  GridComponent,
  LabelLayout,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
  ScatterChart,
  SVGRenderer,
  TitleComponent,
]);

/** Colours by their meaning; style.ts says what they are. */
export const color = {
  ink: "var(--ink)",
  soft: "var(--soft)",
  rule: "var(--rule)",
  band: "var(--band)",
  paper: "var(--paper)",
  pass: "var(--pass)",
  fail: "var(--fail)",
  series: ["var(--s1)", "var(--s2)", "var(--s3)", "var(--s4)", "var(--s5)", "var(--s6)"],
} as const;

/** Lines differ by their dashes as well as by their colours; one fewer than those, so that no two of thirty are alike. */
export const dashes: readonly ("solid" | readonly number[])[] = ["solid", [6, 3], [2, 2], [9, 3, 2, 3], [4, 4]];

export const seriesColor = (index: number): string => color.series[index % color.series.length]!;
export const seriesDash = (index: number): "solid" | number[] => {
  const dash = dashes[index % dashes.length]!;
  return dash === "solid" ? "solid" : [...dash];
};

interface Drawing {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** What a reader who cannot see it should know. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** An option of ECharts. Its type would make readers of our declarations install ECharts. */
  readonly option: object;
  /** Classes: `wide` and `narrow` are shown on wide and on narrow screens only. */
  readonly className?: string;
  /** Where time runs, px from the left: for the script's reading line. */
  readonly timeSpan?: { readonly left: number; readonly right: number };
}

/** The opening tag of a picture, with its title and its description. */
export function openSvg(drawing: Omit<Drawing, "option">): string {
  const { id, title, description, width, height, className = "", timeSpan } = drawing;
  const span = timeSpan === undefined ? "" : ` data-left="${timeSpan.left}" data-right="${timeSpan.right}"`;
  const names = className === "" ? "" : ` class="${escapeText(className)}"`;
  return (
    `<svg id="${id}"${names} viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"` +
    ` aria-labelledby="${id}-title" aria-describedby="${id}-text"${span}>` +
    `<title id="${id}-title">${escapeText(title)}</title><desc id="${id}-text">${escapeText(description)}</desc>`
  );
}

const shorten = (numbers: string): string =>
  numbers.replace(/-?\d+\.\d{2,}(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(1))));

/**
 * What ECharts wrote, as the page wants it. Text within it is escaped, quotes too, so that no pattern here can match
 * anything but attributes.
 */
function tidy(svg: string, id: string): string {
  const clips: string[] = [];
  return svg
    .replace(/^<svg[^>]*>\s*(?:<rect[^>]*fill="none"[^>]*><\/rect>)?/, "")
    .replace(/<style\b[\s\S]*?<\/style>/g, "")
    .replace(/ (?:class|ecmeta_\w+|pointer-events|xml:space)="[^"]*"/g, "")
    .replace(/\bzr\d+-c\d+\b/g, (name) => {
      if (!clips.includes(name)) clips.push(name);
      return `${id}-c${clips.indexOf(name)}`;
    })
    .replace(/ (d|points|transform)="([^"]*)"/g, (_, name: string, value: string) => ` ${name}="${shorten(value)}"`)
    .replace(/\n+/g, "\n");
}

export function draw(drawing: Drawing): Html {
  const { id, width, height, option } = drawing;
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    const textStyle = { fontFamily: "inherit", fontSize: 11, color: color.soft };
    chart.setOption({ animation: false, backgroundColor: "none", textStyle, ...option });
    return raw(openSvg(drawing) + tidy(chart.renderToSVGString(), id));
  } finally {
    chart.dispose();
  }
}

/** Rough width of a text at 11 px, for what must be cut to fit. */
export const textWidth = (text: string, px = 11): number => text.length * px * 0.56;

/** Cut to a width, with an ellipsis. */
export function fitText(text: string, width: number, px = 11): string {
  if (textWidth(text, px) <= width) return text;
  const length = Math.floor(width / (px * 0.56)) - 1;
  return length < 3 ? "" : `${text.slice(0, length).trimEnd()}\u2026`;
}
