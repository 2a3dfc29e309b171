/**
 * `npm run test:long`: what takes too long for every change, in named parts that can be run one by one.
 *
 *   npm run test:long                            the parts that have not passed on these sources
 *   npm run test:long -- --all                   all parts again
 *   npm run test:long -- --part NAME [--amount N] one part, with another number of frames or seeds;
 *                                                what is left of several by the first word of their names (mutants)
 *   npm run test:long -- --list                  the parts and their last results
 *   npm run test:long -- --results FILE          with the results in another file
 *
 * After each part its result goes into docs/test-long.json, so a run that was cut short continues where it was.
 * Leaves to long/parts.ts what there is to run.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type LongPart, PARTS } from "./long/parts.ts";

const root = join(import.meta.dirname, "..");
const RESULTS_FILE = join(root, "docs/test-long.json");
/** What a result is of: a change in any of these makes it one of other sources. */
const FOLDERS = ["node", "protocol", "scripts", "sim", "test"];

interface PartResult {
  readonly date: string;
  readonly command: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly counts: { readonly [name: string]: number };
  /** The tests that failed, of a part that runs tests. */
  readonly failures?: readonly string[];
  /** Digest of the sources that the result is of. */
  readonly sources: string;
}
type Results = { [part: string]: PartResult };

function readResults(file: string): Results {
  const results = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {};
  // Results of parts that no longer exist are dropped.
  return Object.fromEntries(PARTS.flatMap(({ name }) => (results[name] === undefined ? [] : [[name, results[name]]])));
}

function sourcesDigest(): string {
  const digest = createHash("sha256");
  for (const folder of FOLDERS) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
    for (const name of names.filter((path) => path.endsWith(".ts")).sort()) {
      digest.update(`${folder}/${name}\n${readFileSync(join(root, folder, name), "utf8")}\n`);
    }
  }
  return digest.digest("hex").slice(0, 16);
}

/** The counts and failures of the last line, or of the whole output; none where the part broke before it. */
function parseResult(lines: readonly string[]): Pick<PartResult, "counts" | "failures"> {
  for (const text of [lines.at(-1) ?? "", lines.join("\n")]) {
    try {
      const { counts = {}, failures = [] } = JSON.parse(text) as Partial<PartResult>;
      return { counts, ...(failures.length > 0 && { failures }) };
    } catch {
      // no document
    }
  }
  return { counts: {} };
}

/** A part that takes longer hangs, or must be split. */
const PART_MS = 10 * 60_000;

const argumentsOf = ({ command, amount }: LongPart, asked: number | null): string[] => [
  ...command,
  ...(amount === null ? [] : [amount.option, String(asked ?? amount.usual)]),
];

const isAsked = ({ name }: LongPart, part: string | undefined): boolean =>
  part === undefined || name === part || name.startsWith(`${part}/`);

async function runPart(args: readonly string[], sources: string): Promise<PartResult> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], timeout: PART_MS });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    process.stdout.write(`  ${line}\n`);
  }
  const code = await exited;
  const seconds = Math.round((performance.now() - startMs) / 1000);
  const command = `node ${args.map((arg) => (arg.includes(" ") ? `"${arg}"` : arg)).join(" ")}`;
  return { date: new Date().toISOString(), command, ok: code === 0, seconds, ...parseResult(lines), sources };
}

function listParts(results: Results, sources: string): void {
  for (const { name, what } of PARTS) {
    const result = results[name];
    const state = result === undefined ? "never run" : `${result.ok ? "passed" : "FAILED"} ${result.date.slice(0, 10)}`;
    const stale = result !== undefined && result.sources !== sources ? ", on other sources" : "";
    process.stdout.write(`${name}: ${what}. ${state}${stale}\n`);
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      part: { type: "string" },
      amount: { type: "string" },
      all: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      results: { type: "string", default: RESULTS_FILE },
    },
  });
  const results = readResults(values.results);
  const sources = sourcesDigest();
  if (values.list) {
    listParts(results, sources);
    return 0;
  }
  const asked = PARTS.filter((part) => isAsked(part, values.part));
  const amount = values.amount === undefined ? null : Number(values.amount);
  const takesAmount = values.part !== undefined && asked.every((part) => part.amount !== null);
  const isAmountFine = amount === null || (takesAmount && Number.isSafeInteger(amount) && amount > 0);
  if (asked.length === 0 || !isAmountFine) {
    const names = PARTS.map(({ name }) => name).join(", ");
    process.stderr.write(
      `test:long: parts are ${names}; --amount is a number above 0, and goes with a --part that counts something\n`,
    );
    return 2;
  }
  let failed = 0;
  for (const part of asked) {
    const last = results[part.name];
    // Whoever names one part wants it run; of several, those that are left.
    if (!values.all && values.part !== part.name && last?.ok === true && last.sources === sources) {
      process.stdout.write(`${part.name}: passed on these sources\n`);
      continue;
    }
    process.stdout.write(`${part.name}: ${part.what} (part ${asked.indexOf(part) + 1} of ${asked.length})\n`);
    const result = await runPart(argumentsOf(part, amount), sources);
    results[part.name] = result;
    writeFileSync(values.results, `${JSON.stringify(results, null, 2)}\n`);
    process.stdout.write(`${part.name}: ${result.ok ? "passed" : "FAILED"} in ${result.seconds} s\n`);
    if (!result.ok) failed++;
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
