/**
 * The two forms of a trace file: JSON lines, which any tool reads, and a msgpack stream, which is smaller and read faster. The
 * name of the file decides which one is written (`.msgpack`); readers tell them apart by their first byte.
 *
 * In the stream, the first object of a shape carries the names of its fields, and later ones refer to them (records of
 * msgpackr). Stored bytes, which are base64 in JSON, stay bytes. docs/decisions/0028 has the figures.
 *
 * Leaves to trace-file.ts and trace-reader.ts what the entries mean.
 */

import { StringDecoder } from "node:string_decoder";
import { decodeIter, Packr } from "msgpackr";

/** The bytes of one value of a trace. To be called in the order of the file. */
export type EncodeTrace = (value: object) => Uint8Array;

/** What is in a trace file, one value after the other. */
export interface EntrySource {
  readonly unit: "line" | "entry";
  /** The number of the value at hand, from 1. */
  readonly count: number;
  /** The end of the file is half a value. Known after the last one. */
  readonly isCutOff: boolean;
  /** The message for a value that cannot be decoded. */
  readonly malformed: string;
  /** The next value, at once or later; undefined after the last. Throws and rejects at what cannot be decoded. */
  next(): unknown;
}

/** Shapes that can be referred to at a time. Traces have some thirty; more are written again when they come again. */
const SHAPES = 64;

const encodeLine: EncodeTrace = (value) => Buffer.from(`${JSON.stringify(value)}\n`);

/** The `bytes` of stored records and certificates are base64 (protocol/core/trace.ts). */
function newMsgpackEncoder(): EncodeTrace {
  const packr = new Packr({ sequential: true, maxOwnStructures: SHAPES });
  return (value) =>
    packr.pack(
      "bytes" in value && typeof value.bytes === "string"
        ? { ...value, bytes: Buffer.from(value.bytes, "base64") }
        : value,
    );
}

/** For a new trace at `path`. */
export const encoderFor = (path: string): EncodeTrace => (path.endsWith(".msgpack") ? newMsgpackEncoder() : encodeLine);

/** A stream begins with a record, because a trace begins with an object; no JSON text begins with this byte. */
const RECORD = 0xd4;

/** `first`: the first bytes of the file, which `chunks` gives as well. */
export const sourceOf = (first: Uint8Array, chunks: AsyncIterable<Buffer>): EntrySource =>
  first[0] === RECORD ? new MsgpackStream(chunks) : new JsonLines(chunks);

class JsonLines implements EntrySource {
  readonly unit = "line";
  readonly malformed = "not JSON";
  count = 0;
  isCutOff = false;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #decoder = new StringDecoder("utf8");
  #lines: string[] = [];
  #next = 0;
  /** Begun, and not ended by a new line yet. */
  #rest = "";

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  next(): unknown {
    while (this.#next < this.#lines.length) {
      this.count++;
      const text = this.#lines[this.#next++]!;
      if (text !== "") return JSON.parse(text);
    }
    return this.#later();
  }

  async #later(): Promise<unknown> {
    for (;;) {
      const { value, done } = await this.#chunks.next();
      if (done === true) return this.#last();
      const parts = (this.#rest + this.#decoder.write(value)).split("\n");
      this.#rest = parts.pop()!;
      this.#lines = parts;
      this.#next = 0;
      if (parts.length > 0) return this.next();
    }
  }

  /** The last line, if it is whole although no new line ends it. */
  #last(): unknown {
    const text = this.#rest;
    this.#rest = "";
    if (text === "") return undefined;
    this.count++;
    try {
      return JSON.parse(text);
    } catch {
      this.isCutOff = true;
      return undefined;
    }
  }
}

class MsgpackStream implements EntrySource {
  readonly unit = "entry";
  readonly malformed = "not msgpack";
  count = 0;
  isCutOff = false;
  readonly #values: AsyncIterator<unknown>;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#values = decodeIter(chunks, { structures: [], mapsAsObjects: true });
  }

  async next(): Promise<unknown> {
    try {
      const { value, done } = await this.#values.next();
      if (done === true) return undefined;
      this.count++;
      const isBinary = typeof value === "object" && value !== null && "bytes" in value && Buffer.isBuffer(value.bytes);
      return isBinary ? { ...value, bytes: (value.bytes as Buffer).toString("base64") } : value;
    } catch (error) {
      this.count++;
      if (!(error instanceof Error && "incomplete" in error)) throw error;
      this.isCutOff = true;
      return undefined;
    }
  }
}
