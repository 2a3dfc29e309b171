/** What a job taught of its hosts is the same for everybody who has its log, however often a node restarts. */

import { expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { createAgent } from "../../../protocol/agent/agent.ts";
import { buildJob, chain, submissionOf } from "../../../sim/parts/workloads/job-builder.ts";
import { createWorld } from "../../../sim/world/world.ts";
import { MEMBERS } from "../../support/driven-agent.ts";

test("members, a member that restarts in mid-job, and the follower count the same turns", () => {
  const skills = [{ name: "work", description: "", price: 1, expectedMs: 100, schemas: null }];
  const world = createWorld({
    ...{ seed: 4, hasher, create: createAgent },
    agents: [
      ...MEMBERS.map((name) => ({ name })),
      { name: "worker", config: { skills, hosts: false }, skill: () => ({ afterMs: 300, output: 7 }) },
      { name: "owner", config: { hosts: false } },
    ],
  });
  world.run(10_000);
  const job = buildJob(world, { owner: "owner", nodes: [chain("c", 20, 1)], committee: MEMBERS });
  world.inject("owner", submissionOf(job.genesis));
  world.run(world.now + 6_000);
  world.crash("m3"); // its turns are lost
  world.run(world.now + 8_000);
  world.restart("m1");
  world.run(world.now + 2_000);
  world.restart("m3");
  world.run(world.now + 120_000);
  const taught = [...MEMBERS, "owner"].map((name) =>
    world.events(name).flatMap(({ event }) => (event.kind === "taught" ? [event.lessons.hosts] : [])),
  );
  const [hosts] = taught.at(-1)!;
  // Who lost the end of the log when it stopped decides it again, and says it again.
  for (const told of taught) for (const turns of told) expect(turns).toEqual(hosts);
  expect(taught.every((told) => told.length > 0)).toBe(true);
  const lost = new Map(hosts!.map((turns) => [turns.agent as string, turns.lost]));
  expect(lost.get("m3")).toBeGreaterThan(0);
  expect(hosts!.map(({ agent }) => agent)).toEqual(MEMBERS);
  expect(hosts!.reduce((sum, { kept }) => sum + kept, 0)).toBeGreaterThan(20);
});
