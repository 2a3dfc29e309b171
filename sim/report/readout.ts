/**
 * The values that the page's script shows under the pointer on a plot over time, at evenly spaced times. The plot is complete
 * without them.
 */

import type { Scale } from "./format.ts";
import { type Html, html, json } from "./html.ts";
import { type Line, valueAt } from "./series.ts";

export interface ReadLine {
  readonly label: string;
  readonly line: Line;
  readonly scale: Scale;
}

const POINTS = 200;

/** Four digits are more than a pixel shows. */
const brief = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(4)));

export function readout(lines: readonly ReadLine[], endMs: number): Html {
  const columns = lines.map(({ label, line, scale }) => ({
    label,
    unit: scale.unit,
    values: Array.from({ length: POINTS + 1 }, (_, index) => {
      const value = valueAt(line, (index * endMs) / POINTS);
      return brief(value === null ? null : value * scale.factor);
    }),
  }));
  return html`<output class="readout" aria-live="off"></output><script type="application/json">${json({
    endMs,
    columns,
  })}</script>`;
}
