/**
 * Numbers as a reader wants them: thousands set apart, as many digits as mean something, with their units. Nothing here
 * depends on the language of the machine.
 */

const NBSP = "\u00a0";
const MINUS = "\u2212";

/** How values of a unit are shown: `value * factor`, followed by `unit`. */
export interface Scale {
  readonly factor: number;
  readonly unit: string;
}

type Steps = readonly (readonly [from: number, scale: Scale])[];

const bytes = (rate: string): Steps => [
  [0, { factor: 1, unit: `B${rate}` }],
  [1e3, { factor: 1e-3, unit: `kB${rate}` }],
  [1e6, { factor: 1e-6, unit: `MB${rate}` }],
  [1e9, { factor: 1e-9, unit: `GB${rate}` }],
];

/** Steps of units, from the magnitude at which they begin. */
const STEPS: ReadonlyMap<string, Steps> = new Map<string, Steps>([
  [
    "ms",
    [
      [0, { factor: 1, unit: "ms" }],
      [1_000, { factor: 1 / 1_000, unit: "s" }],
      [600_000, { factor: 1 / 60_000, unit: "min" }],
    ],
  ],
  ["share", [[0, { factor: 100, unit: "%" }]]],
  // Money is counted in micro-credits and read in credits.
  ["micro-credits", [[0, { factor: 1 / 1_000_000, unit: "credits" }]]],
  ["bytes", bytes("")],
  ["bytes/s", bytes("/s")],
]);

/** The scale in which a value of this magnitude reads best. */
export function scaleOf(unit: string, magnitude: number): Scale {
  const steps = STEPS.get(unit);
  return steps?.findLast(([from]) => Math.abs(magnitude) >= from)?.[1] ?? { factor: 1, unit };
}

/** With a fixed number of decimals and commas between thousands. */
export function fixed(value: number, decimals = 0): string {
  const [whole = "", fraction] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

const LARGE = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** A round value beside an axis, where there is room for six characters: 120,000 is 120k. */
export function tick(value: number, decimals: number): string {
  const magnitude = Math.abs(value);
  const large = magnitude < 10_000 ? undefined : LARGE.find(([least]) => magnitude >= least);
  if (large === undefined) return fixed(value, decimals);
  const [size, letter] = large;
  const scaled = value / size;
  return fixed(scaled, Number.isInteger(scaled) ? 0 : Number.isInteger(scaled * 10) ? 1 : 2) + letter;
}

/** Decimals that show `digits` significant digits of a value, at most 6; none from 1,000 on. */
export function decimalsOf(value: number, digits = 3): number {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || !Number.isFinite(magnitude)) return 0;
  let decimals = digits - 1;
  for (let power = 10; magnitude >= power && decimals > 0; power *= 10) decimals--;
  for (let power = 1; magnitude < power && decimals < 6; power /= 10) decimals++;
  return decimals;
}

/** Decimals of a percentage: two digits of what is missing to 0 or to 100, whichever is nearer. */
function decimalsOfPercent(percent: number): number {
  const rest = Math.min(Math.abs(percent), Math.abs(100 - percent));
  return rest < 1e-9 ? 0 : Math.max(1, decimalsOf(rest, 2));
}

const decimalsIn = (scale: Scale, shown: number): number => {
  if (scale.unit === "%") return decimalsOfPercent(shown);
  return Number.isInteger(shown) ? 0 : decimalsOf(shown);
};

/** One thing, not two: of units that are names. */
const singular = (unit: string): string =>
  unit === "batches" ? "batch" : /^[a-z]{3,}s$/.test(unit) ? unit.slice(0, -1) : unit;

/** A value and its unit; null if there was nothing to measure. */
export function quantity(value: number | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return "\u2013";
  const scale = scaleOf(unit, value);
  const shown = value * scale.factor;
  const text = fixed(shown, decimalsIn(scale, shown));
  const name = text === "1" ? singular(scale.unit) : scale.unit;
  return name === "" ? text : text + NBSP + name;
}

/** A bound as it was set: no digits added. */
export function bound(value: number, unit: string): string {
  const scale = scaleOf(unit, value);
  const text = fixed(value * scale.factor, 6).replace(/\.?0+$/, "");
  return scale.unit === "" ? text : text + NBSP + scale.unit;
}

/** A duration or a time since the beginning: `840 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 180_000) return quantity(Math.round(ms), "ms");
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const parts = hours > 0 ? [hours, "h", minutes, "min"] : [minutes, "min", seconds % 60, "s"];
  return parts[2] === 0 ? `${parts[0]}${NBSP}${parts[1]}` : parts.join(NBSP);
}

/** `3:20`, `1:03:20`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A moment of the run, to a tenth of a second; `3:20` from 3 minutes on. */
export const moment = (ms: number): string =>
  ms < 180_000 ? `${fixed(ms / 1_000, ms % 1_000 === 0 ? 0 : 1)}${NBSP}s` : clock(ms);

/** To the millisecond: for messages. */
export const preciseMoment = (ms: number): string => `${fixed(ms / 1_000, 3)}${NBSP}s`;

/** A mean and its interval in one scale, with the digits that the interval's width leaves meaning to. */
export function estimateText(
  mean: number,
  interval: readonly [number, number] | null,
  unit: string,
): { readonly mean: string; readonly interval: string; readonly unit: string } {
  const scale = scaleOf(unit, mean);
  const half = interval === null ? 0 : ((interval[1] - interval[0]) / 2) * scale.factor;
  const shown = mean * scale.factor;
  // What rounding left of equal values is no width.
  const decimals = half > Math.abs(shown) * 1e-9 ? Math.min(decimalsOf(half, 2), 4) : decimalsIn(scale, shown);
  const [low, high] = interval ?? [mean, mean];
  const text = (value: number): string => fixed(value * scale.factor, decimals);
  return {
    mean: text(mean),
    interval: interval === null ? "" : `${text(low)} \u2013 ${text(high)}`,
    unit: scale.unit,
  };
}

/** `one agent`, `3 agents`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${fixed(count)}${NBSP}${count === 1 ? one : many}`;

/** The first `max` names, and how many more there are. */
export function listed(names: readonly string[], max: number): string {
  const rest = names.length - max;
  return rest > 1 ? `${names.slice(0, max).join(", ")} and ${rest} more` : names.join(", ");
}
