/** What a worker computed for an award, and the commands that it gives for it. */

import type { Hasher } from "../core/crypto.ts";
import type { AgentId, AwardRef } from "../core/ids.ts";
import { bytes, encode, type Infer, struct } from "../wire/codec.ts";
import { type CommandBody, NONCE_BYTES, sealHash } from "../wire/command.ts";
import { dataCodec, dataHash, ppm, price } from "../wire/genesis.ts";

const MIB = 1024 * 1024;

/** Stored before its seal is sent, so that it can be revealed after a restart. */
export const workCodec = struct({ nonce: bytes(NONCE_BYTES), data: dataCodec, confidence: ppm, cost: price });
export type Work = Infer<typeof workCodec>;
export const encodeWork = (work: Work): Uint8Array => encode(workCodec, work);

export function sealCommand(
  hasher: Hasher,
  worker: AgentId,
  { job, task, attempt }: AwardRef,
  work: Work,
): CommandBody {
  const { nonce, data, confidence, cost } = work;
  const output = dataHash(hasher, data);
  const seal = sealHash(hasher, { job, task, attempt, worker, nonce, output, confidence, cost });
  const mebibytes = data.kind === "blob" ? Math.ceil(data.bytes / MIB) : 0;
  return { kind: "seal", task, attempt, seal, mebibytes };
}

/** The output itself: `isSealed`, with the nonce that opens its seal. */
export function resultCommand({ task, attempt }: AwardRef, work: Work, isSealed: boolean): CommandBody {
  const { data, confidence, cost, nonce } = work;
  return { kind: "result", task, attempt, data, confidence, cost, nonce: isSealed ? nonce : null };
}
