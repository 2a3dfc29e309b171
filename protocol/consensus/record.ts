/**
 * What a member must find again after a crash, so that it never signs twice (A4): round and step, lock, valid value
 * with its polka, and what it said. The bodies of the named blocks are stored beside it.
 */

import { limits } from "../core/limits.ts";
import { type Decoded, decode, encode, hash, type Infer, list, nullable, struct, uint } from "../wire/codec.ts";
import { blockCodec, proposalCodec, voteCodec, votesCodec } from "../wire/consensus.ts";
import type { Step } from "./height.ts";

const round = uint(0xffffffff);
const recordCodec = struct({
  height: uint(),
  round,
  step: uint(3),
  locked: nullable(struct({ round, block: hash })),
  valid: nullable(struct({ round, block: hash, polka: votesCodec })),
  votes: list(voteCodec, 4 * limits.keptRounds),
  proposal: nullable(proposalCodec),
  /** Headers and command lists of the locked, the valid and the own proposed block. */
  blocks: list(blockCodec, 3),
});

export type ConsensusRecord = Omit<Infer<typeof recordCodec>, "step"> & { readonly step: Step };

export const encodeRecord = (record: ConsensusRecord): Uint8Array => encode(recordCodec, record);

export function decodeRecord(bytes: Uint8Array): Decoded<ConsensusRecord> {
  const decoded = decode(recordCodec, bytes);
  return decoded.ok ? { ok: true, value: { ...decoded.value, step: decoded.value.step as Step } } : decoded;
}
