/**
 * Free text: a real mesh whose agents answer with stubbed models, which find the same words and write them each in its own way.
 * A job accepts such answers with `compare: text`, and fails in words with `exact`.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runInProcess } from "../support/in-process-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-free-text-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stubbed model: it looks the answer up. Each agent's process takes the next way to write it. */
const STUBBED_MODEL = `
import { closeSync, openSync } from "node:fs";

const ANSWERS = {
  "the capital of France": "it is Paris, on the Seine",
  "the first person on the Moon": "it was Neil Armstrong",
  "is water wet": "no, it makes things wet",
};
const WAYS = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text[0].toUpperCase() + text.slice(1) + ".",
  (text) => "  " + text.replaceAll(" ", "  ") + "\\n",
  (text) => "\\u201c" + text + "!\\u201d",
];
function takeWay(folder) {
  for (let i = 0; ; i++) {
    try {
      closeSync(openSync(folder + "/way-" + i, "wx"));
      return WAYS[i % WAYS.length];
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
  }
}
export default ({ z, defineSkill }) => {
  const write = takeWay(process.env.STUBBED_MODELS);
  return [
    defineSkill({
      name: "stub.answer",
      description: "answers a question with a stubbed model",
      input: z.string(),
      output: z.string(),
      price: 0.001,
      expectedMs: 5,
      run: (question) => write(ANSWERS[question]),
    }),
  ];
};
`;

async function answersWith(compare: string) {
  const own = join(folder, compare);
  mkdirSync(own);
  writeFileSync(join(own, "skills.mjs"), STUBBED_MODEL.replace("process.env.STUBBED_MODELS", JSON.stringify(own)));
  const job = join(own, "job.yaml");
  writeFileSync(
    job,
    `name: free text
budget: 1
committee: 4
policy: { redundancy: 3, redundancyMax: 5, accept: majority, compare: ${compare} }
tasks:
  answers: { skill: stub.answer, map: { over: [the capital of France, the first person on the Moon, is water wet] } }
output: answers
`,
  );
  const out = join(own, "out");
  const skills = ["--skills", join(own, "skills.mjs")];
  const said = await runInProcess(["run", job, "--agents", "5", ...skills, "--out", out], {
    ...process.env,
    NO_COLOR: "1",
  });
  return { ...said, result: () => JSON.parse(readFileSync(join(out, "result.json"), "utf8")) as unknown };
}

test("with text, five ways to write an answer are one answer", async () => {
  const { code, out, err, result } = await answersWith("text");
  expect(code, err).toBe(0);
  expect(out).toContain("CERTIFIED");
  const folded = JSON.stringify(result()).toLowerCase();
  for (const word of ["paris", "armstrong", "makes"]) expect(folded).toContain(word);
}, 300_000);

test("with exact, the job fails and says that no answer had a majority", async () => {
  const { code, out, err } = await answersWith("exact");
  expect(code).toBe(1);
  expect(out + err).toMatch(/disagreement \(of 5 results/);
}, 300_000);
