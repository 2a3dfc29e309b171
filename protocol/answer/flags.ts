/**
 * Red flags: what shows, before outputs are compared, that one is no answer. It is discarded, never repaired: it counts as an
 * answer that agrees with none.
 *
 * Source: protocol.md 7; MAKER (arXiv 2511.09030, red-flagging).
 */

import type { Flags, Policy } from "../wire/genesis.ts";
import { decodeValue, type Value } from "../wire/value.ts";
import type { Output } from "./grouping.ts";
import { outputValue } from "./grouping.ts";
import { compileSchema, fits, isOutputSchema, type OutputSchema, type SchemaProblem } from "./output-schema.ts";
import { compilePattern, isPattern, matches, type Pattern } from "./pattern.ts";
import type { PatternProblem } from "./pattern-syntax.ts";

/** Why an output is flagged. `too-large`: for `maxBytes`, for the log, or for the pattern; the others name what it does not meet. */
type Flag = "too-large" | "pattern" | "schema";

type Judging = Pick<Policy, "compare" | "flags">;

/** Whether the ledger looks into outputs. It never reads blobs, so it takes none then: `limits.inlineBytes` is the most. */
export const readsOutputs = ({ compare, flags }: Judging): boolean =>
  compare.kind !== "exact" || flags.pattern !== null || flags.schema !== null;

const NO_SCHEMA: SchemaProblem = { path: [], what: "it is no value", remedy: "write a map of keywords" };

export function readSchema(bytes: Uint8Array): OutputSchema | SchemaProblem {
  const decoded = decodeValue(bytes);
  return decoded.ok ? compileSchema(decoded.value) : NO_SCHEMA;
}

interface Checks {
  readonly pattern: Pattern | PatternProblem | null;
  readonly schema: OutputSchema | SchemaProblem | null;
}

/** By the flags of a policy, which a genesis holds as long as its job. */
const known = new WeakMap<Flags, Checks>();

function checksOf(flags: Flags): Checks {
  const before = known.get(flags);
  if (before !== undefined) return before;
  const checks = {
    pattern: flags.pattern === null ? null : compilePattern(flags.pattern),
    schema: flags.schema === null ? null : readSchema(flags.schema),
  };
  known.set(flags, checks);
  return checks;
}

function patternFlag(pattern: Pattern, value: Value | undefined): Flag | null {
  if (typeof value !== "string") return "pattern";
  if (value.length > pattern.unitsMax) return "too-large";
  return matches(pattern, value) ? null : "pattern";
}

/** Why an output is no answer; null if nothing speaks against it. */
export function flagOf(policy: Judging, output: Pick<Output, "data">): Flag | null {
  const { flags } = policy;
  const { data } = output;
  const size = data.kind === "blob" ? data.bytes : data.bytes.length;
  if (flags.maxBytes !== null && size > flags.maxBytes) return "too-large";
  if (data.kind === "blob") return readsOutputs(policy) ? "too-large" : null;
  const { pattern, schema } = checksOf(flags);
  if (pattern === null && schema === null) return null;
  const value = outputValue(output);
  // A genesis with a wrong pattern or schema is refused (job/graph.ts).
  const flag = pattern !== null && isPattern(pattern) ? patternFlag(pattern, value) : null;
  if (flag !== null) return flag;
  if (schema === null || !isOutputSchema(schema)) return null;
  return value !== undefined && fits(schema, value) ? null : "schema";
}
