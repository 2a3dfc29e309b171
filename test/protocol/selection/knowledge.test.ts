/** What an owner's jobs taught it: merged, faded, capped, cut to a genesis; and the file that keeps it. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type ParsedJob, parseJob } from "../../../node/job-file/parse-job.ts";
import {
  KNOWLEDGE_FILE,
  knowledgeText,
  NodeKnowledge,
  parseKnowledge,
  readKnowledge,
} from "../../../node/knowledge.ts";
import { hasher } from "../../../node/platform/crypto.ts";
import { AgentTraceWriter } from "../../../node/platform/traces/trace-file.ts";
import type { AgentId, JobId, MeshId, TaskId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { makeGenesis } from "../../../protocol/job/draft.ts";
import { explainBadGenesis } from "../../../protocol/job/graph.ts";
import { BUILT_IN_SELECTORS } from "../../../protocol/selection/catalog.ts";
import {
  carried,
  EMPTY_WORLD,
  type KnownWorld,
  knowledgeFor,
  type Lessons,
  merge,
  priorOf,
  totalsOf,
} from "../../../protocol/selection/knowledge.ts";
import { encodeGenesis, type Genesis } from "../../../protocol/wire/genesis.ts";
import { decodeValue, encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { map, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";
import { candidateOf } from "../../support/candidates.ts";
import { runInProcess } from "../../support/in-process-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-knowledge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NONE = new Uint8Array(0);
const JOB = "0".repeat(64) as JobId;
type Row = readonly [agent: string, accepted: number, rejected: number, skill?: string];
const recordsOf = (rows: readonly Row[]) =>
  rows.map(([agent, accepted, rejected, skill = "work"]) => ({ agent: agent as AgentId, skill, accepted, rejected }));
const lessonsOf = (...rows: readonly Row[]): Lessons => ({
  ...{ records: recordsOf(rows), selector: "linucb", learned: NONE, credits: [], hosts: [] },
});
const worldOf = (...rows: readonly Row[]): KnownWorld => ({ ...EMPTY_WORLD, records: recordsOf(rows) });
const of = ({ records }: KnownWorld, agent: string) => records.find((record) => record.agent === agent);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const WORK = new Set(["work"]);
const OTHER = "other" as AgentId;
const NOW = { nowMs: 0, origins: new Map<AgentId, string>() };
const taught = (owner: string, ...rows: readonly Row[]) => ({
  ...{ job: JOB, owner: owner as AgentId, lessons: lessonsOf(...rows) },
  ...{ names: new Map<AgentId, string>(), origins: NOW.origins },
});

describe("merging", () => {
  test("another owner's sybils push nothing out that the node's own jobs taught", () => {
    const own = merge(EMPTY_WORLD, lessonsOf(["a", 3, 0], ["b", 0, 2]), null, NOW);
    const sybils = (from: number): Row[] => range(limits.knownRecords).map((i) => [`s${from + i}`, 1, 0] as const);
    let world = own;
    for (let job = 0; job < 17; job++)
      world = merge(world, lessonsOf(...sybils(job * limits.knownRecords)), OTHER, NOW);
    expect(world.records).toHaveLength(16 * limits.knownRecords);
    expect(world.records.slice(0, 2)).toEqual(own.records);
    const { records } = knowledgeFor(world, WORK, "linucb");
    expect(records.slice(0, 2).map(({ agent }) => agent)).toEqual(["a", "b"]);
  });

  test("new records are taken as they are, the newest last, and nothing is changed in place", () => {
    const first = merge(EMPTY_WORLD, lessonsOf(["a", 3, 0], ["b", 0, 2], ["idle", 0, 0]), null, NOW);
    expect(first.records).toEqual(
      recordsOf([
        ["a", 3, 0],
        ["b", 0, 2],
      ]),
    );
    const second = merge(first, lessonsOf(["a", 1, 0]), null, NOW);
    expect(second.records.map(({ agent }) => agent)).toEqual(["b", "a"]);
    expect(first.records).toEqual(
      recordsOf([
        ["a", 3, 0],
        ["b", 0, 2],
      ]),
    );
    expect(EMPTY_WORLD).toEqual({ records: [], learned: {}, unscored: [], hosts: [] });
  });

  test("agents' skills are apart", () => {
    const world = merge(worldOf(["a", 5, 0]), lessonsOf(["a", 0, 5, "other"]), null, NOW);
    expect(world.records).toEqual(
      recordsOf([
        ["a", 5, 0],
        ["a", 0, 5, "other"],
      ]),
    );
  });

  test("old answers fade by a hundredth with each new one, and records without new answers stay", () => {
    const world = merge(worldOf(["a", 100, 0], ["b", 100, 0]), lessonsOf(["a", 0, 10]), null, NOW);
    expect(of(world, "a")!.accepted).toBeCloseTo(100 * 0.99 ** 10, 9);
    expect(of(world, "a")!.rejected).toBe(10);
    expect(of(world, "b")!.accepted).toBe(100);
  });

  test("an agent that flips is known for it within some dozens of answers, however long it behaved well", () => {
    let world = worldOf(["a", 100, 0]);
    for (let job = 0; job < 10; job++) world = merge(world, lessonsOf(["a", 0, 7]), null, NOW);
    expect(of(world, "a")!.rejected).toBeGreaterThan(of(world, "a")!.accepted);
    for (let job = 0; job < 10_000; job++) world = merge(world, lessonsOf(["a", 1, 0]), null, NOW);
    expect(of(world, "a")!.accepted).toBeLessThan(101);
  });

  test("another owner's word counts up to a cap, in its own proportion, and its selector's state not at all", () => {
    const lessons = { ...lessonsOf(["a", 750, 250], ["b", 3, 1]), learned: encodeValue([1]) };
    const trusted = merge(EMPTY_WORLD, lessons, OTHER, NOW);
    const once = recordsOf([
      ["a", 15, 5],
      ["b", 3, 1],
    ]).map((record) => ({ owner: OTHER, ...record }));
    expect(trusted.records).toEqual(once);
    expect(trusted.learned).toEqual({});
    expect(merge(EMPTY_WORLD, lessons, null, NOW).learned).toEqual({ linucb: lessons.learned });
  });

  test("of all jobs of another owner together, not of each; and nothing of one's own fades for it", () => {
    let world = worldOf(["a", 0, 10]);
    for (let job = 0; job < 50; job++) world = merge(world, lessonsOf(["a", 20, 0]), OTHER, NOW);
    expect(totalsOf(world)).toEqual(recordsOf([["a", 20, 10]]));
    world = merge(world, lessonsOf(["a", 5, 0]), "another" as AgentId, NOW);
    expect(totalsOf(world)).toEqual(recordsOf([["a", 25, 10]]));
    expect(knowledgeFor(world, WORK, "linucb").records).toMatchObject([{ accepted: 25_000, rejected: 10_000 }]);
    expect(parseKnowledge(knowledgeText(world), "f").records).toEqual(world.records);
  });

  test("what selectors learned is kept apart, and no empty state replaces one", () => {
    const state = encodeValue([1]);
    const world = merge(EMPTY_WORLD, { ...lessonsOf(), learned: state }, null, NOW);
    const other = merge(world, { ...lessonsOf(), selector: "__proto__", learned: encodeValue([2]) }, null, NOW);
    const same = merge(other, lessonsOf(), null, NOW);
    expect(Object.entries(same.learned)).toEqual([
      ["linucb", state],
      ["__proto__", encodeValue([2])],
    ]);
    expect(knowledgeFor(same, WORK, "__proto__").learned).toEqual(encodeValue([2]));
    expect(knowledgeFor(same, WORK, "constructor").learned).toEqual(NONE);
  });

  test("a flood of agents pushes out the oldest records and no more memory is taken", () => {
    const flood = range(16 * limits.knownRecords).map((i): Row => [`s${i}`, 1, 0]);
    const world = merge(worldOf(["a", 9, 0]), lessonsOf(...flood), null, NOW);
    expect(world.records).toHaveLength(16 * limits.knownRecords);
    expect(of(world, "a")).toBeUndefined();
  });
});

describe("for a genesis", () => {
  test("records of its skills, in thousandths, in the order of agents, each pair once", () => {
    const world = worldOf(["b", 1.2345, 0], ["a", 0, 2], ["c", 1, 1, "other"], ["dust", 0.004, 0.004]);
    const { records } = knowledgeFor(world, WORK, "linucb");
    expect(records).toEqual(
      recordsOf([
        ["a", 0, 2_000],
        ["b", 1_235, 0],
      ]).map((record) => ({ ...record, stated: [] })),
    );
    const prior = priorOf({ records, learned: NONE });
    expect(prior.get("a\nwork")).toMatchObject({ accepted: 0, rejected: 2 });
    expect(prior.get("b\nwork")).toMatchObject({ accepted: 1.235, rejected: 0 });
    expect(prior.get("c\nother")).toBeUndefined();
  });

  test("never more than it can carry: the newest records, bounded answers, states of few bytes", () => {
    const most = limits.knownRecords;
    const world: KnownWorld = {
      ...EMPTY_WORLD,
      records: recordsOf(range(most + 10).map((i): Row => [`w${`${i}`.padStart(5, "0")}`, 1e9, 0])),
      learned: { linucb: new Uint8Array(limits.learnedBytes), ucb1: new Uint8Array(limits.learnedBytes + 1) },
    };
    const knowledge = knowledgeFor(world, WORK, "linucb");
    expect(knowledge.records).toHaveLength(most);
    expect(knowledge.records[0]).toMatchObject({ agent: "w00010", accepted: limits.knownAnswers });
    expect(knowledge.learned).toHaveLength(limits.learnedBytes);
    expect(knowledgeFor(world, WORK, "ucb1").learned).toEqual(NONE);
    const book = new Book([single("a", 1)], 1, [], { knowledge });
    expect(explainBadGenesis(book.ledger.genesis)).toBeNull();
  });

  test("a job that is nearly as large as a genesis can be starts with less of it, instead of not at all", async () => {
    const small = await parseJob("name: a\nbudget: 1\ntasks: { a: { skill: work } }\noutput: a\n", {
      file: "a.yaml",
      directory: ".",
    });
    const rows = range(limits.knownRecords).map((i): Row => [`agent-${i}`.padEnd(64, "x"), 1, 0]);
    const known: KnownWorld = {
      ...EMPTY_WORLD,
      records: recordsOf(rows),
      learned: { [small.selector]: new Uint8Array(limits.learnedBytes) },
    };
    const owner = {
      meshId: "m" as MeshId,
      owner: "o" as AgentId,
      counter: 1,
      known,
      hosts: [{ agent: "h" as AgentId, power: 1, isKnown: false, origin: "" }],
    };
    const genesisOf = (items: number) => {
      const job: ParsedJob = {
        ...small,
        committee: { kind: "drawn", size: 1, standbysMax: null },
        nodes: [
          map(
            "a",
            range(items).map(() => "x".repeat(10_000)),
          ),
        ],
      };
      return makeGenesis(hasher, job, owner) as Genesis;
    };
    const partsOf = (items: number): readonly number[] => {
      const genesis = genesisOf(items);
      expect(encodeGenesis(genesis).length).toBeLessThanOrEqual(limits.genesisBytes);
      return [genesis.knowledge.records.length, genesis.knowledge.learned.length];
    };
    expect(partsOf(1)).toEqual([limits.knownRecords, limits.learnedBytes]);
    expect(partsOf(85)).toEqual([limits.knownRecords, 0]);
    expect(partsOf(104)).toEqual([0, 0]);
  });
});

test("of more arms than a genesis holds, those with the most lessons are carried", () => {
  const selector = BUILT_IN_SELECTORS.get("ucb1")!;
  const name = (i: number): string => `agent-${String(i).padStart(46, "0")}`;
  const state = Array.from({ length: 3_000 }, (_, i) => ({
    agent: name(i),
    skill: "work",
    pulls: 1 + (i % 10),
    sum: 0,
  }));
  expect(selector.isState!(state)).toBe(true);
  expect(encodeValue(state).length).toBeGreaterThan(limits.learnedBytes);
  const bytes = carried(selector, state);
  expect(bytes.length).toBeLessThanOrEqual(limits.learnedBytes);
  expect(bytes.length).toBeGreaterThan(limits.learnedBytes - 200); // no room is wasted
  const decoded = decodeValue(bytes);
  expect(decoded.ok && selector.isState!(decoded.value)).toBe(true);
  const kept = (decoded.ok ? decoded.value : []) as typeof state;
  const least = Math.min(...kept.map(({ pulls }) => pulls));
  const keptAgents = new Set(kept.map(({ agent }) => agent));
  expect(state.filter(({ pulls, agent }) => pulls > least && !keptAgents.has(agent))).toEqual([]);
  expect(knowledgeFor({ ...EMPTY_WORLD, learned: { ucb1: bytes } }, new Set(["work"]), "ucb1").learned).toEqual(bytes);
});

describe("the file", () => {
  const learned = Object.fromEntries(
    ["linucb", "ucb1"].map((name) => [name, encodeValue(BUILT_IN_SELECTORS.get(name)!.start() as Value)]),
  );
  const world: KnownWorld = { ...worldOf(["b", 1 / 3, 0.1 + 0.2], ["a", 0, 1e9]), learned };

  test("goes to text and back to the bit", () => {
    expect(parseKnowledge(knowledgeText(world), "f")).toEqual(world);
    expect(parseKnowledge(knowledgeText(EMPTY_WORLD), "f")).toEqual(EMPTY_WORLD);
  });

  test("is written with what a job taught, for its owner alone to read, and read again before each use", () => {
    const path = join(folder, KNOWLEDGE_FILE);
    const trusted = new Set(["friend" as AgentId]);
    const one = new NodeKnowledge({ path, self: "me" as AgentId, trusted });
    const two = new NodeKnowledge({ path, self: "me" as AgentId, trusted });
    expect(one.world).toEqual(EMPTY_WORLD);
    one.onTaught(taught("stranger", ["a", 1, 0]));
    expect(existsSync(path)).toBe(false);
    one.onTaught(taught("me", ["a", 1, 0]));
    two.onTaught(taught("friend", ["b", 1_000, 0]));
    expect(totalsOf(one.world)).toEqual(
      recordsOf([
        ["a", 1, 0],
        ["b", 20, 0],
      ]),
    );
    expect(readKnowledge(path)).toEqual(two.world);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("in memory, where there is none", () => {
    const known = new NodeKnowledge({ path: null, self: "me" as AgentId, trusted: new Set() });
    known.onTaught(taught("me", ["a", 1, 0]));
    expect(known.world.records).toEqual(recordsOf([["a", 1, 0]]));
  });

  test("that is missing says nothing; a folder in its place is an error", () => {
    expect(readKnowledge(join(folder, "nowhere", "knowledge.json"))).toEqual(EMPTY_WORLD);
    expect(() => readKnowledge(folder)).toThrow(expect.objectContaining({ code: "storage" }));
  });

  const text = (changes: object): string =>
    JSON.stringify({ format: "meshwork-knowledge/1", records: [], learned: {}, ...changes });
  const record = { agent: "a", skill: "work", accepted: 1, rejected: 0 };
  const withRecord = (changes: object): string => text({ records: [{ ...record, ...changes }] });
  const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

  test.each<readonly [what: string, text: string, says: RegExp]>([
    ["is empty", "", /is not JSON/],
    ["is cut off", knowledgeText(world).slice(0, -3), /is not JSON/],
    ["is something else", "[]", /is no knowledge: /],
    ["is of another version", text({ format: "meshwork-knowledge/2" }), /at format/],
    ["has no records", JSON.stringify({ format: "meshwork-knowledge/1", learned: {} }), /at records/],
    ["has a field too many", text({ more: 1 }), /more/],
    ["has negative answers", withRecord({ accepted: -1 }), /at records\.0\.accepted/],
    ["has more answers than anybody gives", withRecord({ rejected: 1e10 }), /at records\.0\.rejected/],
    [
      "has answers beyond numbers",
      withRecord({}).replace('"accepted":1', '"accepted":1e999'),
      /at records\.0\.accepted/,
    ],
    ["has text for a number", withRecord({ accepted: "1" }), /at records\.0\.accepted/],
    ["names nobody", withRecord({ agent: "" }), /at records\.0\.agent/],
    ["has an id of too many bytes", withRecord({ agent: "é".repeat(33) }), /at records\.0\.agent/],
    ["has an id over two lines", withRecord({ agent: "a\nb" }), /at records\.0\.agent/],
    ["has half a character", withRecord({ agent: "\ud800" }), /at records\.0\.agent/],
    ["has a skill of too many bytes", withRecord({ skill: "é".repeat(33) }), /at records\.0\.skill/],
    ["says something twice", text({ records: [record, { ...record, accepted: 2 }] }), /twice .* a and work/],
    ["has a state beyond numbers", text({ learned: {} }).replace("{}", '{"x":1e999}'), /is no knowledge/],
    [
      "has a state that is nested too deeply",
      text({ learned: {} }).replace("{}", `{"x":${deep(40)}}`),
      /nested too deeply/,
    ],
    ["is nested as deeply as it can", text({ learned: {} }).replace("{}", `{"x":${deep(100_000)}}`), /deeply|JSON/],
  ])("that %s is refused in words", (_, given, says) => {
    const path = join(folder, "bad.json");
    writeFileSync(path, given);
    const refusal = { code: "invalid-file", message: expect.stringMatching(says) };
    expect(() => readKnowledge(path)).toThrow(expect.objectContaining(refusal));
    const known = new NodeKnowledge({ path, self: "me" as AgentId, trusted: new Set() });
    expect(() => known.onTaught(taught("me", ["a", 1, 0]))).toThrow(path);
    expect(readFileSync(path, "utf8")).toBe(given); // nobody loses what could be mended
  });
});

test("what others wrote into a file or a trace does not reach the terminal as it is", async () => {
  const clear = "\u001b[2J";
  const record = { agent: `a${clear}`, skill: `s${clear}`, accepted: 1, rejected: 0 };
  const data = mkdtempSync(join(folder, "data-"));
  const said = async (...argv: readonly string[]): Promise<string> => {
    const { out, err } = await runInProcess(argv, { XDG_CONFIG_HOME: data });
    return `${out}${err}`;
  };
  const write = (changes: object): void => {
    const given = { format: "meshwork-knowledge/1", records: [record], learned: { [`x${clear}`]: 1 }, ...changes };
    writeFileSync(join(data, KNOWLEDGE_FILE), JSON.stringify(given));
  };
  write({});
  expect(await said("knowledge", "show", "--data", data)).toMatch(/selectors that learned: x/);
  const shown = [await said("knowledge", "show", "--data", data)];
  write({ records: [record, record] });
  shown.push(await said("knowledge", "show", "--data", data));
  write({ learned: { [`x${clear}`]: undefined }, [`more${clear}`]: 1 });
  shown.push(await said("knowledge", "show", "--data", data));
  const job = "0".repeat(64);
  const known = { ...candidateOf("a"), idleMs: 0 };
  const candidate = { agent: `a${clear}`, place: 1, score: 1, mean: 1, bonus: 0, picked: clear, known, context: [] };
  const others = [
    { ...candidate, picked: "constructor" },
    { ...candidate, picked: null, score: 0 },
  ];
  const choice = { skill: "s", features: [], candidates: [candidate, ...others] };
  const trace = join(data, "trace.jsonl");
  const writer = new AgentTraceWriter(trace, {
    ...{ meshId: "m" as MeshId, agent: "a" as AgentId, name: "a" },
    ...{ startedAt: 1, version: "1" },
  });
  writer.write(1, { kind: "chosen", job: job as JobId, height: 1, task: "t" as TaskId, attempt: 1, choice });
  writer.close();
  const explained = await said("explain", job, "t", "--run", trace);
  expect(explained).toMatch(/constructor/);
  for (const text of [...shown, explained]) expect(text).not.toContain("\u001b");
});

test("a damaged file can be replaced by one that is not", async () => {
  const data = mkdtempSync(join(folder, "damaged-"));
  const path = join(data, KNOWLEDGE_FILE);
  const sound = join(data, "sound.json");
  writeFileSync(path, "{");
  writeFileSync(sound, knowledgeText(worldOf(["a", 1, 0])));
  const run = (...argv: readonly string[]) => runInProcess(["knowledge", ...argv, "--data", data], {});
  for (const command of [["show"], ["export", join(data, "out.json")], ["import", sound]])
    expect(await run(...command)).toMatchObject({ code: 2, err: expect.stringContaining(`${path} is not JSON`) });
  expect(await run("import", sound, "--force")).toMatchObject({ code: 0, err: "" });
  expect(readKnowledge(path)).toEqual(worldOf(["a", 1, 0]));
});
