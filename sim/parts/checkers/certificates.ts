/**
 * Invariant 4: the certificate of a job verifies, and no mutation of it does: every byte of it counts.
 */

import type { Crypto } from "../../../protocol/core/crypto.ts";
import type { Prng } from "../../../protocol/core/prng.ts";
import { verify } from "../../../protocol/job/certificate.ts";
import { type Certificate, decodeCertificate, encodeCertificate } from "../../../protocol/wire/certificate.ts";
import { violated } from "./checker.ts";

export const CERTIFICATES = "4 certificates";

interface CertificateFacts {
  readonly job: string;
  readonly owner: string;
  readonly answer: string;
}

/** Checks a certificate in canonical bytes, and `mutations` altered copies of it. */
export function checkCertified(
  crypto: Crypto,
  bytes: Uint8Array,
  facts: CertificateFacts,
  prng: Prng,
  mutations: number,
): void {
  const decoded = decodeCertificate(bytes);
  if (!decoded.ok) return violated(CERTIFICATES, "at the end", `the certificate does not decode: ${decoded.code}`);
  const certificate = decoded.value;
  const expected = { job: facts.job, owner: facts.owner };
  const verified = verify(crypto, certificate, expected);
  if (!verified.ok) return violated(CERTIFICATES, "at the end", `the certificate is refused: ${verified.message}`);
  if (verified.event.kind !== "completed" || verified.event.answer !== facts.answer) {
    violated(CERTIFICATES, "at the end", "the certificate names another answer than the log");
  }
  const other = verify(crypto, certificate, { ...expected, job: "0".repeat(64) });
  if (other.ok) violated(CERTIFICATES, "at the end", "the certificate passes for another job's");
  for (let i = 0; i < mutations; i++) checkMutation(crypto, certificate, expected, prng);
}

function checkMutation(
  crypto: Crypto,
  certificate: Certificate,
  expected: { job: string; owner: string },
  prng: Prng,
): void {
  const bytes = encodeCertificate(certificate).slice();
  const at = prng.below(bytes.length);
  bytes[at]! ^= 1 << prng.below(8);
  const mutated = decodeCertificate(bytes);
  if (mutated.ok && verify(crypto, mutated.value, expected).ok)
    violated(CERTIFICATES, "at the end", `it still verifies with byte ${at} altered`);
}
