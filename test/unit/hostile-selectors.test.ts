/** A selector of a plugin: workers need none, one that throws takes no node down, and names are taken once. */

import { expect, test } from "vitest";
import { hasher } from "../../node/crypto.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import { Ledger } from "../../protocol/job/ledger.ts";
import { Replica } from "../../protocol/job/replica.ts";
import { createSelectors } from "../../protocol/selection/catalog.ts";
import type { ScoreSelector } from "../../protocol/selection/selector.ts";
import { awardItem, crypto, DrivenAgent, envelope, id, jobOf, MEMBERS, offerBody } from "../support/driven-agent.ts";

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
  const ledger = new Ledger(made.genesis, made.job as JobId, hasher, createSelectors([touchy]));
  const replica = new Replica(ledger, id("m0"), crypto, { onDecided: () => undefined });
  let nowMs = 1_000_000;
  const decide = (afterMs: number): void => {
    nowMs += afterMs;
    const block = replica.build({ monoMs: nowMs, wallMs: nowMs }, id("m0"), 0);
    expect(replica.check(block)).toBe("valid");
    replica.commit(block, []);
  };
  const offers = (worker: string, price: number): void => {
    const body = offerBody({ price, validUntilMs: nowMs + 500_000 });
    replica.learn({ monoMs: nowMs, wallMs: nowMs }, envelope(worker, made.job, [body]));
  };
  decide(0);
  offers("good", 1);
  decide(10);
  expect(ledger.state.liveBySkill.get("work")).toEqual({ count: 1 });
  offers("w", 13); // no seat is free: nobody looks at it yet
  decide(10);
  // The first worker's lease ends: an empty block, made because something is due.
  expect(() => decide(6_000)).not.toThrow();
});

test("a selector cannot take the name of a built-in one", () => {
  expect(() => createSelectors([{ name: "greedy", summary: "", score: () => 0 }])).toThrow();
});
