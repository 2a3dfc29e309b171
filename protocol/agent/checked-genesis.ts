/**
 * Checks a genesis (shape, sense, mesh, signature), and says whom it asks to host the job and which blobs it depends on.
 *
 * Source: protocol.md 4 (genesis).
 */

import { VECTORS_BYTES } from "../capability/directory.ts";
import { clip } from "../core/bytes.ts";
import { statementMessage } from "../core/crypto.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits, RULES_VERSION } from "../core/limits.ts";
import type { BlobNeed } from "../effect.ts";
import { explainBadGenesis } from "../job/graph.ts";
import { agentsOf } from "../wire/consensus.ts";
import { type Genesis, jobIdOf, type NodeSpec, type SignedGenesis } from "../wire/genesis.ts";
import { decodeGenesis } from "../wire/genesis-of-rules-1.ts";
import type { Context } from "./context.ts";

/** What a frame with a genesis has beside the genesis and the vectors, bytes at most. */
const FRAME_BYTES = 1_024;

/** A genesis that was checked. */
export interface CheckedGenesis {
  readonly signed: SignedGenesis;
  readonly genesis: Genesis;
  readonly job: JobId;
}

/** Whether more vectors come with a genesis than an honest agent adds, by the size of the frame. */
export const hasTooManyVectors = ({ bytes }: SignedGenesis, frameBytes: number): boolean =>
  frameBytes > bytes.length + VECTORS_BYTES + FRAME_BYTES;

export const needsOf = ({ job, genesis }: Pick<CheckedGenesis, "job" | "genesis">): BlobNeed => ({
  job,
  owner: genesis.owner,
});

/** Whether `owner` signed the genesis of that id: can be known before the genesis is read. */
export function isSignedBy(context: Context, owner: AgentId, job: JobId, { signature }: SignedGenesis): boolean {
  const { crypto, meshId } = context.config;
  return crypto.verify(owner, statementMessage(meshId, "genesis", job), signature);
}

/**
 * Decodes and checks a genesis: shape, mesh, signature, and last its sense, which costs most. A text is the reason why it
 * is refused.
 */
export function checkGenesis(context: Context, signed: SignedGenesis): CheckedGenesis | string {
  const decoded = decodeGenesis(signed.bytes);
  if (!decoded.ok) return decoded.code;
  const genesis = decoded.value;
  const { crypto, meshId } = context.config;
  if (genesis.meshId !== meshId) return "other-mesh";
  const job = jobIdOf(crypto.hash, signed);
  if (!isSignedBy(context, genesis.owner, job, signed)) return "bad-signature";
  const problem = explainBadGenesis(genesis);
  if (problem?.code === "other-rules")
    return `the job is of rules ${problem.detail}, and this agent has rules ${RULES_VERSION}: the version of Meshwork that began it can finish it`;
  if (problem !== null) {
    const parts = [problem.code, problem.node, problem.detail].filter((part) => part !== "");
    return clip(parts.join(" "), limits.textBytes);
  }
  return { signed, genesis, job };
}

/** Blobs that a genesis depends on: every host stores them, so that the inputs outlive the submitter. */
export function blobsOfGenesis(genesis: Genesis): Map<Hash, number> {
  const blobs = new Map<Hash, number>();
  const add = (ref: { readonly hash: Hash; readonly bytes: number }): void => void blobs.set(ref.hash, ref.bytes);
  const addInput = (spec: NodeSpec): void => {
    if (spec.input.kind === "files") add(spec.input.pack);
    if (spec.input.kind === "value" && spec.input.data.kind === "blob") add(spec.input.data);
  };
  for (const spec of genesis.nodes) {
    addInput(spec);
    if (spec.generator.kind !== "map") continue;
    const { items } = spec.generator;
    if (items.kind === "packs") items.packs.forEach(add);
    if (items.kind === "parts") items.parts.forEach(add);
    if (items.kind === "list") for (const data of items.items) if (data.kind === "blob") add(data);
  }
  return blobs;
}

/** The members of its committee, and the standbys. */
export const hostsOf = ({ committee, standbys }: Genesis): AgentId[] => agentsOf([...committee, ...standbys]);

export const isAsked = (genesis: Genesis, agent: AgentId): boolean => hostsOf(genesis).includes(agent);

/** Whether `agent` speaks for the job's owner or is asked to host the job. */
export const isParty = (context: Context, genesis: Genesis, agent: AgentId): boolean =>
  context.principalOf(agent) === genesis.owner || isAsked(genesis, agent);
