/**
 * The page of a failure that was found by exploring and run again: what broke, who sent what to whom around a moment,
 * the newest entries of the trace.
 */

import type { SeedFailure } from "../explore/seed-run.ts";
import type { MessageRow } from "../run/result.ts";
import { diagram } from "./diagram.ts";
import { preciseMoment } from "./format.ts";
import { html } from "./html.ts";
import { document } from "./shell.ts";

export interface ReplayPage {
  readonly seed: number;
  readonly failure: Pick<SeedFailure, "message"> | null;
  readonly endedMs: number;
  readonly messages: readonly MessageRow[];
  readonly aroundMs: number;
  /** The newest entries as text. */
  readonly entries: readonly string[];
  readonly command: string;
  readonly version: string;
}

export function renderReplay(replay: ReplayPage): string {
  const { seed, failure, endedMs, messages, aroundMs, entries, command, version } = replay;
  const around = preciseMoment(aroundMs);
  const marks = failure === null ? [] : [{ atMs: endedMs, kind: "violation" as const, text: failure.message }];
  return document({
    title: `Seed ${seed} \u2013 Meshwork simulation`,
    head: html`<header>
<p class="eyebrow">Meshwork simulation, run again</p>
<div class="title"><h1>Seed ${seed}</h1>
<p id="verdict" class="verdict ${failure === null ? "passed" : "failed"}"><span class="visually-hidden">Verdict: </span>${failure === null ? "PASS" : "FAIL"}</p></div>
<p class="lead">${failure === null ? "Nothing breaks any more." : failure.message}</p>
<div class="command"><span class="soft">Repeat it</span><code id="command">${command}</code></div>
</header>`,
    sections: [
      {
        id: "messages",
        name: "Messages",
        title: `Messages around ${around}`,
        body:
          messages.length === 0
            ? html`<p class="note">Nobody sent anything around ${around}; the run was over at ${preciseMoment(endedMs)}.</p>`
            : diagram(messages, { id: "diagram", aroundMs, marks }),
      },
      {
        id: "entries",
        name: "Trace",
        title: `The last ${entries.length} entries of the trace`,
        body: html`<pre class="entries">${entries.join("\n")}</pre>`,
      },
    ],
    version,
  });
}
