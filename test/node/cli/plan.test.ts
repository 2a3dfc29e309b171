/** `meshwork plan`: figures of a job file, what they are taken from, and what it says where more agents cannot help. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { knowledgeText } from "../../../node/knowledge.ts";
import { displayWidth } from "../../../node/platform/terminal/terminal-text.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { EMPTY_WORLD } from "../../../protocol/selection/knowledge.ts";
import { runInProcess, type Said } from "../../support/in-process-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-plan-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const JOB = join(folder, "job.yaml");
writeFileSync(
  JOB,
  `name: moves
budget: 10
policy: { redundancy: 3, accept: { rule: ahead-by, k: 3 }, redundancyMax: 30, priceMax: 0.01 }
tasks:
  move: { skill: hanoi.move, chain: { steps: 1023 }, input: 0 }
  shout: { skill: text.upper, input: { from: move }, policy: { accept: { rule: first }, redundancy: 1 } }
  each: { skill: hanoi.move, map: { over: { from: shout } } }
output: shout
`,
);

const plan = (...argv: string[]): Promise<Said> =>
  runInProcess(["plan", JOB, ...argv], { XDG_CONFIG_HOME: join(folder, "config"), COLUMNS: "81" });

/** The figures of a node. */
async function figures(id: string, ...argv: string[]): Promise<Record<string, never>> {
  const { code, out, err } = await plan("--json", ...argv);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out).nodes.find((node: { id: string }) => node.id === id);
}

describe("figures", () => {
  test("are MAKER's where a lead decides", async () => {
    const move = await figures("move", "--accuracy", "hanoi.move=0.99", "--valid", "hanoi.move=0.97");
    expect(move).toMatchObject({
      ...{ tasks: 1_023, isCounted: true, votes: { most: 30 }, price: 0.01, isPriceKnown: false },
      agent: { right: 0.99, source: "given", valid: 0.97 },
    });
    const { votes, allRight, credits } = move as unknown as {
      votes: { expected: number };
      allRight: number;
      credits: { expected: number };
    };
    expect(votes.expected).toBeCloseTo(3.0612 / 0.97, 3);
    expect(allRight).toBeCloseTo((1 + (1 / 99) ** 3) ** -1_023, 6);
    expect(credits.expected).toBeCloseTo((1_023 * 0.01 * 3.0612) / 0.97, 2);
  });

  test("of verified answers count verifiers, and rest on how often they are right", async () => {
    const file = join(folder, "verified.yaml");
    writeFileSync(
      file,
      "name: v\nbudget: 10\npolicy: { redundancy: 1, redundancyMax: 4, accept: { rule: verified, skill: review }, priceMax: 0.01 }\ntasks:\n  a: { skill: draft, input: 0 }\noutput: a\n",
    );
    const of = async (review: number) => {
      const argv = ["plan", file, "--json", "--accuracy", "draft=0.6", "--accuracy", `review=${review}`];
      const { out, err } = await runInProcess(argv, { XDG_CONFIG_HOME: join(folder, "config") });
      expect(err).toBe("");
      return JSON.parse(out).nodes[0] as { allRight: number; votes: { expected: number; most: number } };
    };
    const [good, poor] = [await of(0.95), await of(0.6)];
    expect(good.votes.most).toBe(4 * (1 + 2 * 3));
    expect(good.votes.expected).toBeGreaterThan(4);
    expect(good.allRight).toBeGreaterThan(0.95);
    expect(poor.allRight).toBeLessThan(0.75);
  });

  test("of what is not known are those of a newcomer, and said to be", async () => {
    const { out } = await plan();
    expect(out).toMatch(/move +hanoi\.move +1023 +~66\.7 % +ahead-by 3 +7\.0\/30 +~/);
    expect(out).toContain("~ nothing is known of agents for hanoi.move, text.upper: 66.7 %");
    expect(out).toContain("~ no price is known for hanoi.move: priceMax counts.");
    expect(out).toContain("--count each=20");
    expect(await figures("shout")).toMatchObject({ isPriceKnown: true, agent: { source: "assumed" } });
  });

  test("come from the owner's records with --knowledge, as a mean over agents", async () => {
    mkdirSync(join(folder, "config/meshwork"), { recursive: true });
    const record = { skill: "hanoi.move", accepted: 97, rejected: 0 };
    const records = [
      { ...record, agent: "a" as AgentId },
      { ...record, agent: "b" as AgentId, accepted: 0, rejected: 97 },
      { ...record, agent: "c" as AgentId, skill: "other" },
    ];
    writeFileSync(join(folder, "config/meshwork/knowledge.json"), knowledgeText({ ...EMPTY_WORLD, records }));
    const known = await figures("move", "--knowledge");
    expect(known).toMatchObject({ agent: { source: "known", agents: 2 } });
    expect((known.agent as unknown as { right: number }).right).toBeCloseTo(0.5, 1);
    // A given figure goes first, one with a name before one for all.
    const given = ["--knowledge", "--accuracy", "hanoi.move=0.9", "--accuracy", "0.8"];
    expect(await figures("move", ...given)).toMatchObject({ agent: { right: 0.9, source: "given" } });
    expect(await figures("shout", ...given)).toMatchObject({ agent: { right: 0.8, source: "given" } });
    expect((await plan("--knowledge")).out).toContain("hanoi.move: 50.5 % is the mean of 2 agents in your records");
  });

  test("take prices and counts as given", async () => {
    const each = await figures("each", "--price", "hanoi.move=0.5", "--count", "each=4", "--accuracy", "1");
    expect(each).toMatchObject({ tasks: 4, isCounted: true, credits: { expected: 6, most: 60 }, allRight: 1 });
    const { out } = await plan("--price", "0.5", "--accuracy", "1");
    expect(out).toContain("! the expected 1536.5 credits are more than the budget of 10: raise it");
  });
});

describe("advice", () => {
  test("names a policy that reaches the target", async () => {
    const { out } = await plan("--accuracy", "0.9", "--accuracy", "text.upper=1", "--count", "each=3");
    expect(out).toContain("below the target of 95.0 %");
    expect(out).toContain("these policies reach 95.0 %:");
    expect(out).toContain("\n  { redundancy: 5, redundancyMax: 23, accept: { rule: ahead-by, k: 5 } }\n");
    expect(out).toContain("\n    for move, each: 6.2 votes a task, ");
    expect(out.match(/ahead-by, k/g)).toHaveLength(1);
  });

  test.each([
    [
      ["--accuracy", "0.45"],
      "one agent is right in 45.0 % of tasks: where wrong answers agree, more votes make it worse",
    ],
    [["--accuracy", "0.7", "--correlation", "0.3"], "(correlation 0.3): however many vote, 77.3 % of tasks are right"],
    [["--accuracy", "0.6"], "more agents cannot help enough: a task has at most 64 votes"],
  ])("says where more agents cannot help: %j", async (argv, words) => {
    const { out } = await plan(...argv);
    expect(out.replace(/\n */g, " ")).toContain(words);
    expect(out).not.toMatch(/policies/);
  });

  test("says nothing of a weak part where the whole meets the target", async () => {
    // Each of 1,025 tasks would need more than .9999, and one has .95; the others are certain.
    const { out } = await plan("--accuracy", "0.95", "--accuracy", "hanoi.move=1", "--target", "0.94");
    expect(out).toContain("as the target asks");
    expect(out).not.toMatch(/cannot help|polic/);
  });

  test("fits 80 columns", async () => {
    for (const argv of [[], ["--accuracy", "0.7", "--correlation", "0.3"], ["--accuracy", "0.999"]])
      for (const line of (await plan(...argv)).out.split("\n"))
        expect(displayWidth(line), line).toBeLessThanOrEqual(80);
  });

  test("the exit code says whether a target that was given is met", async () => {
    const code = async (...argv: string[]): Promise<number> => (await plan(...argv)).code;
    expect([await code("--accuracy", "0.5"), await code("--accuracy", "0.5", "--target", "0.95")]).toEqual([0, 1]);
    expect(await code("--accuracy", "1", "--target", "0.95")).toBe(0);
  });
});

test.each([
  [["--accuracy", "hanoi.mvoe=0.9"], '--accuracy: the job has no skill "hanoi.mvoe" – did you mean "hanoi.move"?'],
  [["--count", "3"], "--count 3 names no task – write --count move=20"],
  [["--count", "eahc=3"], '--count: the job has no task "eahc" – did you mean "each"?'],
  [["--accuracy", "1.2"], "it must be a number from 0 to 1"],
  [["--price", "hanoi.move=cheap"], "it must be credits, such as 0.002"],
  [["--data", folder], "--data is for --knowledge – add --knowledge"],
  [["--knowledge", "--data", join(folder, "none")], "there is no folder"],
])("refuses %j in a line", async (argv, message) => {
  const { code, out, err } = await plan(...argv);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(message);
  expect(err.trimEnd()).not.toContain("\n");
});

test("it writes nothing", async () => {
  const before = readdirSync(folder, { recursive: true });
  await plan();
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
});
