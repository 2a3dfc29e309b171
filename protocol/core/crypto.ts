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
  /**
   * Remembers what `check` said of a signed statement, for others that read the same object; nobody changes it. Default:
   * nothing is remembered. For simulations, where many agents of one process are given what was decoded once.
   */
  readonly remember?: (statement: object, check: () => boolean) => boolean;
}

/** Whether a statement is signed by whom it says, as `check` finds out. */
export const isSigned = ({ remember }: Pick<Crypto, "remember">, statement: object, check: () => boolean): boolean =>
  remember === undefined ? check() : remember(statement, check);

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
