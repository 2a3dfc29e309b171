/** The owner's score of a result: who had a part in it, and what the owner's next jobs make of it. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  KNOWLEDGE_FILE,
  knowledgeText,
  parseKnowledge,
  readKnowledge,
  writeKnowledge,
} from "../../../node/knowledge.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { BUILT_IN_SELECTORS } from "../../../protocol/selection/catalog.ts";
import { scoreJob } from "../../../protocol/selection/feedback.ts";
import { EMPTY_WORLD, type KnownWorld, merge, withUnscored } from "../../../protocol/selection/knowledge.ts";
import { decodeValue } from "../../../protocol/wire/value.ts";
import { map, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";
import { candidateOf } from "../../support/candidates.ts";
import { runInProcess } from "../../support/in-process-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "meshwork-feedback-"));
afterAll(() => rmSync(folder, { recursive: true }));
const JOB = "7".repeat(64);

/** A job whose result rests on two items and their sum, with a task beside it that nobody reads. */
function ended(): Book {
  const nodes = [map("m", [1, 2]), single("beside", 5), single("sum", { from: "m" })];
  const book = new Book(nodes, 1_000_000, null, { selector: "linucb", output: "sum" });
  book.block([book.offer("good", 1, 4), book.offer("bad", 1, 4)]);
  for (const task of ["m/0", "m/1", "beside", "sum"]) {
    if (book.task(task)?.awards.length === 0) book.block([], 2_000);
    book.block([book.result(book.task(task)!.awards[0]!.worker, task, 1, 7)]);
  }
  expect(book.end).toBe("certified");
  return book;
}

describe("a job that ended", () => {
  const lessons = { ...ended().ledger.lessons, hosts: [] };

  test("says who had a part in its result: a node's answers count as one, and what nobody read not at all", () => {
    const sum = lessons.credits.reduce((all, { share }) => all + share, 0);
    expect(sum).toBeCloseTo(2, 12); // m and sum
    expect(lessons.credits.every(({ context }) => context.length === 11)).toBe(true);
  });

  test("that failed has no result to score", () => {
    const book = new Book([single("a", 1)], 1_000_000, null, { selector: "linucb" });
    book.block([book.offer("w", 1, 1)]);
    expect(book.ledger.lessons.credits).toEqual([]);
  });

  test("is kept until it is scored, the newest 32 of them, in a file too", () => {
    let world = EMPTY_WORLD;
    for (let i = 0; i < 40; i++) world = withUnscored(world, `${i}`.padStart(64, "0"), lessons);
    expect(world.unscored).toHaveLength(32);
    expect(world.unscored[31]!.job).toBe("39".padStart(64, "0"));
    expect(parseKnowledge(knowledgeText(world), "f")).toEqual(world);
  });
});

describe("a score", () => {
  const lessons = { ...ended().ledger.lessons, hosts: [] };
  const world: KnownWorld = withUnscored(
    merge(EMPTY_WORLD, lessons, null, { nowMs: 0, origins: new Map() }),
    JOB,
    lessons,
  );
  const scored = (score: number): KnownWorld => scoreJob(world, JOB, score, BUILT_IN_SELECTORS)!;
  const { agent } = lessons.credits[0]!;

  /** What LinUCB expects of an agent like that one, by what is known in this world. */
  function expected({ learned }: KnownWorld): number {
    const selector = BUILT_IN_SELECTORS.get("linucb")!;
    const decoded = decodeValue(learned.linucb!);
    const request = {
      ...{ skill: "work", candidates: [candidateOf(agent)], targetMs: 5_000, typicalPrice: 1 },
      ...{ draw: () => "0".repeat(64), of: { job: JOB, task: "t", attempt: 1 } },
    };
    return selector.choose(decoded.ok ? decoded.value : null, request as never, 1).ranked[0]!.mean;
  }
  const answersOf = ({ records }: KnownWorld, of: AgentId) => {
    const { accepted, rejected } = records.find((record) => record.agent === of)!;
    return { accepted, rejected };
  };

  test("teaches the model and the records of all that had a part", () => {
    expect(expected(scored(0))).toBeLessThan(expected(world));
    expect(expected(scored(1))).toBeGreaterThan(expected(scored(0.5)));
    for (const { agent: one } of lessons.credits) {
      expect(answersOf(scored(0), one).rejected).toBeGreaterThan(answersOf(world, one).rejected);
      expect(answersOf(scored(1), one).accepted).toBeGreaterThan(answersOf(scored(0), one).accepted);
    }
  });

  test("leaves what is known of the agents' identities", () => {
    const seen = { [agent]: { name: "ada", mesh: "team-x", atMs: 1 } };
    expect(scoreJob({ ...world, seen }, JOB, 0.5, BUILT_IN_SELECTORS)!.seen).toEqual(seen);
  });

  test("counts once, and of jobs that are known", () => {
    expect(scoreJob(scored(1), JOB, 0, BUILT_IN_SELECTORS)).toBeNull();
    expect(scoreJob(EMPTY_WORLD, JOB, 0, BUILT_IN_SELECTORS)).toBeNull();
  });

  test("that a damaged or foreign state cannot learn from changes the records only", () => {
    const foreign = { ...world, learned: { linucb: new Uint8Array([0xc0]) } };
    const changed = scoreJob(foreign, JOB, 0, BUILT_IN_SELECTORS)!;
    expect(changed.learned).toEqual(foreign.learned);
    expect(answersOf(changed, agent)).toEqual(answersOf(scored(0), agent));
  });

  test("is given by a command", async () => {
    const data = join(folder, "data");
    mkdirSync(data);
    writeKnowledge(join(data, KNOWLEDGE_FILE), world);
    const run = (...args: string[]) => runInProcess(["feedback", ...args, "--data", data], {});
    const nowhere = await runInProcess(["feedback", JOB, "1", "--data", join(folder, "none")], {});
    expect(nowhere.err).toContain("jobs that you submitted with --wait can be scored");
    expect((await run(JOB, "2")).err).toContain("from 0 (wrong) to 1 (right)");
    expect(await run(JOB, "0.25", "--json")).toMatchObject({ code: 0, out: expect.stringContaining('"score": 0.25') });
    expect(readKnowledge(join(data, KNOWLEDGE_FILE))).toEqual(scored(0.25));
    const again = await run(JOB, "1");
    expect(again.code).not.toBe(0);
    expect(again.err).toContain("waits for a score");
  });
});
