/**
 * How job files and scenarios say red flags: the schema, what it stands for, and how it is written.
 *
 * protocol/answer/flags.ts says what they do.
 */

import { z } from "zod";
import { compileSchema, isOutputSchema } from "../../../protocol/answer/output-schema.ts";
import { compilePattern, isPattern } from "../../../protocol/answer/pattern.ts";
import { utf8Length } from "../../../protocol/core/bytes.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { type Flags, NO_FLAGS } from "../../../protocol/wire/genesis.ts";
import { decodeValue, encodeValue, explainNotValue, type Value } from "../../../protocol/wire/value.ts";
import { parseSize } from "../text/quantities.ts";

const maxBytes = z
  .union([z.number(), z.string()])
  .transform((input, context) => {
    const bytes = parseSize(input);
    if (bytes !== null && bytes >= 1 && bytes <= limits.blobBytes) return bytes;
    context.addIssue({ code: "custom", message: `"${input}" is not a size – write one like 200 or 4KiB` });
    return z.NEVER;
  })
  .describe("The most bytes that an output may have.");

const pattern = z
  .string()
  .superRefine((source, context) => {
    const fail = (message: string): void => context.addIssue({ code: "custom", message });
    if (utf8Length(source) > limits.textBytes)
      return fail(`has more than ${limits.textBytes} bytes – write a shorter one`);
    const compiled = compilePattern(source);
    if (!isPattern(compiled)) fail(`at character ${compiled.at + 1}: ${compiled.what} – ${compiled.remedy}`);
  })
  .describe("A regular expression that a part of the text must match; with ^ and $, all of it.");

const schema = z
  .unknown()
  .transform((input, context): Value => {
    const fail = (message: string, path: readonly string[] = []): Value => {
      context.addIssue({ code: "custom", message, path: [...path] });
      return z.NEVER;
    };
    const problem = explainNotValue(input, "the schema");
    if (problem !== null) return fail(problem);
    const compiled = compileSchema(input as Value);
    if (!isOutputSchema(compiled)) return fail(`${compiled.what} – ${compiled.remedy}`, compiled.path);
    if (encodeValue(input as Value).length > limits.schemaBytes)
      return fail(`has more than ${limits.schemaBytes} bytes – leave out titles and descriptions`);
    return input as Value;
  })
  .describe("The form that an output must have: a subset of JSON Schema.");

export const flagsSchema = z
  .strictObject({ maxBytes: maxBytes.optional(), pattern: pattern.optional(), schema: schema.optional() })
  .optional()
  .describe("Red flags: an output that does not meet them is no answer. It counts as one that agrees with none.");
export type FlagsFile = z.output<typeof flagsSchema>;

export function flagsOf(file: FlagsFile): Flags {
  if (file === undefined) return NO_FLAGS;
  return {
    maxBytes: file.maxBytes ?? null,
    pattern: file.pattern ?? null,
    schema: file.schema === undefined ? null : encodeValue(file.schema),
  };
}

/** Undefined if there are none. */
export function flagsNode({ maxBytes: most, pattern: source, schema: form }: Flags): Value | undefined {
  const decoded = form === null ? null : decodeValue(form);
  const node = {
    ...(most === null ? {} : { maxBytes: most }),
    ...(source === null ? {} : { pattern: source }),
    ...(decoded?.ok === true ? { schema: decoded.value } : {}),
  };
  return Object.keys(node).length === 0 ? undefined : node;
}
