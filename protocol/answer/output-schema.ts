/**
 * Whether an output has the form that a job asks for: a subset of JSON Schema that is checked in one pass.
 *
 * It knows `type`, `enum`, `const`; `minimum`, `maximum`; `minLength`, `maxLength` (in characters); `items`, `minItems`,
 * `maxItems`; `properties`, `required`, `additionalProperties` (true or false). `title`, `description` and `$schema` say nothing. A
 * schema with another keyword is refused: a check that looks stricter than it is helps nobody.
 *
 * Source: protocol.md 7; JSON Schema 2020-12, validation.
 */

import { toHex } from "../core/bytes.ts";
import { encodeValue, type Value } from "../wire/value.ts";

type ObjectValue = { readonly [key: string]: Value };

/** What is wrong with a schema: where in it, as keys and indexes, and what to do. */
export interface SchemaProblem {
  readonly path: readonly string[];
  readonly what: string;
  readonly remedy: string;
}

const TYPES = ["null", "boolean", "number", "integer", "string", "array", "object"] as const;
type TypeName = (typeof TYPES)[number];

interface Range {
  readonly least: number;
  readonly most: number;
}

/** A schema that was read. */
export interface OutputSchema {
  readonly types: ReadonlySet<string> | null;
  /** null: any. Lists and maps by their canonical bytes. */
  readonly values: { readonly plain: ReadonlySet<Value>; readonly others: ReadonlySet<string> } | null;
  readonly size: Range;
  readonly length: Range;
  readonly count: Range;
  readonly items: OutputSchema | null;
  readonly properties: ReadonlyMap<string, OutputSchema>;
  readonly required: readonly string[];
  readonly isClosed: boolean;
}

const isObject = (value: Value): value is ObjectValue =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const canonical = (value: Value): string => toHex(encodeValue(value));

/** Thrown and caught in this file only. */
class Wrong extends Error {
  readonly problem: SchemaProblem;

  constructor(path: readonly string[], what: string, remedy: string) {
    super(what);
    this.problem = { path, what, remedy };
  }
}

const KEYWORDS = [
  ...["type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"],
  ...["items", "properties", "required", "additionalProperties", "title", "description", "$schema"],
];

class Reader {
  readonly #schema: ObjectValue;
  readonly #path: readonly string[];

  constructor(schema: Value, path: readonly string[]) {
    if (!isObject(schema)) throw new Wrong(path, "a schema is a map of keywords", "write one such as {type: string}");
    const unknown = Object.keys(schema).find((key) => !KEYWORDS.includes(key));
    if (unknown !== undefined) {
      const known = KEYWORDS.slice(0, -3).join(", ");
      throw new Wrong([...path, unknown], `the keyword "${unknown}" is not checked here`, `use ${known}`);
    }
    this.#schema = schema;
    this.#path = path;
  }

  read(): OutputSchema {
    const { properties = {} } = this.#schema;
    if (!isObject(properties)) throw this.#wrong("properties", "a map of names to schemas");
    const additional = this.#at("additionalProperties", true, (value) => typeof value === "boolean", "true or false");
    return {
      types: this.#types(),
      values: this.#values(),
      size: this.#range("minimum", "maximum", Number.NEGATIVE_INFINITY),
      length: this.#range("minLength", "maxLength", 0),
      count: this.#range("minItems", "maxItems", 0),
      items: this.#schema.items === undefined ? null : read(this.#schema.items, [...this.#path, "items"]),
      properties: new Map(
        Object.entries(properties).map(([key, part]) => [key, read(part, [...this.#path, "properties", key])]),
      ),
      required: this.#at("required", [], isTexts, "a list of names"),
      isClosed: !additional,
    };
  }

  #wrong(key: string, wanted: string): Wrong {
    return new Wrong([...this.#path, key], `${key} is ${wanted}`, "change it, or leave it out");
  }

  #at<T extends Value>(key: string, otherwise: T, isRight: (value: Value) => boolean, wanted: string): T {
    const value = this.#schema[key];
    if (value === undefined) return otherwise;
    if (!isRight(value)) throw this.#wrong(key, wanted);
    return value as T;
  }

  #types(): ReadonlySet<string> | null {
    const { type } = this.#schema;
    if (type === undefined) return null;
    const names: readonly Value[] = Array.isArray(type) ? type : [type];
    if (names.length === 0 || !names.every((name) => TYPES.includes(name as TypeName)))
      throw this.#wrong("type", `one or several of ${TYPES.join(", ")}`);
    return new Set(names as readonly TypeName[]);
  }

  #values(): OutputSchema["values"] {
    const given = this.#schema;
    if (given.enum !== undefined && !Array.isArray(given.enum)) throw this.#wrong("enum", "a list of values");
    if (given.enum !== undefined && given.const !== undefined)
      throw new Wrong([...this.#path, "const"], "const and enum stand in one schema", "leave one out");
    const values = (given.enum as readonly Value[] | undefined) ?? (given.const === undefined ? null : [given.const]);
    if (values === null) return null;
    const isPlain = (value: Value): boolean => typeof value !== "object" || value === null;
    return {
      plain: new Set(values.filter(isPlain)),
      others: new Set(values.filter((value) => !isPlain(value)).map(canonical)),
    };
  }

  #range(low: string, high: string, lowest: number): Range {
    const isBound = (value: Value): boolean =>
      typeof value === "number" && value >= lowest && (lowest !== 0 || Number.isSafeInteger(value));
    const wanted = lowest === 0 ? "a whole number from 0" : "a number";
    const least = this.#at(low, lowest, isBound, wanted);
    const most = this.#at(high, Number.POSITIVE_INFINITY, isBound, wanted);
    if (most < least) throw new Wrong([...this.#path, high], `${high} is less than ${low}`, "raise it");
    return { least, most };
  }
}

const isTexts = (value: Value): boolean => Array.isArray(value) && value.every((part) => typeof part === "string");

const read = (schema: Value, path: readonly string[]): OutputSchema => new Reader(schema, path).read();

/** Reads a schema. Values are nested at most `limits.nesting` deep, and so are schemas. */
export function compileSchema(schema: Value): OutputSchema | SchemaProblem {
  try {
    return read(schema, []);
  } catch (error) {
    if (error instanceof Wrong) return error.problem;
    throw error;
  }
}

export const isOutputSchema = (compiled: OutputSchema | SchemaProblem): compiled is OutputSchema =>
  "properties" in compiled;

// --- checking -----------------------------------------------------------------------------------------

const isWithin = ({ least, most }: Range, number: number): boolean => number >= least && number <= most;

function hasType(types: ReadonlySet<string>, value: Value): boolean {
  if (value === null) return types.has("null");
  if (Array.isArray(value)) return types.has("array");
  return types.has(typeof value) || (typeof value === "number" && Number.isInteger(value) && types.has("integer"));
}

function isAmong({ plain, others }: NonNullable<OutputSchema["values"]>, value: Value): boolean {
  if (typeof value !== "object" || value === null) return plain.has(value);
  return others.size > 0 && others.has(canonical(value));
}

function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function fitsObject({ properties, required, isClosed }: OutputSchema, value: ObjectValue): boolean {
  if (!required.every((key) => Object.hasOwn(value, key))) return false;
  return Object.entries(value).every(([key, part]) => {
    const schema = properties.get(key);
    return schema === undefined ? !isClosed : fits(schema, part);
  });
}

/** Linear in the value, but for `enum` and `const` of lists and maps: linear for each level of it. */
export function fits(schema: OutputSchema, value: Value): boolean {
  const { types, values, items } = schema;
  if (types !== null && !hasType(types, value)) return false;
  if (values !== null && !isAmong(values, value)) return false;
  if (typeof value === "number") return isWithin(schema.size, value);
  if (typeof value === "string") return isWithin(schema.length, charactersOf(value));
  if (Array.isArray(value))
    return isWithin(schema.count, value.length) && (items === null || value.every((part: Value) => fits(items, part)));
  return !isObject(value) || fitsObject(schema, value);
}
