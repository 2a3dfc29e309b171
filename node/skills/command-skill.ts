/**
 * Skills that run a command of the operating system.
 *
 * Off unless the operator allows them. There is no shell: the program gets its arguments as they are written,
 * and `{input}` in one of them becomes part of that one argument, whatever it holds. Inputs come from whoever submits
 * jobs, so they must become neither options nor scripts of the program (command-arguments.ts). What is enforced where:
 *
 * - **time, output:** everywhere. Past either limit the whole process group is killed (SIGKILL).
 * - **environment:** everywhere. PATH is set, and what the skill names in `env` is passed on, nothing else. The working
 *   folder is an empty one, removed afterwards.
 * - **memory:** on Linux with `prlimit` (util-linux) only, as data (RLIMIT_DATA: heap and private mappings) of each
 *   process. Not as address space: Node reserves gigabytes of that, which it never uses. Elsewhere it is *not*
 *   enforced, and the skill says so once in the log.
 * - **the node's end:** a node that stops kills the group. One that is killed takes the program along on Linux with `setpriv`
 *   (util-linux), though not what the program started.
 * - **not enforced anywhere:** the program runs as the node's user, may read what that user may read, use the
 *   network, and leave its process group (`setsid`). It is a limit for mistakes, not a sandbox for enemies.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { z } from "zod";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { LossyJson, parseExactJson } from "../platform/files/exact-json.ts";
import { temporaryFolder } from "../platform/files/temporary-folder.ts";
import { commandProblem, fillCommand } from "./command-arguments.ts";
import { killGroup } from "./process-group.ts";
import type { Skill, SkillContext, SkillReply } from "./skill.ts";
import { SkillError, type SkillErrorCode } from "./skill-error.ts";

export interface CommandOptions {
  readonly name: string;
  readonly description: string;
  /** The program and its arguments. `{input}` stands for the input: text as it is, everything else as JSON. */
  readonly command: readonly [string, ...string[]];
  /** What the program reads: the input as JSON (files as `{ path, base64 }`), or a text or one file as it is. */
  readonly stdin: "json" | "text" | "none";
  /** What its output is: one JSON value, text without its last line end, or a reply with `output` in it (skill.ts). */
  readonly stdout: "json" | "text" | "reply";
  /** What its exit codes mean beside 0: why it gives no answer (skill-error.ts). Any other is an `error`. */
  readonly exits: { readonly [code: string]: SkillErrorCode };
  /** Where programs are looked for. */
  readonly path: string;
  /** Names of variables that the program gets from this process's environment; those that are not set, it does not get. */
  readonly env: readonly string[];
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly memoryBytesMax: number;
  /** Credits. */
  readonly price: number;
  readonly expectedMs: number;
}

export const COMMAND_DEFAULTS = {
  stdin: "json",
  stdout: "json",
  /** EX_DATAERR, EX_UNAVAILABLE and EX_TEMPFAIL of sysexits.h. */
  exits: { 65: "invalid-input", 69: "unavailable", 75: "busy" },
  path: "/usr/local/bin:/usr/bin:/bin",
  env: [],
  timeoutMs: 30_000,
  outputBytesMax: 1024 ** 2,
  /** Node 24 reserves 512 MiB for code alone. */
  memoryBytesMax: 1024 ** 3,
  price: 0.001,
  expectedMs: 1_000,
} as const;

/** What is kept of a program's error output, for the message of a failure. */
const STDERR_BYTES_MAX = 4_096;

const linuxTool = (name: string): string | undefined =>
  [`/usr/bin/${name}`, `/bin/${name}`].find((file) => process.platform === "linux" && existsSync(file));

const PRLIMIT = linuxTool("prlimit");
const SETPRIV = linuxTool("setpriv");

/** Throws `usage` where an input could become an option or a script of the program. */
export function commandSkill(options: CommandOptions): Skill {
  const problem = commandProblem(options.command);
  if (problem !== null) throw new MeshworkError("usage", `skill "${options.name}": ${problem.what}`, problem.remedy);
  let warned = PRLIMIT !== undefined;
  return {
    name: options.name,
    description: options.description,
    input: z.unknown(),
    output: z.unknown(),
    price: options.price,
    expectedMs: options.expectedMs,
    async run(input, context) {
      if (!warned) context.log("prlimit is missing: the memory of commands is not limited on this machine");
      warned = true;
      const folder = temporaryFolder("meshwork-command");
      try {
        const output = await runCommand(options, input, folder.path, context);
        const read = readOutput(options, output);
        return options.stdout === "reply" ? asReply(read) : { output: read };
      } finally {
        folder.remove();
      }
    },
  };
}

/** JSON of an input; the contents of files in base64. */
function inputJson(input: unknown): string {
  return JSON.stringify(input, function (this: unknown, _key, value: unknown) {
    if (typeof value !== "object" || value === null || !("data" in value)) return value;
    const { data, ...rest } = value as { readonly data: unknown };
    return data instanceof Uint8Array ? { ...rest, base64: Buffer.from(data).toString("base64") } : value;
  });
}

function stdinBytes(kind: CommandOptions["stdin"], input: unknown): string | Uint8Array {
  if (kind === "none") return "";
  if (kind === "json") return inputJson(input);
  if (typeof input === "string") return input;
  const data = typeof input === "object" && input !== null && "data" in input ? input.data : undefined;
  if (data instanceof Uint8Array) return data;
  throw new Error("this command reads a text or one file; its input is neither");
}

const environmentOf = (names: readonly string[]): { readonly [name: string]: string | undefined } =>
  Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));

function readOutput(options: CommandOptions, bytes: Buffer): unknown {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  if (options.stdout === "text") return text.replace(/\r?\n$/, "");
  try {
    return parseExactJson(text);
  } catch (error) {
    if (error instanceof LossyJson) throw new Error(`in its output ${error.message} – ${error.remedy}`);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`its output is no JSON (${reason}) – print JSON, or write stdout: text in the skills file`);
  }
}

/** perform.ts checks the rest of it. */
function asReply(read: unknown): SkillReply<unknown> {
  if (typeof read === "object" && read !== null && Object.hasOwn(read, "output")) return read as SkillReply<unknown>;
  throw new Error('its output is no reply – print {"output": …}, or write stdout: json in the skills file');
}

/** What an exit means. A busy program may say when it can work again: it prints `{"retryMs": 2000}`. */
function failureOf({ exits }: CommandOptions, exit: number | null, output: Buffer, message: string): Error {
  const code = exit === null ? undefined : exits[exit];
  if (code === undefined) return new Error(message);
  return new SkillError(code, message, code === "busy" ? { retryMs: readRetryMs(output) } : {});
}

function readRetryMs(output: Buffer): number {
  try {
    const { retryMs } = JSON.parse(output.toString("utf8")) as { readonly retryMs?: unknown };
    return typeof retryMs === "number" ? retryMs : 0;
  } catch {
    return 0; // it need not say
  }
}

function spawnLimited(options: CommandOptions, input: unknown, folder: string): ChildProcess {
  const text = typeof input === "string" ? input : inputJson(input);
  const [program, ...args] = fillCommand(options.command, text) as [string, ...string[]];
  // Each of them becomes the next by exec: the program is this process's own child.
  const limits = PRLIMIT === undefined ? [] : [PRLIMIT, `--data=${options.memoryBytesMax}`, "--core=0", "--"];
  const tie = SETPRIV === undefined ? [] : [SETPRIV, "--pdeathsig", "KILL", "--"];
  const [first, ...rest] = [...limits, ...tie, program, ...args];
  return spawn(first!, rest, {
    shell: false,
    detached: true, // a process group of its own, which can be killed as a whole
    cwd: folder,
    env: { ...environmentOf(options.env), PATH: options.path },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

function runCommand(
  options: CommandOptions,
  input: unknown,
  folder: string,
  { signal }: Pick<SkillContext, "signal">,
): Promise<Buffer> {
  signal.throwIfAborted();
  const stdin = stdinBytes(options.stdin, input);
  return new Promise((resolve, reject) => {
    const child = spawnLimited(options, input, folder);
    const output: Buffer[] = [];
    let outputBytes = 0;
    let errors = "";
    let stopped: Error | null = null;
    const stop = (reason: Error): void => {
      stopped ??= reason;
      killGroup(child.pid);
    };
    const abort = (): void => stop(signal.reason instanceof Error ? signal.reason : new Error("stopped"));
    const timer = setTimeout(() => stop(new Error(`no result within ${options.timeoutMs} ms`)), options.timeoutMs);
    signal.addEventListener("abort", abort, { once: true });

    child.stdout!.on("data", (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > options.outputBytesMax) stop(new Error(`more than ${options.outputBytesMax} bytes of output`));
      else output.push(chunk);
    });
    child.stderr!.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString("utf8")).slice(-STDERR_BYTES_MAX);
    });
    // A program need not read its input to the end; its exit code says whether that was right.
    child.stdin!.on("error", () => child.stdin!.destroy());
    child.stdin!.end(stdin);

    // What it left running in the background would hold the pipes open and outlive its task.
    child.on("exit", () => killGroup(child.pid));
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      finish();
    };
    child.on("error", (error) => settle(() => reject(stopped ?? error)));
    child.on("close", (code, killedBy) =>
      settle(() => {
        const how = code === null ? `was killed by ${killedBy}` : `exited with ${code}`;
        const why = errors.trim() === "" ? "" : `: ${errors.trim()}`;
        if (stopped !== null) reject(stopped);
        else if (code !== 0)
          reject(failureOf(options, code, Buffer.concat(output), `${options.command[0]} ${how}${why}`));
        else resolve(Buffer.concat(output));
      }),
    );
  });
}
