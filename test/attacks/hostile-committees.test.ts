/**
 * A job whose whole committee lies, and whose standbys are everybody (attack 1): with a valid quorum it decides blocks that
 * no honest agent can apply. Each host leaves that job for good, and continues with its others.
 */

import { describe, expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import { SLOT } from "../../protocol/agent/job-records.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import { DEFAULT_QUOTAS } from "../../protocol/core/quotas.ts";
import { decode } from "../../protocol/wire/codec.ts";
import { committedBlockCodec } from "../../protocol/wire/message.ts";
import { decodeValue } from "../../protocol/wire/value.ts";
import {
  altered,
  BLOCK_LIES,
  type BlockLie,
  decidedAlone,
  liesAsCommittee,
} from "../../sim/parts/adversaries/lying-committee.ts";
import { withStrategy } from "../../sim/parts/adversaries/strategy.ts";
import { buildJob, firstPolicy, map, single, submissionOf } from "../../sim/parts/workloads/job-builder.ts";
import { createWorld, type World } from "../../sim/world/world.ts";
import { configOf, crypto, DrivenAgent, type Job, jobOf } from "../support/driven-agent.ts";

/** Lies about a block that nobody has: commands that do not exist, or a hash that nobody has a block for. A host waits for it. */
const WITHOUT_A_BLOCK: ReadonlySet<BlockLie> = new Set(["commands", "commandsHash"]);

const NODES = ["m0", "m1", "m2", "m3"];

/** What the node says of itself when it is asked. */
function statusOf(agent: DrivenAgent): {
  jobs: readonly { job: string }[];
  diverged: readonly { job: string; reason: string }[];
} {
  const out = agent.input({ kind: "ask", id: 7, to: agent.id, query: { kind: "status", job: null } });
  const [told] = agent.of("event", out).filter(({ event }) => event.kind === "reply");
  const bytes = told?.event.kind === "reply" ? told.event.bytes : new Uint8Array(0);
  const decoded = decodeValue(bytes);
  if (!decoded.ok) throw new Error(decoded.code);
  return decoded.value as never;
}

/** The first block of a job as `mallory` alone would honestly decide it. */
function firstBlock(made: Job) {
  const liar = new DrivenAgent("mallory");
  liar.host(made);
  liar.pass(2_000);
  const [record] = liar.of("persist").filter(({ slot }) => slot === SLOT.block(1));
  const decoded = decode(committedBlockCodec, record!.bytes!);
  if (!decoded.ok) throw new Error(decoded.code);
  return decoded.value;
}

const lost = (): Job => jobOf("mallory", { committee: ["mallory"], standbys: NODES });

/** An altered first block, in a frame to `agent`. */
function deceive(agent: DrivenAgent, made: Job, lie: BlockLie) {
  const committed = firstBlock(made);
  const block = altered({ crypto }, committed.block, lie);
  const commit = decidedAlone(configOf("mallory"), block);
  return agent.frame("mallory", { kind: "blocks", job: made.job, blocks: [{ ...committed, block, commit }] });
}

// A committee of one may decide in whatever round it likes.
describe.each(BLOCK_LIES.filter((lie) => lie !== "round"))("a block with another %s", (lie) => {
  test("ends that job at its host, durably and with the evidence, and nothing else", () => {
    const m0 = new DrivenAgent("m0");
    const made = lost();
    m0.host(made);
    const out = deceive(m0, made, lie);
    if (WITHOUT_A_BLOCK.has(lie)) {
      expect(m0.of("persist", out)).toEqual([]);
      return;
    }
    expect(m0.of("persist", out)).toMatchObject([{ job: made.job, slot: SLOT.mark, durable: true }]);
    expect(m0.of("event", out)).toMatchObject([{ event: { kind: "diverged", job: made.job, isMarked: true } }]);
    expect(m0.sent(out)).toEqual([]);
    expect(m0.of("misbehaved", out)).toEqual([]);
  });
});

test("the host takes no further part: it refuses the job, asks nobody for it and says so", () => {
  const m0 = new DrivenAgent("m0");
  const made = lost();
  m0.host(made);
  deceive(m0, made, "eventsHash");
  m0.effects = [];
  const invited = m0.frame("mallory", { kind: "invite", genesis: made.signed, vcvs: [] });
  expect(m0.sent(invited)).toMatchObject([{ message: { kind: "inviteReply", yes: false } }]);
  m0.frame("mallory", { kind: "start", job: made.job });
  m0.frame("mallory", { kind: "notice", job: made.job, items: [] });
  m0.frame("mallory", { kind: "genesis", genesis: made.signed, vcvs: [] });
  const positions = [{ job: made.job, height: 9, round: 0, step: 0, awards: 0 }];
  m0.frame("mallory", { kind: "pulse", load: 0, positions });
  m0.pass(3_000);
  expect(m0.sent(m0.effects).filter(({ message }) => message.kind !== "inviteReply")).toEqual([]);
  expect(statusOf(m0)).toMatchObject({ jobs: [], diverged: [{ job: made.job }] });
});

test("the mark counts after a restart, whatever became of the rest of the job's records", () => {
  const m0 = new DrivenAgent("m0");
  const made = lost();
  m0.host(made);
  deceive(m0, made, "stateHash");
  const records = m0.records();
  const mark = records.find(({ slot }) => slot === SLOT.mark)!;
  for (const bytes of [mark.bytes, mark.bytes.subarray(0, 3)]) {
    const again = new DrivenAgent("m0", {}, [...records.filter((record) => record !== mark), { ...mark, bytes }]);
    expect(again.sent(again.frame("mallory", { kind: "invite", genesis: made.signed, vcvs: [] }))).toMatchObject([
      { message: { kind: "inviteReply", yes: false } },
    ]);
    expect(statusOf(again)).toMatchObject({ jobs: [], diverged: [{ job: made.job }] });
    expect(again.of("persist").filter(({ bytes: written }) => written === null)).toEqual([]);
  }
});

test("places are free again: as many jobs can be kept as before", () => {
  const m0 = new DrivenAgent("m0", { skills: [] });
  for (let i = 0; i <= DEFAULT_QUOTAS.hosting.perOwner; i++) {
    const made = jobOf("mallory", { counter: i, committee: ["mallory"], standbys: NODES });
    m0.host(made);
    deceive(m0, made, "eventsHash");
  }
  const honest = jobOf("mallory", { counter: 1_000, committee: ["m0"] });
  m0.host(honest);
  expect(statusOf(m0).jobs.map(({ job }) => job)).toEqual([honest.job]);
});

test("members that decide by their votes what is invalid here are left too", () => {
  // m0 is one of four, and the three others have a quorum.
  const committee = ["m0", "x1", "x2", "x3"];
  const made = jobOf("mallory", { committee });
  const m0 = new DrivenAgent("m0");
  m0.host(made);
  const honest = firstBlock(jobOf("mallory", { committee: ["mallory"] })).block;
  const block = { ...honest, header: { ...honest.header, job: made.job } };
  const votes = committee.slice(1).map((name) => ({ ...decidedAlone(configOf(name), block)[0]! }));
  const out = [
    ...m0.frame("x1", { kind: "votes", job: made.job, votes }),
    ...m0.frame("x1", { kind: "body", job: made.job, block }),
  ];
  expect(m0.of("event", out)).toMatchObject([{ event: { kind: "diverged", job: made.job } }]);
});

// --- a mesh ---------------------------------------------------------------------------------------------

const skill = { name: "work", description: "", price: 1, expectedMs: 20, schemas: null };

function deceivedWorld(lie: BlockLie, fromHeight: number): { world: World; honest: JobId; lost: JobId } {
  const wrap = withStrategy(() => liesAsCommittee(lie, fromHeight, () => true));
  const agents = [
    ...NODES.map((name) => ({ name })),
    { name: "w", config: { skills: [skill], hosts: false }, skill: () => ({ afterMs: 20, output: 1 }) },
    { name: "mallory", wrap },
    { name: "owner", config: { hosts: false } },
  ];
  const world = createWorld({ seed: `${lie}/${fromHeight}`, hasher, create: createAgent, agents });
  const policy = firstPolicy();
  const nodes = [map("a", [1, 2, 3, 4, 5, 6], { policy })];
  const mine = buildJob(world, { owner: "mallory", nodes, committee: ["mallory"], standbys: NODES });
  const theirs = buildJob(world, { owner: "owner", nodes: [...nodes, single("b", { from: "a" })], committee: NODES });
  world.at(2_000, () => world.inject("mallory", submissionOf(mine.genesis)));
  world.at(2_500, () => world.inject("owner", submissionOf(theirs.genesis)));
  return { world, honest: theirs.job, lost: mine.job };
}

function isCertified(world: World, name: string, job: JobId): boolean {
  return world.events(name).some(({ event }) => event.kind === "taught" && event.job === job);
}

test.each(BLOCK_LIES.flatMap((lie) => [1, 3].map((fromHeight) => ({ lie, fromHeight }))))(
  "in a mesh: another $lie from height $fromHeight on, restarts in between, and the honest job is certified",
  ({ lie, fromHeight }) => {
    const { world, honest, lost: lostJob } = deceivedWorld(lie, fromHeight);
    const diverged = (name: string) => world.events(name).filter(({ event }) => event.kind === "diverged");
    world.run(4_000);
    for (const name of NODES.slice(0, 2)) world.restart(name);
    world.run(() => NODES.every((name) => isCertified(world, name, honest)), { withinMs: 60_000 });
    for (const name of NODES) {
      expect(isCertified(world, name, honest)).toBe(true);
      expect(diverged(name).every(({ event }) => event.kind === "diverged" && event.job === lostJob)).toBe(true);
      if (!WITHOUT_A_BLOCK.has(lie)) expect(diverged(name).length).toBe(1);
    }
  },
);
