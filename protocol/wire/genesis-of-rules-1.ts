/**
 * Geneses of rules 1, in the form in which they were signed. Certificates of jobs that ran under these rules still verify, and an
 * agent that is asked to continue such a job can say why it does not.
 */

import type { MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { bytes, decode, type Infer, list, nullable, struct, text, uint, variant } from "./codec.ts";
import { agentId, committeeCodec } from "./consensus.ts";
import {
  duration,
  finite,
  type Genesis,
  generatorCodec,
  genesisCodec,
  knownAnswers,
  likeCodec,
  NO_FLAGS,
  name,
  ppm,
  price,
  sourceCodec,
} from "./genesis.ts";

const RULES = 1;

const policyCodec = struct({
  redundancy: uint(limits.seats),
  redundancyMax: uint(limits.seats),
  accept: variant({ first: struct({}), majority: struct({}), quorum: struct({ q: uint(limits.seats) }) }),
  compare: variant({ exact: struct({}), number: struct({ absolute: finite, relativePpm: ppm }) }),
  timeoutMs: duration,
  retries: uint(limits.seats),
  priceMax: price,
});

const nodeCodec = struct({
  id: name,
  skill: name,
  labels: list(name, limits.labels),
  input: sourceCodec,
  needs: list(name, limits.nodes),
  generator: generatorCodec,
  policy: policyCodec,
  like: nullable(likeCodec),
});

const knowledgeCodec = struct({
  records: list(
    struct({ agent: agentId, skill: name, accepted: knownAnswers, rejected: knownAnswers }),
    limits.knownRecords,
  ),
  learned: bytes(limits.learnedBytes),
});

const genesisOfRules1 = struct({
  meshId: text<MeshId>(limits.meshIdBytes),
  rulesVersion: uint(),
  owner: agentId,
  counter: uint(),
  name,
  nodes: list(nodeCodec, limits.nodes),
  output: name,
  budget: uint(limits.budget),
  deadlineMs: duration,
  labels: list(name, limits.labels),
  selector: name,
  knowledge: knowledgeCodec,
  windowMs: duration,
  committee: committeeCodec,
  standbys: list(agentId, limits.standbys),
});

/** What its fields mean under the rules of today. */
const inWordsOfToday = ({ nodes, knowledge, standbys, ...genesis }: Infer<typeof genesisOfRules1>): Genesis => ({
  ...genesis,
  // Under these rules a standby took any seat.
  standbys: standbys.map((agent) => ({ agent, power: limits.power })),
  redact: false,
  nodes: nodes.map((node) => ({ ...node, policy: { ...node.policy, flags: NO_FLAGS, hedge: { kind: "auto" } } })),
  knowledge: { ...knowledge, records: knowledge.records.map((record) => ({ ...record, stated: [] })) },
});

/** A genesis of these rules or of earlier ones, each in its own form: no bytes can be read as both. */
export function decodeGenesis(given: Uint8Array): ReturnType<typeof decode<Genesis>> {
  const decoded = decode(genesisCodec, given);
  if (decoded.ok && decoded.value.rulesVersion > RULES) return decoded;
  const earlier = decode(genesisOfRules1, given);
  if (earlier.ok && earlier.value.rulesVersion === RULES) return { ok: true, value: inWordsOfToday(earlier.value) };
  return decoded.ok ? { ok: false, code: "other-rules" } : decoded;
}
