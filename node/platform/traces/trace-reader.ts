/**
 * Reads trace files (protocol/core/trace.ts) entry by entry: of one agent, of a whole run, of a simulation; JSON lines or msgpack;
 * several at a time in the order of time. Memory does not grow with the file.
 *
 * Every entry is checked against its schema, so readers of the entries need not. A last entry that was cut off is left out:
 * a killed process leaves one.
 */

import { type FileHandle, open } from "node:fs/promises";
import type { z } from "zod";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import type { AgentId, MeshId } from "../../../protocol/core/ids.ts";
import type { TraceHead, TraceLine } from "../../../protocol/core/trace.ts";
import { isFileMissing, storageError } from "../files/storage-error.ts";
import { traceOfRun } from "../runs.ts";
import { type EntrySource, sourceOf } from "./trace-encoding.ts";
import { anyEventSchema, traceEventSchemas, traceHeadSchema } from "./trace-schema.ts";

/** A trace that is being read. */
export interface TraceReader {
  readonly path: string;
  readonly head: TraceHead;
  /** The head as it stands in the file. */
  readonly writtenHead: object;
  /** How much of the file has been read, 0 to 1. */
  readonly share: number;
  /** The entry at hand; null after the last. */
  readonly entry: TraceLine | null;
  /** The entry as it stands in the file, with its keys in their order. */
  readonly written: object;
  /** Its number in the file, from 1 for the head: of JSON lines the number of the line. */
  readonly line: number;
  /** What `line` counts, for messages. */
  readonly unit: "line" | "entry";
  /** The end of the file is half an entry. Known when `entry` is null. */
  readonly isCutOff: boolean;
  /** Goes to the next entry: at once, or when the promise resolves. Throws and rejects with `invalid-file`. */
  advance(): Promise<void> | undefined;
  close(): Promise<void>;
}

const CHUNK_BYTES = 1024 * 1024;

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const place = issue.path.length === 0 ? "" : `"${issue.path.join(".")}": `;
  throw new MeshworkError("invalid-file", `${where}: ${place}${issue.message}`, "name a trace that Meshwork wrote");
}

function headOf(value: unknown, where: string): TraceHead {
  const head = parse(traceHeadSchema, value, where);
  const { meshId, startedAt } = head;
  const agents = "agents" in head && Array.isArray(head.agents) ? head.agents : [head];
  const simulated = "simulated" in head ? head.simulated : undefined;
  return {
    meshId: meshId as MeshId,
    startedAt,
    agents: agents.map(({ agent, name, byzantine = false }) => ({ agent: agent as AgentId, name, byzantine })),
    simulated: simulated === undefined ? null : (simulated as NonNullable<TraceHead["simulated"]>),
  };
}

function entryOf(value: unknown, where: string): TraceLine {
  const kind = typeof value === "object" && value !== null && "kind" in value ? String(value.kind) : "";
  return parse(traceEventSchemas.get(kind) ?? anyEventSchema, value, where) as TraceLine;
}

/** A buffer of its own each time: what is decoded may refer to it. Empty at the end. */
async function readChunk(file: FileHandle, path: string): Promise<Buffer> {
  try {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES));
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw storageError(`the trace ${path} cannot be read`, error);
  }
}

class FileTraceReader implements TraceReader {
  readonly path: string;
  head: TraceHead = { meshId: "" as MeshId, startedAt: 0, agents: [], simulated: null };
  entry: TraceLine | null = null;
  writtenHead: object = {};
  written: object = {};
  #readBytes = 0;
  readonly #bytes: number;
  readonly #file: FileHandle;
  readonly #source: EntrySource;

  constructor(path: string, file: FileHandle, bytes: number, first: Buffer) {
    this.#bytes = bytes;
    this.path = path;
    this.#file = file;
    this.#source = sourceOf(first, this.#chunks(first));
  }

  async begin(): Promise<void> {
    const value = await this.#next();
    if (value === undefined)
      throw new MeshworkError("invalid-file", `${this.path} is empty: a trace has at least its first entry`);
    this.head = headOf(value, this.#where);
    this.writtenHead = value as object;
    await this.advance();
  }

  get line(): number {
    return this.#source.count;
  }
  get share(): number {
    return this.#bytes > 0 ? Math.min(1, this.#readBytes / this.#bytes) : 1;
  }
  get unit(): "line" | "entry" {
    return this.#source.unit;
  }
  get isCutOff(): boolean {
    return this.#source.isCutOff;
  }
  get #where(): string {
    return `${this.path}, ${this.unit} ${this.line}`;
  }

  async *#chunks(first: Buffer): AsyncGenerator<Buffer, void> {
    for (let chunk = first; chunk.length > 0; chunk = await readChunk(this.#file, this.path)) {
      this.#readBytes += chunk.length;
      yield chunk;
    }
  }

  #next(): unknown {
    try {
      const value = this.#source.next();
      return value instanceof Promise ? value.catch((error: unknown) => this.#fail(error)) : value;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): never {
    if (error instanceof MeshworkError) throw error;
    throw new MeshworkError(
      "invalid-file",
      `${this.#where}: ${this.#source.malformed}`,
      "name a trace that Meshwork wrote",
    );
  }

  advance(): Promise<void> | undefined {
    const value = this.#next();
    if (value instanceof Promise) return value.then((later) => this.#set(later));
    this.#set(value);
    return undefined;
  }

  #set(value: unknown): void {
    this.entry = value === undefined ? null : entryOf(value, this.#where);
    if (value !== undefined) this.written = value as object;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * Opens a trace and reads to its first entry. `given`: the file, or the run that it is of, as users name it.
 * Rejects with `invalid-file`, naming the line, or `storage`.
 */
export async function openTrace(given: string): Promise<TraceReader> {
  const path = traceOfRun(given);
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if (isFileMissing(error)) throw new MeshworkError("invalid-file", `there is no trace ${path}`);
    throw storageError(`the trace ${path} cannot be read`, error);
  }
  try {
    const { size } = await file.stat(); // 0 of a pipe
    const reader = new FileTraceReader(path, file, size, await readChunk(file, path));
    await reader.begin();
    return reader;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** All entries of several traces in the order of time; each file's own order stays, whatever its clock did. Closes the readers. */
export async function readMerged<R extends Pick<TraceReader, "entry" | "advance" | "close">>(
  readers: readonly R[],
  onEntry: (entry: TraceLine, from: R) => void,
): Promise<void> {
  try {
    for (;;) {
      let first: R | null = null;
      for (const reader of readers) {
        if (reader.entry !== null && (first === null || reader.entry.t < first.entry!.t)) first = reader;
      }
      if (first === null) return;
      onEntry(first.entry!, first);
      const waits = first.advance();
      if (waits !== undefined) await waits;
    }
  } finally {
    for (const reader of readers) await reader.close();
  }
}
