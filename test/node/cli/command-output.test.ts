/** The output of commands is true, consists of sentences, and fits the columns of the terminal. */

import { describe, expect, test } from "vitest";
import { renderChecks } from "../../../node/cli/doctor.ts";
import { describeChoice } from "../../../node/cli/explain.ts";
import { knowledgeLines } from "../../../node/cli/knowledge.ts";
import { leavingWords } from "../../../node/cli/leaving.ts";
import { describe as describeStatus } from "../../../node/cli/status.ts";
import type { ExplainedChoice } from "../../../node/explained-choices.ts";
import { parseJob } from "../../../node/job-file/parse-job.ts";
import { describeNews } from "../../../node/network/news.ts";
import { joinsAnotherMachine } from "../../../node/network/own-addresses.ts";
import type { NodeStatus } from "../../../node/node-status.ts";
import { COMMAND } from "../../../node/platform/terminal/command-line.ts";
import { errorLines } from "../../../node/platform/terminal/context.ts";
import { progressLine } from "../../../node/platform/terminal/progress-line.ts";
import { displayWidth, hang, table, uncolored } from "../../../node/platform/terminal/terminal-text.ts";
import { parseSkillsYaml } from "../../../node/skills/load-yaml.ts";
import { isLoopback } from "../../../protocol/capability/addresses.ts";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { tasksToCome } from "../../../protocol/job/graph.ts";
import { answeredTask } from "../../support/answer-fixture.ts";

const ID = "12D3KooWSLM6mGe2dWQaoCC7muCrLn9jY8nk5gs9MwuNJqPj8pxT" as AgentId;
const fits = (lines: readonly string[], width: number): void => {
  for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
};

describe("within 79 columns", () => {
  test("tables shrink, then cut what may be cut, then become blocks", () => {
    const columns = [
      { title: "name", isElastic: true },
      { title: "n", align: "right" },
    ] as const;
    expect(table(columns, [["ada", "1"]], uncolored(79))).toEqual(["name  n", "ada   1"]);
    expect(table(columns, [["a".repeat(30), "1"]], uncolored(20))).toEqual([
      `name${" ".repeat(15)}n`,
      `${"a".repeat(17)}… 1`,
    ]);
    expect(table([{ title: "a" }, { title: "b" }], [["x".repeat(20), "y"]], uncolored(10))).toEqual([
      "xxxxxxxxx…",
      "  b  y",
    ]);
    expect(hang("one two three", 8, 2)).toEqual(["one", "  two", "  three"]);
  });

  const agent = {
    agent: ID,
    name: "ada",
    hosts: true,
    rulesVersion: 2,
    skills: ["text.upper", "text.lower", "text.words", "text.a-very-long-name-of-a-skill"].map((name) => ({
      name,
      price: 1,
    })),
    addresses: [],
    reach: "unreachable" as const,
    why: `nobody answers at /ip4/192.0.2.7/tcp/4001/p2p/${"x".repeat(5)} or at any other address that it gave`,
    heardMs: 3_000,
  };
  const job = {
    job: "ab".repeat(32),
    name: "a name of a job that is rather long, as names of jobs may be",
    owner: ID,
    role: "member",
    status: "running",
    reason: "",
    height: 4,
    startedMs: 0,
    timeMs: 1_000,
    silent: [],
    committee: [{ agent: ID, name: "ada" }],
    tasks: { total: 4, accepted: 1, running: 1, ready: 0 },
    agents: [{ agent: ID, name: "ada", offers: 1, live: 1 }],
  };
  const status: NodeStatus = {
    agent: ID,
    name: "ada",
    meshId: "m",
    meshAgents: 1,
    agents: [agent],
    reach: {
      state: "works",
      detail: "another agent dialled this one at /ip4/192.0.2.7/tcp/4001 a moment ago, so it is reachable",
    },
    jobs: [job],
  };

  test("status", () => fits(describeStatus(status, 79), 79));

  test("knowledge, with names, ages and meshes", () => {
    const record = { agent: ID, skill: "a.skill-with-a-long-name-of-its-own", accepted: 12.5, rejected: 0 };
    const seen = {
      [ID]: { name: "ada", mesh: "the mesh of the long name that people gave it", atMs: Date.now() - 3 * 86_400_000 },
    };
    const lines = knowledgeLines({ records: [record], learned: {}, unscored: [], hosts: [], seen }, undefined, 79);
    fits(lines, 79);
    expect(lines[1]).toMatch(/^ada +Pj8pxT +a\.skill.* 12\.5 +0 +3 days +the mesh/);
    expect(knowledgeLines({ records: [record], learned: {}, unscored: [], hosts: [], seen }, "ada", 79)[0]).toBe(ID);
    expect(lines[0]).not.toContain("brier");
  });

  test("knowledge of hosts: turns, share, power, since when and from where", () => {
    const host = {
      ...{ agent: ID, kept: 1_234, lost: 12, power: 3, equivocated: false, sinceMs: 0, days: 8, lastDay: 20_000 },
      ...{ knownSinceMs: Date.UTC(2026, 4, 17), origin: "192.0.2.0/24" },
    };
    const liar = { ...host, agent: `${ID.slice(0, -6)}abcdef` as AgentId, equivocated: true, origin: "" };
    const fresh = {
      ...host,
      agent: `${ID.slice(0, -6)}fedcba` as AgentId,
      kept: 0,
      lost: 0,
      power: 1,
      knownSinceMs: null,
    };
    const friends = { ...fresh, agent: ID, owner: liar.agent, kept: 40 };
    const seen = { [ID]: { name: "ada", mesh: "m", atMs: Date.now() } };
    const world = { records: [], learned: {}, unscored: [], hosts: [fresh, host, liar, friends], seen };
    const lines = knowledgeLines(world, undefined, 99);
    fits(lines, 99);
    expect(lines[1]).toMatch(/^ada +Pj8pxT +1,234 +12 +99\.0 % +3 +8 +2026-05-17 +192\.0\.2\.0\/24/);
    expect(lines.join("\n")).toMatch(/abcdef .* never drawn +private/);
    expect(lines.join("\n")).toMatch(/fedcba +0 +0 +· +1 +8 +new/);
    expect(knowledgeLines(world, "ada", 99).join("\n")).toMatch(/ada .* by abcdef/);
    expect(knowledgeLines(world, "ada", 99).join("\n")).not.toContain("never drawn");
  });

  test("knowledge of what agents state: a score for each, and the curve of one", () => {
    const none = { accepted: 0, rejected: 0, stated: 0 };
    const stated = [
      none,
      none,
      { accepted: 3, rejected: 1, stated: 3 },
      none,
      none,
      { accepted: 1, rejected: 3, stated: 4 },
    ];
    const sure = { agent: ID, skill: "a.skill-with-a-long-name-of-its-own", accepted: 6, rejected: 4, stated };
    const silent = { agent: `${ID.slice(0, -6)}abcdef` as AgentId, skill: "b", accepted: 2, rejected: 0 };
    const seen = {
      [ID]: { name: "ada", mesh: "m", atMs: Date.now() },
      [silent.agent]: { name: "bob", mesh: "m", atMs: 0 },
    };
    const world = { records: [sure, silent], learned: {}, unscored: [], hosts: [], seen };
    const all = knowledgeLines(world, undefined, 79);
    fits(all, 79);
    expect(all[0]).toMatch(/rejected +brier +last/);
    expect(all.find((line) => line.startsWith("ada"))).toMatch(/ 6 +4 +0\.47 +today/);
    expect(all.find((line) => line.startsWith("bob"))).toMatch(/ 2 +0 +· +[\d,]+ days/);
    expect(all.join("\n")).not.toContain("Brier score");
    const one = knowledgeLines(world, "ada", 79);
    fits(one, 79);
    expect(one.slice(-5)).toEqual([
      sure.skill,
      "8 answers with a stated confidence: Brier score 0.47, calibration error 0.38",
      "        stated  mean  accepted  answers  █ accepted, | stated mean",
      "  0.70 to 0.80  0.75      0.75        4  ███████████████|····",
      "  0.97 to 1.00  1.00      0.25        4  █████··············|",
    ]);
    expect(knowledgeLines(world, "bob", 79).join("\n")).not.toContain("Brier score");
  });

  test("explanations, with the reasons below where they do not fit beside", () => {
    const known = {
      accepted: 100,
      rejected: 3,
      acceptedBefore: 0.25,
      rejectedBefore: 0,
      timeouts: 1,
      similarity: 0.5,
      live: 1,
      slots: 4,
      price: 1_000,
      expectedMs: 1_500,
    };
    const candidate = (name: string, picked: string | null) => ({
      ...{ agent: name, place: 1, score: 0.123, mean: 0.5, bonus: 0.1, picked, known, context: [] },
    });
    const choice: ExplainedChoice = {
      ...{ attempt: 1, height: 3, skill: "s", features: [] },
      candidates: [candidate(`a-${"long".repeat(6)}`, "best"), candidate("bob", null)],
    };
    const narrow = describeChoice(choice, (name) => name, 79);
    fits(narrow, 79);
    expect(narrow.at(-1)).toContain("at random among equals");
    expect(describeChoice(choice, (name) => name, 150)[2]).toContain("at random among equals");

    const { tally } = answeredTask("t", [
      ["a-longer-name", "x".repeat(100)],
      ["bob", "y", 990_000],
      ["cyd", "y"],
      ["eli", "y"],
      ["dee", undefined],
    ]);
    const lost = [{ worker: "eve", reason: "error", message: "why ".repeat(40) }];
    const told = describeChoice({ ...choice, tally, lost }, (name) => name, 79);
    fits(told, 79);
    expect(told.join("\n")).toContain("eve brought nothing: error, why");
    expect(told.slice(-6)).toEqual([
      expect.stringMatching(/^ {2}agent +answer +says +worth +weight +output$/),
      expect.stringMatching(/^> bob +1 +0\.99 +0\.79 +1\.34 +"y"$/),
      expect.stringMatching(/^> cyd +1 +0\.90 +0\.72 +0\.94 +"y"$/),
      expect.stringMatching(/^> eli +1/),
      expect.stringMatching(/^ {2}a-longer-name +2 +0\.90 +0\.72 +0\.94 +"x+…$/),
      expect.stringMatching(/^ {2}dee +· +· +· +· +silent: it sealed/),
    ]);
  });

  test("doctor", () => {
    const text = `/ip4/192.0.2.7/tcp/4001/p2p/${ID}`;
    const check = {
      name: `back from ${text}`,
      state: "warn" as const,
      detail: `it cannot dial this machine at ${text.slice(0, 23)} and several others`,
      remedy: "open TCP port 4001 in the firewall of this machine; until then committees leave its agents out",
    };
    const lines = renderChecks(
      [check, { name: "clock", state: "ok", detail: "steady ".repeat(20), remedy: "" }],
      false,
      79,
    );
    fits(lines.slice(1), 79); // an address is not cut: it is there to be copied
    expect(lines[0]).toBe(`! back from ${text}`);
  });

  test("errors, with the command in one piece", () => {
    const error = new MeshworkError(
      "unreachable",
      `nobody listens at ${"x".repeat(60)}`,
      `check the address, or run: meshwork doctor ${"y".repeat(90)}`,
    );
    const lines = errorLines(error, 79);
    expect(lines.at(-1)).toBe(`    ${COMMAND} doctor ${"y".repeat(90)}`);
    fits(lines.slice(0, -1), 79);
    expect(errorLines(new MeshworkError("usage", "a", "do b"), 79)).toEqual(["meshwork: a", "  → do b"]);
  });
});

describe("what is said is so", () => {
  test.each([
    ["/ip6/::1/tcp/4001", true],
    ["/ip6/0:0:0:0:0:0:0:1/tcp/4001", true],
    ["/ip6/0000::0001", true],
    ["/ip6/::ffff:127.0.0.1/tcp/1", true],
    ["/ip6/::ffff:7f00:1/tcp/1", true],
    ["/ip6zone/lo/ip6/::1/tcp/1", true],
    ["/ip4/127.9.9.9/tcp/1", true],
    ["/dns4/localhost/tcp/1", true],
    ["/dns/Agent.localhost./tcp/1", true],
    ["/ip6/1::1/tcp/1", false],
    ["/ip6/::2/tcp/1", false],
    ["/ip6/::11/tcp/1", false],
    ["/ip6/::ffff:192.0.2.1/tcp/1", false],
    ["/ip4/192.0.2.127/tcp/1", false],
    ["/dns4/localhost.example/tcp/1", false],
  ])("%s is this machine: %s", (address, is) => {
    expect(isLoopback(address)).toBe(is);
    expect(joinsAnotherMachine([address])).toBe(!is);
  });

  test("an agent with another key is not both connected and not joined", () => {
    const news = {
      kind: "other-key",
      address: "/ip4/192.0.2.7/tcp/4001",
      expected: "a" as AgentId,
      answers: "b" as AgentId,
    } as const;
    expect(describeNews({ ...news, isConnected: false })).toContain("not joining anybody by this address");
    const connected = describeNews({ ...news, isConnected: true });
    expect(connected).toContain("that agent is connected all the same");
    expect(connected).not.toContain("not joining");
  });

  const job = (changes: object): NodeStatus =>
    ({
      agent: "me",
      jobs: [
        {
          ...{ job: "ab".repeat(32), name: "j", role: "member", status: "running", silent: [], agents: [] },
          committee: [{ agent: "me" }],
          ...changes,
        },
      ],
    }) as unknown as NodeStatus;
  const four = ["me", "b", "c", "d"].map((agent) => ({ agent }));
  test.each<[string, object, boolean, string | null]>([
    [
      "alone, without data",
      {},
      false,
      "rests on this agent alone, and stands still for good: without --data, nothing is kept",
    ],
    [
      "alone, with data",
      {},
      true,
      "rests on this agent alone, and stands still until it is back, with the same --data",
    ],
    ["one of four", { committee: four }, true, "continues with the 3 other members of its committee"],
    [
      "one of four, and another is silent",
      { committee: four, silent: ["b"] },
      true,
      "stands still without this agent, until it is back with the same --data: 2 of 4 members are away",
    ],
    [
      "at work",
      { committee: four, agents: [{ agent: "me", live: 2 }] },
      true,
      "; 2 tasks that this agent was at work on go to others",
    ],
    ["ended", { status: "certified" }, true, null],
    ["kept for reading", { role: "observer" }, true, null],
  ])("who ends an agent learns what rests on it: %s", (_what, changes, comesBack, words) => {
    const lines = leavingWords(job(changes), comesBack);
    if (words === null) expect(lines).toEqual([]);
    else expect(lines[0]).toContain(words);
  });
});

describe("files", () => {
  const options = { file: "job.yaml", directory: "." };
  const JOB = "name: j\nbudget: 1\ntasks:\n  t: { skill: text.upper, map: { over: [] } }\noutput: t\n";

  test("a map over an empty list has no tasks", async () => {
    const { nodes, tasksKnown } = await parseJob(JOB, options);
    expect(nodes[0]!.generator).toEqual({ kind: "map", items: { kind: "list", items: [] }, batch: 1 });
    expect(tasksKnown).toBe(0);
  });

  test.each(["---\nname: other\n", "...\nmore\n"])(
    "a second document is refused in words of ours: %j",
    async (more) => {
      const refused = /^job\.yaml:[67]: a second document begins here, and a file holds one/;
      await expect(parseJob(`${JOB}${more}`, options)).rejects.toThrow(refused);
      expect(() => parseSkillsYaml("skills.yaml", `skills: []\n---\nskills: []\n`)).toThrow(
        /^skills\.yaml:2: a second document/,
      );
    },
  );

  test("progress counts what is known to come", async () => {
    const { nodes } = await parseJob(
      `name: j
budget: 1
tasks:
  a: { skill: text.upper, map: { over: [x, y, z], batch: 2 } }
  b: { skill: text.upper, map: { over: { from: a } } }
  c: { skill: text.upper, chain: { steps: 5 }, needs: [b] }
  list: { skill: text.words, input: x }
  d: { skill: text.upper, map: { over: { from: list } } }
  e: { skill: text.upper, map: { over: { from: d }, batch: 4 } }
output: c
`,
      options,
    );
    expect(tasksToCome(nodes, new Map())).toBe(2 + 2 + 5 + 1);
    expect(tasksToCome(nodes, new Map([["d", 9]]))).toBe(2 + 2 + 5 + 1 + 9 + 3);
  });
});

describe("a line for a wait", () => {
  const lineOn = (terminal: { isTTY: boolean; columns: number } | null) => {
    const said: string[] = [];
    const io = {
      terminal: terminal === null ? null : { ...terminal, write: (text: string) => said.push(text) },
      env: {},
    };
    return {
      said,
      line: progressLine({ io, note: (text: string) => said.push(text) } as unknown as Parameters<
        typeof progressLine
      >[0]),
    };
  };

  test("is painted over on a terminal, and taken away", () => {
    const { said, line } = lineOn({ isTTY: true, columns: 12 });
    line.show("3 of 7 agents up");
    line.end();
    line.end();
    expect(said).toEqual(["\r\x1b[K3 of 7 age…", "\r\x1b[K"]);
  });

  test("says nothing of a short wait where there is no terminal", () => {
    const { said, line } = lineOn(null);
    line.show("3 of 7 agents up");
    line.end();
    expect(said).toEqual([]);
  });
});
