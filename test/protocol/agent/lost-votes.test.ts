/** An agent that may have lost votes: it begins its jobs anew, and says nothing where it may have said something else. */

import { expect, test } from "vitest";
import { StepContext } from "../../../protocol/agent/context.ts";
import { abstentionIn } from "../../../protocol/agent/lost-votes.ts";
import { RetiredJobs } from "../../../protocol/agent/retired-jobs.ts";
import type { Position } from "../../../protocol/wire/message.ts";
import { configOf, DrivenAgent, jobOf, offerBody } from "../../support/driven-agent.ts";

const made = jobOf("owner");
const OTHERS = ["m1", "m2", "m3"];
const NOW_MS = 1_000_000;

/** It has lost everything, and is told of the job by the others, who are at `height`. */
function startAnew(
  lostVotesBeforeMs: number | undefined,
  records = [] as ReturnType<DrivenAgent["records"]>,
): DrivenAgent {
  const agent = new DrivenAgent("m0", { skills: [], incarnation: 2, lostVotesBeforeMs }, records, NOW_MS);
  agent.host(made);
  agent.commands("w", made.job, [offerBody({ validUntilMs: NOW_MS + 3_600_000 })]); // a reason to decide a block
  agent.pass(500);
  return agent;
}

function pulse(agent: DrivenAgent, from: string, height: number): void {
  const position: Position = { job: made.job, height, round: 0, step: 0, awards: 0 };
  agent.frame(from, { kind: "pulse", load: 0, positions: [position] });
}

const votesOf = (agent: DrivenAgent): string[] =>
  agent.of("trace").flatMap(({ event }) => (event.kind === "voted" || event.kind === "proposed" ? [event.kind] : []));

test("with all its votes it speaks at once; if some may be lost, it does not", () => {
  expect(votesOf(startAnew(undefined))).not.toEqual([]);
  const silent = startAnew(NOW_MS);
  for (let i = 0; i < 10; i++) {
    silent.pass(1_000);
    for (const name of OTHERS.slice(0, 2)) pulse(silent, name, 1);
  }
  expect(votesOf(silent)).toEqual([]);
});

test("what the others say is on its disk before it votes, and counts after a restart", () => {
  const agent = startAnew(NOW_MS);
  for (const name of OTHERS) pulse(agent, name, 1);
  agent.pass(5_000);
  expect(votesOf(agent)).toEqual([]); // they may be at the height of its last vote, or one below
  const abstention = agent.of("persist").find(({ slot }) => slot === "abstention");
  expect(abstention).toMatchObject({ job: made.job, durable: true });
  expect(agent.of("trace")).toContainEqual({
    kind: "trace",
    event: { kind: "abstains", job: made.job, untilHeight: 2 },
  });

  const again = new DrivenAgent("m0", { skills: [], incarnation: 3 }, agent.records(), agent.nowMs);
  again.commands("w", made.job, [offerBody({ validUntilMs: again.nowMs + 3_600_000 })]);
  again.pass(5_000);
  expect(votesOf(again)).toEqual([]);
});

test("what was found out after an earlier loss does not hold after a later one", () => {
  const foundAfter = (lostVotesBeforeMs: number): boolean | undefined => {
    const context = new StepContext(configOf("m0", { lostVotesBeforeMs }));
    const stored = { abstention: { untilHeight: 10, lostBeforeMs: NOW_MS } };
    return abstentionIn(context, made, stored)?.isKnown;
  };
  expect(foundAfter(NOW_MS)).toBe(true);
  expect(foundAfter(NOW_MS + 1)).toBe(false);
});

test("jobs that were made well after the loss are as any other", () => {
  expect(votesOf(startAnew(made.genesis.counter - 3_600_000))).not.toEqual([]);
});

test("no owner can date a job so far ahead that it seems to be younger than the loss", () => {
  const context = new StepContext(configOf("m0", { lostVotesBeforeMs: NOW_MS }));
  context.now = { monoMs: 0, wallMs: NOW_MS };
  const refused = (counter: number): boolean =>
    new RetiredJobs(context).refusal({ ...made, genesis: { ...made.genesis, counter } }, 0, null) !== null;
  const abstains = (counter: number): boolean =>
    abstentionIn(context, { ...made, genesis: { ...made.genesis, counter } }, null) !== null;
  for (let aheadMs = 0; aheadMs < 3_600_000; aheadMs += 10_000)
    expect(refused(NOW_MS + aheadMs) || abstains(NOW_MS + aheadMs), `${aheadMs} ms ahead`).toBe(true);
});

test("an old vote in a store that was put back does not make it continue a round", () => {
  const before = startAnew(undefined);
  expect(before.records().map(({ slot }) => slot)).toContain("vote");
  const agent = new DrivenAgent(
    "m0",
    { skills: [], incarnation: 2, lostVotesBeforeMs: NOW_MS },
    before.records(),
    NOW_MS,
  );
  agent.pass(10_000);
  expect(votesOf(agent)).toEqual([]);
});
