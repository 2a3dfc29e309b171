/**
 * Builds geneses for simulations and tests in few words, with defaults that suit virtual time.
 */

import { bytesOf, EMBEDDER_NAME, embed } from "../../../protocol/capability/embedding.ts";
import { statementMessage } from "../../../protocol/core/crypto.ts";
import type { AgentId, JobId, MeshId } from "../../../protocol/core/ids.ts";
import { limits, RULES_VERSION } from "../../../protocol/core/limits.ts";
import type { Input } from "../../../protocol/input.ts";
import { EMPTY_WORLD, recordsOf } from "../../../protocol/selection/knowledge.ts";
import type { Member } from "../../../protocol/wire/consensus.ts";
import {
  type Data,
  encodeGenesis,
  type Generator,
  type Genesis,
  NO_FLAGS,
  NO_KNOWLEDGE,
  type NodeSpec,
  type Policy,
  type SignedGenesis,
} from "../../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../../protocol/wire/value.ts";
import type { World } from "../../world/world.ts";

export const inline = (value: Value): Data => ({ kind: "inline", bytes: encodeValue(value) });

const FIRST: Policy = {
  redundancy: 1,
  redundancyMax: 1,
  accept: { kind: "first" },
  compare: { kind: "exact" },
  flags: NO_FLAGS,
  timeoutMs: 5_000,
  retries: 20,
  priceMax: 1_000,
  hedge: { kind: "auto" },
};

/** One result is enough, whoever gives it. */
export const firstPolicy = (changes: Partial<Policy> = {}): Policy => ({ ...FIRST, ...changes });

/** Three sealed results, and as many more as a majority may need. */
export const sealedPolicy = (changes: Partial<Policy> = {}): Policy => ({
  ...FIRST,
  redundancy: 3,
  redundancyMax: 9,
  accept: { kind: "majority" },
  ...changes,
});

/** How near a skill must be to the words of a task, parts per million. */
const LEAST = 400_000;

export interface TaskOptions {
  readonly skill?: string;
  /** Asks in words instead, by the built-in embedder. */
  readonly like?: string;
  readonly needs?: readonly string[];
  readonly labels?: readonly string[];
  readonly policy?: Policy;
}

function node(id: string, generator: Generator, input: NodeSpec["input"], options: TaskOptions): NodeSpec {
  const { skill = "work", like, needs = [], labels = [], policy = FIRST } = options;
  const spec = { id, labels, input, needs, generator, policy };
  if (like === undefined) return { ...spec, skill, like: null };
  const vector = bytesOf(embed(like));
  return { ...spec, skill: `~${like}`, like: { embedder: EMBEDDER_NAME, vector, least: LEAST } };
}

export const single = (id: string, input: Value | { readonly from: string }, options: TaskOptions = {}): NodeSpec =>
  node(id, { kind: "single" }, sourceOf(input), options);

export const chain = (
  id: string,
  steps: number,
  input: Value | { readonly from: string },
  options: TaskOptions = {},
): NodeSpec => node(id, { kind: "chain", steps }, sourceOf(input), options);

/** Over a list of values, or over the outputs of another node. */
export function map(
  id: string,
  items: readonly Value[] | { readonly from: string },
  options: TaskOptions & { readonly batch?: number } = {},
): NodeSpec {
  const over =
    "from" in items
      ? { kind: "output" as const, node: items.from, path: "" }
      : { kind: "list" as const, items: items.map(inline) };
  return node(id, { kind: "map", items: over, batch: options.batch ?? 1 }, { kind: "none" }, options);
}

const isReference = (input: Value | { readonly from: string }): input is { readonly from: string } =>
  typeof input === "object" &&
  input !== null &&
  !Array.isArray(input) &&
  typeof (input as { from?: unknown }).from === "string";

function sourceOf(input: Value | { readonly from: string }): NodeSpec["input"] {
  return isReference(input) ? { kind: "output", node: input.from, path: "" } : { kind: "value", data: inline(input) };
}

export interface JobOptions {
  readonly owner: string;
  readonly nodes: readonly NodeSpec[];
  /** Names, or names with powers. */
  readonly committee: readonly (string | { readonly agent: string; readonly power: number })[];
  /** Names, or names with powers; without one, a standby may take any seat. */
  readonly standbys?: readonly (string | { readonly agent: string; readonly power: number })[];
  readonly output?: string;
  readonly counter?: number;
  readonly budget?: number;
  readonly deadlineMs?: number;
  readonly windowMs?: number;
  readonly selector?: Genesis["selector"];
  readonly knowledge?: Genesis["knowledge"];
  readonly redact?: boolean;
}

const membersOf = (given: JobOptions["committee"], power: number): Member[] =>
  given.map((member) =>
    typeof member === "string"
      ? { agent: member as AgentId, power }
      : { agent: member.agent as AgentId, power: member.power },
  );

export function buildGenesis(meshId: MeshId, options: JobOptions): Genesis {
  return {
    meshId,
    rulesVersion: RULES_VERSION,
    owner: options.owner as AgentId,
    counter: options.counter ?? 1,
    name: "job",
    nodes: options.nodes,
    output: options.output ?? options.nodes[options.nodes.length - 1]!.id,
    budget: options.budget ?? 1_000_000,
    deadlineMs: options.deadlineMs ?? 600_000,
    labels: [],
    selector: options.selector ?? "least-loaded",
    windowMs: options.windowMs ?? 500,
    redact: options.redact ?? false,
    committee: membersOf(options.committee, 1),
    standbys: membersOf(options.standbys ?? [], limits.power),
    knowledge: options.knowledge ?? NO_KNOWLEDGE,
  };
}

/** What an owner tells its agent so that it signs exactly this genesis. */
export function submissionOf(genesis: Genesis, ticket = 1): Extract<Input, { kind: "submit" }> {
  const { committee: members, standbys, counter, knowledge, ...draft } = genesis;
  const committee = { kind: "named", members, standbys } as const;
  const records = recordsOf(knowledge);
  const known = { ...EMPTY_WORLD, records, learned: { [genesis.selector]: knowledge.learned } };
  return { kind: "submit", ticket, draft: { ...draft, committee }, known, counter };
}

interface BuiltJob {
  readonly genesis: Genesis;
  readonly signed: SignedGenesis;
  readonly job: JobId;
}

/** Signed by its owner, an agent of the world or somebody outside. */
export function buildJob(world: World, options: JobOptions): BuiltJob {
  const genesis = buildGenesis(world.meshId, options);
  const bytes = encodeGenesis(genesis);
  const job = world.crypto.hash(bytes);
  const signature = world.signer(genesis.owner).sign(statementMessage(world.meshId, "genesis", job));
  return { genesis, signed: { bytes, signature }, job };
}
