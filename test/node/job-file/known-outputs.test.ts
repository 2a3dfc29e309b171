/** What a skill's output schema says of a policy: refused with its line only where no output could become an answer. */

import { expect, test } from "vitest";
import { z } from "zod";
import { parseJob } from "../../../node/job-file/parse-job.ts";
import { schemasOf } from "../../../node/skills/skill.ts";

const job = (policy: string): string => `name: test
budget: 1
policy: { redundancy: 3, accept: majority }
tasks:
  a:
    skill: work
    policy:
      ${policy}
output: a
`;

async function said(policy: string, output: z.ZodType): Promise<string | null> {
  const skill = { name: "work", description: "", input: z.unknown(), output, price: 0, expectedMs: 1, run: () => null };
  const outputs = new Map([["work", schemasOf(skill).output]]);
  try {
    await parseJob(job(policy), { file: "job.yaml", directory: ".", outputs });
    return null;
  } catch (error) {
    const { message, remedy } = error as { readonly message: string; readonly remedy: string };
    return `${message} – ${remedy}`;
  }
}

const LONG = z.string().min(20_000);
const ANSWER = z.strictObject({ town: z.string(), people: z.int().optional(), parts: z.array(z.number()) });

test.each<[policy: string, output: z.ZodType, problem: RegExp | null]>([
  [
    "compare: text",
    LONG,
    /^job.yaml:8: task "a": of "work" an output has at least 20001 bytes.*16384.*let the skill return less/,
  ],
  ["compare: exact", LONG, null],
  ["flags: { pattern: a }", LONG, /^job.yaml:8: .*at least 20001 bytes/],
  ["compare: { as: list }", z.array(z.string().min(100)).min(200), /at least 20\d+ bytes/],
  ["compare: { as: field, path: town }", z.object({ town: z.string(), all: LONG }), /at least 20\d+ bytes/],
  ["compare: { as: field, path: town }", z.object({ town: z.string(), all: LONG.optional() }), null],
  ["compare: text", z.string(), null],
  ["compare: text", z.unknown(), null],
  ["compare: text", z.union([z.string(), z.number()]), null],
  ["compare: text", z.number(), /compare text reads string only, and the output is number/],
  ["compare: number", z.int(), null],
  ["compare: { as: field, path: town }", ANSWER, null],
  ["compare: { as: field, path: city }", ANSWER, /^job.yaml:8: .*the output has no "city" – name another part/],
  ["compare: { as: field, path: town.name }", ANSWER, /has no "town.name"/],
  ["compare: { as: field, path: 'parts[0]' }", ANSWER, null],
  ["compare: { as: field, path: parts.first }", ANSWER, /has no "parts.first"/],
  ["compare: { as: field, path: town, compare: number }", ANSWER, /number only, and "town" is string/],
  ["compare: { as: field, fields: [{ path: town }, { path: city }], match: any }", ANSWER, null],
  ["compare: { as: field, fields: [{ path: town }, { path: city }] }", ANSWER, /has no "city"/],
  ["compare: { as: field, path: city }", z.looseObject({ town: z.string() }), null],
  ["compare: { as: field, path: city }", z.record(z.string(), z.number()), null],
])("%s", async (policy, output, problem) => {
  const what = await said(policy, output);
  if (problem === null) expect(what).toBeNull();
  else expect(what).toMatch(problem);
});
