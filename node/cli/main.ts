/**
 * The command line: `meshwork <command>`.
 *
 * Responsible for: the program, its help, one-line errors and exit codes. What a command does is in the file of
 * its name.
 */

import { Command, CommanderError } from "commander";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { COMMAND, commandLine } from "../platform/terminal/command-line.ts";
import {
  type Act,
  type Action,
  asMeshworkError,
  type CliContext,
  type CliIo,
  EXIT,
  errorDocument,
  errorLine,
  errorLines,
  exitCodeOf,
} from "../platform/terminal/context.ts";
import { helpText } from "../platform/terminal/help-text.ts";
import { guardStreams, lostOutput, writeTo } from "../platform/terminal/standard-streams.ts";
import { columnsOf, hang } from "../platform/terminal/terminal-text.ts";
import { packageVersion } from "../platform/version.ts";
import type { DrawRunPage, RunContext } from "../run/run-page.ts";
import { COMMANDS, type LazyCommand } from "./commands.ts";

const EXAMPLES = `
Examples:
  $ meshwork demo                      a mesh of seven agents surveys this folder, and survives faults
  $ meshwork init                      a skills file and a job file to start from
  $ meshwork run JOB.yaml              a local mesh for one job
  $ meshwork demo --help               options and examples of one command

Exit codes: 0 yes; 1 a well-formed no; 2 wrong usage or an invalid file; 3 a bug or a broken
invariant; 130 interrupted.`;

function processIo(): CliIo {
  guardStreams();
  return {
    stdout: (text) => writeTo("stdout", text),
    stderr: (text) => writeTo("stderr", text),
    lostOutput,
    terminal: process.stderr,
    env: process.env,
  };
}

/** What other parts of the project bring along: node/ does not know them. */
interface CliParts {
  /** Commands beside those of node/. */
  readonly commands?: readonly LazyCommand[];
  readonly drawRunPage?: DrawRunPage;
}

/** Runs one command line (without the program's name) and returns its exit code. Never throws. */
export async function runCli(
  argv: readonly string[],
  io: CliIo = processIo(),
  { commands = [], drawRunPage }: CliParts = {},
): Promise<number> {
  const interruption = listenForInterrupt();
  let printed = false;
  let json = false;
  const context: RunContext = {
    io,
    signal: interruption.signal,
    get json() {
      return json;
    },
    print: (line) => (json ? io.stderr : io.stdout)(`${line}\n`),
    note: (line) => {
      for (const part of fitted(line, io)) io.stderr(`${part}\n`);
    },
    printJson(document) {
      printed = true;
      io.stdout(`${JSON.stringify(document, null, 2)}\n`);
    },
    drawRunPage: drawRunPage ?? null,
  };
  let pending: (() => Promise<number>) | null = null;
  const act: Act<RunContext> =
    <A extends readonly unknown[]>(action: Action<A, RunContext>) =>
    (...args: [...A, ...unknown[]]) => {
      // Commander hands over the declared arguments, the options, and last the command itself.
      const given = args.slice(0, -1);
      json = (given.at(-1) as { readonly json?: boolean }).json === true;
      pending = () => action(context, ...(given as unknown as A));
    };
  const program = createProgram(io);
  try {
    await addCommands(program, act, [...COMMANDS, ...commands], argv);
    program.parse([...argv], { from: "user" });
    const command = pending as (() => Promise<number>) | null;
    const code = command === null ? EXIT.ok : await command();
    const lost = (await io.lostOutput?.()) ?? null;
    if (lost === null) return code;
    io.stderr(`meshwork: standard output cannot be written: ${lost}\n`);
    return code === EXIT.ok ? EXIT.usage : code;
  } catch (error) {
    if (error instanceof CommanderError)
      return commanderExit(error, context, namedCommand(program, argv), argv.includes("--json"));
    const known =
      interruption.signal.aborted && isAbort(error)
        ? new MeshworkError("interrupted", "interrupted")
        : asMeshworkError(error);
    if (known === null) return reportBug(error, io);
    if (json && !printed) context.printJson(errorDocument(known));
    sayError(known, io);
    return exitCodeOf(known);
  } finally {
    interruption.close();
  }
}

function createProgram(io: CliIo): Command {
  return new Command("meshwork")
    .description("A decentralized mesh of agents: jobs are replicated logs, answers carry certificates.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout(helpText(text, columnsOf(process.stdout))),
      writeErr: (text) => io.stderr(helpText(text, columnsOf(process.stderr))),
      outputError: () => {}, // printed as one line when it is caught
    });
}

/** Registers the requested command with all its options, and the others with what the list of commands shows. */
async function addCommands(
  program: Command,
  act: Act<RunContext>,
  commands: readonly LazyCommand[],
  argv: readonly string[],
): Promise<void> {
  const words = argv.filter((word) => !word.startsWith("-"));
  const asked = words[0] === "help" ? words[1] : words[0];
  for (const { name, takes, summary, load } of commands) {
    if (name === asked) (await load())(program, act);
    else program.command(name).usage(takes).description(summary);
  }
}

/** The words that name a command: `sim run`; "" where there is none. */
function namedCommand(program: Command, argv: readonly string[]): string {
  const words: string[] = [];
  let command: Command | undefined = program;
  for (const word of argv) {
    command = command.commands.find((known) => known.name() === word);
    if (command === undefined) break;
    words.push(word);
  }
  return words.join(" ");
}

const FIRST_SENTENCE = /^(.*?(?:is invalid(?: for argument '[^']*')?|too many arguments(?: for '[^']*')?))\. (.)/;

/** What commander says in two sentences, as one. */
const inOneSentence = (message: string): string =>
  message
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .replace(FIRST_SENTENCE, (_, first: string, letter: string) => `${first}: ${letter.toLowerCase()}`)
    .replace(/\.$/, "");

function commanderExit(
  error: CommanderError,
  { io, printJson }: CliContext,
  command: string,
  wantsJson: boolean,
): number {
  if (error.exitCode === 0) return EXIT.ok; // --help and --version
  // `meshwork` alone: commander has printed the help, and there is nothing to add to it.
  if (error.code === "commander.help") return EXIT.usage;
  const help = commandLine([...command.split(" ").filter((word) => word !== ""), "--help"]);
  const known = new MeshworkError("usage", inOneSentence(error.message), `see ${help}`);
  if (wantsJson) printJson(errorDocument(known));
  sayError(known, io);
  return EXIT.usage;
}

/** Sentences in as many lines as they take on a terminal; what holds a command or an address stays whole, to be copied. */
function fitted(line: string, { terminal }: CliIo): readonly string[] {
  if (terminal?.isTTY !== true || /\/tcp\/|^\s/.test(line) || line.includes(COMMAND)) return [line];
  return hang(line, columnsOf(terminal) - 1, 2);
}

/** One line for programs, as many as it takes for people. */
function sayError(error: MeshworkError, io: CliIo): void {
  const { terminal } = io;
  const lines = terminal?.isTTY === true ? errorLines(error, columnsOf(terminal) - 1) : [errorLine(error)];
  for (const line of lines) io.stderr(`${line}\n`);
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

function reportBug(error: unknown, io: CliIo): number {
  const message = error instanceof Error ? error.message : String(error);
  io.stderr(`meshwork: a bug: ${message.replace(/\s*\n\s*/g, " ")} – please report it with what follows\n`);
  if (error instanceof Error && error.stack !== undefined) io.stderr(`${error.stack}\n`);
  return EXIT.bug;
}

/** The first Ctrl-C asks the command to end, the second ends the process. */
function listenForInterrupt(): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  return {
    signal: controller.signal,
    close() {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    },
  };
}
