/**
 * Assertions never depend on bytes from the network or from a damaged store: whatever an agent reads, it continues, and so
 * does each job that the bytes are not about. In the jobs that they are about it never signs two things at once, and signs
 * nothing once it has no part in them.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { createPrng } from "../../protocol/core/prng.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { StoredRecord } from "../../protocol/machine.ts";
import { decode } from "../../protocol/wire/codec.ts";
import { NONCE_BYTES } from "../../protocol/wire/command.ts";
import { committedBlockCodec, encodeMessage, type Message } from "../../protocol/wire/message.ts";
import { GOSSIP_TOPICS } from "../../protocol/wire/topics.ts";
import { encodeValue } from "../../protocol/wire/value.ts";
import { message } from "../../scripts/fuzz/arbitraries.ts";
import { mutate } from "../../scripts/fuzz/mutate.ts";
import { altered, BLOCK_LIES, decidedAlone } from "../../sim/parts/adversaries/lying-committee.ts";
import { configOf, crypto, DrivenAgent, id, type Job, jobOf, offerBody, resultBody } from "../support/driven-agent.ts";
import { runs } from "../support/runs.ts";

const NONCE = new Uint8Array(NONCE_BYTES);
const LIARS = ["x1", "x2", "x3"];
const STRANGERS = ["mallory", ...LIARS, "w", "owner"];

/** Three jobs: one liar decides alone; three liars sit beside the honest host; nobody lies. */
const ALONE = jobOf("mallory", { committee: ["mallory"], standbys: ["m0"] });
const AMONG = jobOf("mallory", { committee: ["m0", ...LIARS], counter: 2 });
const HONEST = jobOf("owner", { committee: ["m0"] });
const LOST = [ALONE, AMONG];

/** The blocks of a job of the same tasks that somebody keeps alone and honestly; `job` instead of that job's. */
function honestBlocks() {
  const liar = new DrivenAgent("mallory");
  liar.host(ALONE);
  liar.commands("w", ALONE.job, [offerBody()]);
  liar.pass(1_000);
  liar.commands("w", ALONE.job, [resultBody("a")]);
  liar.pass(1_000);
  return liar.of("persist").flatMap(({ slot, bytes }) => {
    const decoded = slot.startsWith("block/") && bytes !== null ? decode(committedBlockCodec, bytes) : null;
    return decoded?.ok ? [decoded.value] : [];
  });
}
const BLOCKS = honestBlocks();

const step = fc.oneof(
  fc.record({ kind: fc.constant("message" as const), message, aimed: fc.nat(2), from: fc.nat(5) }),
  fc.record({ kind: fc.constant("mutant" as const), seed: fc.integer(), frame: fc.nat(), from: fc.nat(5) }),
  fc.record({ kind: fc.constant("gossip" as const), seed: fc.integer(), topic: fc.nat() }),
  fc.record({ kind: fc.constant("honest" as const), height: fc.nat(2) }),
  fc.record({
    kind: fc.constant("lie" as const),
    lie: fc.constantFrom(...BLOCK_LIES),
    height: fc.nat(2),
    byVotes: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(3_000) }),
  fc.record({
    kind: fc.constant("restart" as const),
    damage: fc.array(
      fc.record({ record: fc.nat(), how: fc.constantFrom("cut", "flip", "swap", "foreign"), at: fc.nat() }),
      { maxLength: 3 },
    ),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Siege {
  m0 = new DrivenAgent("m0");
  readonly #frames: Uint8Array[] = [];
  readonly #said = new Map<string, string | null>();
  readonly #parted = new Set<string>();

  constructor() {
    for (const made of [...LOST, HONEST]) this.m0.host(made);
    this.#note(this.m0.effects);
    for (const { block, commit, envelopes } of BLOCKS) {
      this.#keep({ kind: "blocks", job: ALONE.job, blocks: [{ block, commit, envelopes }] });
      this.#keep({ kind: "body", job: AMONG.job, block });
      this.#keep({ kind: "votes", job: AMONG.job, votes: commit });
      this.#keep({ kind: "envelopes", job: AMONG.job, envelopes });
    }
    for (const { signed } of LOST) this.#keep({ kind: "invite", genesis: signed, vcvs: [] });
    for (const effect of this.m0.of("send")) this.#frames.push(effect.bytes);
  }

  #keep(one: Message): void {
    this.#frames.push(encodeMessage(one));
  }

  /** Nothing is signed twice, or in a job that was parted with. */
  #note(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "trace") continue;
      const { event } = effect;
      if (event.kind === "diverged") this.#parted.add(event.job);
      if (event.kind === "fault") throw new Error(event.reason);
      if (event.kind !== "voted") continue;
      expect(this.#parted.has(event.job)).toBe(false);
      const key = `${event.job} ${event.height} ${event.round} ${event.vote}`;
      expect(this.#said.get(key) ?? event.block).toBe(event.block);
      this.#said.set(key, event.block);
    }
  }

  take(one: Step): void {
    this.m0.effects = [];
    this.#do(one);
    this.#note(this.m0.effects);
  }

  #do(one: Step): void {
    switch (one.kind) {
      case "message":
        return void this.m0.frame(STRANGERS[one.from]!, aimedAt(one.message, LOST[one.aimed]));
      case "mutant": {
        const prng = createPrng(one.seed);
        const frame = this.#frames[one.frame % this.#frames.length]!;
        const bytes = mutate(prng, frame, prng.pick(this.#frames));
        return void this.m0.input({ kind: "frame", from: id(STRANGERS[one.from]!), bytes });
      }
      case "gossip": {
        const prng = createPrng(one.seed);
        const bytes = mutate(prng, prng.pick(this.#frames), prng.pick(this.#frames));
        const topic = GOSSIP_TOPICS[one.topic % GOSSIP_TOPICS.length]!;
        return void this.m0.input({ kind: "gossip", from: id("mallory"), topic, bytes, ticket: 1 });
      }
      case "honest":
        return this.#tell(BLOCKS[one.height % BLOCKS.length]!, null, false);
      case "lie":
        return this.#tell(BLOCKS[one.height % BLOCKS.length]!, one.lie, one.byVotes);
      case "pass":
        return this.m0.pass(one.ms);
      case "restart":
        return this.#restart(one);
    }
  }

  /** A block, as it is or altered, with a quorum of liars: as a decided one, or by their votes. */
  #tell(committed: (typeof BLOCKS)[number], lie: (typeof BLOCK_LIES)[number] | null, byVotes: boolean): void {
    const block = lie === null ? committed.block : altered({ crypto }, committed.block, lie);
    const { envelopes } = committed;
    if (!byVotes) {
      const commit = decidedAlone(configOf("mallory"), block);
      this.m0.frame("mallory", { kind: "blocks", job: ALONE.job, blocks: [{ envelopes, block, commit }] });
      return;
    }
    const moved = { ...block, header: { ...block.header, job: AMONG.job } };
    const votes = LIARS.flatMap((name) => decidedAlone(configOf(name), moved));
    this.m0.frame("x1", { kind: "votes", job: AMONG.job, votes });
    this.m0.frame("x1", { kind: "body", job: AMONG.job, block: moved });
    this.m0.frame("x2", { kind: "blocks", job: AMONG.job, blocks: [{ envelopes, block: moved, commit: votes }] });
  }

  /** Damage is done to the records of the jobs that are lost anyway. */
  #restart({ damage }: Extract<Step, { kind: "restart" }>): void {
    const records = this.m0.records();
    const lost = records.filter(({ job }) => job !== HONEST.job);
    const isMark = ({ slot }: StoredRecord): boolean => slot === "diverged"; // what it says is of no account, that it is there
    const whole = lost.map((record) => ({ ...record }));
    for (const { record, how, at } of damage) {
      const one = lost[record % lost.length]!;
      const other = whole[at % whole.length]!;
      const foreign = records.find(({ job, slot }) => job === HONEST.job && slot === one.slot);
      const bytes = Uint8Array.from(one.bytes);
      if (how === "flip" && bytes.length > 0) bytes[at % bytes.length]! ^= 1 << (at % 8);
      const damaged =
        how === "cut" ? bytes.subarray(0, at % bytes.length) : how === "swap" && !isMark(one) ? other.bytes : bytes;
      lost[record % lost.length] = { ...one, bytes: how === "foreign" ? (foreign?.bytes ?? damaged) : damaged };
    }
    const { nowMs } = this.m0;
    this.m0 = new DrivenAgent("m0", {}, [...records.filter(({ job }) => job === HONEST.job), ...lost], nowMs);
    this.#note(this.m0.started);
  }

  /** The job that nobody lies in continues, and ends. */
  finish(): void {
    const { m0 } = this;
    m0.effects = [];
    const isEnded = (): boolean =>
      m0.of("event").some(({ event }) => event.kind === "taught" && event.job === HONEST.job);
    for (let i = 0; i < 60 && !isEnded(); i++) {
      const begun = m0.effects.length;
      m0.pass(500);
      for (const { award } of m0.of("work", m0.effects.slice(begun)))
        m0.input({
          kind: "workDone",
          award,
          output: encodeValue(1),
          confidencePpm: 0,
          cost: 0,
          usage: null,
          nonce: NONCE,
        });
    }
    expect(isEnded()).toBe(true);
  }
}

/** `message` about a job that the agent keeps. */
function aimedAt(one: Message, made: Job | undefined): Message {
  if (made === undefined) return one;
  if (one.kind === "proposal") return { ...one, statement: { ...one.statement, job: made.job } };
  if (one.kind === "votes")
    return { ...one, job: made.job, votes: one.votes.map((vote) => ({ ...vote, job: made.job })) };
  return "job" in one ? ({ ...one, job: made.job } as Message) : one;
}

test("whatever an agent reads, it continues, and so do the jobs that it is not about", () => {
  expect(BLOCKS.length).toBeGreaterThan(2);
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      const siege = new Siege();
      for (const one of steps) siege.take(one);
      siege.finish();
    }),
    { numRuns: runs(300) },
  );
});
