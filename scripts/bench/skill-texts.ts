/**
 * Texts of skills as agents advertise them, and questions that ask for them in other words: for the tests and the
 * benchmarks of search. Made from lists of words and a seed; the same seed gives the same texts.
 *
 * A *family* is one thing that can be done with one kind of input ("translate contracts"). Its texts differ in
 * wording, in the form of the name and in what else they promise; `asks` are worded apart from `says`.
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import { ACTIONS, type ActionWords, FRAMES, QUESTIONS, THINGS, type ThingWords } from "./skill-words.ts";

interface SkillSample {
  /** Which family it belongs to: an index below `FAMILIES`. */
  readonly family: number;
  readonly name: string;
  readonly description: string;
}

interface Question {
  readonly family: number;
  readonly text: string;
}

export const FAMILIES = ACTIONS.length * THINGS.length;

const wordsOf = (family: number): readonly [ActionWords, ThingWords] => [
  ACTIONS[Math.floor(family / THINGS.length)]!,
  THINGS[family % THINGS.length]!,
];

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
/** The ways in which people write names of several words. */
const NAME_FORMS: readonly ((words: readonly string[]) => string)[] = [
  (words) => words.join("-"),
  (words) => words.join("_"),
  (words) => words.join("."),
  (words) => words.map((word, i) => (i === 0 ? word : capital(word))).join(""),
  (words) => words.map(capital).join(""),
];

function skillOf(family: number, prng: Prng): SkillSample {
  const [action, thing] = wordsOf(family);
  const nameWords = [prng.pick(action.names), ...prng.pick(thing.names).split(" ")];
  if (prng.chance(0.3)) nameWords.reverse();
  if (prng.chance(0.5)) nameWords.push(prng.pick(FRAMES.tags));
  const parts = [`${prng.pick(action.says).replace("{}", `${prng.pick(FRAMES.kinds)}${prng.pick(thing.says)}`)}.`];
  if (prng.chance(0.7)) parts.push(prng.pick(FRAMES.inputs));
  if (prng.chance(0.7)) parts.push(prng.pick(FRAMES.outputs));
  if (prng.chance(0.5)) parts.push(prng.pick(FRAMES.promises));
  return { family, name: prng.pick(NAME_FORMS)(nameWords), description: parts.join(" ") };
}

/** `count` skills with different texts, spread evenly over the families. */
export function makeSkills(count: number, seed: number | string): SkillSample[] {
  const prng = createPrng(`skills/${seed}`);
  const seen = new Set<string>();
  const skills: SkillSample[] = [];
  while (skills.length < count) {
    const skill = skillOf(skills.length % FAMILIES, prng);
    const text = `${skill.name}\n${skill.description}`;
    if (seen.has(text)) continue;
    seen.add(text);
    skills.push(skill);
  }
  return skills;
}

/** `count` questions, each about a random family. */
export function makeQuestions(count: number, seed: number | string): Question[] {
  const prng = createPrng(`questions/${seed}`);
  return Array.from({ length: count }, () => {
    const family = prng.below(FAMILIES);
    const [action, thing] = wordsOf(family);
    const asked = prng.pick(action.asks).replace("{}", prng.pick(thing.asks));
    return { family, text: prng.pick(QUESTIONS).replace("{}", asked) };
  });
}
