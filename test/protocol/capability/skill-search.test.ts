/** Whether questions find the skills that they ask for, though worded apart: far more often than chance would. */

import { expect, test } from "vitest";
import { embed } from "../../../protocol/capability/embedding.ts";
import { ExactIndex } from "../../../protocol/capability/vector-index.ts";
import { HAND_WRITTEN } from "../../../scripts/bench/hand-written-skills.ts";
import { FAMILIES, makeQuestions, makeSkills } from "../../../scripts/bench/skill-texts.ts";
import { runs } from "../../support/runs.ts";

const VARIANTS = 8;
const QUESTIONS = runs(1_000);
const NEAREST = 10;

test("the family asked for is among the ten nearest: 0.84 of questions, by chance 0.02", () => {
  const skills = makeSkills(VARIANTS * FAMILIES, 1);
  const index = new ExactIndex();
  for (const [i, skill] of skills.entries()) index.set(`${i}`, embed(skill));
  const familiesOf = (text: string): readonly number[] =>
    index.nearest(embed(text), NEAREST).map(({ id }) => skills[Number(id)]!.family);
  const questions = makeQuestions(QUESTIONS, 1);
  const found = questions.filter(({ family, text }) => familiesOf(text).includes(family)).length / QUESTIONS;
  const chance = (NEAREST * VARIANTS) / skills.length;
  expect(chance).toBeLessThan(0.03);
  expect(found).toBeGreaterThan(0.8);
});

test("of skills written by hand, the one asked for is the first for 37 of 40, among the first three for 38", () => {
  const index = new ExactIndex();
  for (const skill of HAND_WRITTEN) index.set(skill.name, embed(skill));
  const placeOf = ({ name, asks }: (typeof HAND_WRITTEN)[number]): number =>
    index.nearest(embed(asks), HAND_WRITTEN.length).findIndex(({ id }) => id === name);
  const places = HAND_WRITTEN.map(placeOf);
  expect(places.filter((place) => place === 0).length).toBeGreaterThanOrEqual(35);
  expect(places.filter((place) => place < 3).length).toBeGreaterThanOrEqual(37);
});

test("texts are as many as asked for, all different, the same for the same seed, over all families", () => {
  const skills = makeSkills(5_000, 7);
  expect(new Set(skills.map(({ name, description }) => `${name}\n${description}`)).size).toBe(5_000);
  expect(new Set(skills.map(({ family }) => family)).size).toBe(FAMILIES);
  expect(FAMILIES).toBe(480);
  expect(makeSkills(5_000, 7)).toEqual(skills);
  expect(makeSkills(50, 8)).not.toEqual(skills.slice(0, 50));
  expect(makeQuestions(20, 7)).toEqual(makeQuestions(40, 7).slice(0, 20));
});
