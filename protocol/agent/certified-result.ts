/** The result of a certified job with its certificate, as an agent that hosts the job gives it to whoever asks. */

import type { Hasher } from "../core/crypto.ts";
import { taskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { SHAPES } from "../job/event.ts";
import { encodeCertificate } from "../wire/certificate.ts";
import { encode, list, oneOf, struct } from "../wire/codec.ts";
import type { Data } from "../wire/genesis.ts";
import { blobParcel, encodePart, PARCELS_MAX, type Parcel, parcelCodec, splitList } from "../wire/parcel.ts";
import type { HostedJob } from "./hosted-job.ts";

/**
 * A certificate with the outputs that it certifies, in parts: one value, or the items of a list. Parts that are too large
 * for a frame are blobs, which the agent that answers serves. A hash proves each part, the certificate proves all of them.
 */
export const certifiedCodec = struct({
  /** Canonical bytes (wire/certificate.ts). */
  certificate: parcelCodec,
  shape: oneOf(SHAPES),
  /** Canonical bytes of lists of data (wire/parcel.ts), which together are the outputs in order. */
  outputs: list(parcelCodec, PARCELS_MAX),
});

/** The outputs of a job's result as the ledger holds them: references for blobs. */
function outputsOf(hosted: HostedJob): readonly Data[] | null {
  const { state } = hosted.replica.decided;
  const name = hosted.genesis.output;
  const node = state.nodes.get(name)!;
  if (node.status !== "accepted") return null;
  const outputs: Data[] = [];
  const ids =
    node.shape === "list"
      ? Array.from({ length: node.total }, (_, index) => taskId(name, index))
      : [taskId(name, null)];
  for (const id of ids) {
    const data = state.answers.get(id)?.data;
    if (data === undefined || data === null) return null;
    outputs.push(data);
  }
  return outputs;
}

/** Bytes of an answer above which its parts are handed out as blobs. */
const INLINE_MAX = limits.frameBytes / 4;

/** The answer of a certified job, and the blobs that must be stored for whoever asks. Cost: linear in the outputs. */
export function encodeCertified(
  hosted: HostedJob,
  hasher: Hasher,
): { bytes: Uint8Array; blobs: readonly Uint8Array[] } | null {
  const outputs = outputsOf(hosted);
  if (hosted.facts.certificate === null || outputs === null) return null;
  const parts = [encodeCertificate(hosted.facts.certificate), ...splitList(outputs).map(encodePart)];
  const isSmall = parts.reduce((sum, part) => sum + part.length, 0) <= INLINE_MAX;
  const [certificate, ...lists] = parts.map(
    (part): Parcel => (isSmall ? { kind: "inline", bytes: part } : blobParcel(hasher, part)),
  );
  const shape = hosted.replica.decided.state.nodes.get(hosted.genesis.output)!.shape;
  const bytes = encode(certifiedCodec, { certificate: certificate!, shape, outputs: lists });
  return { bytes, blobs: isSmall ? [] : parts };
}
