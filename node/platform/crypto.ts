/**
 * Ed25519 and SHA-256 of `node:crypto` as the protocol needs them (protocol/core/crypto.ts): synchronous,
 * with signatures by the key that an agent's id contains.
 *
 * Leaves to identity.ts where a private key comes from, and to protocol/ what is signed.
 */

import { createPublicKey, hash, type KeyObject, verify as verifySignature, sign as writeSignature } from "node:crypto";
import { peerIdFromString } from "@libp2p/peer-id";
import type { Crypto, Hasher, Signer, Verifier } from "../../protocol/core/crypto.ts";
import type { AgentId, Hash } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";

/** The DER frame of an Ed25519 public key (RFC 8410): the 32 raw bytes follow. */
const PUBLIC_KEY_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Key objects that are kept: making one costs as much as a verification. About 1 KiB each. */
const KEYS_MAX = 4_096;

export const hasher: Hasher = (bytes) => hash("sha256", bytes, "hex") as Hash;

/** Least recently used first. `null`: the text names no Ed25519 key; kept too, so that it stays cheap. */
const keys = new Map<AgentId, KeyObject | null>();

/**
 * One key has one id: of the several texts that name the same PeerId only the canonical one counts, else one
 * agent could pass for two.
 */
function readKey(agent: AgentId): KeyObject | null {
  try {
    const peerId = peerIdFromString(agent);
    if (peerId.type !== "Ed25519" || peerId.toString() !== agent) return null;
    const der = Buffer.concat([PUBLIC_KEY_PREFIX, peerId.publicKey.raw]);
    return createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return null; // the text came from a peer: what it cannot name is no key, not an error of ours
  }
}

function keyOf(agent: AgentId): KeyObject | null {
  const kept = keys.get(agent);
  const key = kept === undefined ? readKey(agent) : kept;
  keys.delete(agent);
  keys.set(agent, key);
  if (keys.size > KEYS_MAX) {
    const [oldest] = keys.keys();
    if (oldest !== undefined) keys.delete(oldest);
  }
  return key;
}

export const verifier: Verifier = (agent, message, signature) => {
  if (signature.length !== limits.signatureBytes || agent.length > limits.agentIdBytes) return false;
  const key = keyOf(agent);
  if (key === null) return false;
  try {
    return verifySignature(null, message, key, signature);
  } catch {
    return false; // never seen with the lengths checked above; the contract is "never throws"
  }
};

export const nodeCrypto: Crypto = { hash: hasher, verify: verifier };

/** True if `agent` is an id that can sign: the canonical text of an Ed25519 PeerId. */
export function isAgentId(agent: string): agent is AgentId {
  return agent.length <= limits.agentIdBytes && keyOf(agent as AgentId) !== null;
}

export function createSigner({ agent, key }: { readonly agent: AgentId; readonly key: KeyObject }): Signer {
  return { agent, sign: (message) => writeSignature(null, message, key) };
}
