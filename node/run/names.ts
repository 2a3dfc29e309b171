/** Names for the agents of a local mesh: short, easy to tell apart, chosen by a seed. */

import { createPrng } from "../../protocol/core/prng.ts";

const NAMES = [
  "ada", "alan", "anita", "barbara", "blaise", "boris", "carl", "claude", "dana", "diego", "edith", "emil", "erik",
  "fatima", "felix", "flora", "gauss", "grace", "greta", "hedy", "hugo", "ines", "ivan", "jana", "john", "jonas",
  "karen", "katja", "kurt", "leslie", "linus", "lotte", "luca", "maria", "milan", "mira", "nadia", "niklaus", "nora",
  "olga", "oskar", "paul", "petra", "rosa", "ruth", "selma", "silvio", "sofia", "tara", "theo", "tim", "tony", "uma",
  "vera", "vint", "wanda", "wim", "xenia", "yara", "yuri", "zeno", "zita", "amir", "bela",
] as const;

/** `count` different names (at most 64). */
export const agentNames = (seed: number, count: number): string[] => createPrng(`names/${seed}`).shuffle(NAMES).slice(0, count);
