/**
 * A simulated liar: skills that do the work and then give a wrong answer of the right shape, always the same for the
 * same input, with full confidence. For demonstrations of what becomes of one.
 */

import type { Value } from "../../protocol/wire/value.ts";
import type { Skill } from "./skill.ts";
import { unwrapReply } from "./skill-runner.ts";

/** One number or text of the value, the first that is found, is another one. */
export function falsify(value: Value): Value {
  let done = false;
  const walk = (part: Value): Value => {
    if (done || part === null || typeof part === "boolean") return part;
    if (typeof part === "number") {
      done = true;
      return part + 1;
    }
    if (typeof part === "string") return part;
    if (Array.isArray(part)) return part.map(walk);
    return Object.fromEntries(
      Object.entries(part as { readonly [key: string]: Value }).map(([key, item]) => [key, walk(item)]),
    );
  };
  const changed = walk(value);
  if (done) return changed;
  if (typeof value === "string") return `${value}?`;
  return typeof value === "boolean" ? !value : changed;
}

export function lyingSkills(skills: readonly Skill[]): Skill[] {
  return skills.map((skill) => ({
    ...skill,
    async run(input, context) {
      const { output } = unwrapReply(await skill.run(input, context));
      return { output: falsify(output as Value), confidence: 1 };
    },
  }));
}
