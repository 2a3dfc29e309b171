/**
 * Vectors from an OpenAI-compatible endpoint (`POST …/v1/embeddings`), in place of the built-in embedder. All nodes of a
 * mesh must use the same model, or they do not understand each other: its name is part of the embedder's.
 *
 * Longer vectors are reduced to 256 places by a fixed random projection: each place is the sum of all numbers, with signs
 * drawn once and for all. Similarities then have an error of about 1/16 (one standard deviation). A model that can give
 * 256 places itself (`dimensions`) loses less. Shorter vectors are filled up with zeros, which changes nothing.
 *
 * Source: OpenAI API reference, "Create embeddings"; Achlioptas, "Database-friendly random projections" (2003).
 */

import { z } from "zod";
import { quantize, type SkillText } from "../../protocol/capability/embedding.ts";
import { utf8Length } from "../../protocol/core/bytes.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { limits } from "../../protocol/core/limits.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import { EMBEDDING_BYTES } from "../../protocol/wire/genesis.ts";
import type { Embedder } from "./embedder.ts";

export interface EndpointOptions {
  /** Where the endpoint's routes begin, as in `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token, and never said in a message. */
  readonly apiKey?: string;
  /** How many numbers the model is asked for, where it can give fewer than it has. Default: as many as it gives. */
  readonly dimensions?: number;
  /** The longest that one request may take, ms. Default 30 s: a model that has to be loaded first takes long. */
  readonly timeoutMs?: number;
  /** Texts in one request. Default 64. Lower: more requests. Higher: larger answers, and some servers refuse them. */
  readonly batch?: number;
}

const TIMEOUT_MS = 30_000;
const BATCH = 64;
/** Numbers of one vector: no model has more. */
const DIMENSIONS_MAX = 16_384;
/** Bytes of one answer: 64 vectors of 16,384 numbers with 24 characters each. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
/** Characters of the endpoint's own words that a message repeats. */
const QUOTED_MAX = 200;
/** Changing the projection makes another embedder. */
const PROJECTION = "projected-256/1";

const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().nonnegative(), embedding: z.array(z.number()) })),
});

/** Signs of the projection from so many numbers: a row of 32-bit words for each number, bit by bit a place. */
function makeSigns(dimensions: number): Uint32Array {
  const prng = createPrng(`${PROJECTION}/${dimensions}`);
  return Uint32Array.from({ length: (dimensions * EMBEDDING_BYTES) / 32 }, () => prng.uint32());
}

function project(values: readonly number[], signs: Uint32Array): Float64Array {
  const places = new Float64Array(EMBEDDING_BYTES);
  const words = EMBEDDING_BYTES / 32;
  for (let i = 0; i < values.length; i++)
    for (let place = 0; place < EMBEDDING_BYTES; place++) {
      const word = signs[i * words + (place >> 5)]!;
      places[place]! += ((word >>> (place & 31)) & 1) === 0 ? values[i]! : -values[i]!;
    }
  return places;
}

/** Scaled to 1 at most, so that no square overflows or vanishes. */
function scaled(values: readonly number[]): number[] {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest === 0 ? [...values] : values.map((value) => value / largest);
}

class EndpointEmbedder implements Embedder {
  readonly name: string;
  readonly #options: EndpointOptions;
  readonly #url: URL;
  /** How many numbers its vectors have: the first answer says so. */
  #dimensions: number | null;
  #signs: Uint32Array | null = null;

  constructor(options: EndpointOptions) {
    const { model, dimensions } = options;
    this.name = `${PROJECTION}:${model}${dimensions === undefined ? "" : `@${dimensions}`}`;
    this.#options = options;
    this.#url = checkOptions(options, this.name);
    this.#dimensions = dimensions ?? null;
  }

  async embed(texts: readonly (string | SkillText)[]): Promise<Int8Array[]> {
    const { batch = BATCH } = this.#options;
    const inputs = texts.map((text) => (typeof text === "string" ? text : `${text.name}: ${text.description}`));
    const vectors: Int8Array[] = [];
    for (let from = 0; from < inputs.length; from += batch)
      vectors.push(...(await this.#embedBatch(inputs.slice(from, from + batch))));
    return vectors;
  }

  async #embedBatch(input: readonly string[]): Promise<Int8Array[]> {
    const parsed = answerSchema.safeParse(parseJson(await this.#post(input)));
    // Numbers that JSON cannot hold come as null or as text, and one too large for a double as infinity.
    if (!parsed.success) throw this.#bad(`its answer is not a list of vectors: ${describe(parsed.error)}`);
    const vectors: (Int8Array | undefined)[] = input.map(() => undefined);
    const { data } = parsed.data;
    if (data.length !== input.length) throw this.#bad(`it gave ${data.length} vectors for ${input.length} texts`);
    for (const { index, embedding } of data) {
      if (index >= input.length || vectors[index] !== undefined)
        throw this.#bad(`it gave two vectors for a text, or one for none (index ${index})`);
      vectors[index] = this.#reduce(embedding);
    }
    return vectors as Int8Array[];
  }

  #reduce(values: readonly number[]): Int8Array {
    this.#dimensions ??= values.length;
    if (values.length !== this.#dimensions)
      throw this.#bad(`it gave a vector of ${values.length} numbers where ${this.#dimensions} were due`);
    if (values.length === 0 || values.length > DIMENSIONS_MAX)
      throw this.#bad(`it gave vectors of ${values.length} numbers`, `choose a model with 1 to ${DIMENSIONS_MAX}`);
    const small = scaled(values);
    if (values.length <= EMBEDDING_BYTES) {
      const filled = new Float64Array(EMBEDDING_BYTES);
      filled.set(small);
      return quantize(filled);
    }
    this.#signs ??= makeSigns(values.length);
    return quantize(project(small, this.#signs));
  }

  /** The body of the answer. */
  async #post(input: readonly string[]): Promise<string> {
    const { model, apiKey, dimensions, timeoutMs = TIMEOUT_MS } = this.#options;
    const headers = {
      "content-type": "application/json",
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    const body = JSON.stringify({ model, input, encoding_format: "float", ...(dimensions && { dimensions }) });
    try {
      // A redirection would hand the key to somebody else.
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(this.#url, { method: "POST", headers, body, redirect: "error", signal });
      const text = await this.#read(response);
      if (!response.ok) throw this.#refused(response.status, text);
      return text;
    } catch (error) {
      throw error instanceof MeshworkError ? error : this.#unreachable(error, timeoutMs);
    }
  }

  async #read(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) throw this.#bad(`its answer is larger than ${ANSWER_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  }

  #refused(status: number, text: string): MeshworkError {
    const parsed = z.object({ error: z.object({ message: z.string() }) }).safeParse(parseJson(text));
    const said = (parsed.success ? parsed.data.error.message : text).replace(/\s+/g, " ").trim().slice(0, QUOTED_MAX);
    const { apiKey } = this.#options;
    const quoted = apiKey === undefined ? said : said.replaceAll(apiKey, "…");
    return this.#bad(`HTTP ${status}${quoted === "" ? "" : `: ${quoted}`}`, REMEDIES.get(status));
  }

  #unreachable(error: unknown, timeoutMs: number): MeshworkError {
    if (error instanceof Error && error.name === "TimeoutError")
      return new MeshworkError("unreachable", `${this.#where()} did not answer within ${timeoutMs} ms`, "ask for less");
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return new MeshworkError("unreachable", `${this.#where()} cannot be reached: ${why}`, "is it running?");
  }

  #bad(what: string, remedy = "is it an endpoint for embeddings, and the model one?"): MeshworkError {
    return new MeshworkError("refused", `${this.#where()}, model ${this.#options.model}: ${what}`, remedy);
  }

  #where(): string {
    return `the embeddings endpoint ${this.#url.origin}${this.#url.pathname}`;
  }
}

const REMEDIES = new Map([
  [401, "check its API key"],
  [403, "check its API key"],
  [404, "check its address and the model's name"],
  [413, "send fewer texts at a time"],
  [429, "wait, or send fewer texts at a time"],
]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says what is missing
  }
}

function describe({ issues }: z.ZodError): string {
  const { path, message } = issues[0]!;
  return path.length === 0 ? "no JSON object" : `${path.join(".")}: ${message}`;
}

function checkOptions({ baseUrl, model, dimensions, timeoutMs, batch }: EndpointOptions, name: string): URL {
  const usage = (message: string, remedy: string): never => {
    throw new MeshworkError("usage", message, remedy);
  };
  const isWhole = (value: number | undefined): boolean => value === undefined || (Number.isInteger(value) && value > 0);
  const url = URL.parse(`${baseUrl.replace(/\/+$/, "")}/embeddings`);
  if (url === null || !/^https?:$/.test(url.protocol))
    return usage(
      "the address of the embeddings endpoint is not http:// or https://",
      "as in http://127.0.0.1:11434/v1",
    );
  if (url.username !== "" || url.password !== "")
    return usage("the address of the embeddings endpoint holds a password", "give it as the API key");
  if (model === "" || !(utf8Length(name) >= 0 && utf8Length(name) <= limits.nameBytes))
    return usage(`the embedder's name, ${name}, must have a model and at most ${limits.nameBytes} bytes`, "shorten it");
  if (![dimensions, timeoutMs, batch].every(isWhole))
    return usage(
      "dimensions, timeoutMs and batch of the embeddings endpoint must be whole numbers from 1",
      "correct them",
    );
  return url;
}

/** Nothing is asked before the first text. Throws a MeshworkError if the options make no sense. */
export const createEndpointEmbedder = (options: EndpointOptions): Embedder => new EndpointEmbedder(options);
