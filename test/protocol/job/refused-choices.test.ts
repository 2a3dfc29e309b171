/**
 * A proposer that wants its friend to get the work: choosing it against the selector makes a block that no honest member
 * holds for valid, and leaving a rival's offer out makes one that comes too late to be voted for.
 */

import { expect, test } from "vitest";
import type { TaskId } from "../../../protocol/core/ids.ts";
import { Replica } from "../../../protocol/job/replica.ts";
import { BUILT_IN_SELECTORS } from "../../../protocol/selection/catalog.ts";
import type { Selector, Selectors } from "../../../protocol/selection/selector.ts";
import type { Envelope } from "../../../protocol/wire/command.ts";
import type { Block } from "../../../protocol/wire/consensus.ts";
import { firstPolicy, map, single } from "../../../sim/parts/workloads/job-builder.ts";
import { crypto, envelope, id, type Job, jobOf, offerBody, resultBody, senderOf } from "../../support/driven-agent.ts";
import { skipGathering } from "../../support/skip-gathering.ts";

const SELECTOR = "linucb";
const FRIEND = "friend";
const TIMEOUT_MS = 500;
const made = jobOf("owner", {
  nodes: [single("a", 1, { policy: firstPolicy({ timeoutMs: 300_000 }) })],
  selector: SELECTOR,
});

const built = BUILT_IN_SELECTORS.get(SELECTOR)!;

/** Under the honest one's name: the friend first, if it is there. */
const partial: Selector = {
  ...built,
  choose(state, request, count) {
    const friend = request.candidates.filter(({ agent }) => agent === FRIEND);
    return built.choose(state, friend.length < count ? request : { ...request, candidates: friend }, count);
  },
};
/** Learns something else than the others. */
const forgetful: Selector = { ...built, learn: (state) => state };
const withSelector = (selector: Selector): Selectors => new Map([...BUILT_IN_SELECTORS, [SELECTOR, selector]]);

let nowMs = 1_000_000;
const now = () => ({ monoMs: nowMs, wallMs: nowMs });

function replicaOf(name: string, selectors: Selectors = BUILT_IN_SELECTORS, { genesis, job }: Job = made): Replica {
  const options = { genesis, job, selectors, isTraced: true };
  const replica = new Replica(options, id(name), crypto, { onDecided: () => undefined });
  skipGathering(replica.decided);
  return replica;
}

function learn(replicas: readonly Replica[], ...envelopes: readonly Envelope[]): void {
  for (const replica of replicas)
    for (const given of envelopes) expect(replica.learn(now(), given, senderOf(given)).verdict.verdict).toBe("accept");
}

function decide(replicas: readonly Replica[], maker = replicas[0]!): Block {
  const block = maker.build(now(), id("m0"), 0);
  for (const replica of replicas) {
    expect(replica.check(block)).toBe("valid");
    replica.commit(block, []);
  }
  nowMs += 10;
  return block;
}

const offerOf = (worker: string, price: number): Envelope =>
  envelope(worker, made.job, [offerBody({ price, slots: 4, validUntilMs: nowMs + 500_000 })]);
/** Who has the seat if this block is decided. */
function workersAfter(replica: Replica, block: Block): string[] {
  replica.commit(block, []);
  return replica.decided.state.tasks.get("a" as TaskId)!.awards.map(({ worker }) => worker);
}

test("a block that gives the friend the seat is refused by a member that recomputes the choice", () => {
  const honest = replicaOf("m1");
  const proposer = replicaOf("m0", withSelector(partial));
  decide([honest, proposer]);
  learn([honest, proposer], offerOf(FRIEND, 900), offerOf("rival", 1));
  const block = proposer.build(now(), id("m0"), 0);
  expect(honest.check(block)).toBe("invalid");
  expect(honest.check(block)).toBe("invalid");
  // Nothing of it stays behind: its own block, with the other choice, stands.
  const own = honest.build(now(), id("m1"), 1);
  expect(honest.check(own)).toBe("valid");
  expect(proposer.check(own)).toBe("invalid");
  expect(workersAfter(honest, own)).toEqual(["rival"]);
  expect(workersAfter(proposer, block)).toEqual([FRIEND]);
});

test("a control: a proposer with the selector that the job names is believed", () => {
  const honest = replicaOf("m1");
  const proposer = replicaOf("m0", withSelector(forgetful)); // nothing was taught yet
  decide([honest, proposer]);
  learn([honest, proposer], offerOf(FRIEND, 900), offerOf("rival", 1));
  const block = proposer.build(now(), id("m0"), 0);
  expect(honest.check(block)).toBe("valid");
  expect(workersAfter(honest, block)).toEqual(["rival"]);
});

test("what a proposer did not learn stands in its digest", () => {
  const nodes = [map("a", [1, 2], { policy: firstPolicy({ timeoutMs: 300_000 }) })];
  const two = jobOf("owner", { nodes: [...nodes, single("b", 1, { needs: ["a"] })], selector: SELECTOR });
  const honest = replicaOf("m1", undefined, two);
  const proposer = replicaOf("m0", withSelector(forgetful), two);
  const both = [honest, proposer];
  decide(both);
  // Alike in all that candidates say, but for what the lessons of this job taught about expensive ones.
  learn(both, envelope("dear", two.job, [offerBody({ price: 900, slots: 2, validUntilMs: nowMs + 500_000 })]));
  decide(both);
  learn(both, envelope("dear", two.job, [resultBody("a/0"), resultBody("a/1")]));
  decide(both);
  expect(honest.changesDigest).not.toBe(proposer.changesDigest);
});

test("a rival's offer that was forwarded long ago cannot be left out", () => {
  const honest = replicaOf("m1");
  const proposer = replicaOf("m0");
  decide([honest, proposer]);
  learn([honest, proposer], offerOf(FRIEND, 900));
  learn([honest], offerOf("rival", 1));
  const forward = (): void => {
    for (const entry of honest.applicable(now())) entry.firstForwardedMs ??= nowMs;
  };
  forward();
  const early = proposer.build(now(), id("m0"), 0);
  expect(honest.check(early)).toBe("valid");
  expect(honest.timely(early, now(), 0, TIMEOUT_MS)).toBe("yes"); // it may not know the offer yet

  nowMs += 2 * TIMEOUT_MS + 1;
  const late = proposer.build(now(), id("m0"), 0);
  expect(honest.check(late)).toBe("valid");
  expect(honest.timely(late, now(), 0, TIMEOUT_MS)).toBe("no");

  const whole = honest.build(now(), id("m1"), 0);
  expect(honest.timely(whole, now(), 0, TIMEOUT_MS)).toBe("yes");
  expect(workersAfter(honest, whole)).toEqual(["rival"]);
  expect(workersAfter(proposer, late)).toEqual([FRIEND]);
});
