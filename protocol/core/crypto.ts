/**
 * Hashing and signatures as the core sees them: synchronous, passed in from outside. node/ passes Ed25519 and
 * SHA-256 from `node:crypto`. The simulator's fast mode keeps signatures in a table of the world: they are cheap, and a
 * simulated attacker still cannot forge them.
 */

import { concatBytes, fromHex, utf8 } from "./bytes.ts";
import type { AgentId, Hash, MeshId } from "./ids.ts";

/** SHA-256 of `bytes`, in lower-case hexadecimal. Does not keep `bytes`: the caller may write over them. */
export type Hasher = (bytes: Uint8Array) => Hash;

export interface Signer {
  readonly agent: AgentId;
  sign(message: Uint8Array): Uint8Array;
}

/** True only if `agent` signed `message`. Never throws: a malformed agent or signature is false. */
export type Verifier = (agent: AgentId, message: Uint8Array, signature: Uint8Array) => boolean;

export interface Crypto {
  readonly hash: Hasher;
  readonly verify: Verifier;
}

/** What may be signed. One domain each, so that no statement can be passed for another kind. */
export type StatementKind =
  | "genesis"
  | "withdraw"
  | "commands"
  | "proposal"
  | "prevote"
  | "precommit"
  | "vcv"
  | "beacon"
  | "delegation"
  | "instance";

/**
 * The bytes that are signed for a statement: `domain || SHA-256(canonical bytes)` with the domain
 * `meshwork/1/<meshId>/<kind>` (protocol.md 1).
 */
export function statementMessage(meshId: MeshId, kind: StatementKind, contentHash: Hash): Uint8Array {
  return concatBytes(utf8(`meshwork/1/${meshId}/${kind}`), fromHex(contentHash)!);
}
