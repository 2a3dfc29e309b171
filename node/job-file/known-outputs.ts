/**
 * What the schema of a skill's output says of a policy before the job runs: outputs that are surely too large to be looked into,
 * lack a part that is to be compared, or are nothing that the comparator reads. What a schema leaves open is no problem.
 *
 * Only who runs a mesh of its own knows the schemas: agents advertise their hash.
 */

import { readsOutputs } from "../../protocol/answer/flags.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Comparator, Policy } from "../../protocol/wire/genesis.ts";
import { stepsOf } from "../../protocol/wire/value-path.ts";
import { READ_TYPE } from "../platform/files/acceptance.ts";

/** A JSON Schema, of which this file believes only what it knows. */
export type OutputJsonSchema = { readonly [key: string]: unknown };

interface OutputProblem {
  readonly what: string;
  readonly remedy: string;
}

/** Schemas nest no deeper than values; beyond it nothing is said. */
const DEPTH = limits.nesting;

const isSchema = (value: unknown): value is OutputJsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The types that a schema allows; null if it leaves them open. */
function typesOf({ type }: OutputJsonSchema): readonly string[] | null {
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? type.filter((name) => typeof name === "string") : null;
}

const allowsOnly = (schema: OutputJsonSchema, type: string): boolean =>
  typesOf(schema)?.every((name) => name === type) === true;

const countAt = (schema: OutputJsonSchema, key: string): number => (typeof schema[key] === "number" ? schema[key] : 0);

/** The fewest bytes of an output that fits. */
function leastBytes(schema: unknown, depth = 0): number {
  if (!isSchema(schema) || depth > DEPTH) return 1;
  if (allowsOnly(schema, "string")) return 1 + countAt(schema, "minLength");
  if (allowsOnly(schema, "array")) return 1 + countAt(schema, "minItems") * leastBytes(schema.items, depth + 1);
  if (!allowsOnly(schema, "object") || !Array.isArray(schema.required)) return 1;
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const sizes = schema.required.map((key) => 1 + leastBytes(properties[String(key)], depth + 1));
  return sizes.reduce((sum, size) => sum + size, 1);
}

/** The schema of the part at `path`; "none" if there surely is no such part, null if nothing is known of it. */
function partOf(schema: OutputJsonSchema, path: string): OutputJsonSchema | "none" | null {
  let part: unknown = schema;
  for (const step of stepsOf(path) ?? []) {
    if (!isSchema(part)) return null;
    const types = typesOf(part);
    if (types !== null && !types.includes(typeof step === "number" ? "array" : "object")) return "none";
    if (typeof step === "number") part = part.items;
    else if (isSchema(part.properties) && Object.hasOwn(part.properties, step)) part = part.properties[step];
    else if (part.additionalProperties === false && isSchema(part.properties)) return "none";
    else return null;
  }
  return isSchema(part) ? part : null;
}

function readProblem(schema: OutputJsonSchema, comparator: Comparator, where: string): string | null {
  const wanted = READ_TYPE[comparator.kind];
  const types = typesOf(schema);
  if (wanted === null || types === null || types.includes(wanted)) return null;
  if (wanted === "number" && types.includes("integer")) return null;
  return `compare ${comparator.kind} reads ${wanted} only, and ${where} is ${types.join(" or ")}`;
}

function compareProblem(schema: OutputJsonSchema, compare: Comparator): OutputProblem | null {
  if (compare.kind !== "field") {
    const what = readProblem(schema, compare, "the output");
    return what === null ? null : { what, remedy: "compare otherwise" };
  }
  const problems = compare.fields.map(({ path, compare: own }) => {
    const part = partOf(schema, path);
    if (part === "none") return `the output has no "${path}"`;
    return part === null ? null : readProblem(part, own, `"${path}"`);
  });
  const found = problems.filter((problem) => problem !== null);
  const isHopeless = compare.all ? found.length > 0 : found.length === problems.length;
  return isHopeless ? { what: found[0]!, remedy: "name another part, or compare otherwise" } : null;
}

/** Why no output that fits `schema` can become an answer under `policy`; null if one may. */
export function outputProblem(schema: OutputJsonSchema, policy: Policy): OutputProblem | null {
  const least = leastBytes(schema);
  if (readsOutputs(policy) && least > limits.inlineBytes) {
    const what = `an output has at least ${least} bytes, and a job looks into ${limits.inlineBytes} at most`;
    return { what, remedy: "compare exact and no flags that look into it, or let the skill return less" };
  }
  return compareProblem(schema, policy.compare);
}
