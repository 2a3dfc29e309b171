/**
 * Simulated work: the input of a task as a value.
 *
 * Leaves to truth.ts what the right answer is, and to profile-skill.ts how well and how fast an agent finds it.
 */

import type { Hash } from "../../../protocol/core/ids.ts";
import type { Data } from "../../../protocol/wire/genesis.ts";
import { decodePack } from "../../../protocol/wire/pack.ts";
import { decodePart } from "../../../protocol/wire/parcel.ts";
import { decodeValue, type Value } from "../../../protocol/wire/value.ts";
import { selectPath } from "../../../protocol/wire/value-path.ts";
import type { SkillCall } from "../../world/skill.ts";

export type InputOf = Pick<SkillCall, "input" | "blob">;

/** The input as the node's own skills get it; files as `{ path, bytes }` with their length. Undefined: it is lost. */
export function inputValue(call: InputOf): Value | undefined {
  const { input } = call;
  const read = (data: Data): Value | undefined => {
    const bytes = data.kind === "inline" ? data.bytes : call.blob(data.hash);
    if (bytes === undefined) return undefined;
    const decoded = decodeValue(bytes);
    return decoded.ok ? decoded.value : undefined;
  };
  const many = (hash: Hash): readonly (Value | undefined)[] => {
    const bytes = call.blob(hash);
    const decoded = bytes === undefined ? null : decodePart(bytes);
    return decoded?.ok === true ? decoded.value.map(read) : [undefined];
  };
  const files = (hash: Hash): Value | undefined => {
    const bytes = call.blob(hash);
    const decoded = bytes === undefined ? null : decodePack(bytes);
    if (decoded === null || !decoded.ok) return undefined;
    return decoded.value.map(({ path, data }) => ({ path, bytes: data.length }));
  };
  const all = (values: readonly (Value | undefined)[]): Value | undefined =>
    values.includes(undefined) ? undefined : (values as readonly Value[]);

  switch (input.kind) {
    case "none":
      return null;
    case "value": {
      const value = read(input.data);
      return value === undefined ? undefined : selectPath(value, input.path);
    }
    case "files": {
      const found = files(input.pack.hash);
      return input.single && Array.isArray(found) ? found[0] : found;
    }
    case "list":
      return all(input.items.flatMap((item) => (item.kind === "many" ? many(item.hash) : [read(item)])));
    case "packs":
      return all(input.packs.map((pack) => files(pack.hash)));
    case "check": {
      const [given, output] = [inputValue({ ...call, input: input.input }), read(input.output)];
      return given === undefined || output === undefined ? undefined : { input: given, output };
    }
    case "part": {
      const values = many(input.part.hash).slice(input.from, input.from + input.count);
      return input.single ? values[0] : all(values);
    }
  }
}
