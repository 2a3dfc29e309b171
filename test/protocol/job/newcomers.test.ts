/** Newcomers cost nothing to make: they may fill a fresh mesh, and must not keep out those with a record (protocol.md 6.3). */

import { expect, test } from "vitest";
import { limits } from "../../../protocol/core/limits.ts";
import { firstPolicy, map, sealedPolicy } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";

const known = (count: number): string[] => Array.from({ length: count }, (_, i) => `known${i}`);

/** Agents `known0`… have a record by the genesis; all places are taken by newcomers. */
function crowded(count: number): Book {
  const records = known(count).map((agent) => ({
    agent: agent as never,
    skill: "work",
    accepted: 5_000,
    rejected: 0,
    stated: [],
  }));
  const knowledge = { records, learned: new Uint8Array(0) };
  const book = new Book([map("a", [1], { policy: firstPolicy({ timeoutMs: 600_000 }) })], 1_000_000, null, {
    knowledge,
  });
  book.block([]);
  for (let i = 0; i < limits.offersPerSkill; i++) book.block([book.offer(`new${i}`)]);
  return book;
}
const agents = (book: Book): string[] => book.state.offers.get("work")!.map(({ agent }) => agent);

test("agents with a record get in, until five newcomers are left", () => {
  const book = crowded(20);
  expect(agents(book)).toHaveLength(limits.offersPerSkill);
  for (const agent of known(20)) book.block([book.offer(agent)]);
  expect(agents(book)).toHaveLength(limits.offersPerSkill);
  expect(agents(book).filter((agent) => agent.startsWith("new"))).toHaveLength(limits.newcomersPerSkill);
});

test("a newcomer more finds no place, and the offers of those with a record stay", () => {
  const book = crowded(2);
  const offer = book.offer("late");
  expect(book.ledger.judge(offer.command, book.timeMs)).toBe("enough-offers");
  for (const agent of known(2)) book.block([book.offer(agent)]);
  expect(agents(book)).toEqual(expect.arrayContaining(known(2)));
  expect(book.ledger.judge(book.offer("late").command, book.timeMs)).toBe("enough-offers");
});

// --- while those with a record have their hands full -------------------------------------------------

/** Ten tasks; `known0` has a record and one slot, the newcomers many. */
function withOneKnown(): Book {
  const records = [{ agent: "known0" as never, skill: "work", accepted: 5_000, rejected: 0, stated: [] }];
  const tasks = Array.from({ length: 10 }, (_, i) => i);
  return new Book([map("m", tasks, { policy: firstPolicy({ timeoutMs: 3_600_000 }) })], 1_000_000, null, {
    knowledge: { records, learned: new Uint8Array(0) },
  });
}
const HOUR = { lifeMs: 600_000, expectedMs: 10_000_000 };
const offersOfNew = (book: Book, count = 3) =>
  Array.from({ length: count }, (_, i) => book.offer(`new${i}`, 1, 100, HOUR));
const busyOffer = (book: Book, agent = "known0") => book.offer(agent, 1, 1, { load: 1_000_000, lifeMs: 600_000 });
/** Awards under way, by worker. */
function live(book: Book): { [worker: string]: number } {
  const counts: { [worker: string]: number } = {};
  for (const [, task] of book.state.tasks.sorted())
    for (const { worker } of task.awards) counts[worker] = (counts[worker] ?? 0) + 1;
  return counts;
}

test("newcomers do not put out those with a record that are busy, but for five", () => {
  const names = known(limits.offersPerSkill);
  const records = names.map((agent) => ({
    agent: agent as never,
    skill: "work",
    accepted: 5_000,
    rejected: 0,
    stated: [],
  }));
  const tasks = Array.from({ length: 40 }, (_, i) => i);
  const book = new Book([map("m", tasks, { policy: firstPolicy({ timeoutMs: 3_600_000 }) })], 1_000_000, null, {
    knowledge: { records, learned: new Uint8Array(0) },
  });
  book.block(names.map((agent) => busyOffer(book, agent)));
  book.block(offersOfNew(book, limits.offersPerSkill));
  expect(agents(book).filter((agent) => agent.startsWith("new"))).toHaveLength(limits.newcomersPerSkill);
  expect(Object.values(live(book))).toEqual([1, 1, 1, 1, 1]);
});

test("nor keep them out", () => {
  const book = crowded(20);
  for (const agent of known(20)) book.block([busyOffer(book, agent)]);
  expect(agents(book).filter((agent) => agent.startsWith("new"))).toHaveLength(limits.newcomersPerSkill);
  expect(book.ledger.judge(busyOffer(book, "known19").command, book.timeMs)).toBe("enough-offers");
  expect(book.ledger.judge(busyOffer(book, "late").command, book.timeMs)).toBe("enough-offers");
});

test("newcomers get an award each, not everything, while the known one works for the job", () => {
  const book = withOneKnown();
  book.block([book.offer("known0", 1, 1, HOUR)]);
  expect(live(book)).toEqual({ known0: 1 });
  book.block(offersOfNew(book));
  expect(live(book)).toEqual({ known0: 1, new0: 1, new1: 1, new2: 1 });
});

test("and while it is busy with other jobs; what they did right lets them have more", () => {
  const book = withOneKnown();
  book.block([busyOffer(book), ...offersOfNew(book)]);
  expect(live(book)).toEqual({ new0: 1, new1: 1, new2: 1 });
  const own = book.state.tasks.sorted().find(([, task]) => task.awards.some(({ worker }) => worker === "new0"))!;
  book.block([book.result("new0", own[0], 1, 1)]);
  expect(live(book)).toEqual({ new0: 7, new1: 1, new2: 1 });
});

test("saying busy for ever limits nobody for ever", () => {
  const book = withOneKnown();
  book.block([]);
  book.block([busyOffer(book), ...offersOfNew(book)]);
  for (let i = 0; i < 60; i++) {
    expect(book.state.status.get()).toBe("running");
    book.block([busyOffer(book), ...offersOfNew(book)], 8_000);
    if (Object.values(live(book)).reduce((sum, count) => sum + count, 0) === 10) return;
    expect(live(book)).toEqual({ new0: 1, new1: 1, new2: 1 });
  }
  expect.unreachable("the limits never ended");
});

test("of five seats newcomers take a third of the places, and the known get the rest when they are free", () => {
  const records = known(5).map((agent) => ({
    agent: agent as never,
    skill: "work",
    accepted: 5_000,
    rejected: 0,
    stated: [],
  }));
  const policy = sealedPolicy({ timeoutMs: 3_600_000, redundancy: 5, redundancyMax: 9 });
  const knowledge = { records, learned: new Uint8Array(0) };
  const book = new Book([map("m", [1], { policy })], 1_000_000, null, { knowledge });
  book.block([...known(5).map((agent) => busyOffer(book, agent)), ...offersOfNew(book, 5)]);
  expect(Object.keys(live(book))).toHaveLength(3);
  expect(book.state.windows.size).toBe(1);
  book.block(known(5).map((agent) => book.offer(agent, 1, 1, HOUR)));
  const workers = Object.keys(live(book));
  expect(workers).toHaveLength(5);
  expect(workers.filter((worker) => worker.startsWith("known"))).toHaveLength(2);
});
