/** `meshwork run --agent` gives agents skills of their own; `meshwork record` writes what they answered. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RecordedAnswer } from "../../node/run/recorded-run.ts";
import { parseRecordedAnswers } from "../../sim/parts/workloads/recorded-answers.ts";
import { runInProcess, type Said } from "../support/in-process-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-record-"));
const before = process.cwd();
beforeAll(() => process.chdir(folder)); // which run was the last one is noted in the current folder
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const cli = (...argv: string[]): Promise<Said> => runInProcess(argv, { ...process.env, NO_COLOR: "1" });

/** Counts letters, each in its own way. */
const skills = (name: string, confidence: number, count: string): string =>
  write(
    `${name}.mjs`,
    `export default ({ z, defineSkill }) => [
  defineSkill({
    name: "letters",
    description: "counts letters",
    input: z.string(),
    output: z.number(),
    price: 0.001,
    expectedMs: 5,
    run: (text) => ({ output: ${count}, confidence: ${confidence} }),
  }),
];
`,
  );

const job = write(
  "letters.yaml",
  `name: letters
budget: 1
committee: 1
policy: { redundancy: 3, redundancyMax: 3, accept: majority }
tasks:
  letters: { skill: letters, map: { over: [a, bb, ccc] } }
  words: { skill: text.words, needs: [letters], input: one two, policy: { redundancy: 1, redundancyMax: 1, accept: first } }
output: letters
`,
);

const answersIn = (file: string): RecordedAnswer[] =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedAnswer);

const facts = (answers: readonly RecordedAnswer[], agent: string) =>
  answers
    .filter((answer) => answer.agent === agent && answer.kind === "letters")
    .map(({ task, right, confidence, wrong = null }) => [task, right, confidence, wrong]);

test("what each agent answered, and whether it was right: by the run's word, and by the user's", async () => {
  const out = join(folder, "out");
  const agents = [
    ["careful", skills("careful", 0.75, "text.length")],
    ["hasty", skills("hasty", 1, "Math.min(2, text.length)")],
    ["long", skills("long", 0.5, "text.length === 3 ? 2 : 7")],
  ] as const;
  const named = agents.flatMap(([name, file]) => ["--agent", `${name}=${file}`]);
  const ran = await cli("run", job, "--agents", "3", ...named, "--out", out);
  expect(ran.code, ran.err).toBe(0);
  expect(JSON.parse(readFileSync(join(out, "result.json"), "utf8"))).toEqual([1, 2, 2]);

  const byRun = await cli("record", out);
  expect(byRun.code, byRun.err).toBe(0);
  expect(byRun.out).toContain("10 answers to 4 tasks");
  const answers = answersIn(join(out, "answers.jsonl"));
  expect(facts(answers, "careful")).toEqual([
    [0, true, 0.75, null],
    [1, true, 0.75, null],
    [2, false, 0.75, 0],
  ]);
  expect(facts(answers, "hasty")).toEqual([
    [0, true, 1, null],
    [1, true, 1, null],
    [2, true, 1, null],
  ]);
  expect(facts(answers, "long")).toEqual([
    [0, false, 0.5, 0],
    [1, false, 0.5, 0],
    [2, true, 0.5, null],
  ]);
  expect(answers.find(({ kind }) => kind === "words")).toMatchObject({ task: 3, right: true, confidence: 1 });
  for (const { latencyMs } of answers) expect(latencyMs).toBeGreaterThanOrEqual(0);
  expect(answers.some(({ latencyMs }) => latencyMs > 0)).toBe(true);
  expect(parseRecordedAnswers(readFileSync(join(out, "answers.jsonl"), "utf8"))).toMatchObject({
    agents: expect.arrayContaining(["careful", "hasty", "long"]),
  });

  const again = await cli("record", out);
  expect([again.code, again.err]).toEqual([2, expect.stringMatching(/answers\.jsonl exists – .*--force\n$/)]);

  const summary = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as { readonly job: string };
  for (const run of ["last", summary.job.slice(0, 6), join(out, "trace.jsonl")]) {
    const same = await cli("record", run, "--force");
    expect([run, same.code, same.err]).toEqual([run, 0, ""]);
    expect(answersIn(join(out, "answers.jsonl"))).toEqual(answers);
  }

  const truth = write("right.yaml", "letters: [1, 2, 3]\n");
  const file = join(folder, "by-truth.jsonl");
  const byTruth = await cli("record", out, "--truth", truth, "--out", file, "--json");
  expect(byTruth.code, byTruth.err).toBe(0);
  const known = answersIn(file);
  expect(known).toHaveLength(9);
  expect(facts(known, "careful").at(-1)).toEqual([2, true, 0.75, null]);
  // Both say 2: the same wrong answer.
  for (const agent of ["hasty", "long"]) expect(facts(known, agent).at(-1)).toMatchObject([2, false, {}, 0]);
  expect(JSON.parse(byTruth.out)).toMatchObject({
    tasks: 3,
    agents: [
      { name: "careful", answers: 3, right: 3 },
      { name: "hasty", right: 2 },
      { name: "long", right: 0 },
    ],
    mesh: { answers: 3, right: 2 },
  });

  const none = join(folder, "none.jsonl");
  for (const [text, options, problem] of [
    ["letters: [1, 2]\n", [], /right\.yaml:1: the list has 2 right answers, and the run has an item 2 \(from 0\)/],
    ["letters: 1\n", [], /right\.yaml:1: task "letters" has many items – write a list/],
    ["others: 1\n", [], /it names no task of the job, but others – the tasks of the job are letters, words/],
    ["letters: [1, 2, 3]\n", ["--task", "leters"], /the job has no task "leters" – .*letters/],
    ["letters: [1, 2, 3]\n", ["--task", "words"], /nobody answered a task whose right answer is known – /],
  ] as const) {
    write("right.yaml", text);
    const { code, err } = await cli("record", out, "--truth", truth, "--out", none, ...options);
    expect(code).not.toBe(0);
    expect(err).toMatch(problem);
  }
  expect(existsSync(none)).toBe(false);
}, 120_000);

test("runs that have no answers to record: what is wrong, and what to do", async () => {
  const running = join(folder, "running");
  mkdirSync(join(running, "agents"), { recursive: true });
  const submitted = join(folder, "submitted");
  mkdirSync(submitted);
  writeFileSync(join(submitted, "summary.json"), JSON.stringify({ job: "ab".repeat(32) }));
  const simulated = write(
    "simulated.jsonl",
    `${JSON.stringify({ format: 2, meshId: "m", startedAt: 0, agents: [], simulated: { seed: 1, signatures: "simulated", messages: false } })}\n`,
  );
  const empty = write("empty.jsonl", `${JSON.stringify({ format: 2, meshId: "m", startedAt: 0, agents: [] })}\n`);
  for (const [run, code, problem] of [
    [join(folder, "nowhere"), 2, /there is no run .*nowhere – name the folder of one, the id of its job, or last/],
    ["abcd1234", 2, /no run of a job abcd1234 was begun here – name the folder/],
    [running, 1, /has not ended, or was ended by force: .* – try again when it has ended/],
    [submitted, 1, /left no trace: .* – run the job on a local mesh: .*run JOB\.yaml/],
    [folder, 2, /is no folder of a run: it has no summary\.json – /],
    [simulated, 1, /is of a simulation – name a run of demo or run/],
    [empty, 1, /no job was begun in this run/],
  ] as const) {
    const said = await cli("record", run);
    expect([run, said.code, said.out]).toEqual([run, code, ""]);
    expect(said.err).toMatch(problem);
  }
});

test("agents with a name: what is wrong with them is said before anything starts", async () => {
  for (const [argv, problem] of [
    [["--agent", "a"], /a name of letters, digits, dots and dashes, then = and a skills file/],
    [["--agent", "../a=x.mjs"], /a name of letters/],
    [["--agent", "a=x.mjs", "--agent", "a=y.mjs"], /--agent names two agents "a" – give each a name of its own/],
    [["--agents", "1", "--agent", "a=x.mjs", "--agent", "b=y.mjs"], /names 2 agents, the mesh has 1 – give --agents 2/],
    [["--agent", `a=${join(folder, "no.mjs")}`], /no\.mjs: there is no such file/],
  ] as const) {
    const { code, err } = await cli("run", job, ...argv, "--out", join(folder, "never"));
    expect(code).toBe(2);
    expect(err).toMatch(problem);
  }
  expect(existsSync(join(folder, "never"))).toBe(false);
});
