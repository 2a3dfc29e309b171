/**
 * Attacks of strangers on an open mesh of five real nodes, while honest owners have jobs done.
 *
 *   npm run attack                              all of them, about ten minutes
 *   npm run attack -- --only take-slots         one; may be repeated
 *   npm run attack -- --json > attacks.json
 *   npm run attack -- --out attacks.html --before attacks.json
 *
 * The nodes are in network namespaces that no route leaves, so this needs Linux and root; elsewhere it says so and ends. Exit
 * code 0: all attacks were held; 1: some were not; 2: usage; 130: interrupted.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ATTACKS } from "./attack/catalog.ts";
import { whyNoNamespaces } from "./attack/lan.ts";
import { failures, type Measured, measure } from "./attack/measure.ts";
import { type AttackResults, renderPage, tableOf, verdictOf } from "./attack/report.ts";

const SECONDS = 30;
const USAGE = `Usage: npm run attack -- [options]

  --only NAME      this attack alone; may be repeated
  --seconds N      how long honest jobs are submitted in each (default ${SECONDS}, 5 to 300)
  --json           print the results as one JSON document
  --out FILE       write a page
  --before FILE    results of an earlier version (--json), shown beside these
  --list           the attacks
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
        json: { type: "boolean", default: false },
        out: { type: "string" },
        before: { type: "string" },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const { only, seconds: given, json, out, before, list, help } = options();
const seconds = Number(given);
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (list) {
  for (const { name, does } of ATTACKS) process.stdout.write(`${name.padEnd(20)} ${does}\n`);
  process.exit(0);
}
if (!Number.isInteger(seconds) || seconds < 5 || seconds > 300) fail(`--seconds cannot be ${given}`);
const unknown = only.find((name) => !ATTACKS.some((attack) => attack.name === name));
if (unknown !== undefined) fail(`there is no attack ${unknown}: ${ATTACKS.map(({ name }) => name).join(", ")}`);
const earlier = before === undefined ? null : (JSON.parse(readFileSync(before, "utf8")) as AttackResults);
const reason = whyNoNamespaces();
if (reason !== null) {
  process.stderr.write(`attack: skipped: ${reason}\n`);
  process.exit(0);
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
const chosen = ATTACKS.filter(({ name }) => only.length === 0 || only.includes(name));
const say = (text: string): void => void process.stderr.write(text);

say(`a spinner in the stranger's place, then ${chosen.length} attacks, ${seconds} s and some more each\n`);
const baseline = await measure(null, seconds, interrupted.signal);
const measured: Measured[] = [];
for (const [i, { name }] of chosen.entries()) {
  if (interrupted.signal.aborted) break;
  say(`${i + 1} of ${chosen.length}: ${name} … `);
  const one = await measure(name, seconds, interrupted.signal);
  measured.push(one);
  say(`${verdictOf(one, baseline)}\n`);
}
const results: AttackResults = { seconds, baseline, measured };
if (json) process.stdout.write(`${JSON.stringify(results, null, 1)}\n`);
else for (const line of tableOf(results)) process.stdout.write(`${line}\n`);
if (out !== undefined) writeFileSync(out, renderPage(results, earlier));
const isHeld = measured.every((one) => failures(one, baseline).length === 0);
process.exitCode = interrupted.signal.aborted ? 130 : isHeld ? 0 : 1;
