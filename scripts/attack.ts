/**
 * Attacks of strangers on an open mesh of five real nodes, while honest owners have jobs done.
 *
 *   npm run attack                              all of them, about twenty-five minutes
 *   npm run attack -- --only take-slots         one; may be repeated
 *   npm run attack -- --json > attacks.json
 *   npm run attack -- --out attacks.html --before attacks.json
 *   npm run attack -- --docs --only take-slots --keep docs/attacks.json
 *
 * The nodes are in network namespaces that no route leaves, so this needs Linux and root; elsewhere it says so and ends. Exit
 * code 0: all attacks were held; 1: some were not; 2: usage; 130: interrupted.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MeshworkError } from "../protocol/core/errors.ts";
import type { Attack } from "./attack/attack.ts";
import { ATTACKS } from "./attack/catalog.ts";
import { whyNoNamespaces } from "./attack/lan.ts";
import { failures, type Measured, measure } from "./attack/measure.ts";
import { renderMarkdown, renderPage, tableOf, verdictOf } from "./attack/report.ts";
import { type AttackResults, aboutThis, readResults, withKept } from "./attack/results.ts";

const SECONDS = 30;
const DOCS = join(import.meta.dirname, "../docs");
const USAGE = `Usage: npm run attack -- [options]

  --only NAME      this attack alone; may be repeated
  --seconds N      how long honest jobs are submitted in each (default ${SECONDS}, 5 to 300)
  --keep FILE      results of this version (JSON): attacks that are not run now stay as they are there
  --before FILE    results of an earlier version (JSON), shown beside these
  --json           print the results as one JSON document
  --out FILE.html  write a page, and the results beside it as FILE.json
  --docs           write docs/attacks.json and docs/attacks.md
  --list           the attacks

  npm run attack -- --only fill-disks --seconds 60
  npm run attack -- --out attacks.html --before earlier.json
`;

function fail(message: string): never {
  process.stderr.write(`attack: ${message}\n\n${USAGE}`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        only: { type: "string", multiple: true, default: [] },
        seconds: { type: "string", default: String(SECONDS) },
        keep: { type: "string" },
        before: { type: "string" },
        json: { type: "boolean", default: false },
        out: { type: "string" },
        docs: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function earlierResults(file: string | undefined): AttackResults | null {
  try {
    return file === undefined ? null : readResults(file);
  } catch (error) {
    if (error instanceof MeshworkError) return fail(`${error.message}: ${error.remedy}`);
    throw error;
  }
}

const { only, seconds: given, keep, before, json, out, docs, list, help } = options();
const seconds = Number(given);
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (list) {
  for (const { name, does } of ATTACKS) process.stdout.write(`${name.padEnd(24)} ${does}\n`);
  process.exit(0);
}
if (!Number.isInteger(seconds) || seconds < 5 || seconds > 300) fail(`--seconds cannot be ${given}`);
const unknown = only.find((name) => !ATTACKS.some((attack) => attack.name === name));
if (unknown !== undefined) fail(`there is no attack ${unknown}: ${ATTACKS.map(({ name }) => name).join(", ")}`);
if (out !== undefined && !out.endsWith(".html")) fail(`--out writes a page: ${out} must end with .html`);
const kept = earlierResults(keep);
const earlier = earlierResults(before) ?? kept?.before ?? null;
const reason = whyNoNamespaces();
if (reason !== null) {
  process.stderr.write(`attack: skipped: ${reason}\n`);
  process.exit(0);
}

const interrupted = new AbortController();
// They stay: a second Ctrl-C must not end it before all that it started has gone.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());
const chosen = ATTACKS.filter(({ name }) => only.length === 0 || only.includes(name));
const say = (text: string): void => void process.stderr.write(text);

let isIncomplete = false;

/** One that cannot be run must not cost the results of the others. */
async function measureOr(attack: Attack, usualP95Ms: number): Promise<Measured | null> {
  try {
    return await measure(attack, seconds, usualP95Ms, interrupted.signal);
  } catch (error) {
    isIncomplete = true;
    say(`could not be run: ${error instanceof Error ? error.message : error}\n`);
    return null;
  }
}

async function run(): Promise<AttackResults | null> {
  say(`a spinner in the stranger's place, then ${chosen.length} attacks, ${seconds} s and some more each\n`);
  const baseline = await measure(null, seconds, null, interrupted.signal);
  if (baseline === null) return null;
  const measured: Measured[] = [];
  for (const [i, attack] of chosen.entries()) {
    say(`${i + 1} of ${chosen.length}: ${attack.name} … `);
    const one = await measureOr(attack, baseline.p95Ms);
    if (interrupted.signal.aborted) break;
    if (one === null) continue;
    say(`${verdictOf(one)}\n`);
    measured.push(one);
  }
  const all = withKept(measured, kept?.measured ?? []);
  return {
    ...aboutThis(seconds),
    baseline,
    measured: all,
    before: earlier === null ? null : { ...earlier, before: null },
  };
}

const results = await run();
if (results !== null) {
  const document = `${JSON.stringify(results, null, 2)}\n`;
  if (json) process.stdout.write(document);
  else for (const line of tableOf(results)) process.stdout.write(`${line}\n`);
  if (out !== undefined) {
    writeFileSync(out, renderPage(results));
    writeFileSync(out.replace(/\.html$/, ".json"), document);
  }
  if (docs) {
    writeFileSync(join(DOCS, "attacks.json"), document);
    writeFileSync(join(DOCS, "attacks.md"), renderMarkdown(results));
  }
}
const isHeld = !isIncomplete && results !== null && results.measured.every((one) => failures(one).length === 0);
process.exitCode = interrupted.signal.aborted ? 130 : isHeld ? 0 : 1;
