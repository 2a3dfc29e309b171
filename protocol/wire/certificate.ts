/**
 * The shape of a certificate: everything that anybody needs to check one decision of a job, offline.
 * Checking is in job/certificate.ts.
 *
 * Source: protocol.md 5 (certificate).
 */

import { limits } from "../core/limits.ts";
import { bytes, type Decoded, decode, encode, hash, type Infer, list, struct, uint } from "./codec.ts";
import { committeeCodec, headerCodec, votesCodec } from "./consensus.ts";
import { signedGenesisCodec } from "./genesis.ts";

/** A committee can change once a block; more changes than this in one job are refused. */
const CHANGES_MAX = 1_024;

export const certificateCodec = struct({
  genesis: signedGenesisCodec,
  /** Each header at which the committee changed, its own committee's quorum, and the committee that follows. */
  changes: list(struct({ header: headerCodec, commit: votesCodec, next: committeeCodec }), CHANGES_MAX),
  /** The block that decided, with its committee's quorum. */
  header: headerCodec,
  commit: votesCodec,
  /** The decision: canonical bytes of a ledger event, with its path to `header.eventsHash`. */
  event: bytes(64 * 1024),
  parentEvents: hash,
  index: uint(),
  count: uint(),
  path: list(hash, 64),
});
export type Certificate = Infer<typeof certificateCodec>;

export const encodeCertificate = (certificate: Certificate): Uint8Array => encode(certificateCodec, certificate);
export const decodeCertificate = (input: Uint8Array): Decoded<Certificate> => decode(certificateCodec, input);

/** As JSON would hold at most: keeps a file that is no certificate from being read whole. */
export const CERTIFICATE_BYTES_MAX = 4 * limits.genesisBytes + 16 * 1024 * 1024;
