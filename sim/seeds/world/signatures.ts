/**
 * Signatures of the simulator's fast mode: entries of a table that the world keeps. Cheap, and not to be forged by a
 * simulated attacker: it can sign with the signers that it was given, and with no other.
 */

import { compareBytes } from "../../../protocol/core/bytes.ts";
import type { Crypto, Hasher, Signer } from "../../../protocol/core/crypto.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";

const SIGNATURE_BYTES = 64;

export class SignatureTable {
  readonly crypto: Crypto;
  readonly #entries: { readonly agent: AgentId; readonly message: Uint8Array }[] = [];

  constructor(hasher: Hasher) {
    this.crypto = { hash: hasher, verify: (agent, message, signature) => this.#verify(agent, message, signature) };
  }

  signer(agent: AgentId): Signer {
    return {
      agent,
      sign: (message) => {
        this.#entries.push({ agent, message });
        const signature = new Uint8Array(SIGNATURE_BYTES);
        new DataView(signature.buffer).setUint32(0, this.#entries.length);
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
