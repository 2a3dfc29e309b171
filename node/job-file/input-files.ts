/**
 * The input files of a job: which ones a pattern names, and how they are packed into blobs.
 *
 * Responsible for: walking folders (node_modules and dot-folders skipped at every depth, symbolic links not
 * followed), globs, the order of files, batches. The format of a pack is protocol/wire/pack.ts.
 */

import type { Dirent } from "node:fs";
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { compareText } from "../../protocol/core/bytes.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { limits } from "../../protocol/core/limits.ts";
import { encodePack, type PackedFile } from "../../protocol/wire/pack.ts";

/** All input files of a job are held in memory until they are stored: a bound that a small machine survives. */
export const INPUT_BYTES_MAX = 1024 ** 3;
const PATH_BYTES_MAX = 4_096;

/** A file that was found: `path` as the workers will see it, `size` as it was then. */
export interface FoundFile {
  readonly path: string;
  readonly absolute: string;
  readonly size: number;
}

/** Problems here say what and what to do; the caller, who knows which line asked for the file, says where. */
export class InputProblem extends Error {
  override readonly name = "InputProblem";
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

function readProblem(path: string, error: unknown): InputProblem {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return new InputProblem(`"${path}" does not exist`, "check the path");
  if (code === "EACCES" || code === "EPERM")
    return new InputProblem(`no permission to read "${path}"`, "check its mode");
  return new InputProblem(`cannot read "${path}": ${error instanceof Error ? error.message : String(error)}`, "");
}

const skipped = (folder: string): boolean => folder === "node_modules" || folder.startsWith(".");

/**
 * The regular files under `root`, by their paths relative to it with `/`, in code-point order. Skipped at every
 * depth: `node_modules`, folders whose name starts with a dot, symbolic links, sockets and devices. `root`
 * itself may be any folder, and a link to one.
 */
export async function walkFiles(root: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const pending = [""];
  for (let prefix = pending.pop(); prefix !== undefined; prefix = pending.pop()) {
    for (const entry of await readFolder(join(root, prefix))) {
      const name = decodeName(entry.name, join(root, prefix));
      const path = prefix === "" ? name : `${prefix}/${name}`;
      if (entry.isDirectory()) {
        if (!skipped(name)) pending.push(path);
      } else if (entry.isFile()) {
        found.push({ path, absolute: join(root, path), size: await sizeOf(join(root, path)) });
      }
    }
  }
  return found.sort((a, b) => compareText(a.path, b.path));
}

async function readFolder(folder: string): Promise<Dirent<Buffer>[]> {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: "buffer" });
  } catch (error) {
    throw readProblem(folder, error);
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw readProblem(file, error);
  }
}

function decodeName(name: Buffer, folder: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    // The only way this decoder fails: Linux allows any bytes in a name, and a path in a job is text.
    throw new InputProblem(
      `a name in "${folder}" is not UTF-8: ${JSON.stringify(name.toString("latin1"))}`,
      "rename it",
    );
  }
}

/** A glob as a regular expression over a `/`-separated path. `**` crosses folders, `*` and `?` do not. */
export function globPattern(glob: string): RegExp {
  let source = "";
  for (let i = 0; i < glob.length; ) {
    if (glob.startsWith("**/", i) && (i === 0 || glob[i - 1] === "/")) {
      source += "(?:[^/]+/)*";
      i += 3;
    } else if (glob.startsWith("**", i)) {
      source += ".*";
      i += 2;
    } else {
      const character = String.fromCodePoint(glob.codePointAt(i)!);
      source +=
        character === "*" ? "[^/]*" : character === "?" ? "[^/]" : character.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      i += character.length;
    }
  }
  return new RegExp(`^${source}$`, "su");
}

const isGlob = (text: string): boolean => /[*?]/.test(text);

/**
 * The files that `patterns` name, each once, in code-point order of their paths. A pattern is a file, a folder
 * (everything under it) or a glob, relative to `directory`; one that names nothing is a problem. Paths are
 * relative to `directory` (with `..` for what lies outside of it).
 */
export async function findFiles(directory: string, patterns: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const pattern of patterns) {
    const matches = await matchPattern(directory, pattern);
    if (matches.length === 0) {
      throw new InputProblem(`"${pattern}" matches no file`, "dot-folders, node_modules and links are not searched");
    }
    for (const match of matches) found.set(match.absolute, match);
  }
  return [...found.values()].sort((a, b) => compareText(a.path, b.path));
}

async function matchPattern(directory: string, pattern: string): Promise<FoundFile[]> {
  const inside = (absolute: string): string => relative(directory, absolute).split(sep).join("/");
  if (!isGlob(pattern)) {
    const absolute = resolve(directory, pattern);
    const kind = await kindOf(absolute, pattern);
    if (kind === "file") return [{ path: inside(absolute), absolute, size: await sizeOf(absolute) }];
    return (await walkFiles(absolute)).map((file) => ({ ...file, path: inside(file.absolute) }));
  }
  // The part before the first wildcard is a folder that was named: it may be a dot-folder, or outside.
  const parts = pattern.split("/");
  const fixed = parts.findIndex(isGlob);
  const base = resolve(directory, isAbsolute(pattern) ? "/" : ".", ...parts.slice(0, fixed));
  await kindOf(base, parts.slice(0, fixed).join("/") || ".");
  const expression = globPattern(parts.slice(fixed).join("/"));
  const under = await walkFiles(base);
  return under.filter((file) => expression.test(file.path)).map((file) => ({ ...file, path: inside(file.absolute) }));
}

/** A link that was named itself is followed: whoever wrote it meant what it points to. */
async function kindOf(absolute: string, shown: string): Promise<"file" | "folder"> {
  try {
    await lstat(absolute);
    const target = await stat(absolute);
    if (target.isDirectory()) return "folder";
    if (target.isFile()) return "file";
  } catch (error) {
    throw readProblem(shown, error);
  }
  throw new InputProblem(`"${shown}" is neither a file nor a folder`, "name a regular file");
}

/** The contents of `files`, as they are now. */
export async function readFiles(files: readonly FoundFile[]): Promise<PackedFile[]> {
  const packed: PackedFile[] = [];
  for (const file of files) {
    if (Buffer.byteLength(file.path) > PATH_BYTES_MAX) {
      throw new InputProblem(
        `the path of "${file.path.slice(0, 60)}…" is too long`,
        `${PATH_BYTES_MAX} bytes are allowed`,
      );
    }
    if (file.size > limits.blobBytes) throw tooLarge(file.path);
    try {
      packed.push({ path: file.path, data: await readFile(file.absolute) });
    } catch (error) {
      throw readProblem(file.path, error);
    }
  }
  return packed;
}

const tooLarge = (what: string): InputProblem =>
  new InputProblem(`"${what}" is larger than a blob may be (${limits.blobBytes / 1024 ** 2} MiB)`, "split it");

interface BatchLimits {
  /** Files of one batch, at least 1. More: fewer tasks, each with more to lose when its worker goes. */
  readonly batchFiles: number;
  /** Bytes of one batch; a larger file gets its own batch. */
  readonly batchBytes: number;
}
export const DEFAULT_BATCH: BatchLimits = { batchFiles: 16, batchBytes: 1024 ** 2 };

/** Cuts `files` into batches, in their order. */
export function planBatches(files: readonly FoundFile[], { batchFiles, batchBytes }: BatchLimits): FoundFile[][] {
  const batches: FoundFile[][] = [];
  let batch: FoundFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (batch.length >= batchFiles || bytes + file.size > batchBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** One pack of these files. */
export async function packFiles(files: readonly FoundFile[]): Promise<Uint8Array> {
  const expected = files.reduce((sum, file) => sum + file.size, 0);
  if (files.length === 1 && expected > limits.blobBytes) throw tooLarge(files[0]!.path);
  if (expected > limits.blobBytes || files.length > limits.mapItems) throw packTooLarge(files.length);
  const pack = encodePack(await readFiles(files));
  if (pack.length > limits.blobBytes) throw packTooLarge(files.length);
  return pack;
}

const packTooLarge = (count: number): InputProblem =>
  new InputProblem(
    `${count} files are more than a blob may hold (${limits.mapItems} files, ${limits.blobBytes / 1024 ** 2} MiB)`,
    "map over them, with a smaller batchBytes",
  );

/** Turns a problem with inputs into the error of a command that was given `what` as an argument. */
export const asUsageError = (what: string, problem: InputProblem): MeshworkError =>
  new MeshworkError("usage", `${what}: ${problem.message}`, problem.remedy);
