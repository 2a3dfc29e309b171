/** What can be wrong with a JOB.yaml: one line each, with file, line and remedy. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ParsedJob, parseJob, readJobFile } from "../../../node/job-file/parse-job.ts";
import { MeshworkError } from "../../../protocol/core/errors.ts";

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "meshwork-job-"));
  for (const name of ["one.md", "two.md"]) await writeFile(join(directory, name), name);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const parse = (text: string, prices?: ReadonlyMap<string, number>): Promise<ParsedJob> =>
  parseJob(text, { file: "JOB.yaml", directory, ...(prices === undefined ? {} : { prices }) });

/** The line that the command line would print. */
async function problem(text: string, prices?: ReadonlyMap<string, number>): Promise<string> {
  const error: unknown = await parse(text, prices).then(
    () => "accepted",
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MeshworkError)) throw new Error(`no MeshworkError but ${String(error)}`);
  expect(error.code).toBe("invalid-file");
  expect(error.message).not.toContain("\n");
  expect(error.remedy, error.message).not.toBe("");
  return `${error.message} – ${error.remedy}`;
}

const job = (tasks: string, rest = ""): string =>
  `name: test\nbudget: 1\ndeadline: 1m\n${rest}output: a\ntasks:\n${tasks}`;

describe("what is wrong with a job", () => {
  const cases: readonly (readonly [what: string, text: string, line: string])[] = [
    [
      "an unknown key",
      job("  a: { skill: echo }\n", "policy:\n  redundncy: 3\n"),
      'JOB.yaml:5: unknown key "redundncy" in policy – did you mean "redundancy"?',
    ],
    [
      "a hedge that never comes",
      job("  a: { skill: echo }\n", "policy:\n  hedge: { afterMs: 60000 }\n"),
      'JOB.yaml:5: task "a": a hedge after 60000 ms never comes: the lease ends after 60000 ms – lower afterMs, raise the timeout, or write hedge: off',
    ],
    [
      "a word that is no hedge",
      job("  a: { skill: echo }\n", "policy:\n  hedge: never\n"),
      'JOB.yaml:5: policy.hedge cannot be "never" – known are: auto, off',
    ],
    [
      "an unknown key at the top",
      "name: x\nbuget: 1\ntasks: { a: { skill: echo } }\noutput: a\n",
      'JOB.yaml:2: unknown key "buget" – did you mean "budget"?',
    ],
    [
      "a missing key",
      "name: x\noutput: a\ntasks:\n  a: { skill: echo }\n",
      'JOB.yaml:1: the file has no "budget" – add it',
    ],
    [
      "a task that asks for nothing",
      "name: x\nbudget: 1\noutput: a\ntasks:\n  a: {}\n",
      'JOB.yaml:5: task "a" asks for no skill – add `skill: NAME`, or `like:` with words',
    ],
    [
      "the oracle of simulations",
      job("  a: { skill: echo }\n", "selector: oracle\n"),
      'JOB.yaml:4: the selector "oracle" knows every agent\'s true chances: it exists in simulations only – take linucb, or leave selector out',
    ],
    [
      "an unknown rule",
      job("  a: { skill: echo, policy: { accept: { rule: majorty } } }\n"),
      'JOB.yaml:6: tasks.a.policy.accept.rule cannot be "majorty" – did you mean "majority"?',
    ],
    [
      "an unknown rule, in short",
      job("  a: { skill: echo, policy: { accept: majorty } }\n"),
      'JOB.yaml:6: tasks.a.policy.accept cannot be "majorty" – did you mean "majority"?',
    ],
    [
      "a key that belongs elsewhere",
      job("  a: { skill: echo }\npriceMax: 2\n"),
      'JOB.yaml:7: unknown key "priceMax" – it stands in policy',
    ],
    [
      "a mistyped key of a map over files",
      job("  a:\n    skill: echo\n    map:\n      over: { files: docs, batchFile: 3 }\n"),
      'JOB.yaml:9: unknown key "batchFile" in tasks.a.map.over – did you mean "batchFiles"?',
    ],
    [
      "a mistyped path",
      job("  a: { skill: echo }\n  b: { skill: echo, input: { from: a, pth: x } }\n"),
      'JOB.yaml:7: task "b": unknown key "pth" beside "from" – did you mean "path"?',
    ],
    ["a wrong type", "name: x\nbudget: 1\noutput: a\ntasks: []\n", "JOB.yaml:4: tasks must be a map, not a list"],
    [
      "a wrong duration",
      job("  a: { skill: echo, policy: { timeout: 5 } }\n"),
      "JOB.yaml:6: tasks.a.policy.timeout must be text, not a number",
    ],
    [
      "a duration without unit",
      job('  a: { skill: echo, policy: { timeout: "5" } }\n'),
      'JOB.yaml:6: tasks.a.policy.timeout: "5" is not a duration – write one like 250ms',
    ],
    [
      "too many decimals",
      "name: x\nbudget: 0.1234567\noutput: a\ntasks: { a: { skill: echo } }\n",
      'JOB.yaml:2: budget: "0.1234567" is not an amount of credits',
    ],
    ["no YAML", "name: [\n", "JOB.yaml:2: "],
    ["a key twice", "name: a\nname: b\n", "JOB.yaml:2: Map keys must be unique"],
    ["nothing", "", "JOB.yaml:1: the file must be a map, not nothing (null)"],
    [
      "a name that vanishes",
      job("  a: { skill: echo }\n  __proto__: { skill: echo }\n"),
      'JOB.yaml:7: "__proto__" is no name for a task',
    ],
    ["a name with a slash", job("  a/1: { skill: echo }\n"), 'JOB.yaml:6: "a/1" is no valid name: use letters'],
    ["no tasks", "name: x\nbudget: 1\noutput: a\ntasks: {}\n", "JOB.yaml:4: the job has no tasks"],
    [
      "a missing reference",
      job(
        "  a: { skill: echo }\n  words: { skill: echo, input: { from: b } }\n  total:\n    skill: echo\n    needs:\n      - wrods\n",
      ),
      'JOB.yaml:7: task "words" needs "b", which does not exist',
    ],
    [
      "a missing need",
      job(
        "  a: { skill: echo }\n  words: { skill: echo }\n  total:\n    skill: echo\n    needs:\n      - a\n      - wrods\n",
      ),
      'JOB.yaml:12: task "total" needs "wrods", which does not exist – did you mean "words"?',
    ],
    [
      "an output that does not exist",
      job("  b: { skill: echo }\n"),
      'JOB.yaml:4: the output "a" is no task – did you mean "b"?',
    ],
    [
      "a cycle",
      job(
        "  a: { skill: echo, input: { from: b } }\n  b: { skill: echo, map: { over: { from: c } } }\n  c: { skill: echo, needs: [a] }\n",
      ),
      "JOB.yaml:6: the tasks need each other in a cycle: a → b → c → a – remove one of these",
    ],
    ["a task that needs itself", job("  a: { skill: echo, needs: [a] }\n"), "in a cycle: a → a"],
    [
      "an unreadable input",
      job("  a:\n    skill: echo\n    input: { file: nowhere.txt }\n"),
      'JOB.yaml:8: task "a": "nowhere.txt" does not exist – check the path',
    ],
    [
      "a glob without match",
      job('  a: { skill: echo, input: { files: "*.pdf" } }\n'),
      'JOB.yaml:6: task "a": "*.pdf" matches no file',
    ],
    [
      "a folder for a file",
      job("  a: { skill: echo, input: { file: . } }\n"),
      'matches 2 files – use "files" for several',
    ],
    [
      "no path",
      job('  a: { skill: echo }\n  b: { skill: echo, input: { from: a, path: "x[" } }\n'),
      '"x[" is no path into a value',
    ],
    [
      "no value",
      job("  a: { skill: echo, input: .nan }\n"),
      'JOB.yaml:6: task "a": the value is NaN, not a finite number',
    ],
    [
      "both map and chain",
      job("  a: { skill: echo, map: { over: [1] }, chain: { steps: 2 } }\n"),
      'task "a" has both map and chain',
    ],
    [
      "both map and input",
      job("  a: { skill: echo, map: { over: [1] }, input: 2 }\n"),
      'task "a" has both input and map',
    ],
    [
      "less than redundancy",
      job("  a: { skill: echo }\n", "policy:\n  redundancy: 3\n  redundancyMax: 2\n"),
      'JOB.yaml:6: task "a": redundancyMax 2 is less than redundancy 3',
    ],
    [
      "many firsts",
      job("  a: { skill: echo, policy: { redundancy: 3, accept: { rule: first } } }\n"),
      'rule "first" takes redundancy 1, not 7',
    ],
    [
      "a part of a map",
      job("  m: { skill: echo, map: { over: [1] } }\n  a: { skill: echo, input: { from: m, path: x } }\n"),
      'JOB.yaml:7: task "a" takes a part of "m", which is a map',
    ],
    ["a window too short", job("  a: { skill: echo }\n", "window: 5ms\n"), "JOB.yaml:4: a window of 5 ms is too short"],
    ["a name with a dot", job("  a.b: { skill: echo }\n"), 'JOB.yaml:6: "a.b" is no valid name: use letters'],
    [
      "a quorum out of reach",
      job("  a: { skill: echo, policy: { accept: { rule: quorum, q: 4 }, redundancyMax: 3 } }\n"),
      "a quorum of 4 can never be met by at most 3 results",
    ],
    [
      "an unsafe committee",
      job("  a: { skill: echo }\n", "committee: 3\n"),
      "JOB.yaml:4: a committee of 3 is no safer than one of 1 – take 1, or 4 and more",
    ],
    ["a committee with a twin", job("  a: { skill: echo }\n", "committee: [p, q, p, r]\n"), "agent p is named twice"],
    [
      "a name with half a character",
      'name: "\\ud83d"\nbudget: 1\noutput: a\ntasks: { a: { skill: echo } }\n',
      "JOB.yaml:1: name: must have 1 to 64 bytes of UTF-8",
    ],
    ["an unknown tag", job("  a: { skill: echo, input: !secret x }\n"), "JOB.yaml:6: Unresolved tag: !secret"],
  ];
  test.each(cases)("%s", async (_what, text, line) => expect(await problem(text)).toContain(line));

  test("nesting and aliases without end are an error, not a crash", async () => {
    expect(await problem(`name: ${"[".repeat(100_000)}`)).toContain("JOB.yaml");
    const bomb = `a: &a [${"x,".repeat(9)}x]\n${"bcdefghi".replace(/./g, (to, i) => `${to}: &${to} [${`*${"abcdefghi"[i]},`.repeat(10)}]\n`)}`;
    expect(await problem(bomb)).toContain("JOB.yaml: cannot be parsed");
  });

  test("more tasks than a genesis holds", async () => {
    const tasks = Array.from(
      { length: 3_000 },
      (_, i) => `  a${i || ""}: { skill: echo, input: "${"x".repeat(300)}" }\n`,
    );
    expect(await problem(job(tasks.join("")))).toMatch(/^JOB.yaml:5: the tasks take \d+ bytes/);
  });

  test("a file that is not there, or no text", async () => {
    await expect(readJobFile(join(directory, "none.yaml"))).rejects.toThrow("none.yaml: there is no such file");
    await expect(readJobFile(directory)).rejects.toThrow("this is a folder");
    await writeFile(join(directory, "latin1.yaml"), Buffer.from([0x6e, 0xe4]));
    await expect(readJobFile(join(directory, "latin1.yaml"))).rejects.toThrow("not UTF-8 text");
  });
});

describe("prices", () => {
  const prices = new Map([
    ["echo", 100_000],
    ["text.upper", 1],
  ]);

  test("a skill nobody offers", async () => {
    expect(await problem(job("  a: { skill: text.uper }\n"), prices)).toBe(
      'JOB.yaml:6: task "a": no agent offers the skill "text.uper" – did you mean "text.upper"?',
    );
  });

  test("a skill that is to check answers, and nobody offers", async () => {
    const policy = "policy: { redundancy: 1, accept: { rule: verified, skill: review } }";
    expect(await problem(job(`  a: { skill: echo, ${policy} }\n`), prices)).toContain(
      'task "a": no agent offers the skill "review"',
    );
  });

  test("a budget that cannot suffice", async () => {
    const four = job("  a: { skill: echo, policy: { redundancy: 3 }, map: { over: [1, 2, 3, 4] } }\n");
    expect(await problem(four, prices)).toBe(
      "JOB.yaml:2: a budget of 1 credits cannot suffice: the tasks cost 1.2 at least – raise it to 1.2 or more, or lower the redundancy",
    );
    const three = four.replace(", 4]", "]");
    expect((await parse(three, prices)).tasksKnown).toBe(3);
  });

  test("a price that is not paid", async () => {
    const text = job("  a: { skill: echo, policy: { priceMax: 0.01 } }\n");
    expect(await problem(text, prices)).toContain('"echo" costs 0.1 credits at least');
  });
});
