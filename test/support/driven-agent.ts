/**
 * One agent without a world: a test gives it inputs and frames by hand and looks at the effects. Everybody else is a
 * name whose signatures a table makes.
 */

import { hasher } from "../../node/platform/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import { signCommands } from "../../protocol/agent/context.ts";
import { statementMessage } from "../../protocol/core/crypto.ts";
import type { AgentId, Hash, JobId, MeshId, TaskId } from "../../protocol/core/ids.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { Input } from "../../protocol/input.ts";
import type { Sender } from "../../protocol/job/pool.ts";
import { type AgentConfig, type Machine, recordsFrom, type StoredRecord } from "../../protocol/machine.ts";
import type { Vcv } from "../../protocol/wire/capability.ts";
import type { BodyOf, CommandBody, Envelope } from "../../protocol/wire/command.ts";
import { encodeGenesis, type Genesis, type SignedGenesis } from "../../protocol/wire/genesis.ts";
import { decodeMessage, encodeMessage, type Message, type NoticeItem } from "../../protocol/wire/message.ts";
import { buildGenesis, inline, type JobOptions, single } from "../../sim/parts/workloads/job-builder.ts";
import { createSignatures } from "../../sim/world/signatures.ts";

export const MESH = "driven" as MeshId;
/** The committee of most jobs here. */
export const MEMBERS = ["m0", "m1", "m2", "m3"];
export const id = (name: string): AgentId => name as AgentId;
/** A hash of its own for each number. */
export const hashOf = (n: number): Hash => n.toString(16).padStart(64, "0") as Hash;

const signatures = createSignatures("driven", hasher);
export const { crypto } = signatures;
export const signerOf = (agent: string) => signatures.signerOf(id(agent));

export function configOf(name: string, changes: Partial<AgentConfig> = {}): AgentConfig {
  return {
    meshId: MESH,
    signer: signerOf(name),
    crypto,
    name,
    incarnation: 1,
    skills: [{ name: "work", description: "", price: 1, expectedMs: 100, schemas: null }],
    slots: 2,
    labels: [],
    hosts: true,
    addresses: [],
    ...changes,
  };
}

// --- jobs ---------------------------------------------------------------------------------------------

export interface Job {
  readonly genesis: Genesis;
  readonly signed: SignedGenesis;
  readonly job: JobId;
}

/** A job as its owner signs it; by default of one task, for the usual committee. */
export function jobOf(owner: string, options: Partial<JobOptions> = {}): Job {
  const genesis = buildGenesis(MESH, { nodes: [single("a", 1)], committee: MEMBERS, ...options, owner });
  const bytes = encodeGenesis(genesis);
  const job = hasher(bytes) as JobId;
  const signature = signerOf(owner).sign(statementMessage(MESH, "genesis", job));
  return { genesis, job, signed: { bytes, signature } };
}

// --- commands -----------------------------------------------------------------------------------------

let counter = 1;

/** Commands of `author` under one signature. */
export function envelope(author: string, job: JobId, bodies: readonly CommandBody[]): Envelope {
  const commands = bodies.map((body) => ({ job, author: id(author), counter: counter++, body }));
  return signCommands(configOf(author), signerOf(author), job, commands);
}

/** As whoever wrote commands sends them, over a connection of its own. */
export const senderOf = ({ author }: Pick<Envelope, "author">): Sender => ({ source: author, isHost: false });

export const offerBody = (changes: Partial<BodyOf<"offer">> = {}): BodyOf<"offer"> => ({
  kind: "offer",
  skill: "work",
  price: 1,
  slots: 1,
  labels: [],
  load: 0,
  expectedMs: 100,
  validUntilMs: 1_060_000,
  similarity: 1_000_000,
  ...changes,
});

export const resultBody = (task: string, changes: Partial<BodyOf<"result">> = {}): BodyOf<"result"> => ({
  kind: "result",
  task: task as TaskId,
  attempt: 1,
  data: inline(1),
  confidence: 0,
  cost: 0,
  usage: null,
  nonce: null,
  ...changes,
});

type AwardItem = Extract<NoticeItem, { kind: "award" }>;

/** What a member says to a worker that holds `task`. */
export const awardItem = (task: string, changes: Partial<AwardItem> = {}): AwardItem => ({
  kind: "award",
  task: task as TaskId,
  attempt: 1,
  skill: "work",
  input: { kind: "none" },
  serial: 1,
  leaseEndsMs: 1_100_000,
  price: 1,
  sealed: false,
  ...changes,
});

// --- the agent ----------------------------------------------------------------------------------------

export interface Sent {
  readonly to: string;
  readonly message: Message;
  readonly bytes: number;
}

export class DrivenAgent {
  readonly machine: Machine;
  readonly id: AgentId;
  nowMs: number;
  /** Effects of all inputs since this list was last emptied. */
  effects: Effect[] = [];
  /** Effects of the agent's start. */
  readonly started: readonly Effect[];
  readonly #disk = new Map<JobId, Map<string, StoredRecord>>();

  /** `records`: what its disk gives back after a restart. */
  constructor(
    name: string,
    changes: Partial<AgentConfig> = {},
    records: readonly StoredRecord[] = [],
    nowMs = 1_000_000,
  ) {
    this.nowMs = nowMs;
    this.id = id(name);
    for (const record of records) this.#keep(record);
    this.machine = createAgent(configOf(name, changes), recordsFrom(records));
    this.started = this.input({ kind: "start" });
    this.effects = [];
  }

  input(input: Input): readonly Effect[] {
    const effects = this.machine.step({ monoMs: this.nowMs, wallMs: this.nowMs }, input);
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.kind === "persist") {
        const { job, slot, bytes } = effect;
        if (bytes === null) this.#disk.get(job)?.delete(slot);
        else this.#keep({ job, slot, bytes });
      } else if (effect.kind === "forget") this.#disk.delete(effect.job);
    }
    return effects;
  }

  #keep(record: StoredRecord): void {
    const slots = this.#disk.get(record.job) ?? new Map<string, StoredRecord>();
    this.#disk.set(record.job, slots.set(record.slot, record));
  }

  /** What it has on its disk. */
  records(): StoredRecord[] {
    return [...this.#disk.values()].flatMap((slots) => [...slots.values()]);
  }

  frame(from: string, message: Message): readonly Effect[] {
    return this.input({ kind: "frame", from: id(from), bytes: encodeMessage(message) });
  }

  /** Each of these agents tells it what it can do. */
  hear(vcvs: readonly Vcv[]): void {
    for (const vcv of vcvs) this.frame(vcv.agent, { kind: "vcvs", vcvs: [vcv], metS: [] });
  }

  /** Time passes, with a tick every `stepMs`. */
  pass(ms: number, stepMs = 50): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; ) {
      this.nowMs += stepMs;
      this.input({ kind: "tick" });
    }
  }

  /** Messages among `effects`. */
  sent(effects: readonly Effect[] = this.effects): Sent[] {
    return effects.flatMap((effect) => {
      if (effect.kind !== "send") return [];
      const decoded = decodeMessage(effect.bytes);
      return decoded.ok ? [{ to: effect.to as string, message: decoded.value, bytes: effect.bytes.length }] : [];
    });
  }

  /** Effects of one kind. */
  of<K extends Effect["kind"]>(kind: K, effects: readonly Effect[] = this.effects): Extract<Effect, { kind: K }>[] {
    return effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
  }

  /** A member's notice makes it ask for the genesis; then it knows the job. */
  learn(member: string, { job, signed }: Job): void {
    this.frame(member, { kind: "notice", job, items: [] });
    this.frame(member, { kind: "genesis", genesis: signed, vcvs: [] });
  }

  /** It is asked to keep the job, and the job starts. */
  host({ job, signed, genesis }: Job): void {
    this.frame(genesis.owner, { kind: "invite", genesis: signed, vcvs: [] });
    this.frame(genesis.owner, { kind: "start", job });
  }

  /** Commands of `author`, in one envelope. */
  commands(author: string, job: JobId, bodies: readonly CommandBody[]): readonly Effect[] {
    return this.frame(author, { kind: "envelopes", job, envelopes: [envelope(author, job, bodies)] });
  }
}

/** Counts the calls of a method from now on: work that a test can bound without a clock. */
export function countCalls<M extends string>(
  target: { [name in M]: (...args: never[]) => unknown },
  method: M,
): { readonly count: number } {
  const calls = { count: 0 };
  const original = target[method].bind(target) as (...args: unknown[]) => unknown;
  target[method] = ((...args: unknown[]) => {
    calls.count++;
    return original(...args);
  }) as (typeof target)[M];
  return calls;
}
