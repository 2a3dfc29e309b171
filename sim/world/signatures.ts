/**
 * Signatures inside a simulation: simulated agents cannot forge them, and they cost a hundredth of real ones.
 *
 * A signature is 64 bytes mixed from the world's secret, the agent and the message. The world keeps the secret and
 * hands out signers; whoever has no signer of an agent cannot make its signature, because nothing inside a
 * simulation computes the mix itself. (A table of what was signed would do the same and grow with every vote.) As
 * with Ed25519, signing a message twice gives the same bytes.
 */

import type { Crypto, Hasher, Signer, Verifier } from "../../protocol/core/crypto.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { Mixer } from "./mix.ts";

const SIGNATURE_BYTES = 64;

export interface Signatures {
  readonly crypto: Crypto;
  readonly verify: Verifier;
  /** Whoever holds it can sign for `agent`: give it to the agent, and to the adversary that owns it. */
  signerOf(agent: AgentId): Signer;
}

export function createSignatures(seed: number | string, hash: Hasher): Signatures {
  const secret = new Mixer(`signatures ${seed}`);
  const signers = new Map<AgentId, Signer>();
  /** The mixer after the secret and the agent: all of a signer's messages start from it. */
  const starts = new Map<AgentId, Mixer>();

  /** One mixer and one buffer for all: no part of a signature outlives its call. */
  const mixer = new Mixer("");
  const words = new Uint32Array(SIGNATURE_BYTES / 4);

  /** Leaves the words of the signature in `words`. */
  function compute(agent: AgentId, message: Uint8Array): void {
    let start = starts.get(agent);
    if (start === undefined) {
      start = new Mixer("");
      start.continue(secret);
      start.text(agent);
      // Only agents that can sign are kept: ids that peers make up must not fill the memory.
      if (signers.has(agent)) starts.set(agent, start);
    }
    mixer.continue(start);
    mixer.bytes(message);
    mixer.squeeze(words);
  }

  function sign(agent: AgentId, message: Uint8Array): Uint8Array {
    compute(agent, message);
    const signature = new Uint8Array(SIGNATURE_BYTES);
    const view = new DataView(signature.buffer);
    for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i]!);
    return signature;
  }

  function verify(agent: AgentId, message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== SIGNATURE_BYTES || !signers.has(agent)) return false;
    compute(agent, message);
    const view = new DataView(signature.buffer, signature.byteOffset, SIGNATURE_BYTES);
    for (let i = 0; i < words.length; i++) if (view.getUint32(4 * i) !== words[i]) return false;
    return true;
  }

  return {
    crypto: { hash, verify },
    verify,
    signerOf(agent) {
      const known = signers.get(agent);
      if (known !== undefined) return known;
      const signer: Signer = { agent, sign: (message) => sign(agent, message) };
      signers.set(agent, signer);
      return signer;
    },
  };
}
