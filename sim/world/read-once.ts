/**
 * Messages and capability vectors that a world decodes once, however many agents receive the same bytes. Nobody changes the
 * decoded value, and nobody changes bytes that were sent.
 */

import { VectorFacts } from "../../protocol/capability/vector-facts.ts";
import type { Hasher } from "../../protocol/core/crypto.ts";
import type { AgentConfig } from "../../protocol/machine.ts";
import type { Decoded } from "../../protocol/wire/codec.ts";
import { DECODERS } from "../../protocol/wire/message.ts";

function once<T>(decode: (input: Uint8Array) => Decoded<T>): (input: Uint8Array) => Decoded<T> {
  const known = new WeakMap<Uint8Array, Decoded<T>>();
  return (input) => {
    let decoded = known.get(input);
    if (decoded === undefined) {
      decoded = decode(input);
      known.set(input, decoded);
    }
    return decoded;
  };
}

export type Readings = Required<Pick<AgentConfig, "decoders" | "vectorFacts">>;

/** For all agents of a world. */
export const readOnce = (hasher: Hasher): Readings => ({
  decoders: { message: once(DECODERS.message), vcv: once(DECODERS.vcv) },
  vectorFacts: new VectorFacts(hasher),
});
