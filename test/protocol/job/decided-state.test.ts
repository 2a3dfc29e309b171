/** What a replica shows is decided: a block that was made or checked shows in nothing that others ask, until it is decided. */

import { expect, test } from "vitest";
import { Executions } from "../../../protocol/job/executions.ts";
import { Replica } from "../../../protocol/job/replica.ts";
import { type Block, blockHash } from "../../../protocol/wire/consensus.ts";
import { firstPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { crypto, envelope, id, jobOf, MEMBERS, offerBody, senderOf } from "../../support/driven-agent.ts";

const made = jobOf("owner", {
  nodes: [single("a", 1, { policy: firstPolicy({ timeoutMs: 60_000 }) })],
  standbys: ["s"],
});
const WALL_MS = 1_000_000;

/** w offers, and three members of four suspect the fourth. */
const SAID = [
  envelope("w", made.job, [offerBody({ validUntilMs: WALL_MS + 60_000 })]),
  ...MEMBERS.slice(0, 3).map((by) =>
    envelope(by, made.job, [{ kind: "suspicion", target: id("m3"), suspected: true }]),
  ),
];

class Member {
  readonly replica: Replica;
  monoMs = 1_000;

  constructor(name: string, executions?: Executions) {
    const options = { ...made, isTraced: true, executions };
    this.replica = new Replica(options, id(name), crypto, { onDecided: () => undefined });
  }

  get now() {
    return { monoMs: this.monoMs, wallMs: WALL_MS + this.monoMs };
  }

  /** All that others read of a job, as plain data. */
  get shown(): unknown {
    const { state } = this.replica.decided;
    const parts = Object.entries(state).map(([name, part]) => {
      if ("sorted" in part) return [name, part.sorted()];
      if ("list" in part) return [name, part.list()];
      return "get" in part ? [name, part.get()] : [name, null];
    });
    return structuredClone({
      parts,
      tip: this.replica.tip,
      committee: this.replica.committee.hash,
      ended: this.replica.ended,
      deadlineMs: this.replica.nextDeadlineMs,
      digest: this.replica.changesDigest,
      lessons: this.replica.lessons,
    });
  }
}

/** Job a waits for offers in an open window; then a block would award it, replace m3 and close the window. */
function proposal(executions?: Executions): { maker: Member; checker: Member; block: Block } {
  const [maker, checker] = [new Member("m0", executions), new Member("m1", executions)];
  const both = [maker, checker];
  const opening = maker.replica.build(maker.now, id("m0"), 0);
  for (const { replica } of both) {
    expect(replica.check(opening)).toBe("valid");
    replica.commit(opening, []);
  }
  const { windows } = maker.replica.decided.state;
  expect(windows.size).toBe(1);
  for (const member of both) {
    member.monoMs += 2_000; // the window ends, so whoever offered is awarded
    for (const said of SAID) member.replica.learn(member.now, said, senderOf(said));
  }
  return { maker, checker, block: maker.replica.build(maker.now, id("m0"), 0) };
}

test("a block that was made or checked shows in nothing until it is decided", () => {
  const { maker, checker, block } = proposal();
  const fresh = proposal();
  expect(maker.shown).toEqual(fresh.checker.shown); // which never looked at the block
  const before = checker.shown;
  expect(checker.replica.check(block)).toBe("valid");
  expect(checker.replica.timely(block, checker.now, 0, 500)).toBe("yes");
  expect(checker.shown).toEqual(before);
  const [window] = checker.replica.decided.state.windows.sorted().map(([, open]) => open);
  expect(checker.replica.isWindowOpen(window!)).toBe(true);

  checker.replica.commit(block, []);
  expect(checker.replica.isWindowOpen(window!)).toBe(false);
  expect(checker.replica.decided.state.agents.get(id("w"))?.live).toBe(1);
  expect(checker.replica.committee.power(id("s"))).toBe(1);
  expect(checker.replica.decided.state.height.get()).toBe(2);
});

test("questions change nothing: not what is shown, nor what the next block would be", () => {
  const asked = proposal();
  const quiet = proposal();
  expect(asked.checker.replica.check(asked.block)).toBe("valid");
  const before = asked.checker.shown;
  const pooled = (member: Member) => [...member.replica.pool.entries()].map(({ hash }) => hash);
  for (let i = 0; i < 10; i++) {
    expect(asked.checker.replica.hasReason(asked.checker.now)).toBe(true);
    asked.checker.replica.applicable(asked.checker.now);
    for (const { command } of asked.checker.replica.pool.entries())
      expect(asked.checker.replica.judge(asked.checker.now, command)).toBeNull();
    asked.checker.monoMs += 100;
    quiet.checker.monoMs += 100;
  }
  expect(asked.checker.shown).toEqual(before);
  expect(pooled(asked.checker)).toEqual(pooled(quiet.checker));
  const build = ({ checker }: { checker: Member }) => checker.replica.build(checker.now, id("m1"), 1);
  expect(build(asked)).toEqual(build(quiet));
});

test("a block that was tried stays good while others are tried on the same tip", () => {
  const { checker, block } = proposal();
  expect(checker.replica.check(block)).toBe("valid");
  const other = checker.replica.build(checker.now, id("m1"), 1);
  expect(checker.replica.check(block)).toBe("valid");
  expect(checker.replica.check(other)).toBe("valid");
  checker.replica.commit(block, []);
  const twin = proposal();
  twin.checker.replica.commit(twin.block, []);
  expect(checker.shown).toEqual(twin.checker.shown);
});

test("what one member worked out is the same for all that share it", () => {
  const alone = proposal();
  alone.checker.replica.commit(alone.block, []);
  const executions = new Executions();
  for (const shared of [proposal(executions), proposal(executions)]) {
    expect(shared.block).toEqual(alone.block);
    for (const member of [shared.maker, shared.checker]) {
      expect(member.replica.check(shared.block)).toBe("valid");
      member.replica.commit(shared.block, []);
      expect(member.shown).toEqual(alone.checker.shown);
    }
  }
  const again = (): never => expect.unreachable("it was worked out before");
  expect(executions.of(blockHash(crypto.hash, alone.block.header), again)?.height).toBe(2);
});
