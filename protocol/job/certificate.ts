/**
 * Certificates: made from a replica's log, and checked by anyone, offline. `verify` is pure: it walks from the genesis,
 * committee by committee, to the block that decided, and from there down to the decision.
 *
 * It proves that the named committees agreed by the named rule. The reader decides which of their members to trust: with
 * `trust`, more than 1/3 of every committee's power must be trusted, so that each quorum holds a trusted member.
 *
 * Source: protocol.md 5 (certificate).
 */

import { isCommit } from "../consensus/ballots.ts";
import { type Committee, createCommittee, explainNotCommittee } from "../consensus/committee.ts";
import { type Crypto, statementMessage } from "../core/crypto.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits, RULES_VERSION } from "../core/limits.ts";
import { leafHash, merklePath, rootByPath } from "../core/merkle.ts";
import type { Certificate } from "../wire/certificate.ts";
import { decode } from "../wire/codec.ts";
import { blockHash, type CommitteeMembers, committeeHash, type Header, type Vote } from "../wire/consensus.ts";
import { type Genesis, jobIdOf, type SignedGenesis } from "../wire/genesis.ts";
import { decodeGenesis } from "../wire/genesis-of-rules-1.ts";
import { encodeValue, explainNotValue, type Value } from "../wire/value.ts";
import { encodeEvent, type LedgerEvent, ledgerEventCodec, type Shape } from "./event.ts";
import { explainBadGenesis } from "./graph.ts";
import { chainEvents, type Outcome } from "./ledger.ts";
import { hashOfList } from "./nodes.ts";

/** A block at which the committee changed. */
export interface CommitteeChange {
  readonly header: Header;
  readonly commit: readonly Vote[];
  readonly next: CommitteeMembers;
}

/** Builds the certificate of event `index` of a decided block. */
export function certify(
  crypto: Crypto,
  genesis: SignedGenesis,
  changes: readonly CommitteeChange[],
  decided: {
    readonly header: Header;
    readonly commit: readonly Vote[];
    readonly outcome: Outcome;
    readonly parentEvents: Hash;
  },
  index: number,
): Certificate {
  const { header, commit, outcome, parentEvents } = decided;
  return {
    genesis,
    changes: changes.filter((change) => change.header.height < header.height),
    header,
    commit,
    event: encodeEvent(outcome.events[index]!),
    parentEvents,
    index,
    count: outcome.leaves.length,
    path: merklePath(crypto.hash, outcome.leaves, index),
  };
}

/** Hash of a job's result as its last event names it: of a value, or of the list of its items' hashes. */
export function hashOfResult(crypto: Pick<Crypto, "hash">, shape: Shape, result: Value): Hash | null {
  const hashOf = (item: Value): Hash => crypto.hash(encodeValue(item));
  if (shape === "value") return hashOfOutputs(crypto, shape, [hashOf(result)]);
  return Array.isArray(result) ? hashOfOutputs(crypto, shape, result.map(hashOf)) : null;
}

/** The same of the hashes of its outputs; null if they are none of a result. */
export function hashOfOutputs(crypto: Pick<Crypto, "hash">, shape: Shape, hashes: readonly Hash[]): Hash | null {
  if (shape === "value") return hashes.length === 1 ? hashes[0]! : null;
  return hashes.length <= limits.mapItems ? hashOfList(crypto.hash, hashes) : null;
}

export interface VerifyOptions {
  /** The result to hold against the certificate. */
  readonly result?: Value;
  /** The job and the owner that are expected. */
  readonly job?: string;
  readonly owner?: string;
  /** Agents whose word the reader takes. */
  readonly trust?: ReadonlySet<AgentId>;
}

export type Verification =
  | {
      readonly ok: true;
      readonly job: JobId;
      readonly genesis: Genesis;
      readonly event: LedgerEvent;
      readonly height: number;
      readonly timeMs: number;
      /** From the genesis's on. */
      readonly committees: readonly CommitteeMembers[];
      /** Agents of earlier committees that are not in the last one: their keys still count for the blocks of their time. */
      readonly replaced: readonly AgentId[];
      /** What the proof rests on, in words. */
      readonly basis: readonly string[];
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

const no = (code: string, message: string): Verification => ({ ok: false, code, message });

interface Start {
  readonly genesis: Genesis;
  readonly job: JobId;
}

function checkGenesis(crypto: Crypto, signed: SignedGenesis): Start | Verification {
  const decoded = decodeGenesis(signed.bytes);
  if (!decoded.ok) return no("bad-genesis", `the genesis does not decode (${decoded.code})`);
  const genesis = decoded.value;
  const job = jobIdOf(crypto.hash, signed);
  if (!crypto.verify(genesis.owner, statementMessage(genesis.meshId, "genesis", job), signed.signature)) {
    return no("bad-genesis-signature", "the genesis is not signed by the owner it names");
  }
  // Older rules decided what it proves, and what it proves has not changed since.
  const rulesVersion = Math.max(genesis.rulesVersion, RULES_VERSION);
  const problem = explainBadGenesis({ ...genesis, rulesVersion });
  if (problem !== null) return no("bad-genesis", `the genesis is not valid (${problem.code})`);
  return { genesis, job };
}

/** Follows the committees from the genesis to the deciding block. */
function walkCommittees(crypto: Crypto, { genesis, job }: Start, certificate: Certificate): Committee[] | Verification {
  const committees = [createCommittee(crypto.hash, genesis.committee)];
  let height = 0;
  for (const { header, commit, next } of [
    ...certificate.changes,
    { header: certificate.header, commit: certificate.commit, next: null },
  ]) {
    const committee = committees[committees.length - 1]!;
    const at = `block ${header.height}`;
    if (header.job !== job) return no("other-job", `${at} belongs to another job`);
    if (header.height <= height) return no("heights", `${at} is out of order`);
    height = header.height;
    if (header.committeeHash !== committee.hash)
      return no("other-committee", `${at} was not decided by the committee in force`);
    const hash = blockHash(crypto.hash, header);
    if (!isCommit(genesis.meshId, crypto, committee, { job, height, hash }, commit)) {
      return no("no-quorum", `${at} does not carry valid signatures of more than 2/3 of its committee's power`);
    }
    if (next === null) continue;
    if (committeeHash(crypto.hash, next) !== header.nextCommitteeHash)
      return no("other-committee", `${at} names another next committee`);
    if (explainNotCommittee(next) !== null) return no("bad-committee", `the committee after ${at} is not one`);
    committees.push(createCommittee(crypto.hash, next));
  }
  return committees;
}

function checkDecision(crypto: Crypto, certificate: Certificate): LedgerEvent | Verification {
  const decoded = decode(ledgerEventCodec, certificate.event);
  if (!decoded.ok) return no("bad-event", `the decision does not decode (${decoded.code})`);
  const leaf = leafHash(crypto.hash, certificate.event);
  const root = rootByPath(crypto.hash, leaf, certificate.index, certificate.count, certificate.path);
  if (root === null || chainEvents(crypto.hash, certificate.parentEvents, root) !== certificate.header.eventsHash) {
    return no("not-in-the-block", "the decision is not one of the block that the certificate proves");
  }
  return decoded.value;
}

function checkResult(crypto: Crypto, event: LedgerEvent, result: Value): Verification | null {
  if (event.kind !== "completed")
    return no("not-a-result", "the certificate proves a decision about one task, not the job's result");
  if (event.status !== "certified") return no("not-certified", `the job ${event.status}: it has no result`);
  const hash = explainNotValue(result) === null ? hashOfResult(crypto, event.shape, result) : null;
  if (hash === event.answer) return null;
  return no("other-result", "the result is not the certified one: its canonical form has another hash");
}

function checkTrust(committees: readonly Committee[], trust: ReadonlySet<AgentId>): Verification | null {
  for (const [index, committee] of committees.entries()) {
    const trusted = committee.powerOf(
      committee.members.map((member) => member.agent).filter((agent) => trust.has(agent)),
    );
    if (!committee.hasHonest(trusted)) {
      return no(
        "not-trusted",
        `of committee ${index + 1} you trust ${trusted} of ${committee.total} power; more than a third is needed`,
      );
    }
  }
  return null;
}

/** Checks a certificate. Never throws. */
export function verify(crypto: Crypto, certificate: Certificate, options: VerifyOptions = {}): Verification {
  const start = checkGenesis(crypto, certificate.genesis);
  if ("ok" in start) return start;
  const { genesis, job } = start;
  if (options.job !== undefined && options.job !== job)
    return no("other-job", `this is job ${job}, not ${options.job}`);
  if (options.owner !== undefined && options.owner !== genesis.owner) {
    return no("other-owner", `the owner is ${genesis.owner}, not ${options.owner}`);
  }
  const committees = walkCommittees(crypto, start, certificate);
  if ("ok" in committees) return committees;
  const event = checkDecision(crypto, certificate);
  if ("ok" in event) return event;
  const refused = options.result === undefined ? null : checkResult(crypto, event, options.result);
  if (refused !== null) return refused;
  const distrusted = options.trust === undefined ? null : checkTrust(committees, options.trust);
  if (distrusted !== null) return distrusted;
  return {
    ok: true,
    job,
    genesis,
    event,
    height: certificate.header.height,
    timeMs: certificate.header.timeMs,
    committees: committees.map((committee) => committee.members),
    replaced: replacedIn(committees),
    basis: basisOf(genesis, committees, event, options),
  };
}

function replacedIn(committees: readonly Committee[]): AgentId[] {
  const last = committees.at(-1)!;
  const all = new Set(committees.flatMap(({ members }) => members.map(({ agent }) => agent)));
  return [...all].filter((agent) => last.power(agent) === 0);
}

/** A quorum of an earlier committee can be made of keys whose holders have long left: blocks have no other date. */
function aboutReplaced(replaced: readonly AgentId[], isTrustGiven: boolean): string {
  const can = `the keys of members that were replaced (${replaced.join(", ")}) still count: with more than 2/3 of an earlier committee's power they can sign another result later, which verifies as well`;
  return isTrustGiven
    ? `${can}; here that would take keys of agents that you trust`
    : `${can}; pass --trust with agents that you trust, or compare with an agent that hosts the job`;
}

function basisOf(
  genesis: Genesis,
  committees: readonly Committee[],
  event: LedgerEvent,
  options: VerifyOptions,
): string[] {
  const first = committees[0]!;
  const faulty = Math.ceil(first.total / 3) - 1;
  const words = [
    `a committee of ${first.members.length} (total power ${first.total}) agreed; it is right as long as members with at most ${faulty} of that power lie`,
  ];
  if (committees.length > 1) {
    words.push(`the committee changed ${committees.length - 1} time(s), each time by its own quorum`);
    const replaced = replacedIn(committees);
    if (replaced.length > 0) words.push(aboutReplaced(replaced, options.trust !== undefined));
  }
  words.push(
    options.trust === undefined
      ? `the owner ${genesis.owner} chose the committee: the proof rests on that choice`
      : "more than a third of every committee's power is trusted by you",
  );
  if (options.job === undefined && options.owner === undefined) {
    words.push("not compared with an expected job or owner: pass --job or --owner to do so");
  }
  if (options.result === undefined) words.push("no result was compared");
  if (event.kind === "completed" && event.unproven > 0)
    words.push(`unproven answers, given by nobody with a record for the skill: ${event.unproven}`);
  return words;
}
