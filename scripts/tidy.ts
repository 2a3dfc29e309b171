/**
 * `npm run tidy`: holds the repository to its own conventions (rules.ts, references.ts, circles.ts and ratchet.ts in
 * tidy/). Exit 1 if it finds anything.
 *
 *   --write   lowers the list of lengths to what they are now
 *   --fix     takes `export` away from what no other file uses
 *   --admit   writes down the lengths as they are, greater ones too: for a reviewer to see
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkCircles } from "./tidy/circles.ts";
import { checkLengths, nextRatchet, type Ratchet } from "./tidy/ratchet.ts";
import { checkReferences, withoutUnusedExports } from "./tidy/references.ts";
import { checkFile } from "./tidy/rules.ts";
import { readSources } from "./tidy/source.ts";

const root = join(import.meta.dirname, "..");
const RATCHET_FILE = join(import.meta.dirname, "tidy/ratchet.json");

function writeRatchet({ files, functions }: Ratchet): void {
  const sorted = (table: Ratchet["files"]) =>
    Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = JSON.stringify({ files: sorted(files), functions: sorted(functions) }, null, 2);
  writeFileSync(RATCHET_FILE, `${text}\n`);
}

const { values } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    fix: { type: "boolean", default: false },
    admit: { type: "boolean", default: false },
  },
});
let sources = readSources(root);
if (values.fix) {
  for (const { path, text } of withoutUnusedExports(sources)) writeFileSync(join(root, path), text);
  sources = readSources(root);
}
const code = sources.filter(({ path }) => path.endsWith(".ts"));
let ratchet = JSON.parse(readFileSync(RATCHET_FILE, "utf8")) as Ratchet;
if (values.write || values.admit) {
  ratchet = nextRatchet(code, ratchet, values.admit);
  writeRatchet(ratchet);
}
const findings = [
  ...sources.flatMap(checkFile),
  ...checkReferences(sources),
  ...checkCircles(code),
  ...checkLengths(code, ratchet),
];
for (const { path, line, rule, message } of findings) process.stdout.write(`${path}:${line}: ${message} (${rule})\n`);
process.stdout.write(`${sources.length} files, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
