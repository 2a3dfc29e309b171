/** A task whose workers gave different answers fails for that, and says who gave which. */

import { expect, test } from "vitest";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import type { Data } from "../../../protocol/wire/genesis.ts";
import { encodeValue } from "../../../protocol/wire/value.ts";
import { sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const text = (said: string): Data => ({ kind: "inline", bytes: encodeValue(said) });

/** A job of one task whose workers answer what `answers` says; `null`: sealed, and never shown. */
function answered(
  answers: { readonly [worker: string]: Data | null },
  changes = {},
): { readonly book: Book; readonly events: readonly LedgerEvent[] } {
  const workers = Object.keys(answers);
  const policy = sealedPolicy({ redundancy: workers.length, redundancyMax: workers.length, ...changes });
  const book = new Book([single("a", 1, { policy })]);
  book.block(workers.map((worker) => book.offer(worker)));
  book.block(workers.map((worker) => book.seal(worker, "a", 1, answers[worker] ?? text("hidden"))));
  const shown = workers.filter((worker) => answers[worker] !== null);
  const events = [...book.block(shown.map((worker) => book.result(worker, "a", 1, answers[worker]!, NONCE)))];
  for (let i = 0; i < 10 && book.end === "running"; i++) events.push(...book.block([], 6_000));
  return { book, events };
}

const [PARIS, LYON, NICE] = [text("Paris"), text("Lyon"), text("Nice")] as const;

test("the failure names the answers, how many gave each, and what was lacking", () => {
  const { book, events } = answered({ w0: PARIS, w1: LYON, w2: NICE, w3: PARIS });
  expect(book.end).toBe(
    'failed task a: disagreement (of 4 results 2 say "Paris", 1 says "Nice", 1 says "Lyon": no answer reaches majority; at most 4 may be asked)',
  );
  const [disagreed] = events.filter((event) => event.kind === "disagreed");
  expect(disagreed?.groups.map(({ supporters }) => [...supporters].sort())).toEqual([["w0", "w3"], ["w2"], ["w1"]]);
  expect(disagreed).toMatchObject({ task: "a", unreadable: [], silent: [] });
});

test("a worker that never shows its answer is named as silent", () => {
  const { book, events } = answered({ w0: PARIS, w1: LYON, w2: null });
  expect(book.end).toContain("1 never came");
  expect(events).toContainEqual(expect.objectContaining({ kind: "disagreed", silent: ["w2"] }));
});

test("workers that agree, and are too few, are no disagreement", () => {
  const { book } = answered({ w0: PARIS, w1: PARIS }, { redundancyMax: 9, accept: { kind: "quorum", q: 3 } });
  expect(book.end).toContain("too-few-agents");
});

test("where nobody else can be asked, workers that disagree are the reason, not the lack of offers", () => {
  const { book } = answered({ w0: PARIS, w1: LYON }, { redundancyMax: 9 });
  expect(book.end).toContain('disagreement (of 2 results 1 says "Lyon", 1 says "Paris"');
  expect(book.end).toContain("had their turn");
});
