/** A map over an empty list is certified: alone, with an empty list as its result, and where another task reads it. */

import { expect, test } from "vitest";
import { createNode, parseJob, verify } from "../../node/index.ts";
import { builtInSkills } from "../../node/skills/built-in.ts";

test.each([
  ["alone", "t: { skill: text.upper, map: { over: [] } }", []],
  [
    "and another task reads it",
    "t: { skill: text.join, input: { from: e } }\n  e: { skill: text.upper, map: { over: [] } }",
    "",
  ],
])("%s", async (_what, tasks, expected) => {
  const node = await createNode({ mesh: "empty-map", skills: builtInSkills });
  try {
    const job = await parseJob(`name: nothing\nbudget: 1\ntasks:\n  ${tasks}\noutput: t\n`, {
      file: "job.yaml",
      directory: ".",
    });
    const outcome = await (await node.submit(job)).result();
    if (outcome.status !== "certified") throw new Error(outcome.reason);
    expect(outcome.result).toEqual(expected);
    expect(verify(outcome.certificate, { result: outcome.result, owner: node.id })).toMatchObject({ ok: true });
  } finally {
    await node.stop();
  }
});
