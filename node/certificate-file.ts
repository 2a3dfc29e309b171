/**
 * `certificate.json`: a certificate as a file that people can read and `meshwork verify` checks. It contains the
 * canonical bytes in base64; everything beside them follows from them, and a file in which it does not is refused. So
 * whoever reads a certificate reads what was certified.
 */

import { fromBase64, toBase64 } from "../protocol/core/bytes.ts";
import { MeshworkError } from "../protocol/core/errors.ts";
import { verify } from "../protocol/job/certificate.ts";
import { ledgerEventCodec } from "../protocol/job/event.ts";
import { type Certificate, decodeCertificate, encodeCertificate } from "../protocol/wire/certificate.ts";
import { decode } from "../protocol/wire/codec.ts";
import { jobIdOf } from "../protocol/wire/genesis.ts";
import { decodeGenesis } from "../protocol/wire/genesis-of-rules-1.ts";
import { hasher, nodeCrypto } from "./platform/crypto.ts";
import { LossyJson, parseExactJson } from "./platform/files/exact-json.ts";
import { keepsAllDigits } from "./platform/files/exact-numbers.ts";
import { type Difference, firstDifference } from "./platform/files/first-difference.ts";

const CERTIFICATE_FORMAT = 2;

/** By format, the field `about`: the only one that says nothing about the job. */
const ABOUT: ReadonlyMap<unknown, string> = new Map([
  [
    1,
    "Check it with: meshwork verify certificate.json --result result.json. Only `certificate` is checked; the rest is for reading.",
  ],
  [
    CERTIFICATE_FORMAT,
    "Check it with: meshwork verify certificate.json --result result.json. All fields follow from `certificate`: a file in which one was changed is refused.",
  ],
]);

/** The document of `certificate.json`. */
interface CertificateFile {
  readonly format: number;
  readonly about: string;
  readonly job: string;
  readonly name: string;
  readonly owner: string;
  /** The first one, which the owner chose. */
  readonly committee: readonly { readonly agent: string; readonly power: number }[];
  readonly height: number;
  readonly decision: unknown;
  /** Canonical bytes (protocol/wire/certificate.ts), the genesis included. */
  readonly certificate: string;
}

/** What a certificate says, whether it holds or not; null: its genesis or its decision does not decode. */
function documentOf(certificate: Certificate, format: number): CertificateFile | null {
  const genesis = decodeGenesis(certificate.genesis.bytes);
  const decision = decode(ledgerEventCodec, certificate.event);
  if (!genesis.ok || !decision.ok) return null;
  const { name, owner, committee } = genesis.value;
  return {
    format,
    about: ABOUT.get(format)!,
    job: jobIdOf(hasher, certificate.genesis),
    name,
    owner,
    committee,
    height: certificate.header.height,
    decision: decision.value,
    certificate: toBase64(encodeCertificate(certificate)),
  };
}

export function toCertificateFile(certificate: Certificate): CertificateFile {
  const checked = verify(nodeCrypto, certificate);
  if (!checked.ok) throw new MeshworkError("refused", `the certificate does not verify: ${checked.message}`);
  return documentOf(certificate, CERTIFICATE_FORMAT)!;
}

const REMEDY = "give the certificate.json of a run";
const CHANGED = "somebody changed the file: get it again from whoever ran the job, or from an agent that keeps it";

function parseDocument(text: string, file: string): unknown {
  try {
    return parseExactJson(text, keepsAllDigits);
  } catch (error) {
    // One key twice: a reader may see the first, and the last would be checked.
    if (error instanceof LossyJson) throw new MeshworkError("refused", `${file}: ${error.message}`, CHANGED);
    const reason = error instanceof Error ? error.message : String(error);
    throw new MeshworkError("invalid-file", `${file}: not JSON (${reason})`, REMEDY);
  }
}

function explain({ path, kind, expected, found }: Difference): string {
  if (kind === "missing") return `"${path}" is missing`;
  if (kind === "unknown") return `"${path}" is no field of a certificate`;
  return `"${path}" is ${found}, and what is certified is ${expected}`;
}

/**
 * Reads the text of a certificate file. Throws `invalid-file` if the text is no certificate file. Throws `refused`, with
 * the field's name, if a readable field differs from what the bytes say. It leaves to `verify` whether the bytes hold.
 */
export function parseCertificateFile(text: string, file: string): Certificate {
  const document = parseDocument(text, file);
  const fields: { readonly certificate?: unknown; readonly format?: unknown } =
    typeof document === "object" && document !== null ? document : {};
  const bytes = typeof fields.certificate === "string" ? fromBase64(fields.certificate) : null;
  if (bytes === null) throw new MeshworkError("invalid-file", `${file}: no certificate in it`, REMEDY);
  const decoded = decodeCertificate(bytes);
  // A file of the right form whose bytes were tampered with is a certificate that is refused, not a wrong file.
  if (!decoded.ok) throw new MeshworkError("refused", `${file}: the certificate does not decode (${decoded.code})`);
  const format = ABOUT.has(fields.format) ? (fields.format as number) : CERTIFICATE_FORMAT;
  const expected = documentOf(decoded.value, format);
  if (expected === null) throw new MeshworkError("refused", `${file}: the certificate is about nothing that decodes`);
  const difference = firstDifference(JSON.parse(JSON.stringify(expected)), document);
  if (difference !== null) throw new MeshworkError("refused", `${file}: ${explain(difference)}`, CHANGED);
  return decoded.value;
}
