/**
 * Algorithm 1 of "The latest gossip on BFT consensus" (arXiv 1807.04938), rule by rule: given messages, what is said and
 * what is remembered. Four members of equal power; at height 1 the proposers of rounds 0 to 3 are m1, m2, m3, m0.
 */

import { describe, expect, test } from "vitest";
import { Bench } from "../support/consensus-bench.ts";

/** Longer than any timeout of the first rounds. */
const TIMEOUT_MS = 3_000;

/** m0, after a polka for A in round 0: locked, its precommit said. */
function lockedOnA(): Bench {
  const bench = new Bench("m0");
  bench.propose(0, "A");
  bench.hear("m1 prevote 0 A", "m2 prevote 0 A");
  bench.take();
  return bench;
}

describe("a round starts (L11-L21)", () => {
  test("L14-L19: the proposer proposes a fresh block, and prevotes it", () => {
    const bench = new Bench("m1");
    expect(bench.take()).toEqual(["proposal 0 own -1", "prevote 0 own"]);
    expect(bench.place).toBe("1/0/prevote");
  });

  test("L15-L16: with a valid value it proposes that, with its round and its polka", () => {
    const bench = new Bench("m2");
    bench.propose(0, "A");
    bench.hear("m1 prevote 0 A", "m3 prevote 0 A", "m0 precommit 0 nil", "m1 precommit 0 nil", "m3 precommit 0 nil");
    bench.take();
    bench.pass(800);
    expect(bench.take()).toEqual(["proposal 1 A 0", "prevote 1 A"]);
    const last = bench.sent.findLast(({ message }) => message.kind === "proposal")!.message;
    expect(last.kind === "proposal" && last.polka.map((vote) => vote.voter)).toEqual(["m1", "m2", "m3"]);
  });

  test("L21, L57-L60: without a proposal it prevotes nil when the time is up, not before", () => {
    const bench = new Bench("m0");
    bench.pass(400);
    expect(bench.take()).toEqual([]);
    bench.pass(200);
    expect(bench.take()).toEqual(["prevote 0 nil"]);
  });

  test("A1: without a reason nothing starts, until more than a third of the power speaks", () => {
    const idle = lockedOnA();
    idle.hear("m1 precommit 0 A", "m2 precommit 0 A"); // decides; the application has no further reason
    expect(idle.place).toBe("2/0/idle");
    idle.pass(TIMEOUT_MS);
    expect(idle.take()).toEqual([]);
    idle.hear("m1 prevote 0 nil");
    expect(idle.place).toBe("2/0/idle");
    idle.hear("m2 prevote 0 nil");
    expect(idle.place).toBe("2/0/propose");
  });
});

describe("a fresh proposal (L22-L27)", () => {
  test.each([
    ["valid and in time", "yes", false, ["prevote 0 A"]],
    ["not in time (A3)", "no", false, ["prevote 0 nil"]],
    ["invalid", "yes", true, ["prevote 0 nil"]],
    ["waiting for a blob (A3)", "wait", false, []],
  ] as const)("%s", (_, timely, isInvalid, said) => {
    const bench = new Bench("m0");
    bench.timely = timely;
    if (isInvalid) bench.invalid.add(bench.hash("A"));
    bench.propose(0, "A");
    expect(bench.take()).toEqual(said);
  });

  test("L23: locked on another value, it prevotes nil", () => {
    const bench = lockedOnA();
    bench.hear("m1 precommit 0 nil", "m2 precommit 0 nil", "m3 precommit 0 nil");
    bench.pass(550);
    bench.propose(1, "B");
    expect(bench.take()).toEqual(["prevote 1 nil"]);
    expect(bench.memory).toBe("locked A@0 valid A@0");
  });

  test("a proposal from anybody but the proposer is refused", () => {
    const bench = new Bench("m0");
    const proposal = bench.proposal(0, "A");
    const forged = { ...proposal, statement: { ...proposal.statement, proposer: "m2" as never } };
    expect(bench.consensus.onProposal(bench.now, "m2" as never, forged).verdict).toBe("reject");
    expect(bench.take()).toEqual([]);
  });
});

describe("a proposal with a valid round (L28-L33)", () => {
  const inRoundOne = (bench: Bench): Bench => {
    bench.hear("m1 precommit 0 nil", "m2 precommit 0 nil", "m3 precommit 0 nil");
    bench.pass(550);
    bench.take();
    return bench;
  };
  const polka = ["m1 prevote 0 A", "m2 prevote 0 A", "m3 prevote 0 A"];

  test("L29: not locked, or locked on that value, it prevotes it", () => {
    const free = inRoundOne(new Bench("m0"));
    free.propose(1, "A", 0, polka);
    expect(free.take()).toEqual(["prevote 1 A"]);
    const locked = inRoundOne(lockedOnA());
    locked.propose(1, "A", 0, polka);
    expect(locked.take()).toEqual(["prevote 1 A"]);
  });

  test("however old its time is: the clock judges fresh proposals only (A3)", () => {
    const bench = inRoundOne(new Bench("m0"));
    bench.timely = "no";
    bench.propose(1, "A", 0, polka);
    expect(bench.take()).toEqual(["prevote 1 A"]);
  });

  test("L29: locked in a later round on another value, it prevotes nil", () => {
    const bench = inRoundOne(new Bench("m0"));
    bench.propose(1, "B");
    const polkaB = ["m1", "m2", "m3"].map((member) => bench.vote(`${member} prevote 1 B`, 1));
    bench.hearVotes(polkaB);
    expect(bench.memory).toBe("locked B@1 valid B@1");
    bench.hear("m1 precommit 1 nil", "m2 precommit 1 nil", "m3 precommit 1 nil");
    bench.pass(1_100);
    bench.take();
    bench.propose(2, "A", 0, polka);
    expect(bench.take()).toEqual(["prevote 2 nil"]);
  });

  test("without its polka it waits, and prevotes nil when the time is up", () => {
    const bench = inRoundOne(new Bench("m0"));
    bench.propose(1, "A", 0);
    expect(bench.take()).toEqual([]);
    bench.pass(TIMEOUT_MS);
    expect(bench.take()[0]).toBe("prevote 1 nil");
  });
});

describe("prevotes (L34-L46)", () => {
  test("L34-L35, L61-L64: prevotes of a quorum without a common value: nil when the time is up", () => {
    const bench = new Bench("m0");
    bench.propose(0, "A");
    bench.hear("m1 prevote 0 A", "m2 prevote 0 nil");
    expect(bench.take()).toEqual(["prevote 0 A"]);
    bench.pass(600);
    expect(bench.take()).toEqual(["precommit 0 nil"]);
  });

  test("L36-L43: a polka locks, and is remembered with its votes before the precommit is said", () => {
    const bench = new Bench("m0");
    bench.propose(0, "A");
    bench.hear("m1 prevote 0 A", "m2 prevote 0 A");
    expect(bench.take()).toEqual(["prevote 0 A", "precommit 0 A"]);
    expect(bench.memory).toBe("locked A@0 valid A@0");
    expect(bench.record?.locked).toEqual({ round: 0, block: bench.hash("A") });
  });

  test("L42-L43: a polka after the precommit makes a valid value, and no lock", () => {
    const bench = new Bench("m0");
    bench.propose(0, "A");
    bench.hear("m1 prevote 0 A", "m2 prevote 0 nil");
    bench.pass(600);
    bench.hear("m3 prevote 0 A");
    expect(bench.take()).toEqual(["prevote 0 A", "precommit 0 nil"]);
    expect(bench.memory).toBe("locked - valid A@0");
  });

  test("L44-L46: a quorum for nil: precommit nil at once, and the lock stays", () => {
    const bench = lockedOnA();
    bench.hear("m1 precommit 0 nil", "m2 precommit 0 nil", "m3 precommit 0 nil");
    bench.pass(550);
    bench.take();
    bench.hear("m1 prevote 1 nil", "m2 prevote 1 nil", "m3 prevote 1 nil");
    bench.pass(1_100);
    expect(bench.take().slice(0, 2)).toEqual(["prevote 1 nil", "precommit 1 nil"]);
    expect(bench.memory).toBe("locked A@0 valid A@0");
  });

  test("A2: a polka shown whole counts although one of its members was heard to say otherwise", () => {
    const bench = new Bench("m0");
    bench.propose(0, "A");
    bench.hear("m3 prevote 0 nil", "m1 prevote 0 A");
    bench.hearVotes(["m0", "m1", "m3"].map((member) => bench.vote(`${member} prevote 0 A`)));
    expect(bench.take()).toEqual(["prevote 0 A", "precommit 0 A"]);
    expect(bench.evidence).toHaveLength(1);
  });
});

describe("precommits and rounds (L47-L67)", () => {
  test("L47-L48, L65-L67: precommits of a quorum, whatever their values: the next round when the time is up", () => {
    const bench = new Bench("m0");
    bench.hear("m1 precommit 0 nil", "m2 precommit 0 A", "m3 precommit 0 nil");
    bench.pass(400);
    expect(bench.consensus.state.round).toBe(0);
    bench.pass(200);
    expect(bench.consensus.state.round).toBe(1);
  });

  test("L49-L54: precommits of a quorum for a value decide it, in whatever step", () => {
    const bench = new Bench("m0");
    bench.propose(0, "A");
    bench.hear("m1 precommit 0 A", "m2 precommit 0 A", "m3 precommit 0 A");
    expect(bench.decided).toHaveLength(1);
    expect(bench.place).toBe("2/0/idle");
    expect(bench.memory).toBe("locked - valid -");
  });

  test("L49: of an earlier round as well, with a body that comes later", () => {
    const bench = new Bench("m0");
    bench.hear("m1 precommit 0 nil", "m2 precommit 0 A", "m3 precommit 0 A");
    bench.pass(600);
    expect(bench.consensus.state.round).toBe(1);
    bench.hearVotes(["m1", "m2", "m3"].map((member) => bench.vote(`${member} precommit 0 A`)));
    expect(bench.decided).toHaveLength(0);
    bench.pass(300);
    expect(bench.sent.some(({ message }) => message.kind === "fetchBody")).toBe(true);
    bench.consensus.onBody(bench.now, bench.block("A"));
    expect(bench.decided).toHaveLength(1);
  });

  test("L55-L56: one member in a later round moves nobody, more than a third of the power does", () => {
    const bench = new Bench("m0");
    bench.hear("m1 prevote 5 nil");
    expect(bench.consensus.state.round).toBe(0);
    bench.hear("m2 prevote 4 nil");
    expect(bench.consensus.state.round).toBe(4);
  });
});

describe("no double signing (A4)", () => {
  test("after a crash it continues from its round, its vote and its lock", () => {
    const bench = lockedOnA();
    bench.restart();
    expect(bench.place).toBe("1/0/precommit");
    expect(bench.memory).toBe("locked A@0 valid A@0");
    bench.propose(0, "B");
    bench.hear("m1 prevote 0 nil", "m2 prevote 0 nil", "m3 prevote 0 nil");
    bench.pass(400);
    expect(bench.take()).toEqual([]);
  });

  test("a proposer says the same proposal again", () => {
    const bench = new Bench("m1");
    const first = bench.take();
    bench.nowMs += 50;
    bench.restart();
    bench.pass(600);
    expect(first).toEqual(["proposal 0 own -1", "prevote 0 own"]);
    expect(bench.take().filter((text) => text.startsWith("proposal"))).toEqual([]);
    const blocks = new Set(
      bench.sent.map(({ message }) => (message.kind === "proposal" ? message.statement.block : null)),
    );
    expect(blocks.size).toBeLessThanOrEqual(2); // that one, and `null` for the votes
  });
});

describe("evidence (A5)", () => {
  test("two votes, and two proposals, of one member for one place", () => {
    const bench = new Bench("m0");
    bench.hear("m3 prevote 0 nil");
    bench.hear("m3 prevote 0 A");
    bench.propose(0, "A");
    bench.propose(0, "B");
    expect(bench.evidence.map((body) => body.kind)).toEqual(["equivocation", "doubleProposal"]);
  });

  test("the same vote again is none", () => {
    const bench = new Bench("m0");
    bench.hear("m3 prevote 0 A", "m3 prevote 0 A");
    expect(bench.evidence).toEqual([]);
  });
});
