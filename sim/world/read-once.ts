/**
 * What a world decodes once, however many agents receive the same bytes, and the signatures that it verifies once. Nobody
 * changes the decoded value, and nobody changes bytes that were sent.
 */

import { VectorFacts } from "../../protocol/capability/vector-facts.ts";
import type { Hasher } from "../../protocol/core/crypto.ts";
import { Executions } from "../../protocol/job/executions.ts";
import type { AgentConfig } from "../../protocol/machine.ts";
import type { Decoded } from "../../protocol/wire/codec.ts";
import { DECODERS } from "../../protocol/wire/message.ts";
import type { AgentSpec } from "./options.ts";

/** For `Crypto.remember`. */
export function checkOnce(): (statement: object, check: () => boolean) => boolean {
  const known = new WeakMap<object, boolean>();
  return (statement, check) => {
    let isSigned = known.get(statement);
    if (isSigned === undefined) {
      isSigned = check();
      known.set(statement, isSigned);
    }
    return isSigned;
  };
}

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

export type Readings = Required<Pick<AgentConfig, "decoders" | "vectorFacts">> & Pick<AgentConfig, "executions">;

/** For all agents of a world. */
export const readOnce = (hasher: Hasher, sharesExecutions: boolean): Readings => ({
  decoders: { message: once(DECODERS.message), vcv: once(DECODERS.vcv), beacon: once(DECODERS.beacon) },
  vectorFacts: new VectorFacts(hasher),
  ...(sharesExecutions ? { executions: new Executions() } : {}),
});

/** An adversary, or another machine, may come to something else than honest agents: it works out alone what blocks do. */
export function readingsFor({ wrap, create }: Pick<AgentSpec, "wrap" | "create">, readings: Readings): Readings {
  const { decoders, vectorFacts } = readings;
  return wrap === undefined && create === undefined ? readings : { decoders, vectorFacts };
}
