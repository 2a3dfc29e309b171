/**
 * Digests of the ledger's state: one of the whole, which headers name now and then, and one of what each block changed, which
 * traces record (docs/decisions/0024).
 */

import { toHex } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import type { Hash } from "../core/ids.ts";
import { encodeValue, type Value } from "../wire/value.ts";
import { Cell, OrderedSet, Table } from "./journal.ts";
import type { LedgerState } from "./state.ts";

/** Data of the state as a value; bytes become text. */
function toValue(input: unknown): Value {
  if (input instanceof Uint8Array) return toHex(input);
  if (Array.isArray(input)) return input.map(toValue);
  if (typeof input !== "object" || input === null) return input as Value;
  return Object.fromEntries(Object.entries(input).map(([key, item]) => [key, toValue(item)]));
}

/** Digest of the whole state (invariant 3; `stateHash` of headers). Cost: linear in the state. */
export function digestState(hasher: Hasher, state: LedgerState): Hash {
  const parts: { [name: string]: Value } = {};
  for (const [name, part] of Object.entries(state)) {
    if (part instanceof Cell) parts[name] = toValue(part.get());
    else if (part instanceof Table) parts[name] = toValue(part.sorted());
    else if (part instanceof OrderedSet)
      parts[name] = part.list().map((item): Value => ({ at: item.at, name: item.name }));
  }
  return hasher(encodeValue(parts));
}

/**
 * A running digest: of `before`, which is this function's of the block before, and of what the newest kept block
 * changed. It starts from the same state on every agent, so equal digests mean equal states (invariant 3). Cost: linear
 * in what the block changed, however large the state is.
 */
export function digestChanges(hasher: Hasher, before: Hash, state: LedgerState): Hash {
  const parts: { [name: string]: Value } = {};
  for (const [name, part] of Object.entries(state)) {
    if (part instanceof Cell) {
      if (part.isChanged()) parts[name] = toValue(part.get());
    } else if (part instanceof Table) {
      const keys = part.changed();
      if (keys.length > 0) parts[name] = keys.map((key): Value => [key, toValue(part.get(key) ?? null)]);
    } else if (part instanceof OrderedSet) {
      const items = part.changed();
      if (items.length > 0)
        parts[name] = items.map((item): Value => [item.at, item.name, part.has(item.at, item.value)]);
    }
  }
  return hasher(encodeValue([before, parts]));
}
