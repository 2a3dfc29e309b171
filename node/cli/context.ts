/**
 * What every command of the command line shares: where it prints, how it is interrupted, how errors become one
 * line and an exit code.
 *
 * Binding: with `--json` standard output carries one document and nothing else; everything that is said beside it
 * goes to standard error.
 */

import { homedir } from "node:os";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { AssertionError } from "../../protocol/core/assert.ts";
import { MeshworkError, type MeshworkErrorCode } from "../../protocol/core/errors.ts";
import { isHash } from "../../protocol/core/ids.ts";
import { storageError } from "../platform/files/files.ts";
import { asCalledHere, COMMAND, DEFAULT_MESH } from "../platform/terminal/command-line.ts";
import { hang, plainText } from "../platform/terminal/terminal-text.ts";
import { parseSize } from "../platform/text/quantities.ts";
import { RUNS_FOLDER } from "../run/last-run.ts";
import type { DrawRunPage } from "../run/run-page.ts";

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

/** Where a command line writes; a test gives its own. */
export interface CliIo {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Why something that was written is lost although its reader is there, as on a full disk; null: nothing is. */
  lostOutput?(): Promise<string | null>;
  /** The terminal that a live view may use: standard error, so that standard output stays for results. */
  readonly terminal: NodeJS.WriteStream | null;
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
  /** Draws the page of a run; null: there is nobody who can. */
  readonly drawRunPage: DrawRunPage | null;
}

/** A command's action: its arguments, then its options, as commander hands them over. Returns the exit code. */
export type Action<A extends readonly unknown[]> = (context: CliContext, ...args: A) => Promise<number>;
/** Makes a commander action of one of ours. */
export type Act = <A extends readonly unknown[]>(action: Action<A>) => (...args: [...A, ...unknown[]]) => void;
/** Adds one command to the program. */
export type Register = (program: Command, act: Act) => void;

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

// --- arguments ----------------------------------------------------------------------------------------

/** A whole number from `min` to `max`, for commander. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`it must be a whole number from ${min} to ${max}`);
    return value;
  };
}

/** Node does not start in less, bytes. */
const SKILLS_MEMORY_MIN = 64 * 1024 ** 2;

/** The memory of a process, for commander: bytes. */
function memorySize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === null || bytes < SKILLS_MEMORY_MIN)
    throw new InvalidArgumentError("it must be a size such as 512MiB or 2GiB, at least 64MiB");
  return bytes;
}

/** Of commands that start agents with a skills file. */
export const SKILLS_MEMORY_OPTION = [
  "--skills-memory <size>",
  "the most that the process of a skills module may take, half of it for JavaScript objects (default: 1GiB)",
  memorySize,
] as const;

/** Larger meshes belong in the simulator. */
export const LOCAL_AGENTS_MAX = 256;

/** Of commands that start a local mesh. */
export const PER_PROCESS_OPTION = [
  "--per-process <n>",
  "agents that share a process: less memory, but they stop together (default: 1)",
  integer(1, LOCAL_AGENTS_MAX),
] as const;

const PORT_MAX = 65_535;
/** The text of an Ed25519 PeerId: a mistyped one is not worth a search for whoever answers. */
const AGENT_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/;

/** A multiaddr with an IP or DNS part and TCP, e.g. /ip4/127.0.0.1/tcp/4001/p2p/12D3…; its syntax only. */
export function address(text: string): string {
  if (!/^\/(ip4|ip6|dns|dns4|dns6|dnsaddr)\/[^/\s]+(\/[^/\s]+)*$/.test(text)) {
    throw new InvalidArgumentError("it must be a multiaddr like /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…");
  }
  const port = /\/tcp\/(\d+)(?:\/|$)/.exec(text)?.[1];
  for (const [, id] of text.matchAll(/\/p2p\/([^/]*)/g))
    if (!AGENT_ID.test(id!))
      throw new InvalidArgumentError(
        "the part after /p2p/ must be an agent's id, 52 characters that begin with 12D3KooW",
      );
  if (Number(port ?? 0) > PORT_MAX) throw new InvalidArgumentError(`a port must be at most ${PORT_MAX}`);
  return text;
}

/** A name that people read: of a mesh, of an agent. */
export function shortName(text: string): string {
  if (!/^\S(.{0,62}\S)?$/u.test(text)) throw new InvalidArgumentError("it must have 1 to 64 characters");
  return text;
}

export function jobId(text: string): string {
  if (!isHash(text)) throw new InvalidArgumentError("a job's id has 64 hexadecimal digits");
  return text;
}

/** What a command found out: for programs, and for people. */
export interface Shown {
  readonly document: unknown;
  readonly lines: readonly string[];
}

export function show(context: CliContext, { document, lines }: Shown): void {
  if (context.json) context.printJson(document);
  else for (const line of lines) context.print(line);
}

/** Of commands that talk to an agent. */
export const MESH_OPTION = ["--mesh <name>", "the mesh of that agent", shortName, DEFAULT_MESH] as const;

/** For options that may be repeated. */
export const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parse(text)];

/** The folder of the user's own settings: `$XDG_CONFIG_HOME/meshwork`, else `~/.config/meshwork`. */
export function configFolder(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CONFIG_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".config") : base, "meshwork");
}

/** The owner's key unless `--key` names another. */
export const defaultKeyFile = (env: NodeJS.ProcessEnv): string => join(configFolder(env), "owner.key");

/** Where a run leaves its files unless `--out` says so: `.meshwork/runs/<time>-<seed>`. */
export function defaultRunFolder(startedMs: number, seed: number): string {
  const time = new Date(startedMs).toISOString().slice(0, 19).replaceAll(":", "-");
  return join(RUNS_FOLDER, `${time}-${seed}`);
}
