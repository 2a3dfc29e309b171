/** The tables of docs/protocol.md 6, row by row: facts, and the decision that follows from them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SeatChoice } from "../../../protocol/job/choosing.ts";
import {
  decideAnswered,
  decideLast,
  decideLate,
  decideLease,
  decideNeed,
  decideSeats,
  type LastFacts,
  type NeedFacts,
  type SeatFacts,
} from "../../../protocol/job/decisions.ts";
import type { Window } from "../../../protocol/job/state.ts";

/** Somebody was chosen for so many seats: whom does not matter here. */
const chosen = (seats: number): SeatChoice => ({ task: "t", seats }) as unknown as SeatChoice;
const affordable = (most: number) => (seats: number) => (seats <= most ? chosen(seats) : null);
const never = (): never => {
  throw new Error("nobody is chosen here");
};

/** Rows that the tests below went through, by the words with which protocol.md names them. */
const tested = new Set<string>();
function row(name: string): string {
  tested.add(name);
  return name;
}

describe("a task with free seats, in its turn", () => {
  const free: Extract<SeatFacts, { kind: "some-free" }> = {
    kind: "some-free",
    seats: 3,
    places: 3,
    isAnybodyAwaited: false,
    choose: affordable(9),
    isMoneyAwaited: false,
  };
  const cases: readonly (readonly [string, SeatFacts, object])[] = [
    [row("its need gathers offers"), { kind: "gathering" }, { kind: "gather" }],
    [row("nobody has a free slot"), { kind: "nobody-free" }, { kind: "ask", why: "nobody-free" }],
    [row("those who are free fill its seats"), free, { kind: "award", choice: chosen(3), isShort: false }],
    ["more are free than it has seats", { ...free, places: 8 }, { kind: "award", choice: chosen(3), isShort: false }],
    [
      row("they fill some of them, and busy agents are waited for"),
      { ...free, places: 2, isAnybodyAwaited: true },
      { kind: "award", choice: chosen(2), isShort: true },
    ],
    [
      row("they cost too much, and money may come free"),
      { ...free, choose: affordable(2), isMoneyAwaited: true },
      { kind: "wait" },
    ],
    ["they are too few, and money may come free", { ...free, places: 2, isMoneyAwaited: true }, { kind: "wait" }],
    [row("they cost too much"), { ...free, choose: affordable(2) }, { kind: "ask", why: "too-expensive" }],
    [row("they are too few"), { ...free, places: 2, choose: never }, { kind: "ask", why: "too-few" }],
    [
      "none of those who are free may sit in it, and busy agents are waited for",
      { ...free, places: 0, isAnybodyAwaited: true, choose: never },
      { kind: "ask", why: "too-few" },
    ],
  ];
  test.each(cases)("%s", (_, facts, decision) => expect(decideSeats(facts)).toEqual(decision));
});

const windowOf = (changes: Partial<Window>): Window => ({
  ...{ skill: "s", labels: [], attempt: 1, opened: 0, endsMs: 100, known: 4 },
  ...changes,
});

describe("a need whose tasks ask for offers", () => {
  const ended: NeedFacts = {
    window: windowOf({}),
    hasEnded: true,
    offers: 4,
    isAnybodyAwaited: false,
    isWorkedOn: false,
  };
  const closed: NeedFacts = { ...ended, hasEnded: false, window: windowOf({ attempt: 3, endsMs: 0 }) };
  const third = windowOf({ attempt: 3, opened: 2 });
  const cases: readonly (readonly [string, NeedFacts, object])[] = [
    [row("it has no window"), { ...ended, window: undefined }, { kind: "window", attempt: 1, opened: 0 }],
    [row("its window is open"), { ...ended, hasEnded: false }, { kind: "wait" }],
    [
      "its window is open, and busy agents are waited for",
      { ...ended, hasEnded: false, isAnybodyAwaited: true },
      { kind: "wait" },
    ],
    [
      row("its window ends, and busy agents are waited for or somebody works for its skill"),
      { ...ended, isAnybodyAwaited: true },
      { kind: "window", attempt: 1, opened: 1 },
    ],
    [
      "the same, by one who works",
      { ...ended, isWorkedOn: true, window: third },
      { kind: "window", attempt: 3, opened: 3 },
    ],
    [row("its first or second window ends"), ended, { kind: "window", attempt: 2, opened: 0 }],
    [
      "its second window ends",
      { ...ended, window: windowOf({ attempt: 2, opened: 5 }) },
      { kind: "window", attempt: 3, opened: 0 },
    ],
    [row("its third window ends"), { ...ended, window: third }, { kind: "close" }],
    [
      row("it is closed, and other offers stand than then"),
      { ...closed, offers: 5 },
      { kind: "window", attempt: 1, opened: 0 },
    ],
    ["it is closed, and offers lapsed", { ...closed, offers: 3 }, { kind: "window", attempt: 1, opened: 0 }],
    [
      row("it is closed, and busy agents are waited for"),
      { ...closed, isAnybodyAwaited: true },
      { kind: "window", attempt: 3, opened: 1 },
    ],
    [row("it is closed"), { ...closed, isWorkedOn: true }, { kind: "close" }],
  ];
  test.each(cases)("%s", (_, facts, decision) => expect(decideNeed(facts)).toEqual(decision));
});

describe("a task that has its answer by number, when its need's window ends", () => {
  const facts = {
    window: windowOf({ attempt: 2, opened: 1 }),
    hasEnded: true,
    isAnswered: true,
    isAnybodyAtWork: false,
  };
  const cases = [
    [row("three windows passed, and nobody else with a record works for the job"), facts, "accept"],
    ["somebody with a record does", { ...facts, isAnybodyAtWork: true }, "ask"],
    ["two windows passed", { ...facts, window: windowOf({ attempt: 2 }) }, "ask"],
    ["its window continues", { ...facts, hasEnded: false }, "ask"],
    ["it has no answer", { ...facts, isAnswered: false }, "ask"],
    ["it has no window", { ...facts, window: undefined }, "ask"],
  ] as const;
  test.each(cases)("%s", (_, given, kind) => expect(decideAnswered(given)).toEqual({ kind }));
});

describe("a task of a closed need", () => {
  /** Three seats, of which the rule needs two; nobody is there. */
  const facts: LastFacts = {
    free: 0,
    isAwaited: false,
    freeSeats: 3,
    results: 0,
    sealed: 0,
    lacking: 2,
    choose: never,
    isAnybodyTooExpensive: false,
    isMoneyAwaited: false,
  };
  const enough = { sealed: 2, lacking: 0, freeSeats: 1 };
  const tooExpensive = { isAnybodyTooExpensive: true };
  const cases: readonly (readonly [string, Partial<LastFacts>, object])[] = [
    [row("busy agents are waited for, or somebody works for it"), { ...enough, isAwaited: true }, { kind: "wait" }],
    [row("nobody is free, and what is sealed is enough"), enough, { kind: "open" }],
    [
      row("some are free, and its rule can work with so many seats"),
      { free: 2, choose: affordable(9) },
      { kind: "award", choice: chosen(2), seats: 2 },
    ],
    ["there is money for fewer", { free: 3, choose: affordable(2) }, { kind: "award", choice: chosen(2), seats: 2 }],
    [
      "more are free than it has seats",
      { free: 9, choose: affordable(9) },
      { kind: "award", choice: chosen(3), seats: 3 },
    ],
    [
      "one more than is enough",
      { ...enough, free: 1, choose: affordable(1) },
      { kind: "award", choice: chosen(1), seats: 1 },
    ],
    [
      row("money is lacking, and somebody works or reveals for the job"),
      { free: 2, choose: affordable(1), isMoneyAwaited: true },
      { kind: "wait" },
    ],
    ["nobody is affordable, somebody works", { ...tooExpensive, isMoneyAwaited: true }, { kind: "wait" }],
    [
      row("money is lacking, and what is sealed is enough"),
      { ...enough, free: 1, choose: affordable(0) },
      { kind: "open" },
    ],
    [row("money is lacking"), { free: 2, choose: affordable(1) }, { kind: "giveUp", reason: "budget" }],
    ["nobody is affordable", tooExpensive, { kind: "giveUp", reason: "budget" }],
    [row("nobody is there"), {}, { kind: "giveUp", reason: "no-offers" }],
    [row("too few are there"), { free: 1 }, { kind: "giveUp", reason: "too-few-agents" }],
    ["too few are there, one has sealed", { sealed: 1, lacking: 1 }, { kind: "giveUp", reason: "too-few-agents" }],
    ["too few are there, one has answered", { results: 1, lacking: 1 }, { kind: "giveUp", reason: "too-few-agents" }],
  ];
  test.each(cases)("%s", (_, changes, decision) => expect(decideLast({ ...facts, ...changes })).toEqual(decision));
});

describe("an award whose time is up", () => {
  const award = { leaseEndsMs: 10_000, graced: false };
  test.each([
    [row("its lease ended"), award, 12_000, { kind: "end" }],
    [row("its lease ended more than 2 s ago"), award, 12_001, { kind: "grace", leaseEndsMs: 17_001 }],
    ["the same, once before", { ...award, graced: true }, 12_001, { kind: "end" }],
  ])("%s", (_, given, timeMs, decision) => expect(decideLease(given, timeMs, 60_000)).toEqual(decision));

  test("a grace is no longer than the task's own time", () =>
    expect(decideLease(award, 20_000, 1_000)).toEqual({ kind: "grace", leaseEndsMs: 21_000 }));

  const late = { isHedged: false, isSeating: true, choose: affordable(1) };
  test.each([
    [
      row("it is late, and one more may sit in its task for what the tasks to come leave"),
      late,
      { kind: "hedge", choice: chosen(1) },
    ],
    [row("it is late"), { ...late, choose: affordable(0) }, { kind: "wait" }],
    ["it was hedged before", { ...late, isHedged: true, choose: never }, { kind: "wait" }],
    ["its batch is open", { ...late, isSeating: false, choose: never }, { kind: "wait" }],
  ])("%s", (_, given, decision) => expect(decideLate(given)).toEqual(decision));
});

test("each row of the document's tables has a case here, and each case that names a row has one there", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/protocol.md"), "utf8");
  const section = text.slice(text.indexOf("**Decisions.**"), text.indexOf("**The selector**"));
  const rows = [...section.matchAll(/^\| ([a-z][^|]*) \| (?!decision)/gm)].map(([, name]) => name!);
  expect(new Set(rows)).toEqual(tested);
});
