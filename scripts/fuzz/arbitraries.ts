/**
 * Random values of every shape that travels: one fast-check arbitrary a codec, for the property tests and for the
 * hostile frames. The compiler sees to it that no kind and no field is left out.
 *
 * Sizes stay small, with the edges of the codec (integer widths, length headers) drawn on purpose: the combination
 * of forms matters, not their amount.
 */

import fc, { type Arbitrary } from "fast-check";
import { limits } from "../../protocol/core/limits.ts";
import type { Beacon, SkillAd, Vcv } from "../../protocol/wire/capability.ts";
import type { Certificate } from "../../protocol/wire/certificate.ts";
import type { Command, CommandBody, CommandKind, Envelope } from "../../protocol/wire/command.ts";
import { NONCE_BYTES } from "../../protocol/wire/command.ts";
import type { Block, Header, Proposal, ProposalStatement, Vote } from "../../protocol/wire/consensus.ts";
import { VOTE_KINDS } from "../../protocol/wire/consensus.ts";
import type {
  Data,
  Generator,
  Genesis,
  Items,
  Like,
  Listed,
  NodeSpec,
  PlainInput,
  Policy,
  SignedGenesis,
  Source,
  TaskInput,
} from "../../protocol/wire/genesis.ts";
import { EMBEDDING_BYTES } from "../../protocol/wire/genesis.ts";
import type { CommittedBlock, Message, NoticeItem, Position, Query } from "../../protocol/wire/message.ts";
import type { PackedFile } from "../../protocol/wire/pack.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { comparator, flags, rule } from "./acceptance.ts";
import {
  agentId,
  attempt,
  bytesUpTo,
  duration,
  few,
  finite,
  hash,
  job,
  longText,
  mesh,
  name,
  orNull,
  ppm,
  price,
  reason,
  signature,
  taskId,
  textUpTo,
  uint,
  uint32,
  uintUpTo,
  usage,
} from "./atoms.ts";
import { type Kinds, kindArbitrary, variant } from "./variant.ts";

// --- values -----------------------------------------------------------------------------------------------

const valueKey = fc.oneof(
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("0", "10", "2", "__proto__", ""),
);

/** `Object.fromEntries` defines properties, so `__proto__` is one like any other. */
const toRecord = (entries: readonly (readonly [string, Value])[]): Value => Object.fromEntries(entries);

export const value: Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Value>(null, true, false),
    finite,
    textUpTo(200),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(valueKey, tie("value")), { maxLength: 4 }).map(toRecord),
  ),
})).value;

// --- data, tasks, genesis -----------------------------------------------------------------------------------

const blobBytes = uintUpTo(limits.blobBytes);
const pack = fc.record({ hash, bytes: blobBytes });
export const data: Arbitrary<Data> = variant<Data>({
  inline: { bytes: bytesUpTo(limits.inlineBytes) },
  blob: { hash, bytes: blobBytes },
});
const source: Arbitrary<Source> = variant<Source>({
  none: {},
  value: { data },
  files: { pack, single: fc.boolean() },
  output: { node: name, path: longText },
});
const upToItems = fc.integer({ min: 0, max: limits.mapItems });
const items: Arbitrary<Items> = variant<Items>({
  list: { items: few(data) },
  packs: { packs: few(pack) },
  output: { node: name, path: longText },
  parts: { count: upToItems, each: upToItems, parts: few(pack) },
});
const generator: Arbitrary<Generator> = variant<Generator>({
  single: {},
  map: { items, batch: uintUpTo(limits.mapItems) },
  chain: { steps: uintUpTo(limits.chainSteps) },
});
const policy: Arbitrary<Policy> = fc.record({
  redundancy: uintUpTo(limits.seats),
  redundancyMax: uintUpTo(limits.seats),
  accept: rule,
  compare: comparator,
  flags,
  timeoutMs: duration,
  retries: uintUpTo(limits.seats),
  priceMax: price,
  hedge: variant<Policy["hedge"]>({ auto: {}, off: {}, after: { afterMs: duration } }),
});
const like: Arbitrary<Like> = fc.record({ embedder: name, vector: bytesUpTo(EMBEDDING_BYTES), least: ppm });
const nodeSpec: Arbitrary<NodeSpec> = fc.record({
  id: name,
  skill: name,
  labels: few(name),
  input: source,
  needs: few(name),
  generator,
  policy,
  like: orNull(like),
});
const member = fc.record({ agent: agentId, power: uintUpTo(limits.power) });
const committee = few(member, 4);
const answers = uintUpTo(limits.knownAnswers);
const bin = fc.record({ accepted: answers, rejected: answers, stated: answers });
export const genesis: Arbitrary<Genesis> = fc.record({
  meshId: mesh,
  rulesVersion: uint,
  owner: agentId,
  counter: uint,
  name,
  nodes: few(nodeSpec),
  output: name,
  budget: uintUpTo(limits.budget),
  deadlineMs: duration,
  labels: few(name),
  selector: name,
  windowMs: duration,
  redact: fc.boolean(),
  committee,
  standbys: few(member),
  knowledge: fc.record({
    records: few(fc.record({ agent: agentId, skill: name, accepted: answers, rejected: answers, stated: few(bin, 6) })),
    learned: bytesUpTo(limits.learnedBytes),
  }),
});
const signedGenesis: Arbitrary<SignedGenesis> = fc.record({ bytes: bytesUpTo(limits.genesisBytes), signature });
const listed: Arbitrary<Listed> = variant<Listed>({
  inline: { bytes: bytesUpTo(limits.inlineBytes) },
  blob: { hash, bytes: fc.integer({ min: 0, max: limits.blobBytes }) },
  many: { hash, bytes: fc.integer({ min: 0, max: limits.blobBytes }) },
});
const plainInputs: Kinds<PlainInput> = {
  none: {},
  value: { data, path: longText },
  files: { pack, single: fc.boolean() },
  list: { items: few(listed) },
  packs: { packs: few(pack) },
  part: { part: pack, from: upToItems, count: upToItems, single: fc.boolean() },
};
const taskInput: Arbitrary<TaskInput> = variant<TaskInput>({
  ...plainInputs,
  check: { input: variant<PlainInput>(plainInputs), output: data },
});

// --- consensus and commands -----------------------------------------------------------------------------------

export const header: Arbitrary<Header> = fc.record({
  job,
  height: uint,
  round: uint32,
  proposer: agentId,
  parent: hash,
  timeMs: uint,
  commandsHash: hash,
  eventsHash: hash,
  committeeHash: hash,
  nextCommitteeHash: hash,
  stateHash: orNull(hash),
});
const hashes = fc.oneof(few(hash), few(hash, 20));
export const block: Arbitrary<Block> = fc.record({ header, commands: hashes });
export const vote: Arbitrary<Vote> = fc.record({
  kind: fc.constantFrom(...VOTE_KINDS),
  job,
  height: uint,
  round: uint32,
  block: orNull(hash),
  voter: agentId,
  signature,
});
const votes = few(vote, 4);
const statement: Arbitrary<ProposalStatement> = fc.record({
  job,
  height: uint,
  round: uint32,
  validRoundPlus1: uint32,
  block: hash,
  proposer: agentId,
  signature,
});
const proposalFields = { statement, block, polka: votes };
export const proposal: Arbitrary<Proposal> = fc.record(proposalFields);

const bodies: Kinds<CommandBody> = {
  cancel: {},
  equivocation: { first: vote, second: vote },
  doubleProposal: { first: statement, second: statement },
  suspicion: { target: agentId, suspected: fc.boolean() },
  seal: { task: taskId, attempt, seal: hash, mebibytes: uintUpTo(limits.blobBytes / 0x100000) },
  result: { task: taskId, attempt, data, confidence: ppm, cost: price, usage, nonce: orNull(bytesUpTo(NONCE_BYTES)) },
  failure: { task: taskId, attempt, serial: uint, reason, retryMs: duration, message: longText },
  offer: {
    skill: name,
    price,
    slots: uintUpTo(limits.slots),
    labels: few(name),
    load: ppm,
    expectedMs: duration,
    validUntilMs: uint,
    similarity: ppm,
  },
};
export const COMMAND_KINDS = Object.keys(bodies) as CommandKind[];
export const commandOf = (kind: CommandKind): Arbitrary<Command> =>
  fc.record({ job, author: agentId, counter: uint, body: kindArbitrary<CommandBody>(bodies, kind) });
export const command: Arbitrary<Command> = fc.oneof(...COMMAND_KINDS.map(commandOf));
export const envelope: Arbitrary<Envelope> = fc.record({
  job,
  author: agentId,
  hashes,
  signature,
  commands: few(bytesUpTo(limits.commandBytes)),
});

// --- capabilities ---------------------------------------------------------------------------------------------

const skillAd: Arbitrary<SkillAd> = fc.record({
  name,
  description: longText,
  price,
  expectedMs: duration,
  schemas: orNull(hash),
  vector: bytesUpTo(EMBEDDING_BYTES),
});
export const vcv: Arbitrary<Vcv> = fc.record({
  agent: agentId,
  incarnation: uint,
  version: uint,
  name,
  embedder: name,
  skills: few(skillAd),
  slots: uintUpTo(limits.slots),
  labels: few(name),
  addresses: few(longText),
  hosts: fc.boolean(),
  rulesVersion: uint,
  depth: uintUpTo(limits.shardBits),
  expiresMs: uint,
  signature,
});
export const beacon: Arbitrary<Beacon> = fc.record({
  job,
  author: agentId,
  addresses: few(longText),
  skill: name,
  like: orNull(like),
  labels: few(name),
  calls: uintUpTo(limits.directoryAgents),
  endsMs: uint,
  signature,
});

// --- messages -------------------------------------------------------------------------------------------------

const position: Arbitrary<Position> = fc.record({ job, height: uint, round: uint32, step: uintUpTo(3), awards: uint });
const committedBlock: Arbitrary<CommittedBlock> = fc.record({ block, envelopes: few(envelope), commit: votes });
const noticeItem: Arbitrary<NoticeItem> = variant<NoticeItem>({
  award: {
    task: taskId,
    attempt,
    serial: uint,
    skill: name,
    input: taskInput,
    leaseEndsMs: uint,
    price,
    sealed: fc.boolean(),
  },
  open: { task: taskId, attempt, revealByMs: uint },
  closed: { task: taskId, attempt, serial: uint },
});
const query: Arbitrary<Query> = variant<Query>({
  status: { job: orNull(job) },
  certificate: { job },
  explanation: { job, task: taskId },
  agents: { embedder: name, like: bytesUpTo(EMBEDDING_BYTES), most: uintUpTo(limits.members) },
  hosts: {},
  shards: {},
});
const known = fc.record({ agent: agentId, incarnation: uint, version: uint });

const client = {
  mesh,
  owner: agentId,
  connectionKey: agentId,
  role: fc.constant("client"),
  notAfterMs: uint,
  signature,
};

const messages: Kinds<Message> = {
  pulse: { load: ppm, positions: few(position) },
  envelopes: { job, envelopes: few(envelope) },
  proposal: proposalFields,
  votes: { job, votes },
  fetchBlocks: { job, from: uint },
  blocks: { job, blocks: few(committedBlock) },
  fetchBody: { job, block: hash },
  body: { job, block },
  fetchCommands: { job, hashes },
  haveCommands: { job, hashes },
  over: { job },
  haveBlobs: { job, blobs: hashes },
  invite: { genesis: signedGenesis, vcvs: few(vcv) },
  probe: { id: uintUpTo(0xffffffff) },
  probed: { id: uintUpTo(0xffffffff), reason: longText },
  inviteReply: { job, yes: fc.boolean(), reason: longText },
  inviteSeen: { job },
  start: { job },
  fetchGenesis: { job },
  genesis: { genesis: signedGenesis, vcvs: few(vcv) },
  follow: { job, from: fc.option(fc.record({ height: uint, blocks: fc.boolean() }), { nil: null }) },
  withdraw: { job, signature },
  delegation: client,
  notice: { job, items: few(noticeItem) },
  fetchVcvs: { depth: uintUpTo(limits.shardBits), known: few(known) },
  vcvs: { vcvs: few(vcv), metS: few(uint32) },
  query: { id: uint32, query },
  reply: { id: uint32, ok: fc.boolean(), bytes: bytesUpTo(limits.frameBytes - 1024) },
  committee: { job, header, commit: votes, committee },
  unsettled: { job, items: few(fc.record({ task: taskId, attempt, command: hash })) },
  held: { job, hashes },
};
export const MESSAGE_KINDS = Object.keys(messages) as Message["kind"][];
export const messageOf = (kind: Message["kind"]): Arbitrary<Message> => kindArbitrary(messages, kind);
export const message: Arbitrary<Message> = variant(messages);

export const certificate: Arbitrary<Certificate> = fc.record({
  genesis: signedGenesis,
  changes: few(fc.record({ header, commit: votes, next: committee }), 2),
  header,
  commit: votes,
  event: bytesUpTo(64 * 1024),
  parentEvents: hash,
  index: uint,
  count: uint,
  path: hashes,
});
export const packedFiles: Arbitrary<readonly PackedFile[]> = few(
  fc.record({ path: textUpTo(4_096), data: bytesUpTo(limits.blobBytes) }),
);
