/** Checks that apply to all skills of one file together, whatever its kind. */

import type { MeshworkError } from "../../protocol/core/errors.ts";
import { limits } from "../../protocol/core/limits.ts";

/** Throws what `errorAt` makes of the first problem; its argument is the place of a skill. */
export function checkTogether(
  skills: readonly { readonly name: string }[],
  errorAt: (index: number) => (what: string, remedy: string) => MeshworkError,
): void {
  if (skills.length === 0) throw errorAt(0)("there are no skills in it", "add one");
  if (skills.length > limits.skills) throw errorAt(0)(`more than ${limits.skills} skills`, "use several agents");
  const names = new Set<string>();
  for (const [i, skill] of skills.entries()) {
    if (names.has(skill.name)) throw errorAt(i)(`two skills are called "${skill.name}"`, "rename one of them");
    names.add(skill.name);
  }
}
