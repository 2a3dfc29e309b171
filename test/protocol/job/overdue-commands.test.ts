/**
 * A3: a block is refused for leaving out a command only if its maker would have taken it in. A command can apply before a
 * block and after it, but not at its place in the order of commands: were that held against blocks, no block of the height
 * would ever be decided. Seen in a whole mesh: 17 rounds and 95 s in a calm network.
 */

import { expect, test } from "vitest";
import { limits } from "../../../protocol/core/limits.ts";
import { Replica } from "../../../protocol/job/replica.ts";
import type { CommandBody } from "../../../protocol/wire/command.ts";
import type { Block } from "../../../protocol/wire/consensus.ts";
import { firstPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import {
  crypto,
  envelope,
  hashOf,
  id,
  jobOf,
  MEMBERS,
  offerBody,
  resultBody,
  senderOf,
} from "../../support/driven-agent.ts";
import { skipGathering } from "../../support/skip-gathering.ts";

const made = jobOf("owner", { nodes: [single("a", 1, { policy: firstPolicy({ timeoutMs: 300_000 }) })] });

class Member {
  readonly replica = new Replica(made, id("m0"), crypto, { onDecided: () => undefined });
  nowMs = 1_000_000;

  constructor() {
    skipGathering(this.replica.decided);
  }

  get now() {
    return { monoMs: this.nowMs, wallMs: this.nowMs };
  }

  learn(author: string, ...bodies: CommandBody[]): void {
    const said = envelope(author, made.job, bodies);
    const { verdict } = this.replica.learn(this.now, said, senderOf(said));
    expect(verdict.verdict).toBe("accept");
  }

  build(round = 0): Block {
    return this.replica.build(this.now, id("m0"), round);
  }

  decide(): void {
    const block = this.build();
    expect(this.replica.check(block)).toBe("valid");
    this.replica.commit(block, []);
    this.nowMs += 10;
  }

  /** What is pooled was forwarded; a round of this height failed (its proposer was away). */
  passRound(ms = 3_000): void {
    this.replica.applicable(this.now);
    for (const entry of this.replica.pool.entries()) if (entry.applicable) entry.firstForwardedMs ??= this.nowMs;
    this.nowMs += ms;
  }
}

/** Verdicts over 40 rounds: each takes about its timeout, and the first failed because its proposer was away. */
function verdictsOf(member: Member): string[] {
  const verdicts: string[] = [];
  for (let round = 1; round <= 40; round++) {
    member.passRound(round === 1 ? 3_000 : 500 + 500 * round);
    const block = member.build(round);
    expect(member.replica.check(block)).toBe("valid");
    verdicts.push(member.replica.timely(block, member.now, round, 500 + 500 * round));
  }
  return verdicts;
}

/** Task a is awarded to w. */
function awarded(): Member {
  const member = new Member();
  member.decide();
  member.learn("w", offerBody({ validUntilMs: member.nowMs + 500_000 }));
  member.decide();
  expect(member.replica.decided.state.tasks.get("a" as never)!.awards).toMatchObject([{ worker: "w", status: "live" }]);
  return member;
}

test("a worker that says busy, and gives the result, and offers again, does not stop the job", () => {
  const member = awarded();
  const { serial } = member.replica.decided.state.tasks.get("a" as never)!.awards[0]!;
  member.learn(
    "w",
    { kind: "failure", task: "a" as never, attempt: 1, serial, reason: "busy", retryMs: 0, message: "" },
    resultBody("a"),
    offerBody({ validUntilMs: member.nowMs + 500_000, slots: 2 }),
  );
  expect(verdictsOf(member)).toContain("yes");
});

test("members that all suspect a worker that is back and offers do not stop the job", () => {
  const member = awarded();
  for (const by of MEMBERS) member.learn(by, { kind: "suspicion", target: id("w"), suspected: true });
  member.learn("w", offerBody({ validUntilMs: member.nowMs + 500_000, slots: 2 }));
  expect(verdictsOf(member)).toContain("yes");
});

test("the same worker alone: a blob that it holds back ages its result, and the first round fails already", () => {
  const member = awarded();
  const { serial } = member.replica.decided.state.tasks.get("a" as never)!.awards[0]!;
  member.learn("w", resultBody("a", { data: { kind: "blob", hash: hashOf(7), bytes: 50_000 } }));
  member.passRound(4_000); // command-relay.ts forwards what applies, whether or not it may be proposed yet
  for (const holder of MEMBERS) member.replica.noteHolder(hashOf(7), id(holder));
  member.learn(
    "w",
    { kind: "failure", task: "a" as never, attempt: 1, serial, reason: "busy", retryMs: 0, message: "" },
    offerBody({ validUntilMs: member.nowMs + 500_000, slots: 2 }),
  );
  const block = member.build(0);
  expect(member.replica.check(block)).toBe("valid");
  expect(member.replica.timely(block, member.now, 0, 500)).toBe("yes");
});

test("an offer for which a place is free only after the block's suspicions is not held against it", () => {
  const member = awarded();
  const offer = (by: string) => member.learn(by, offerBody({ validUntilMs: member.nowMs + 500_000 }));
  for (let i = 0; i < limits.offersPerSkill; i++) offer(`w${i}`);
  offer("late");
  member.passRound(); // all of them apply, and are forwarded
  member.decide();
  expect(member.replica.decided.state.offers.get("work")).toHaveLength(limits.offersPerSkill);
  const waiting = [...member.replica.pool.entries()];
  expect(waiting.map(({ firstForwardedMs }) => firstForwardedMs === null)).toEqual(waiting.map(() => false));
  expect(waiting.length).toBeGreaterThan(0);
  for (const by of MEMBERS) member.learn(by, { kind: "suspicion", target: id("w"), suspected: true });
  expect(verdictsOf(member)).toEqual(Array.from({ length: 40 }, () => "yes"));
});

test("a control: without the offer the same commands are decided", () => {
  const member = awarded();
  for (const by of MEMBERS) member.learn(by, { kind: "suspicion", target: id("w"), suspected: true });
  member.passRound();
  const block = member.build(1);
  expect(member.replica.check(block)).toBe("valid");
  expect(member.replica.timely(block, member.now, 1, 1_000)).toBe("yes");
});
