/** An agent whose skills no advertisement can carry would never be heard of: it does not start. */

import { expect, test } from "vitest";
import { z } from "zod";
import { createNode } from "../../node/node.ts";
import { checkAdvertised } from "../../node/skills/advertise.ts";
import { defineSkill } from "../../node/skills/skill.ts";
import { limits } from "../../protocol/core/limits.ts";

const skills = (count: number, description: string) =>
  Array.from({ length: count }, (_, i) =>
    defineSkill({
      ...{ name: `skill-${i}`, description, input: z.number(), output: z.number(), price: 0, expectedMs: 1 },
      run: (n: number) => n,
    }),
  );

test("long descriptions add up", async () => {
  expect(() => checkAdvertised(skills(100, "Does this."))).not.toThrow();
  const many = skills(60, "x".repeat(limits.textBytes));
  expect(() => checkAdvertised(many)).toThrow(/60 skills takes \d+ KiB, 56 are allowed/);
  await expect(createNode({ skills: many })).rejects.toMatchObject({ code: "usage" });
});

test("so do many skills", () => {
  expect(() => checkAdvertised(skills(limits.skills + 1, "Does this."))).toThrow(/257 skills, one agent may have 256/);
});
