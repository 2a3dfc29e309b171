/**
 * What all commands share, those of the command line and of the simulator: where they print, how they are interrupted, how errors
 * become one line and an exit code.
 *
 * Binding: with `--json` standard output carries one document and nothing else; everything else goes
 * to standard error.
 */

import { InvalidArgumentError } from "commander";
import { AssertionError } from "../../../protocol/core/assert.ts";
import { MeshworkError, type MeshworkErrorCode } from "../../../protocol/core/errors.ts";
import { storageError } from "../files/storage-error.ts";
import { asCalledHere, COMMAND } from "./command-line.ts";
import { hang, plainText } from "./terminal-text.ts";

/** Exit codes, everywhere. */
export const EXIT = {
  /** Yes. */
  ok: 0,
  /** A well-formed no: a job that failed, a certificate refused, a peer that cannot be reached. */
  no: 1,
  /** Wrong usage; a file that is missing, invalid, or cannot be written. */
  usage: 2,
  /** A bug, or a broken invariant. */
  bug: 3,
  interrupted: 130,
} as const;

/** The part of a terminal that progress and live views need. */
interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Where a command line writes; a test gives its own. */
export interface CliIo {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Why something that was written is lost although its reader is there, as on a full disk; null if nothing is. */
  lostOutput?(): Promise<string | null>;
  /** The terminal that a live view may use: standard error, so that standard output stays for results. */
  readonly terminal: Terminal | null;
  readonly env: NodeJS.ProcessEnv;
}

export interface CliContext {
  readonly io: CliIo;
  /** Aborted by Ctrl-C: finish tidily, then throw `interrupted()` or return. */
  readonly signal: AbortSignal;
  /** Whether `--json` was given. */
  readonly json: boolean;
  /** A line for whoever reads the result: standard output, or standard error with `--json`. */
  print(line: string): void;
  /** A line beside the result: standard error. */
  note(line: string): void;
  /** The one document of `--json`. */
  printJson(document: unknown): void;
}

/** A command's action: its arguments, then its options, as commander hands them over. Returns the exit code. */
export type Action<A extends readonly unknown[], C = CliContext> = (context: C, ...args: A) => Promise<number>;
/** Makes a commander action of one of ours. */
export type Act<C = CliContext> = <A extends readonly unknown[]>(
  action: Action<A, C>,
) => (...args: [...A, ...unknown[]]) => void;

export const interrupted = (): MeshworkError => new MeshworkError("interrupted", "interrupted");

const CODES: { readonly [code in MeshworkErrorCode]: number } = {
  usage: EXIT.usage,
  "invalid-file": EXIT.usage,
  unreachable: EXIT.no,
  refused: EXIT.no,
  "job-failed": EXIT.no,
  storage: EXIT.usage,
  interrupted: EXIT.interrupted,
};

export const exitCodeOf = (error: MeshworkError): number => CODES[error.code];

/** The exit code for an error that ended a command: one that is not the operator's is a bug of ours. */
export const exitOf = (error: unknown): number => {
  const known = asMeshworkError(error);
  return known === null ? EXIT.bug : exitCodeOf(known);
};

/** What the machine refuses; of everything else that the system says, a missing file too, the cause is a bug of ours. */
const REFUSALS = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "ENOTDIR", "EEXIST", "EMFILE"]);

/** What the machine refused, as an error of the operator's; `null` for what must be a bug. */
export function asMeshworkError(error: unknown): MeshworkError | null {
  if (error instanceof MeshworkError) return error;
  if (error instanceof AssertionError || !(error instanceof Error) || !("code" in error)) return null;
  if (!REFUSALS.has(String(error.code)) || !("syscall" in error)) return null;
  const path = "path" in error && typeof error.path === "string" ? error.path : null;
  return storageError(path === null ? "this machine refuses" : `${path} cannot be used`, error);
}

/** One line: what is wrong, where, and what to do. */
export function errorLine(error: MeshworkError): string {
  const line = `meshwork: ${error.message}${error.remedy === "" ? "" : ` – ${asCalledHere(error.remedy)}`}`;
  return plainText(line.replace(/\s*\n\s*/g, " "));
}

/** The same for a terminal: the remedy on lines of its own, and a command in it whole, to be pasted. */
export function errorLines({ message, remedy }: MeshworkError, width: number): string[] {
  const plain = (text: string): string => plainText(text.replace(/\s*\n\s*/g, " "));
  const todo = remedy === "" ? "" : `→ ${plain(asCalledHere(remedy))}`;
  const at = todo.indexOf(`${COMMAND} `);
  const [words, command] = at < 0 ? [todo, ""] : [todo.slice(0, at).trimEnd(), todo.slice(at)];
  return [
    ...hang(`meshwork: ${plain(message)}`, width, 2),
    ...(words === "" ? [] : hang(words, width - 2, 2).map((line) => `  ${line}`)),
    ...(command === "" ? [] : [`    ${command}`]),
  ];
}

/** What `--json` prints where there is no result. */
export const errorDocument = ({
  code,
  message,
  remedy,
}: Pick<MeshworkError, "message" | "remedy"> & { code: string }) => ({
  error: { code, message, remedy: asCalledHere(remedy) },
});

// --- arguments and results ----------------------------------------------------------------------------

/** A whole number from `min` to `max`, for commander. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`it must be a whole number from ${min} to ${max}`);
    return value;
  };
}

/** For options that may be repeated. */
export const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parse(text)];

/** What a command found out: for programs, and for people. */
export interface Shown {
  readonly document: unknown;
  readonly lines: readonly string[];
}

export function show(context: CliContext, { document, lines }: Shown): void {
  if (context.json) context.printJson(document);
  else for (const line of lines) context.print(line);
}
