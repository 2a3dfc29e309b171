/**
 * What a run leaves behind: one folder with `summary.json`, `result.json`, `certificate.json` and `trace.jsonl`. Each
 * file is there whole or not at all.
 */

import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { TRACE_FORMAT } from "../../protocol/trace.ts";
import type { Certificate } from "../../protocol/wire/certificate.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { toCertificateFile } from "../certificate-file.ts";
import type { RunSummary } from "../cli/summary.ts";
import { makeFolder, storageError } from "../store/files.ts";

const FILES = ["summary.json", "result.json", "certificate.json", "trace.jsonl"] as const;

export interface RunFolderOptions {
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
    makeFolder(path);
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
      if (name === "owner.jsonl" || existsSync(join(agents, name, "trace.jsonl")))
        rmSync(join(agents, name), { recursive: true, force: true });
    }
  }

  #write(name: string, document: unknown): void {
    const file = join(this.path, name);
    try {
      writeFileSync(`${file}.part`, `${JSON.stringify(document, null, 2)}\n`);
      renameSync(`${file}.part`, file);
    } catch (error) {
      throw storageError(`${file} cannot be written`, error);
    }
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
  }

  /**
   * Joins the agents' traces into one file in the order of time. A line that a killed process did not finish is left
   * out.
   */
  async writeTrace(
    files: readonly string[],
    head: { readonly meshId: string; readonly startedAt: number },
  ): Promise<void> {
    const lines: { readonly t: number; readonly text: string }[] = [];
    const agents: unknown[] = [];
    for (const file of files.filter((path) => existsSync(path))) {
      let isFirst = true;
      for await (const text of createInterface({ input: createReadStream(file) })) {
        const line = parseLine(text);
        if (line === null) continue;
        if (isFirst) agents.push(line);
        else lines.push({ t: Number(line.t), text });
        isFirst = false;
      }
    }
    lines.sort((a, b) => a.t - b.t); // stable: each agent's own order stays
    const out = createWriteStream(join(this.path, "trace.jsonl"));
    out.write(`${JSON.stringify({ format: TRACE_FORMAT, ...head, agents })}\n`);
    for (const { text } of lines) out.write(`${text}\n`);
    out.end();
    await finished(out);
  }
}

function parseLine(text: string): { readonly t?: unknown } | null {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === "object" && line !== null ? line : null;
  } catch {
    return null; // cut off in the middle of a line
  }
}
