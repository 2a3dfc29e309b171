/**
 * What a run leaves behind: one folder with `summary.json`, `result.json`, `certificate.json` and `trace.jsonl`. Each
 * file is there whole or not at all.
 */

import { createReadStream, createWriteStream, existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { TRACE_FORMAT } from "../../protocol/trace.ts";
import type { Certificate } from "../../protocol/wire/certificate.ts";
import type { Value } from "../../protocol/wire/value.ts";
import { toCertificateFile } from "../certificate-file.ts";
import type { RunSummary } from "../cli/summary.ts";
import { makeFolder, storageError } from "../store/files.ts";

export class RunFolder {
  readonly path: string;

  /** Makes the folder. Throws `storage` if that cannot be. */
  constructor(path: string) {
    this.path = path;
    makeFolder(path);
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
