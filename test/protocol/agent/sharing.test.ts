/** With whom an agent says that it shares jobs: whoever has its part in one is no guest. */

import { expect, test } from "vitest";
import { single } from "../../../sim/parts/workloads/job-builder.ts";
import { awardItem, DrivenAgent, jobOf, MEMBERS, offerBody } from "../../support/driven-agent.ts";

const sharing = (agent: DrivenAgent): string[] => {
  agent.effects = [];
  agent.pass(2_000, 500);
  return [...(agent.of("sharing").at(-1)?.agents ?? [])].sort();
};

test("a member shares its job with the other hosts and with who works for it, and with no stranger", () => {
  const solo = new DrivenAgent("solo", { skills: [] });
  const made = jobOf("owner", { committee: ["solo"], standbys: ["s0"], nodes: [single("a", 1)] });
  solo.host(made);
  solo.frame("stranger", { kind: "fetchGenesis", job: made.job });
  solo.pass(200);
  solo.commands("w", made.job, [offerBody({ validUntilMs: solo.nowMs + 60_000 })]);
  expect(sharing(solo)).toEqual(["s0", "w"]);
});

test("a worker shares with the members", () => {
  const worker = new DrivenAgent("worker");
  const made = jobOf("owner", { committee: MEMBERS });
  worker.learn("m0", made);
  for (const member of ["m0", "m1"])
    worker.frame(member, { kind: "notice", job: made.job, items: [awardItem("a", {})] });
  expect(sharing(worker)).toEqual([...MEMBERS].sort());
});
