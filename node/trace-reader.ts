/**
 * Reads trace files (protocol/core/trace.ts) line by line: of one agent, of a whole run, of a simulation; several at a time
 * in the order of time. Memory does not grow with the file.
 *
 * Every line is held against its schema, so that whoever reads on need not. A last line that was cut off is left out: a
 * process that was killed leaves one.
 */

import { type FileHandle, open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import type { z } from "zod";
import { MeshworkError } from "../protocol/core/errors.ts";
import type { AgentId, MeshId } from "../protocol/core/ids.ts";
import type { TraceHead, TraceLine } from "../protocol/core/trace.ts";
import { isFileMissing, storageError } from "./platform/files/files.ts";
import { anyEventSchema, traceEventSchemas, traceHeadSchema } from "./trace-schema.ts";

/** A trace that is being read. */
export interface TraceReader {
  readonly path: string;
  readonly head: TraceHead;
  /** The entry at hand; null after the last. */
  readonly entry: TraceLine | null;
  /** The entry as it stands in the file, and its number there, from 1. */
  readonly text: string;
  readonly line: number;
  /** The end of the file is half a line. Known when `entry` is null. */
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

class FileTraceReader implements TraceReader {
  readonly path: string;
  head: TraceHead = { meshId: "" as MeshId, startedAt: 0, agents: [], simulated: null };
  entry: TraceLine | null = null;
  text = "";
  line = 0;
  isCutOff = false;
  readonly #file: FileHandle;
  readonly #decoder = new StringDecoder("utf8");
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #lines: string[] = [];
  #next = 0;
  /** Begun, and not ended by a new line yet. */
  #rest = "";
  #isRead = false;

  constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  async begin(): Promise<void> {
    while (this.#next >= this.#lines.length && !this.#isRead) await this.#fill();
    const text = this.#take();
    if (text === null) throw this.#empty();
    this.head = headOf(this.#json(text), this.#where);
    await this.advance();
  }

  #empty(): MeshworkError {
    return new MeshworkError("invalid-file", `${this.path} is empty: a trace has at least its first line`);
  }

  get #where(): string {
    return `${this.path}, line ${this.line}`;
  }

  #json(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new MeshworkError("invalid-file", `${this.#where}: not JSON`, "name a trace that Meshwork wrote");
    }
  }

  async #fill(): Promise<void> {
    let count: number;
    try {
      count = (await this.#file.read(this.#buffer, 0, CHUNK_BYTES)).bytesRead;
    } catch (error) {
      throw storageError(`the trace ${this.path} cannot be read`, error);
    }
    this.#isRead = count === 0;
    const parts = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, count))).split("\n");
    this.#rest = parts.pop()!;
    this.#lines = parts;
    this.#next = 0;
  }

  /** The next line that is whole, or the file's last one if it is whole all the same. */
  #take(): string | null {
    if (this.#next < this.#lines.length) {
      this.line++;
      return this.#lines[this.#next++]!;
    }
    const last = this.#rest;
    this.#rest = "";
    if (last === "") return null;
    this.line++;
    try {
      JSON.parse(last);
      return last;
    } catch {
      this.isCutOff = true;
      return null;
    }
  }

  advance(): Promise<void> | undefined {
    while (this.#next < this.#lines.length) {
      const text = this.#take()!;
      if (text === "") continue;
      this.#set(text);
      return undefined;
    }
    return this.#advanceLater();
  }

  async #advanceLater(): Promise<void> {
    while (!this.#isRead) {
      await this.#fill();
      if (this.#lines.length > 0) return this.advance();
    }
    const text = this.#take();
    if (text === null) this.entry = null;
    else this.#set(text);
  }

  #set(text: string): void {
    this.text = text;
    this.entry = entryOf(this.#json(text), this.#where);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Opens a trace and reads to its first entry. Rejects with `invalid-file`, naming the line, or `storage`. */
export async function openTrace(path: string): Promise<TraceReader> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if (isFileMissing(error)) throw new MeshworkError("invalid-file", `there is no trace ${path}`);
    throw storageError(`the trace ${path} cannot be read`, error);
  }
  const reader = new FileTraceReader(path, file);
  try {
    await reader.begin();
    return reader;
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/**
 * All entries of several traces in the order of time; each file's own order stays, whatever its clock did. Waits for what
 * `onEntry` returns, if it returns a promise. Closes the readers.
 */
export async function readMerged<R extends Pick<TraceReader, "entry" | "advance" | "close">>(
  readers: readonly R[],
  onEntry: (entry: TraceLine, from: R) => unknown,
): Promise<void> {
  try {
    for (;;) {
      let first: R | null = null;
      for (const reader of readers) {
        if (reader.entry !== null && (first === null || reader.entry.t < first.entry!.t)) first = reader;
      }
      if (first === null) return;
      const taken = onEntry(first.entry!, first);
      if (taken instanceof Promise) await taken;
      const waits = first.advance();
      if (waits !== undefined) await waits;
    }
  } finally {
    for (const reader of readers) await reader.close();
  }
}
