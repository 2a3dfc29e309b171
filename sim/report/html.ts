/**
 * Markup that cannot be broken by what stands in a scenario: a template whose parts are escaped unless they are markup
 * themselves.
 */

/** Markup; everything else is text. */
export interface Html {
  readonly markup: string;
}

export type Part = string | number | null | undefined | false | Html | readonly Part[];

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** Characters that no page may hold (all below a space but tab and the ends of lines, and DEL). */
const isControl = (code: number): boolean =>
  (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) || code === 0x7f;

/** Text for elements and for attributes in quotes. */
export function escapeText(text: string): string {
  let escaped = "";
  for (const char of text) escaped += isControl(char.charCodeAt(0)) ? "\ufffd" : (ENTITIES.get(char) ?? char);
  return escaped;
}

/** Markup from a source that is known to be sound: our own constants, a drawn plot. */
export const raw = (markup: string): Html => ({ markup });

export const nothing: Html = raw("");

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (typeof part === "string") return escapeText(part);
  if (typeof part === "number") return String(part);
  if ("markup" in part) return part.markup;
  return part.map(render).join("");
}

/** Parts in a row are joined without anything between them; null, undefined and false are nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = strings[0]!;
  parts.forEach((part, index) => {
    markup += render(part) + strings[index + 1]!;
  });
  return raw(markup);
}

export function join(parts: readonly Part[], separator: Part): Html {
  return raw(parts.map(render).join(render(separator)));
}

/** Data for the page's script, in an element that no text can end. */
export const json = (value: unknown): Html => raw(JSON.stringify(value).replaceAll("<", "\\u003c"));
