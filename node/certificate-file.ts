/**
 * `certificate.json`: a certificate as a file that people can read and `meshwork verify` checks. The canonical bytes
 * stand in it whole, in base64; what is written beside them is for the reader, and is not believed.
 */

import { fromBase64, toBase64 } from "../protocol/core/bytes.ts";
import { MeshworkError } from "../protocol/core/errors.ts";
import { verify } from "../protocol/job/certificate.ts";
import { type Certificate, decodeCertificate, encodeCertificate } from "../protocol/wire/certificate.ts";
import { nodeCrypto } from "./crypto.ts";

export const CERTIFICATE_FORMAT = 1;

/** The document of `certificate.json`. */
export interface CertificateFile {
  readonly format: typeof CERTIFICATE_FORMAT;
  readonly about: string;
  readonly job: string;
  readonly name: string;
  readonly owner: string;
  readonly committee: readonly { readonly agent: string; readonly power: number }[];
  readonly height: number;
  readonly decision: unknown;
  /** Canonical bytes (protocol/wire/certificate.ts), the genesis included. */
  readonly certificate: string;
}

export function toCertificateFile(certificate: Certificate): CertificateFile {
  const checked = verify(nodeCrypto, certificate);
  if (!checked.ok) throw new MeshworkError("refused", `the certificate does not verify: ${checked.message}`);
  return {
    format: CERTIFICATE_FORMAT,
    about:
      "Check it with: meshwork verify certificate.json --result result.json. Only `certificate` is checked; the rest is for reading.",
    job: checked.job,
    name: checked.genesis.name,
    owner: checked.genesis.owner,
    committee: checked.committees[0]!,
    height: checked.height,
    decision: checked.event,
    certificate: toBase64(encodeCertificate(certificate)),
  };
}

/** Reads the text of a certificate file. Throws `invalid-file`. */
export function parseCertificateFile(text: string, file: string): Certificate {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MeshworkError("invalid-file", `${file}: not JSON (${reason})`, "give the certificate.json of a run");
  }
  const field =
    typeof document === "object" && document !== null && "certificate" in document ? document.certificate : undefined;
  const bytes = typeof field === "string" ? fromBase64(field) : null;
  if (bytes === null)
    throw new MeshworkError("invalid-file", `${file}: no certificate in it`, "give the certificate.json of a run");
  const decoded = decodeCertificate(bytes);
  // A file of the right form whose bytes were tampered with is a certificate that is refused, not a wrong file.
  if (!decoded.ok) throw new MeshworkError("refused", `${file}: the certificate does not decode (${decoded.code})`);
  return decoded.value;
}
