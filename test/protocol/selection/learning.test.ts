/**
 * What a job's ledger teaches its selector: by which ends of awards, by the context of selection time, with the margin of
 * the tally as weight; and what a genesis can say of earlier jobs, or pretend to.
 */

import { describe, expect, test } from "vitest";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { BUILT_IN_SELECTORS } from "../../../protocol/selection/catalog.ts";
import { FEATURES, successIn } from "../../../protocol/selection/context.ts";
import { expectedReward } from "../../../protocol/selection/reward.ts";
import type { Lesson, RewardLesson, Selector } from "../../../protocol/selection/selector.ts";
import type { FailureReason } from "../../../protocol/wire/command.ts";
import type { Knowledge, NodeSpec } from "../../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { firstPolicy, type JobOptions, map, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const RELIABILITY = FEATURES.indexOf("reliability");

/** Learns its lessons by heart, and chooses by the record, the earlier ones included. */
const PUPIL: Selector<readonly Lesson[]> = {
  name: "pupil",
  summary: "",
  start: () => [],
  choose: (_, request, count) => BUILT_IN_SELECTORS.get("greedy")!.choose(null, request, count),
  learn: (lessons, lesson) => [...lessons, lesson],
};
const WITH_PUPIL = new Map([...BUILT_IN_SELECTORS, ["pupil", PUPIL as Selector]]);

const bookOf = (nodes: readonly NodeSpec[], changes: Partial<JobOptions> = {}): Book =>
  new Book(nodes, 1_000_000, null, { selector: "pupil", ...changes }, WITH_PUPIL);
const lessonsOf = ({ state }: Book): readonly Lesson[] => state.learned.get() as readonly Lesson[];
const rewardsOf = (book: Book): readonly RewardLesson[] =>
  lessonsOf(book).filter((lesson): lesson is RewardLesson => lesson.kind === "reward");
const taught = (book: Book): string[] => lessonsOf(book).map(({ kind, agent }) => `${kind} ${agent}`);

/** What the selector saw of an agent when it gave it the seat. */
const contextOfAward = (book: Book, task: string, worker: string): readonly number[] =>
  book.task(task)!.awards.find((award) => award.worker === worker)!.context;

const knowing = (...records: readonly (readonly [agent: string, accepted: number, rejected: number])[]): Knowledge => ({
  records: records.map(([agent, accepted, rejected]) => ({
    ...{ agent: agent as AgentId, skill: "work" },
    ...{ accepted: accepted * 1_000, rejected: rejected * 1_000, stated: [] },
  })),
  learned: new Uint8Array(0),
});

/** Task a of three seats, which u, v and w hold. */
function sealedBook(changes: Partial<JobOptions> = {}): Book {
  const book = bookOf([single("a", 1, { policy: sealedPolicy({ timeoutMs: 10_000 }) }), single("b", 1)], changes);
  book.block([]);
  book.block(["u", "v", "w"].map((worker) => book.offer(worker)));
  expect(book.task("a")!.awards).toHaveLength(3);
  return book;
}

describe("what is taught", () => {
  test("an accepted answer: whoever agrees was right, the others were not, and the margin is the weight", () => {
    const book = sealedBook();
    const outputs = { u: 7, v: 7, w: 8 };
    book.block(Object.entries(outputs).map(([worker, output]) => book.seal(worker, "a", 1, output)));
    const contexts = new Map(Object.keys(outputs).map((worker) => [worker, contextOfAward(book, "a", worker)]));
    expect(taught(book)).toEqual([]); // nothing is known before the tally
    book.block(Object.entries(outputs).map(([worker, output]) => book.result(worker, "a", 1, output, NONCE)));
    const lessons = rewardsOf(book);
    expect(lessons.map(({ agent }) => agent).sort()).toEqual(["u", "v", "w"]);
    for (const { agent, skill, reward, weight, context } of lessons) {
      expect(reward > 0.5).toBe(agent !== "w");
      expect(weight).toBe((2 - 1) / 3);
      expect(skill).toBe("work");
      expect(context).toEqual(contexts.get(agent));
    }
  });

  test("a clear tally weighs one", () => {
    const book = sealedBook();
    book.block(["u", "v", "w"].map((worker) => book.seal(worker, "a", 1, 7)));
    book.block(["u", "v", "w"].map((worker) => book.result(worker, "a", 1, 7, NONCE)));
    expect(rewardsOf(book).map(({ weight }) => weight)).toEqual([1, 1, 1]);
  });

  test("a seal that is never shown was wrong, and taught once", () => {
    const book = sealedBook();
    book.block(["u", "v", "w"].map((worker) => book.seal(worker, "a", 1, 7)));
    book.block(["u", "v"].map((worker) => book.result(worker, "a", 1, 7, NONCE)));
    expect(taught(book)).toEqual([]);
    book.block([], 60_000);
    const lessons = rewardsOf(book);
    expect(lessons.map(({ agent }) => agent).sort()).toEqual(["u", "v", "w"]);
    expect(lessons.find(({ agent }) => agent === "w")!.reward).toBeLessThan(0);
  });

  test.each<FailureReason>(["error", "crashed", "unavailable"])("%s is taught as a lease that ran out", (reason) => {
    const book = sealedBook();
    book.block([book.failure("u", "a", 1, reason)]);
    expect(taught(book)).toEqual(["timeout u"]);
    book.block([], 10_100);
    expect(taught(book).sort()).toEqual(["timeout u", "timeout v", "timeout w"]);
    const known = book.ledger.lessons.records.map(({ rejected }) => rejected);
    expect(known).toEqual([0, 0, 0]); // the next job is told of wrong answers only
  });

  test.each<FailureReason>(["busy", "refused", "lost-input", "invalid-input"])("%s is nobody's fault", (reason) => {
    const book = sealedBook();
    book.block([book.failure("u", "a", 1, reason)]);
    expect(taught(book)).toEqual([]);
  });

  test("awards that are no longer needed, or late because of a hedge, teach nothing", () => {
    const policy = firstPolicy({ timeoutMs: 60_000 });
    const book = bookOf([single("a", 1, { policy }), single("b", 1)]);
    book.block([]);
    book.block([book.offer("slow", 1, 1)]);
    book.block([book.offer("quick")]);
    book.block([], 3_000); // a hedge
    const awards = book.task("a")!.awards.map(({ worker }) => worker);
    expect(awards).toEqual(["slow", "quick"]);
    const events = book.block([book.result("quick", "a", 1, 7)]);
    expect(events).toContainEqual(expect.objectContaining({ kind: "accepted", task: "a" }));
    expect(book.block([], 60_000)).toContainEqual(
      expect.objectContaining({ kind: "ended", worker: "slow", reason: "late" }),
    );
    expect(taught(book)).toEqual(["reward quick"]);
  });

  test("lessons use the context of selection time, whatever came in between", () => {
    const policy = firstPolicy({ timeoutMs: 60_000 });
    const book = bookOf([map("a", [1, 2, 3], { policy })]);
    book.block([]);
    book.block([book.offer("w", 1, 4)]);
    const before = contextOfAward(book, "a/2", "w");
    book.block([book.result("w", "a/0", 1, 7)]);
    book.block([book.offer("w", 900, 4), book.result("w", "a/1", 1, 7)]);
    book.block([book.result("w", "a/2", 1, 7)]);
    expect(rewardsOf(book).at(-1)!.context).toEqual(before);
    expect(successIn(before)).toBeCloseTo(0.5);
  });
});

describe("who fails at once", () => {
  test("with a wrong answer that it admits, does worse by its lesson than anybody could expect, whatever it claimed", () => {
    for (const expectedMs of [0, 100, 5_000])
      for (const rejected of [0, 9, 900]) {
        const options = { knowledge: knowing(["w", 0, rejected]) };
        const book = bookOf([single("a", 1, { policy: firstPolicy({ timeoutMs: 5_000 }) })], options);
        book.block([]);
        book.block([book.offer("w", 1, 4, { expectedMs })]);
        book.block([book.failure("w", "a", 1, "wrong-answer")]);
        const [lesson] = rewardsOf(book);
        expect(lesson!.reward).toBeLessThanOrEqual(expectedReward(lesson!.context));
        expect(book.ledger.lessons.records.map(({ rejected: told }) => told)).toEqual([1]);
      }
  });

  test("whoever seals and never shows does worse by its lesson than anybody could expect", () => {
    const book = bookOf([single("a", 1, { policy: sealedPolicy({ timeoutMs: 5_000 }) })], {
      knowledge: knowing(["w", 0, 900], ["u", 9, 0], ["v", 9, 0]),
    });
    book.block([]);
    book.block(["u", "v", "w"].map((worker) => book.offer(worker, 1, 4, { expectedMs: 1_000_000 })));
    book.block(["u", "v", "w"].map((worker) => book.seal(worker, "a", 1, 7)));
    book.block(["u", "v"].map((worker) => book.result(worker, "a", 1, 7, NONCE)));
    book.block([], 60_000);
    const lesson = rewardsOf(book).find(({ agent }) => agent === "w")!;
    expect(lesson.reward).toBeLessThanOrEqual(expectedReward(lesson.context));
  });

  test("does not become more reliable by it", () => {
    const book = bookOf([map("a", [1, 2], { policy: firstPolicy() })]);
    book.block([]);
    book.block([book.offer("w", 1, 1)]);
    const before = contextOfAward(book, "a/0", "w")[RELIABILITY]!;
    book.block([book.failure("w", "a/0", 1, "error")]);
    const next = [...book.state.tasks.sorted()]
      .flatMap(([, { awards }]) => awards)
      .find((award) => award.status === "live");
    expect(next).toMatchObject({ worker: "w" });
    expect(next!.context[RELIABILITY]).toBeLessThan(before);
  });
});

test("where the budget decides, a newcomer still holds one award at a time while others can be paid", () => {
  const policy = sealedPolicy({ redundancy: 2, priceMax: 10 });
  const book = new Book([map("a", [1, 2], { policy })], 10, null, {
    selector: "greedy",
    knowledge: knowing(["dear-1", 90, 0], ["dear-2", 90, 0], ["fair-1", 1, 0], ["fair-2", 1, 0]),
  });
  book.block([]);
  const prices = { "dear-1": 6, "dear-2": 6, "fair-1": 3, "fair-2": 3, sybil: 0 };
  book.block(Object.entries(prices).map(([worker, price]) => book.offer(worker, price)));
  const workers = ["a/0", "a/1"].flatMap((id) => book.task(id)!.awards.map(({ worker }) => worker as string));
  expect(workers).toHaveLength(4);
  expect(workers.filter((worker) => worker === "sybil")).toHaveLength(1);
});

describe("what a genesis brings", () => {
  const nodes = [single("a", 1)];
  const workersOf = (knowledge: Knowledge, selector: string): string[] => {
    const book = new Book(nodes, 1_000_000, null, { selector, knowledge });
    book.block([]);
    book.block(["u", "v", "w"].map((worker) => book.offer(worker)));
    return book.task("a")!.awards.map(({ worker }) => worker);
  };

  test.each(["linucb", "thompson", "greedy"])("records move the choice of %s", (selector) => {
    const others = ["u", "v", "w"];
    for (const best of others) {
      const records = others.map((agent) => [agent, agent === best ? 200 : 0, agent === best ? 0 : 200] as const);
      expect(workersOf(knowing(...records), selector)).toEqual([best]);
    }
  });

  test.each(["linucb", "thompson", "ucb1", "epsilon-greedy"])("what %s learned continues where it was", (selector) => {
    const policy = firstPolicy();
    const first = new Book([map("a", [1, 2, 3], { policy })], 1_000_000, null, { selector });
    first.block([]);
    first.block([first.offer("u")]);
    first.block([0, 1, 2].map((i) => first.result("u", `a/${i}`, 1, 7)));
    const { lessons } = first.ledger;
    expect(lessons).toMatchObject({ selector, records: [{ agent: "u", skill: "work", accepted: 3, rejected: 0 }] });
    const next = new Book(nodes, 1_000_000, null, { selector, knowledge: { records: [], learned: lessons.learned } });
    expect(next.state.learned.get()).toEqual(first.state.learned.get());
    expect(next.ledger.lessons.learned).toEqual(lessons.learned);
  });

  const good = (selector: string) => BUILT_IN_SELECTORS.get(selector)!.start() as { readonly [name: string]: Value };
  const linear = good("linucb") as { seen: number; isInverse: boolean; matrix: number[]; vector: number[] };
  const double = (sign: number, exponent: number): Uint8Array => {
    const bytes = encodeValue({ ...linear, seen: 0.5 });
    const at = bytes.findIndex((_, i) => bytes[i] === 0xcb && bytes[i + 1] === 0x3f && bytes[i + 2] === 0xe0);
    const damaged = bytes.slice();
    damaged.set([sign | 0x7f, exponent, 0, 0, 0, 0, 0, 0], at + 1);
    return damaged;
  };
  const arm = { agent: "u", skill: "work", pulls: 1, sum: 1 };
  const nested = (levels: number): Uint8Array => new Uint8Array([...new Array(levels).fill(0x91), 0xc0]);
  const ALIEN: readonly (readonly [what: string, bytes: Uint8Array])[] = [
    ["no value", new Uint8Array([0xc1])],
    ["cut off", encodeValue(linear).slice(0, -1)],
    ["with more behind it", new Uint8Array([...encodeValue(linear), 0])],
    ["infinite", double(0, 0xf0)],
    ["minus infinite", double(0x80, 0xf0)],
    ["no number", double(0, 0xf8)],
    ["nested too deeply", nested(10_000)],
    ["noise of the most bytes", new Uint8Array(limits.learnedBytes).fill(0x91)],
    ["of another kind", encodeValue("linucb")],
    ["a list of states", encodeValue([linear])],
    ["of too few features", encodeValue({ ...linear, vector: linear.vector.slice(1) })],
    ["of too many features", encodeValue({ ...linear, vector: [...linear.vector, 0] })],
    ["of a wrong matrix", encodeValue({ ...linear, matrix: linear.matrix.slice(1) })],
    ["with text for a number", encodeValue({ ...linear, vector: linear.vector.map(String) })],
    ["with a huge number", encodeValue({ ...linear, vector: linear.vector.map(() => -1.5e300) })],
    ["with a huge weight", encodeValue({ ...linear, seen: 1e300 })],
    ["of less than nothing", encodeValue({ ...linear, seen: -1 })],
    ["of the other form", encodeValue({ ...linear, isInverse: true })],
    ["with nothing on the diagonal", encodeValue({ ...linear, matrix: linear.matrix.map(() => 0) })],
    ["with one field more", encodeValue({ ...linear, more: 1 })],
    ["arms out of order", encodeValue([{ ...arm, agent: "v" }, arm])],
    ["an arm twice", encodeValue([arm, arm])],
    ["an arm that was never pulled", encodeValue([{ ...arm, pulls: 0, sum: 0 }])],
    ["an arm better than any", encodeValue([{ ...arm, sum: 2 }])],
    ["an arm of a huge number", encodeValue([{ ...arm, pulls: 1e300, sum: 1e300 }])],
    ["too many arms", encodeValue(Array.from({ length: 4_097 }, (_, i) => [i]))],
  ];

  test.each(ALIEN)("%s: it is taken for none, by every selector", (_, learned) => {
    expect(learned.length).toBeLessThanOrEqual(limits.learnedBytes);
    for (const [selector, { start }] of BUILT_IN_SELECTORS) {
      const book = new Book(nodes, 1_000_000, null, { selector, knowledge: { records: [], learned } });
      expect(book.state.learned.get()).toEqual(start());
      book.block([]);
      book.block([book.offer("u")]);
      book.block([book.result("u", "a", 1, 7)]);
      expect(book.end).toBe("certified");
    }
  });

  test("a well-formed state that is no model neither throws nor leaves a seat empty", () => {
    const wild = (at: number): number => (at % 2 === 0 ? 1e12 : -1e12);
    const matrix = linear.matrix.map((entry, at) => (entry > 0 ? 1e-300 : wild(at)));
    const state = { ...linear, seen: 1e12, matrix, vector: linear.vector.map((_, at) => wild(at)) };
    for (const selector of ["linucb", "thompson"]) {
      const knowledge = { records: [], learned: encodeValue(state) };
      const options = { selector, knowledge };
      const policy = sealedPolicy();
      const book = new Book(
        [
          map(
            "a",
            Array.from({ length: 30 }, (_, i) => i),
            { policy },
          ),
        ],
        1_000_000,
        null,
        options,
      );
      expect(book.state.learned.get()).toEqual(state);
      book.block([]);
      for (let i = 0; i < 60 && book.state.status.get() === "running"; i++) {
        const awards = [...book.state.tasks.sorted()].flatMap(([id, { awards }]) =>
          awards.map(({ worker, status }) => ({ id, worker, status })),
        );
        book.block([
          ...["u", "v", "w", "x"].map((worker) => book.offer(worker, 1, 64)),
          ...awards.flatMap(({ id, worker, status }) =>
            status === "live"
              ? [book.seal(worker, id, 1, 7)]
              : status === "sealed"
                ? [book.result(worker, id, 1, 7, NONCE)]
                : [],
          ),
        ]);
      }
      expect(book.end).toBe("certified");
      expect(() => book.ledger.lessons).not.toThrow();
      expect(() => book.ledger.digest).not.toThrow();
    }
  });
});

describe("the same blocks", () => {
  type Step = (book: Book) => ReturnType<Book["offer"]>[];
  const steps: readonly Step[] = [
    () => [],
    (book) => ["u", "v", "w"].map((worker) => book.offer(worker)),
    (book) => ["u", "v", "w"].map((worker) => book.seal(worker, "a", 1, worker === "w" ? 8 : 7)),
    (book) => ["u", "v", "w"].map((worker) => book.result(worker, "a", 1, worker === "w" ? 8 : 7, NONCE)),
    (book) => [book.failure(book.task("b")!.awards[0]!.worker, "b", 1, "error")],
  ];
  const nodes = [single("a", 1, { policy: sealedPolicy() }), single("b", 1, { needs: ["a"] })];

  test.each(["linucb", "thompson", "ucb1", "epsilon-greedy"])(
    "teach %s the same, also by way of blocks that were taken back",
    (selector) => {
      const straight = new Book(nodes, 1_000_000, null, { selector });
      const winding = new Book(nodes, 1_000_000, null, { selector });
      for (const step of steps) {
        straight.block(step(straight));
        const commands = step(winding);
        const before = winding.ledger.digest;
        const learned = winding.state.learned.get();
        winding.ledger.select(winding.timeMs + 10, commands);
        winding.ledger.select(winding.timeMs + 90_000, []);
        expect(winding.ledger.digest).toBe(before);
        expect(winding.state.learned.get()).toBe(learned);
        winding.block(commands);
        expect(winding.ledger.digest).toBe(straight.ledger.digest);
      }
      expect(winding.state.learned.get()).not.toEqual(BUILT_IN_SELECTORS.get(selector)!.start());
      expect(winding.ledger.lessons).toEqual(straight.ledger.lessons);
    },
  );
});

test("saying busy makes nobody reliable", () => {
  const book = bookOf([map("m", [1, 2], { policy: firstPolicy({ timeoutMs: 60_000 }) })]);
  book.block([]);
  for (let i = 0; i < 20; i++) {
    book.block([book.offer("shirker", 1, 1, { expectedMs: 50_000 + 10_000 * i })]);
    expect(book.task("m/0")!.awards).toMatchObject([{ worker: "shirker" }]);
    expect(contextOfAward(book, "m/0", "shirker")[RELIABILITY]! * Math.sqrt(FEATURES.length)).toBeCloseTo(1 / 2, 12);
    book.block([book.failure("shirker", "m/0", 1, "busy")]);
  }
  expect(book.state.agents.get("shirker" as AgentId)).toMatchObject({ awards: 20, timeouts: 0 });
});
