/**
 * Who said what, in whole commands: a run of real agents that differ, one of which lies, one of which talks too much and one
 * of which fails, whose answers other agents check. The same job again, redacted, leaves no word of its inputs and outputs.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunSummary } from "../../node/run/summary.ts";
import { endAll, meshwork } from "../support/cli.ts";
import { moduleText } from "../support/skill-modules.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-answers-"));
const file = join(folder, "skills.mjs");
const INPUT = "Freedonia";
const ANSWER = "Fredville";
const WHY = "no-word-of-it";

/** Each process takes the next part; those that come later are right. */
const PARTS = `const FOLDER = ${JSON.stringify(folder)};
let part = null;
const partOf = (job) => {
  for (const name of part === null ? ["liar", "talker", "failing", "tidy"] : [])
    try { fs.writeFileSync(FOLDER + "/" + job + "-" + name, "", { flag: "wx" }); part = name; break } catch {}
  return (part ??= "right");
};`;

beforeAll(() => {
  const capital = `(_, { job }) => {
    const part = partOf(job);
    if (part === "liar") return { output: "Elsewhere", confidence: 1 };
    if (part === "talker") return { output: "${ANSWER} ".repeat(60), confidence: 0.5 };
    if (part === "failing") throw new Error("${WHY}");
    return { output: part === "tidy" ? "${ANSWER.toLowerCase()}." : "${ANSWER}", confidence: 0.9 };
  }`;
  const check = `({ input, output }) => input === "${INPUT}" && output.toLowerCase().startsWith("${ANSWER.toLowerCase()}")`;
  writeFileSync(file, moduleText({ capital, check }, PARTS));
});

afterAll(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

async function run(name: string, redact: boolean) {
  const job = join(folder, `${name}.yaml`);
  const out = join(folder, `out-${name}`);
  writeFileSync(
    job,
    `name: ${name}
budget: 1
deadline: 90s
redact: ${redact}
policy:
  redundancy: 5
  redundancyMax: 7
  accept: { rule: verified, skill: check, n: 3, quorum: 2 }
  compare: text
  flags: { maxBytes: 200 }
tasks:
  t: { skill: capital, input: ${INPUT} }
output: t
`,
  );
  const ran = await meshwork(["run", job, "--skills", file, "--agents", "9", "--out", out, "--json"]);
  expect(ran.code, ran.err).toBe(0);
  expect(ran.err).not.toContain("a bug");
  return { out, summary: JSON.parse(ran.out) as RunSummary };
}

const read = (out: string, name: string): string => readFileSync(join(out, name), "utf8");

test("the summary, explain and the page say who said what, what was flagged, who failed, and what verifiers found", async () => {
  const { out, summary } = await run("open", false);
  const [task, check] = summary.answers.tasks;
  const { tally, lost } = task!;
  expect(tally).toMatchObject({ decision: "accepted", rule: "2 of 3 verifiers", comparator: "text" });
  const said = tally!.results.map(({ answer, discarded, group }) =>
    [discarded ?? "", group, answer!.slice(0, 12)].join(" "),
  );
  const right = [` 0 "${ANSWER}"`, ` 0 "${ANSWER}"`, ` 0 "${ANSWER.toLowerCase()}."`];
  expect(said.sort()).toEqual([...right, ' 1 "Elsewhere"', `too-large  "${ANSWER} F`].sort());
  expect(tally!.groups.map(({ results, isChosen }) => [results, isChosen])).toEqual([
    [3, true],
    [1, false],
  ]);
  expect(lost.map(({ reason, message }) => `${reason} ${message}`)).toContain(`error capital: ${WHY}`);
  expect(check).toMatchObject({ task: "t~check", tally: { decision: "accepted", groups: [{ answer: "true" }] } });

  const explained = await meshwork(["explain", "last", "t", "--run", out]);
  expect(explained.out).toContain("accepted by 2 of 3 verifiers, compared by text: 3 of 5 results");
  expect(explained.out).toMatch(/^> \S+ +1 +0\.90 +0\.67 +0\.69 +"Fredville"$/m);
  expect(explained.out).toContain("flagged (too-large)");
  expect(explained.out).toContain(`brought nothing: error, capital: ${WHY}`);
  expect(explained.out).toContain("check 1, by verifiers:");

  const page = read(out, "report.html");
  expect(page).toContain('<table class="answers');
  for (const text of ["&quot;Elsewhere&quot;", "flagged (too-large)", `capital: ${WHY}`]) expect(page).toContain(text);
}, 180_000);

test("a redacted job's trace, summary, page and explanations hold hashes; its result is the owner's", async () => {
  const { out, summary } = await run("secret", true);
  expect(summary.answers.isRedacted).toBe(true);
  expect(summary.answers.tasks[0]!.tally!.results).toHaveLength(5);
  const explained = await meshwork(["explain", "last", "t", "--run", out]);
  expect(explained.out).toMatch(/^> .*output [0-9a-f]{8}$/m);
  expect(read(out, "result.json").toLowerCase()).toContain(ANSWER.toLowerCase());
  const secrets = [INPUT, ANSWER, ANSWER.toLowerCase(), "Elsewhere", WHY];
  for (const name of ["trace.jsonl", "summary.json", "report.html"]) {
    const text = read(out, name);
    // Records stand in traces as base64, in which a word begins at one of three places.
    const inBase64 = (word: string): string[] =>
      [0, 1, 2].map((at) => Buffer.from(word.slice(at, at + 6)).toString("base64"));
    const words = secrets.flatMap((word) => [word, ...inBase64(word)]);
    for (const word of words) expect(text, `${word} in ${name}`).not.toContain(word);
  }
  expect(explained.out).not.toMatch(new RegExp(secrets.join("|")));
  const checked = await meshwork(["sim", "check", join(out, "trace.jsonl")]);
  expect(checked.code, checked.err).toBe(0);
}, 180_000);
