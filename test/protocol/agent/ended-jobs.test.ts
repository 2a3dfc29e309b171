/** Few blocks of an ended job stay in memory, after a restart too. */

import { expect, test } from "vitest";
import { createAgent } from "../../../protocol/agent/agent.ts";
import { recordsFrom, type StoredRecord } from "../../../protocol/machine.ts";
import { encodeMessage } from "../../../protocol/wire/message.ts";
import { chain } from "../../../sim/parts/workloads/job-builder.ts";
import { configOf, DrivenAgent, id, jobOf, offerBody, resultBody } from "../../support/driven-agent.ts";

test("after a restart, too, an ended job keeps few blocks in memory", () => {
  const made = jobOf("owner", { committee: ["solo"], standbys: [], nodes: [chain("c", 12, 1)] });
  const solo = new DrivenAgent("solo", { skills: [] });
  solo.host(made);
  solo.pass(200);
  solo.commands("w", made.job, [offerBody({ validUntilMs: solo.nowMs + 60_000 })]);
  solo.pass(150);
  for (let step = 0; step < 12; step++) {
    solo.commands("w", made.job, [resultBody(`c/${step}`)]);
    solo.pass(150);
  }
  const kinds = solo.of("event").flatMap(({ event }) => (event.kind === "block" ? event.events : []));
  expect(kinds.at(-1)).toMatchObject({ kind: "completed", status: "certified" });
  // In memory: it answers at once. Not in memory: it reads its store.
  const ask = { kind: "fetchBlocks" as const, job: made.job, from: 1 };
  expect(solo.of("readRecords", solo.frame("x", ask)).length).toBe(1);
  const records = new Map<string, StoredRecord>();
  for (const { job, slot, bytes } of solo.of("persist")) {
    if (bytes === null) records.delete(slot);
    else records.set(slot, { job, slot, bytes });
  }
  const again = createAgent(configOf("solo", { skills: [], incarnation: 2 }), recordsFrom([...records.values()]));
  const now = { monoMs: 5_000_000, wallMs: 5_000_000 };
  again.step(now, { kind: "start" });
  const out = again.step(now, { kind: "frame", from: id("x"), bytes: encodeMessage(ask) });
  expect(out.filter(({ kind }) => kind === "readRecords").length).toBe(1);
});
