/**
 * What `npm run test:long` runs: named parts of at most ten minutes each on a small machine. A part is a script that
 * ends with a line of JSON, `{"counts":{…}}`, and with exit code 0 if everything held.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";

export interface LongPart {
  readonly name: string;
  /** One line for the list. */
  readonly what: string;
  /** From the root of the repository. */
  readonly script: string;
  /** Frames or seeds, and the option that sets them; null where there is nothing to set. */
  readonly amount: { readonly option: string; readonly usual: number } | null;
}

const ALL: readonly LongPart[] = [
  {
    name: "fuzz",
    what: "hostile frames against every codec: a verdict for each, and one encoding a value",
    script: "scripts/fuzz/hostile-frames.ts",
    amount: { option: "--frames", usual: 1_000_000 },
  },
  {
    name: "explore",
    what: "simulated meshes under faults: seed after seed, every property checked",
    script: "scripts/explore.ts",
    amount: { option: "--seeds", usual: 1_000 },
  },
  {
    name: "mutants",
    what: "the protocol broken on purpose, rule by rule: the tests must notice",
    script: "scripts/mutants.ts",
    amount: null,
  },
];

const root = join(import.meta.dirname, "../..");

/** Those whose script is there. */
export const PARTS = ALL.filter(({ script }) => existsSync(join(root, script)));
