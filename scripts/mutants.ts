/**
 * The protocol broken on purpose, rule by rule, on a copy: the searches must notice each, or they say nothing.
 * protocol/ itself has no switches for bugs.
 *
 *   node scripts/mutants.ts [--only NAME | --quick] [--seeds N]
 *
 * Ends with a line `{"counts":{…}}`, in which `seeds` is the most that one took; exit code 3 if a bug went unnoticed, or
 * if the seed that noticed it fails without the bug as well, or its scenario as a file does not break the same.
 */

import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants/mutants.ts";
import { runControl, runMutant } from "./mutants/run-mutant.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    seeds: { type: "string", default: "2000" },
  },
});
const seedsMax = Number(values.seeds);
const asked = MUTANTS.filter(({ name, quick = false }) =>
  values.only === undefined ? quick || !values.quick : name === values.only,
);
if (asked.length === 0) {
  process.stderr.write(`mutants: there is none called "${values.only}"\n`);
  process.exit(2);
}

let noticed = 0;
let seeds = 0;
for (const mutant of asked) {
  const caught = await runMutant(mutant, seedsMax);
  seeds = Math.max(seeds, caught?.seed ?? seedsMax);
  const control = caught === null ? null : runControl(caught.seed);
  const isRepeated = caught?.fromFile === caught?.failure.property;
  if (caught !== null && control === null && isRepeated) noticed++;
  const repeated = isRepeated ? "" : ` - FROM ITS FILE: ${caught?.fromFile ?? "nothing"}`;
  const unbroken = control === null ? "" : ` - WITHOUT THE BUG AS WELL: ${control}`;
  const outcome = caught === null ? "NOT NOTICED" : `seed ${caught.seed}: ${caught.failure.message.slice(0, 140)}`;
  process.stdout.write(`${mutant.name}: ${outcome}${unbroken}${repeated}\n`);
}
process.stdout.write(`${JSON.stringify({ counts: { mutants: asked.length, noticed, seeds } })}\n`);
process.exitCode = noticed < asked.length ? 3 : 0;
