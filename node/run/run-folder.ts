/**
 * What a run leaves behind: one folder with `summary.json`, `result.json`, `certificate.json`, `report.html` and
 * `trace.jsonl` (`trace.msgpack` of a large mesh). Each file is there whole or not at all.
 */

import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { TRACE_FORMAT, type TraceLine } from "../../protocol/core/trace.ts";
import type { Certificate } from "../../protocol/wire/certificate.ts";
import { decode } from "../../protocol/wire/codec.ts";
import { blockHash } from "../../protocol/wire/consensus.ts";
import { committedBlockCodec } from "../../protocol/wire/message.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { toCertificateFile } from "../certificate-file.ts";
import { hasher } from "../platform/crypto.ts";
import { makeFolder, PRIVATE_FOLDER } from "../platform/files/private-files.ts";
import { storageError } from "../platform/files/storage-error.ts";
import { AGENT_TRACE, JOINED_TRACES, joinedTraceName, noteLastRun, OWNER_TRACE, traceIn } from "../platform/runs.ts";
import { TraceFile } from "../platform/traces/trace-file.ts";
import { openTrace, readMerged, type TraceReader } from "../platform/traces/trace-reader.ts";
import type { RunSummary } from "./summary.ts";

const FILES = ["summary.json", "result.json", "certificate.json", "report.html", ...JOINED_TRACES] as const;

interface RunFolderOptions {
  /** Takes away what an earlier run left there. */
  readonly force?: boolean;
}

export class RunFolder {
  readonly path: string;

  /**
   * Makes the folder. Throws `storage` if that cannot be, or nothing can be written there; `usage` if it holds the
   * results of an earlier run: half of one and half of another would be worse than either.
   */
  constructor(path: string, { force = false }: RunFolderOptions = {}) {
    this.path = path;
    makeFolder(path, PRIVATE_FOLDER);
    const earlier = FILES.filter((name) => existsSync(join(path, name)));
    if (earlier.length > 0 && !force) {
      const what = `${path} holds the results of an earlier run (${earlier.join(", ")})`;
      throw new MeshworkError("usage", what, "choose another folder, or replace them with --force");
    }
    try {
      const probe = join(path, ".part");
      writeFileSync(probe, "");
      rmSync(probe);
      if (earlier.length > 0) this.#clear();
    } catch (error) {
      throw storageError(`${path} cannot be written to`, error);
    }
  }

  /** Only what a run wrote: a folder of this name may hold other things. */
  #clear(): void {
    for (const name of FILES) rmSync(join(this.path, name), { force: true });
    const agents = join(this.path, "agents");
    if (!existsSync(agents)) return;
    for (const name of readdirSync(agents)) {
      if (name === OWNER_TRACE || existsSync(join(agents, name, AGENT_TRACE)))
        rmSync(join(agents, name), { recursive: true, force: true });
    }
  }

  /** The joined trace of all agents, once it is written. */
  get trace(): string {
    return traceIn(this.path);
  }

  #write(name: string, document: unknown): void {
    this.writeText(name, `${JSON.stringify(document, null, 2)}\n`);
  }

  /** Returns the path of the file. */
  writeText(name: string, text: string): string {
    const file = join(this.path, name);
    try {
      writeFileSync(`${file}.part`, text);
      renameSync(`${file}.part`, file);
    } catch (error) {
      throw storageError(`${file} cannot be written`, error);
    }
    return file;
  }

  writeResult(result: Value): void {
    this.#write("result.json", result);
  }

  /** Returns the path of the file. */
  writeCertificate(certificate: Certificate): string {
    this.#write("certificate.json", toCertificateFile(certificate));
    return join(this.path, "certificate.json");
  }

  writeSummary(summary: RunSummary): void {
    this.#write("summary.json", summary);
    noteLastRun(this.path);
  }

  /**
   * Joins the agents' traces into one file in the order of time. An entry that a killed process did not finish is
   * left out, and what several agents stored alike - blocks, mostly - stands in it once. `onHeight`: told of blocks on the way.
   */
  async writeTrace(
    files: readonly string[],
    head: { readonly meshId: string; readonly startedAt: number },
    onHeight?: (height: number) => void,
  ): Promise<void> {
    const readers: TraceReader[] = [];
    const stored = new Set<string>();
    for (const file of files) if (hasTrace(file)) readers.push(await openTrace(file));
    const agents = readers.flatMap((reader) => reader.head.agents.map(({ agent, name }) => ({ agent, name })));
    const trace = joinedTraceName(agents.length);
    const part = join(this.path, `part-${trace}`);
    const out = new TraceFile(part);
    try {
      try {
        out.write({ format: TRACE_FORMAT, ...head, agents });
        await readMerged(readers, (entry, { written }) => {
          if (entry.kind === "applied") onHeight?.(entry.height);
          const key = sharedKey(entry);
          if (key !== null && stored.has(key)) return;
          if (key !== null) stored.add(key);
          out.write(written);
        });
      } finally {
        out.close();
      }
      renameSync(part, join(this.path, trace));
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    }
  }
}

/** An agent that was killed at its start may have written nothing. */
const hasTrace = (file: string): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;

/** What is the same for all who stored it: a block, whosever votes prove it, and a genesis. Null if it is one agent's own. */
function sharedKey(entry: TraceLine): string | null {
  if (entry.kind !== "stored" || entry.slot === "vote") return null;
  const { job, slot, bytes } = entry;
  const decoded = slot === "genesis" ? null : decode(committedBlockCodec, Buffer.from(bytes, "base64"));
  return `${job} ${slot} ${decoded?.ok === true ? blockHash(hasher, decoded.value.block.header) : bytes}`;
}
