/** `meshwork sim trace`: a trace in its other form, JSON lines or msgpack. */

import { existsSync, realpathSync, rmSync } from "node:fs";
import { type CliContext, EXIT } from "../../node/platform/terminal/context.ts";
import { TraceFile } from "../../node/platform/traces/trace-file.ts";
import type { TraceReader } from "../../node/platform/traces/trace-reader.ts";
import { openTrace } from "../../node/platform/traces/trace-reader.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Register } from "./context.ts";
import { RunsProgress } from "./progress.ts";

interface Options {
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  $ meshwork sim trace run.msgpack | jq 'select(.kind == "applied") | .height'
  $ meshwork sim trace last | grep '"kind":"evidence"'    of the newest run of meshwork demo or meshwork run
  $ meshwork sim trace run.jsonl --out run.msgpack        smaller, and read faster

Exit codes: 0 the trace was written; 2 a file is missing or is no trace.`;

export const registerTrace: Register = (sim, act) => {
  sim
    .command("trace <trace>")
    .description("print a trace as JSON lines, or write it to a file")
    .option("--out <file>", "write it to this file: JSON lines, or msgpack if its name ends with .msgpack")
    .addHelpText("after", EXAMPLES)
    .action(act(async (context, trace: string, options: Options) => copyTrace(context, trace, options)));
};

async function copyTrace(context: CliContext, path: string, { out }: Options): Promise<number> {
  const trace = await openTrace(path);
  try {
    if (out === undefined) await copy(trace, context, (value) => context.print(JSON.stringify(value)));
    else await copyTo(out, trace, context);
  } finally {
    await trace.close();
  }
  if (context.signal.aborted) return EXIT.interrupted;
  if (trace.isCutOff) context.note(`${trace.path}: its last entry was cut off, and is left out`);
  return EXIT.ok;
}

async function copyTo(out: string, trace: TraceReader, context: CliContext): Promise<void> {
  if (existsSync(out) && realpathSync(out) === realpathSync(trace.path))
    throw new MeshworkError("usage", `${out} is the trace itself`, "write to another file");
  const progress = new RunsProgress(context, "entries");
  const file = new TraceFile(out);
  let isWhole = false;
  try {
    const entries = await copy(trace, context, (value) => {
      file.write(value);
      progress.update({ done: 0, total: 1, share: trace.share, simulatedMs: 0, leftMs: null });
    });
    isWhole = !context.signal.aborted;
    if (isWhole) context.note(`trace: ${out} (${entries} entries)`);
  } finally {
    progress.end();
    file.close();
    if (!isWhole) rmSync(out);
  }
}

/** Returns the number of entries, without the head. */
async function copy(trace: TraceReader, { signal }: CliContext, write: (value: object) => void): Promise<number> {
  write(trace.writtenHead);
  let entries = 0;
  while (trace.entry !== null && !signal.aborted) {
    write(trace.written);
    entries++;
    const waits = trace.advance();
    if (waits !== undefined) await waits;
  }
  return entries;
}
