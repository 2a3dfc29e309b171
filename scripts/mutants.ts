/**
 * The protocol broken on purpose, rule by rule, on a copy: the searches must notice each, or they say nothing.
 * protocol/ itself has no switches for bugs.
 *
 *   node scripts/mutants.ts [--only NAME | --quick] [--seeds N]
 *
 * Ends with a line `{"counts":{…}}`; exit code 3 if a bug went unnoticed.
 */

import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants/mutants.ts";
import { runMutant } from "./mutants/run-mutant.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    seeds: { type: "string", default: "2000" },
  },
});
const seeds = Number(values.seeds);

/** Unbroken, the seeds must pass, or what they say about a mutant means nothing. */
const control = await runMutant({ name: "unbroken", patches: [] }, { from: 1, seeds: Math.min(seeds, 50) });
if (control !== null) {
  process.stderr.write(`mutants: seed ${control.seed} fails without a mutation: ${control.failure?.message}\n`);
  process.exit(3);
}

const missed: string[] = [];
const asked = MUTANTS.filter(({ name, quick = false }) =>
  values.only === undefined ? quick || !values.quick : name === values.only,
);
for (const mutant of asked) {
  const caught = await runMutant(mutant, { from: 1, seeds });
  if (caught === null) missed.push(mutant.name);
  const outcome = caught === null ? "NOT NOTICED" : `seed ${caught.seed}: ${caught.failure?.message.slice(0, 140)}`;
  process.stdout.write(`${mutant.name}: ${outcome}\n`);
}
process.stdout.write(
  `${JSON.stringify({ counts: { mutants: asked.length, noticed: asked.length - missed.length } })}\n`,
);
process.exitCode = missed.length > 0 ? 3 : 0;
