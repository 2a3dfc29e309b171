/**
 * The frame of every report: the page around its sections, with contents, style and script inside. Sections without a
 * body are left out.
 */

import { type Html, html, raw } from "./html.ts";
import { SAVE_SCRIPT } from "./save-script.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

export interface Section {
  readonly id: string;
  /** In the contents. */
  readonly name: string;
  readonly title: string;
  readonly body: Html;
}

export interface Page {
  readonly title: string;
  readonly head: Html;
  readonly sections: readonly Section[];
  /** At the foot. Default: that all of it is simulated. */
  readonly note?: string;
  readonly version: string;
}

const SIMULATED =
  "Times are those of the simulated world unless it says otherwise. Answers are simulated, not a model’s.";

export function document({ title, head, sections, note = SIMULATED, version }: Page): string {
  const shown = sections.filter(({ body }) => body.markup !== "");
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Meshwork ${version}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
${head}
<nav aria-label="Contents">${shown.map(({ id, name }) => html`<a href="#${id}">${name}</a> `)}</nav>
${shown.map(
  ({ id, title: name, body }) => html`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${name}</h2>
${body}
</section>
`,
)}
<footer>Meshwork ${version}. ${note}</footer>
</main>
<script>${raw(SCRIPT)}${raw(SAVE_SCRIPT)}</script>
</body>
</html>
`;
  return page.markup;
}
