/** Who is asked when workers disagree: agents unlike those that have answered, as long as there are enough of them. */

import { expect, test } from "vitest";
import { unlikeWorkersOf } from "../../../protocol/job/diversity.ts";
import type { Result, Task } from "../../../protocol/job/state.ts";
import type { Data } from "../../../protocol/wire/genesis.ts";
import { inline, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const policy = sealedPolicy({ redundancy: 2, redundancyMax: 7 });
const said = (output: string): Data => inline(output);

/** Two workers disagree about the first task of `book`. */
function disagree(book: Book, task = "a", answers = ["x", "y"]): void {
  const workers = book
    .task(task)!
    .awards.map(({ worker }) => String(worker))
    .sort();
  book.block(workers.map((worker, i) => book.seal(worker, task, 1, said(answers[i]!))));
  book.block(workers.map((worker, i) => book.result(worker, task, 1, said(answers[i]!), NONCE)));
}

const seatedAfter = (book: Book, task = "a"): string[] => book.task(task)!.awards.map(({ worker }) => String(worker));

test("agents of an operator or with a model that has answered come after others", () => {
  const book = new Book([single("a", 1, { policy })]);
  book.block([
    book.offer("w0", 1, 1, { labels: ["operator.acme", "model.small"] }),
    book.offer("w1", 1, 1, { labels: ["operator.bond", "model.large"] }),
  ]);
  disagree(book);
  book.block([
    book.offer("w2", 1, 1, { labels: ["operator.acme"] }),
    book.offer("w3", 1, 1, { labels: ["model.large", "operator.crane"] }),
    book.offer("w4", 9, 1, { labels: ["operator.crane", "gpu"] }),
  ]);
  expect(seatedAfter(book)).toEqual(["w4"]);
});

test("where nobody else is there, those that are alike answer too", () => {
  const book = new Book([single("a", 1, { policy })]);
  book.block(["w0", "w1"].map((worker) => book.offer(worker, 1, 1, { labels: ["operator.acme"] })));
  disagree(book);
  book.block([book.offer("w2", 1, 1, { labels: ["operator.acme"] })]);
  expect(seatedAfter(book)).toEqual(["w2"]);
});

test("agents that gave the same wrong answers twice count as alike", () => {
  const three = sealedPolicy({ redundancy: 5, redundancyMax: 5 });
  const names = ["a", "b", "c"];
  const book = new Book([
    ...names.map((id, i) => single(id, 1, { policy: three, needs: names.slice(Math.max(0, i - 1), i) })),
    single("d", 1, { policy, needs: ["c"] }),
  ]);
  book.block(["w0", "w1", "w2", "w3", "w4"].map((worker) => book.offer(worker, 1, 1)));
  for (const [i, id] of names.entries()) {
    const wrong = (worker: string): string => (["w0", "w1"].includes(worker) ? "wrong" : `right ${i}`);
    const workers = seatedAfter(book, id);
    book.block(workers.map((worker) => book.seal(worker, id, 1, said(wrong(worker)))));
    book.block(workers.map((worker) => book.result(worker, id, 1, said(wrong(worker)), NONCE)));
  }
  expect(book.state.sharedErrors.sorted()).toEqual([["w0\nw1\nwork", { count: 3 }]]);
  const answeredBy = (worker: string): Task => ({ ...book.task("d")!, results: [{ worker } as unknown as Result] });
  const unlike = (worker: string): string[] => {
    const offers = book.state.offers.get("work")!;
    return unlikeWorkersOf(book.ledger.viewAt(book.timeMs), answeredBy(worker), offers).map(({ agent }) =>
      String(agent),
    );
  };
  expect(unlike("w0")).toEqual(["w0", "w2", "w3", "w4"]);
  expect(unlike("w2")).toEqual(["w0", "w1", "w2", "w3", "w4"]);
});

test("likeness is no way around the limits of newcomers: agents with a record are asked, alike or not", () => {
  const known = ["k0", "k1", "k2", "k3", "k4", "k5", "k6"];
  const records = known.map((agent) => ({
    ...{ agent: agent as never, skill: "work", accepted: 5_000, rejected: 0, stated: [] },
  }));
  const knowledge = { records, learned: new Uint8Array(0) };
  const four = sealedPolicy({ redundancy: 4, redundancyMax: 9 });
  const book = new Book([single("a", 1, { policy: four })], 1_000_000, null, { knowledge });
  const alike = { labels: ["model.large"] };
  book.block(known.slice(0, 4).map((worker) => book.offer(worker, 1, 1, alike)));
  disagree(book, "a", ["w", "x", "y", "z"]); // three more are asked
  book.block([
    ...known.slice(4).map((worker) => book.offer(worker, 1, 1, alike)),
    ...["n0", "n1", "n2", "n3"].map((worker) => book.offer(worker, 1, 1)),
  ]);
  const seats = seatedAfter(book);
  expect(seats).toHaveLength(3);
  expect(
    seats.some((worker) => worker.startsWith("k")),
    String(seats),
  ).toBe(true);
});
