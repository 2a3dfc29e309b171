/** A selector of a plugin: workers need none, one that throws takes no node down, and names are taken once. */

import { expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import { Explanations } from "../../protocol/agent/explanations.ts";
import type { TaskId } from "../../protocol/core/ids.ts";
import { Ledger } from "../../protocol/job/ledger.ts";
import { Replica } from "../../protocol/job/replica.ts";
import { recordsFrom } from "../../protocol/machine.ts";
import { BUILT_IN_SELECTORS, createSelectors } from "../../protocol/selection/catalog.ts";
import type { ScoreSelector, Selector } from "../../protocol/selection/selector.ts";
import { type CommandBody, encodeCommand } from "../../protocol/wire/command.ts";
import { encodeValue } from "../../protocol/wire/value.ts";
import { firstPolicy, map, submissionOf } from "../../sim/parts/workloads/job-builder.ts";
import {
  awardItem,
  configOf,
  crypto,
  DrivenAgent,
  envelope,
  id,
  jobOf,
  MEMBERS,
  offerBody,
  resultBody,
  senderOf,
} from "../support/driven-agent.ts";
import { skipGathering } from "../support/skip-gathering.ts";

test("a worker that does not choose workers needs no selector", () => {
  const made = jobOf("owner", { selector: "mine" });
  const worker = new DrivenAgent("worker");
  worker.learn("m0", made);
  for (const member of MEMBERS)
    worker.frame(member, { kind: "notice", job: made.job, items: [awardItem("a", { serial: 1 })] });
  expect(worker.of("work").map(({ award }) => award.task)).toEqual(["a"]);
});

test("a selector that throws on somebody's offer does not end the process", () => {
  const touchy: ScoreSelector = {
    name: "touchy",
    summary: "",
    score: ({ price }) => {
      if (price === 13) throw new Error("unlucky");
      return 0;
    },
  };
  const made = jobOf("owner", { selector: "touchy", deadlineMs: 10_000_000 });
  const selectors = createSelectors([touchy]);
  const replica = new Replica({ genesis: made.genesis, job: made.job, selectors }, id("m0"), crypto, {
    onDecided: () => undefined,
  });
  skipGathering(replica.decided);
  let nowMs = 1_000_000;
  const decide = (afterMs: number): void => {
    nowMs += afterMs;
    const block = replica.build({ monoMs: nowMs, wallMs: nowMs }, id("m0"), 0);
    expect(replica.check(block)).toBe("valid");
    replica.commit(block, []);
  };
  const offers = (worker: string, price: number): void => {
    const body = offerBody({ price, validUntilMs: nowMs + 500_000 });
    const said = envelope(worker, made.job, [body]);
    replica.learn({ monoMs: nowMs, wallMs: nowMs }, said, senderOf(said));
  };
  decide(0);
  offers("good", 1);
  decide(10);
  expect(replica.decided.state.liveBySkill.get("work")).toEqual({ count: 1 });
  offers("w", 13); // no seat is free: nobody looks at it yet
  decide(10);
  // The first worker's lease ends: an empty block, made because something is due.
  expect(() => decide(6_000)).not.toThrow();
});

test("a selector cannot take the name of a built-in one", () => {
  expect(() => createSelectors([{ name: "greedy", summary: "", score: () => 0 }])).toThrow();
});

// --- what a plugin's selector can hand over -------------------------------------------------------------

const built = BUILT_IN_SELECTORS.get("linucb")!;
type Chosen = ReturnType<Selector["choose"]>;

/** A selector of a plugin, with something odd about what it chooses. */
const choosing = (change: (picks: Chosen) => unknown): Selector => ({
  ...built,
  name: "odd",
  choose: (state, request, count) => change(built.choose(state, request, count)) as Chosen,
});
const pickWith = (changes: object) => (picks: Chosen) => ({
  ...picks,
  picked: picks.picked.map((pick) => ({ ...pick, ...changes })),
});

/** A job of two tasks under a selector: it keeps the books, explains itself, and tells what it taught. */
function runWith(selector: Selector): { readonly ledger: Ledger; readonly explained: string } {
  const nodes = [map("a", [1, 2], { policy: firstPolicy() })];
  const made = jobOf("owner", { nodes, selector: selector.name });
  const ledger = skipGathering(new Ledger(made.genesis, made.job, hasher, createSelectors([selector])));
  const explanations = new Explanations(8);
  let timeMs = 1_000_000;
  const block = (author: string, bodies: readonly CommandBody[]): void => {
    timeMs += 10;
    const commands = bodies.map((body, counter) => {
      const command = { job: made.job, author: id(author), counter: counter + timeMs, body };
      return { hash: hasher(encodeCommand(command)), command };
    });
    const before = ledger.digest;
    const { execution } = ledger.select(timeMs, commands);
    expect(ledger.digest).toBe(before);
    const again = ledger.select(timeMs, commands).execution;
    ledger.keep(execution);
    expect(again.outcome.eventsHash).toBe(execution.outcome.eventsHash);
    explanations.note({ height: 1, timeMs }, again.outcome);
  };
  block("nobody", []);
  block("w", [offerBody({ slots: 2, validUntilMs: timeMs + 60_000 })]);
  block("w", [resultBody("a/0"), resultBody("a/1")]);
  expect(ledger.state.status.get()).toBe("certified");
  expect(() => ledger.lessons).not.toThrow();
  const explained = explanations.of("a/0" as TaskId);
  expect(() => encodeValue(explained)).not.toThrow();
  return { ledger, explained: JSON.stringify(explained) };
}

test.each<readonly [what: string, change: (picks: Chosen) => unknown]>([
  ["nothing", () => undefined],
  ["no ranking", ({ picked }) => ({ picked })],
  ["a ranking that is no list", (picks) => ({ ...picks, ranked: 7 })],
  ["a ranking of nothing", (picks) => ({ ...picks, ranked: [null] })],
  ["fewer than were asked for", (picks) => ({ ...picks, picked: [] })],
  ["somebody else", pickWith({ agent: "stranger" })],
  ["a context that is too short", pickWith({ context: [1] })],
  ["a context without numbers", pickWith({ context: new Array(11).fill(Number.NaN) })],
  ["a context of text", pickWith({ context: new Array(11).fill("1") })],
  ["a reason that there is not", pickWith({ why: { because: () => 1 } })],
])("a choice of %s harms neither the books nor what explains them", (_, change) => {
  const { ledger, explained } = runWith(choosing(change));
  expect(ledger.lessons.records).toMatchObject([{ agent: "w", accepted: 2, rejected: 0 }]);
  expect(explained).toContain('"w"');
});

test.each<readonly [what: string, learn: Selector["learn"]]>([
  ["nothing", () => undefined],
  ["no number", () => ({ mean: Number.NaN })],
  ["an infinity", () => [Number.POSITIVE_INFINITY]],
  ["a map", () => new Map([["w", 1]])],
  ["a function", () => () => 1],
  [
    "a circle",
    () => {
      const circle: unknown[] = [];
      circle.push(circle);
      return circle;
    },
  ],
])("a lesson that leaves %s is none", (_, learn) => {
  const { ledger } = runWith({ ...built, name: "odd", learn: learn! });
  expect(ledger.state.learned.get()).toEqual(built.start());
});

test("a state that is changed in place would survive blocks that are taken back: it cannot be", () => {
  const counting: Selector<{ lessons: number }> = {
    name: "counting",
    summary: "",
    start: () => ({ lessons: 0 }),
    choose: (_, request, count) => BUILT_IN_SELECTORS.get("random")!.choose(null, request, count),
    learn: (state) => {
      state.lessons++;
      return state;
    },
  };
  const { ledger } = runWith(counting as Selector);
  expect(ledger.state.learned.get()).toEqual({ lessons: 0 });
});

test("a selector that starts with no plain data is refused where it is brought", () => {
  for (const start of [
    () => new Float64Array(3),
    () => Number.NaN,
    () => {
      throw new Error("no");
    },
  ])
    expect(() => createSelectors([{ ...built, name: "odd", start } as Selector])).toThrow(/odd/);
});

test("a host that restarts without a plugin continues its other jobs", () => {
  const mine: ScoreSelector = { name: "mine", summary: "", score: () => 0 };
  const before = new DrivenAgent("m0", { selectors: createSelectors([mine]) });
  const theirs = jobOf("owner", { selector: "mine" });
  const other = jobOf("owner", { selector: "random", counter: 2 });
  for (const job of [theirs, other]) before.host(job);
  const records = before
    .of("persist")
    .flatMap(({ job, slot, bytes }) => (bytes === null ? [] : [{ job, slot, bytes }]));
  const config = configOf("m0", { incarnation: 2 });
  const after = createAgent(config, recordsFrom(records));
  const now = { monoMs: 2_000_000, wallMs: 2_000_000 };
  expect(() => after.step(now, { kind: "start" })).not.toThrow();
  const effects = after.step(now, { kind: "ask", id: 1, to: id("m0"), query: { kind: "status", job: other.job } });
  expect(effects).toContainEqual(
    expect.objectContaining({ kind: "event", event: expect.objectContaining({ kind: "reply", ok: true }) }),
  );
});

test("an owner without the selector that its job names is told so", () => {
  const owner = new DrivenAgent("owner");
  const { job, genesis } = jobOf("owner", { selector: "mine" });
  owner.input(submissionOf(genesis));
  for (const member of MEMBERS) owner.frame(member, { kind: "inviteReply", job, yes: true, reason: "" });
  const submitted = owner
    .of("event")
    .map(({ event }) => event)
    .filter(({ kind }) => kind === "submitted");
  expect(submitted).toMatchObject([{ problem: "not-taken", reason: expect.stringContaining("mine") }]);
});
