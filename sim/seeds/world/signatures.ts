/**
 * Signatures of the simulator's fast mode: entries of a table that the world keeps. Cheap, and not to be forged by a
 * simulated attacker: it can sign with the signers that it was given, and with no other.
 */

import { compareBytes, toHex } from "../../../protocol/core/bytes.ts";
import type { Crypto, Hasher, Signer } from "../../../protocol/core/crypto.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";

const SIGNATURE_BYTES = 64;

export class SignatureTable {
  readonly crypto: Crypto;
  readonly #entries: { readonly agent: AgentId; readonly message: Uint8Array }[] = [];
  /** As with Ed25519, signing a message again gives the same signature. */
  readonly #numbers = new Map<string, number>();

  constructor(hasher: Hasher) {
    this.crypto = { hash: hasher, verify: (agent, message, signature) => this.#verify(agent, message, signature) };
  }

  signer(agent: AgentId): Signer {
    return {
      agent,
      sign: (message) => {
        const key = `${agent} ${toHex(message)}`;
        const number = this.#numbers.get(key) ?? this.#entries.push({ agent, message });
        this.#numbers.set(key, number);
        const signature = new Uint8Array(SIGNATURE_BYTES);
        new DataView(signature.buffer).setUint32(0, number);
        return signature;
      },
    };
  }

  #verify(agent: AgentId, message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== SIGNATURE_BYTES) return false;
    const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength);
    const entry = this.#entries[view.getUint32(0) - 1];
    for (let i = 4; i < SIGNATURE_BYTES; i++) if (signature[i] !== 0) return false;
    return entry !== undefined && entry.agent === agent && compareBytes(entry.message, message) === 0;
  }
}
