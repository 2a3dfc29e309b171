/** Names for the agents of a local mesh: short, easy to tell apart, chosen by a seed. */

import { createPrng } from "../../protocol/core/prng.ts";

const NAMES = [
  "ada",
  "alan",
  "anita",
  "barbara",
  "blaise",
  "boris",
  "carl",
  "claude",
  "dana",
  "diego",
  "edith",
  "emil",
  "erik",
  "fatima",
  "felix",
  "flora",
  "gauss",
  "grace",
  "greta",
  "hedy",
  "hugo",
  "ines",
  "ivan",
  "jana",
  "john",
  "jonas",
  "karen",
  "katja",
  "kurt",
  "leslie",
  "linus",
  "lotte",
  "luca",
  "maria",
  "milan",
  "mira",
  "nadia",
  "niklaus",
  "nora",
  "olga",
  "oskar",
  "paul",
  "petra",
  "rosa",
  "ruth",
  "selma",
  "silvio",
  "sofia",
  "tara",
  "theo",
  "tim",
  "tony",
  "uma",
  "vera",
  "vint",
  "wanda",
  "wim",
  "xenia",
  "yara",
  "yuri",
  "zeno",
  "zita",
  "amir",
  "bela",
] as const;

/** `count` different names. Those after the first sixty have a number. */
export function agentNames(seed: number, count: number): string[] {
  const shuffled = createPrng(`names/${seed}`).shuffle(NAMES);
  return Array.from({ length: count }, (_, i) => {
    const round = Math.floor(i / shuffled.length);
    return `${shuffled[i % shuffled.length]}${round === 0 ? "" : round + 1}`;
  });
}
